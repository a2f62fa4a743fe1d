"""A language: from any way of writing it to its canonical id, and what is known of who it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import isnan

from isogloss.errors import MOST_UNKNOWN, BadValue, UnknownLanguage
from isogloss.languages.aliases import REPRESENTATIVES
from isogloss.languages.iso639 import codes, macro_of
from isogloss.languages.names import English, suggest
from isogloss.languages.tags import Tag, split_script, tag_of_code, tag_of_name
from isogloss.languages.varieties import (
    Variety,
    find_variety,
    language_of,
    lineage,
    place_of,
    standard_tag,
    variety_cache,
)
from isogloss.languages.variety_files import ID
from isogloss.languages.writing import HAN, WITHOUT_SPACES, default_script

LONGEST = 120


@dataclass(frozen=True, slots=True, order=True)
class Language:
    """A language in a script; two are equal if and only if their ids are.

    `Language("yor")` takes any way of writing it, as `isogloss.languages.resolve` does.

    Attributes
    ----------
    id : str
        Canonical id: the ISO 639-3 code, with `_` and the ISO 15924 script unless that is the default one. For a
        variety its glottocode or the id of the user's file in place of the code.
    iso639_3 : str
        The code alone. Groups of languages (`ber`) have their ISO 639-2 or 639-5 code here, varieties that of the
        language they belong to (their own where Glottolog knows none).
    script : str
        The script it is written in here, given or default.
    name : str
        English name.

    Raises
    ------
    UnknownLanguage
    """

    id: str
    iso639_3: str = field(default="", compare=False)
    script: str = field(default="", compare=False)
    name: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        if not self.script:
            known = resolve(self.id)
            for name in ("id", "iso639_3", "script", "name"):
                object.__setattr__(self, name, getattr(known, name))

    @property
    def code(self) -> str:
        """The id without its script."""
        return self.id.partition("_")[0]

    @property
    def parent(self) -> str | None:
        """Code of what a variety is a variety of; None for a language with a code of its own."""
        variety = self._variety()
        return variety.parent if variety else None

    @property
    def scope(self) -> str:
        """`individual`, `macrolanguage`, `collection`, `variety`, or `retired` for a code kept apart."""
        return codes().scopes.get(self.code, "variety")

    @property
    def macro(self) -> str | None:
        """Id of the macrolanguage it belongs to."""
        return macro_of(self.iso639_3)

    @property
    def members(self) -> tuple[str, ...]:
        """Ids of the languages a macrolanguage is made of; empty for others."""
        return codes().members.get(self.code, ())

    @property
    def glottocode(self) -> str | None:
        """Glottolog's code; for a macrolanguage that of its representative."""
        if (variety := self._variety()) is not None:
            return variety.glottocode
        place = place_of(self.code)
        return place.glottocode if place else None

    @property
    def family(self) -> tuple[str, ...]:
        """Names of its ancestors after Glottolog, from the family down; empty for an isolate and where unknown."""
        place = place_of(self.code)
        return place.path[:-1] if place else ()

    @property
    def latitude(self) -> float | None:
        """Degrees north of a point in the middle of where it is spoken."""
        place = place_of(self.code)
        return None if place is None or isnan(place.latitude) else place.latitude

    @property
    def longitude(self) -> float | None:
        """Degrees east of that point."""
        place = place_of(self.code)
        return None if place is None or isnan(place.longitude) else place.longitude

    def _variety(self) -> Variety | None:
        return None if self.code in codes().names else find_variety(self.code)

    def __str__(self) -> str:
        return self.id


def resolve(code: str, *, where: str | None = None, macrolanguages: str = "keep") -> Language:
    """The language that `code` stands for.

    Parameters
    ----------
    code : str
        An ISO 639-1, 639-2, 639-3 or 639-5 code, a BCP 47 tag (`zh-TW`, `sr-Latn`), a FLORES code
        (`deu_Latn`), a locale (`km-KH`, `en_US.UTF-8`), a glottocode (`stan1295`, also of a dialect), the id
        of a variety that was added, an English name (`Swiss German`) or one of the usual slips (`jp`).
        Letter case does not matter, nor `-` or `_`; codes come before names.
    where : str, optional
        File and row it was found in, for the error.
    macrolanguages : {"keep", "member"}, default "keep"
        What to make of `no`, `zh`, `ar`, `fa`: the macrolanguage, or the member that represents it
        (`nob`, `cmn`, `arb`, `pes`).

    Returns
    -------
    Language
        Macrolanguages and their members stay apart (`ara`, `arb`); regions are dropped unless they
        change the script (`zh-TW` is `zho_Hant`).

    Raises
    ------
    UnknownLanguage
        If nothing or several languages are known by it; with up to three that may have been meant.
    BadValue
        If `macrolanguages` is neither `keep` nor `member`.

    Examples
    --------
    >>> [resolve(code).id for code in ("de", "ger", "deu_Latn", "de-DE", "German", "zh-TW", "jp")]
    ['deu', 'deu', 'deu', 'deu', 'deu', 'zho_Hant', 'jpn']
    """
    language = _resolve(code) if isinstance(code, str) and len(code) <= LONGEST else None
    if language is None:
        shown = str(code)
        shown = shown if len(shown) <= LONGEST else f"{shown[:LONGEST]}..."
        raise UnknownLanguage(shown, where=where, suggestions=suggest(shown[:LONGEST]))
    return language if macrolanguages == "keep" else _member(language, macrolanguages)


def resolve_standard(code: str) -> Language | None:
    """The language of a code or name of a standard, whatever users added; None if there is none."""
    tag = standard_tag(code) if len(code) <= LONGEST else None
    return make_language(*tag) if tag else None


def as_languages(
    languages: Iterable[str | Language], *, where: str | None = None, read_as: Mapping[str, str] | None = None
) -> list[Language]:
    """Every one resolved, in the order given.

    Parameters
    ----------
    languages : iterable of str or Language
    where : str, optional
        Where they were found, for the error.
    read_as : mapping of str to str, optional
        How to read a code, ahead of all else.

    Raises
    ------
    UnknownLanguage
        One for all that are unknown.
    """
    found: list[Language] = []
    unknown: list[UnknownLanguage] = []
    for language in languages:
        try:
            if isinstance(language, str):
                language = resolve((read_as or {}).get(language, language), where=where)
            found.append(language)
        except UnknownLanguage as error:
            unknown.append(error)
            if len(unknown) == MOST_UNKNOWN:
                break
    if unknown:
        raise UnknownLanguage.together(unknown)
    return found


def _member(language: Language, rule: str) -> Language:
    """The representative of a macrolanguage in the same script; any other language as it is."""
    if rule != "member":
        raise BadValue(f"unknown rule '{rule}' for macrolanguages", hint="known: keep, member")
    member = REPRESENTATIVES.get(language.code)
    if member is None or language.scope != "macrolanguage":
        return language
    return make_language(member, language.script) or language


@variety_cache(1 << 16)
def _resolve(text: str) -> Language | None:
    tag = tag_of_code(text) or tag_of_variety(text) or tag_of_name(text)
    return make_language(*tag) if tag else None


def tag_of_variety(text: str) -> Tag | None:
    """A user's own variety by its id, with or without a script."""
    parts = split_script(text.strip())
    known = parts is not None and ID.fullmatch(parts[0]) and find_variety(parts[0]) is not None
    return Tag(*parts) if parts and known else None


def make_language(code: str, script: str = "", region: str = "") -> Language | None:
    """The language or variety with a canonical `code`, in `script` or else in the one usual in `region`.

    A variety is written like its parent unless it has a script of its own. None for `und` and `mul`.
    """
    known, variety = codes(), find_variety(code)
    if known.scopes.get(code) == "special":
        return None
    if variety is None:
        iso, name, own = code, English.display(known.names[code]), ""
    else:
        iso, name = language_of(code), variety.name
        line = (find_variety(above) for above in lineage(code))
        own = next((one.script for one in line if one and one.script), "")
    macro = known.macros.get(iso)
    usual = own or default_script(iso, macro=macro)
    script = script or own or default_script(iso, region, macro=macro)
    if script == "Hani" and usual in HAN:
        script = usual
    if script == usual:
        return Language(code, iso, script, name)
    return Language(f"{code}_{script}", iso, script, f"{name} ({script})")


def written_without_spaces(language: str | Language) -> bool:
    """Whether running text in `language` usually has no spaces between words, going by its script."""
    known = language if isinstance(language, Language) else resolve(language)
    return known.script in WITHOUT_SPACES
