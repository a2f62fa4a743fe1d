"""From any way of writing a language to its one canonical id."""

from __future__ import annotations

import re
from functools import lru_cache

from isogloss.errors import BadValue, UnknownLanguage
from isogloss.languages import varieties
from isogloss.languages.aliases import CODES, REPRESENTATIVES
from isogloss.languages.iso639 import codes, macro_of
from isogloss.languages.language import Language
from isogloss.languages.names import English, suggest
from isogloss.languages.writing import HAN, WITHOUT_SPACES, default_script, known_script

REGIONS = frozenset(
    """
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ
    CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO
    FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE
    JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO
    MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW
    PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM
    TN TO TR TT TV TW TZ UA UG UK UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW
    """.split()
)
"""ISO 3166-1 codes, with XK and the frequent UK. Checked, so that the pair `de-en` is no German of "EN"."""

LONGEST = 120
_TAG = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{1,8})*(?:@[A-Za-z]+)?", re.ASCII)
_GLOTTOCODE = re.compile(r"[a-z0-9]{4}[0-9]{4}")
_USER_ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_MODIFIERS = {"latin": "Latn", "cyrillic": "Cyrl", "devanagari": "Deva", "arabic": "Arab"}


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
        raise _unknown(code, where)
    return language if macrolanguages == "keep" else _member(language, macrolanguages)


def resolve_standard(code: str) -> Language:
    """The same without what users added; for checking what they add."""
    language = (_standard(code) or _named(code)) if len(code) <= LONGEST else None
    if language is None:
        raise _unknown(code, None)
    return language


def _unknown(code: str, where: str | None) -> UnknownLanguage:
    shown = str(code)
    shown = shown if len(shown) <= LONGEST else f"{shown[:LONGEST]}..."
    return UnknownLanguage(shown, where=where, suggestions=suggest(shown[:LONGEST]))


def _member(language: Language, rule: str) -> Language:
    """The representative of a macrolanguage in the same script; any other language as it is."""
    if rule != "member":
        raise BadValue(f"unknown rule '{rule}' for macrolanguages", hint="known: keep, member")
    member = REPRESENTATIVES.get(language.code)
    if member is None or language.scope != "macrolanguage":
        return language
    return make_language(member, language.script) or language


@lru_cache(maxsize=1 << 16)
def _resolve(text: str) -> Language | None:
    return _standard(text) or _added(text) or _named(text)


def forget_unknown() -> None:
    """Look up again what was not known: varieties were added."""
    _resolve.cache_clear()
    suggest.cache_clear()


def _standard(text: str) -> Language | None:
    """A language by a code of a standard, or by one of the usual slips."""
    written = text.strip()
    tag = written.split(".")[0].replace("_", "-").casefold()  # en_US.UTF-8
    if tag in CODES:
        return _parse_tag(CODES[tag])
    if _TAG.fullmatch(written.split(".")[0]) and (language := _parse_tag(tag)) is not None:
        return language
    return _by_id(written, _GLOTTOCODE)


def _added(text: str) -> Language | None:
    """A user's own variety by its id."""
    return _by_id(text.strip(), _USER_ID)


def _by_id(text: str, pattern: re.Pattern[str]) -> Language | None:
    """A variety by its id, with or without a script; a language by its glottocode."""
    code, _, script = text.partition("_")
    code = code.casefold()
    if not pattern.fullmatch(code) or (script and not known_script(script)):
        return None
    if pattern is _GLOTTOCODE and (iso := varieties.iso_of_glottocode(code)) is not None:
        return make_language(iso, known_script(script) or "" if script else "")
    return make_variety(code, known_script(script) or "" if script else "")


def _named(text: str) -> Language | None:
    named = English.load().find(text.strip())
    return _parse_tag(named) if named else None


def _parse_tag(tag: str) -> Language | None:
    """The language of a tag of subtags, or None if any subtag is not what it should be."""
    tag, _, modifier = tag.partition("@")
    first, *rest = re.split("[-_]", tag)
    first = CODES.get(first, first)
    language = codes().ids.get(first)
    script, region = _MODIFIERS.get(modifier, ""), ""
    if language is None or (modifier and not script):
        return None
    for place, part in enumerate(rest):
        if len(part) == 1:  # an extension or private use: says nothing about which language
            break
        if place == 0 and len(part) == 3 and part.isalpha():  # zh-yue: an extended language
            if macro_of(part) != language:
                return None
            language = part
        elif len(part) == 4 and part.isalpha() and not region:
            if (found := known_script(part)) is None:
                return None
            script = found
        elif len(part) == 2 and part.upper() in REGIONS and not region:
            region = part.upper()
        elif not (len(part) == 3 and part.isdigit()) and not (len(part) >= 5 or (len(part) == 4 and part[0].isdigit())):
            return None  # neither a UN M.49 area nor a variant
    return make_language(language, script, region)


def make_language(code: str, script: str = "", region: str = "") -> Language | None:
    """The language with a canonical `code`, in `script` or else in the one usual in `region`; None for `und`, `mul`."""
    known = codes()
    if known.scopes[code] == "special":
        return None
    usual = default_script(code, macro=known.macros.get(code))
    script = script or default_script(code, region, macro=known.macros.get(code))
    if script == "Hani" and usual in HAN:
        script = usual
    name = English.display(known.names[code])
    if script == usual:
        return Language(code, code, script, name)
    return Language(f"{code}_{script}", code, script, f"{name} ({script})")


def make_variety(code: str, script: str = "") -> Language | None:
    """The variety with that id, in `script` or else in its own, or in that of its parent."""
    variety = varieties.find(code)
    if variety is None:
        return None
    iso = varieties.language_of(code)
    chain = (varieties.find(above) for above in varieties.lineage(code))
    inherited = next((one.script for one in chain if one and one.script), "")
    usual = inherited or default_script(iso, macro=codes().macros.get(iso))
    if script in ("", usual):
        return Language(code, iso, usual, variety.name)
    return Language(f"{code}_{script}", iso, script, f"{variety.name} ({script})")


def written_without_spaces(language: str | Language) -> bool:
    """Whether running text in `language` usually has no spaces between words, going by its script."""
    known = language if isinstance(language, Language) else resolve(language)
    return known.script in WITHOUT_SPACES
