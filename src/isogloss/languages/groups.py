"""Groups of languages by name: a continent, a family, a script, a list; and lists in which names and groups mix."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

from isogloss.errors import BadValue, UnknownLanguage, UnknownName, closest
from isogloss.languages.iso639 import codes
from isogloss.languages.language import Language, make_language, resolve
from isogloss.languages.near_identical import relatives
from isogloss.languages.writing import read_table

REGIONS = ("africa", "americas", "asia", "europe", "oceania")
EVIDENCE, FLORES, ALL = "evidence", "flores", "all"
FAMILY, SCRIPT, WHOLE = "family:", "script:", "all:"


def read_languages(
    names: Iterable[str],
    measured: Sequence[str] = (),
    *,
    languages: Mapping[str, str] | None = None,
    where: str = "targets",
    mappable: bool = True,
) -> dict[str, str]:
    """Read languages and groups of languages.

    Parameters
    ----------
    names : iterable of str
        Languages, written in any way isogloss knows, and groups: `africa`, `americas`, `asia`, `europe`, `oceania`;
        a family or branch (`family:Bantu`); a script (`script:Deva`); `flores`, the languages of FLORES-200;
        `evidence`, those that were measured; `all`, every language of ISO 639-3.
    measured : sequence of str
        Ids of the languages of the evidence. Groups by place, family and script hold these and those of FLORES-200,
        of which there are texts to test on; `all:africa` and the like hold every language.
    languages : mapping of str to str, optional
        How to read a code, ahead of all else.
    where : str
        The field, for errors.
    mappable : bool, default True
        Whether the caller takes `languages=...`, for errors.

    Returns
    -------
    dict of str to str
        Canonical id to what was written, in the order given; members of a group in alphabetical order, by their ids.

    Raises
    ------
    BadValue
        If there is no language in it.
    UnknownName
        For a group that there is not.
    UnknownLanguage
        For all names at once that no language is known by.
    """
    read_as = languages or {}
    chosen: dict[str, str] = {}
    unknown: list[UnknownLanguage] = []
    for name in filter(None, (str(name).strip() for name in names)):
        if name not in read_as and (members := _group(name, tuple(sorted(measured)), where)) is not None:
            for member in _once(members, measured):
                chosen.setdefault(member, member)
            continue
        try:
            chosen.setdefault(_as_measured(resolve(read_as.get(name, name), where=where), measured), name)
        except UnknownLanguage as error:
            groups = [(group, "a group of languages") for group in closest(name, (*REGIONS, EVIDENCE, FLORES, ALL))]
            unknown.append(UnknownLanguage(name, where=where, suggestions=[*groups, *error.suggestions]))
    if unknown:
        raise UnknownLanguage.together(unknown, mappable=mappable)
    if not chosen:
        raise BadValue("names no language", where=where, hint=f"write {where}=yor,wol or {where}=africa")
    return chosen


def _as_measured(language: Language, measured: Sequence[str]) -> str:
    """The id under which a language was measured: a macrolanguage, or the member that represents it, if not its own."""
    if language.id in measured:
        return language.id
    others = [resolve(one) for one in relatives(language.id)[1:] if one in measured]
    same = (one.id for one in others if language.code == one.macro or language.macro == one.code)
    return next(same, language.id)


def _once(members: Iterable[str], measured: Sequence[str]) -> Iterator[str]:
    """Members of a group without those that are nearly identical to a measured language, which stands for them."""
    known = set(measured)
    for member in members:
        if member in known or known.isdisjoint(relatives(member)):
            yield member


def _group(name: str, measured: tuple[str, ...], where: str) -> Sequence[str] | None:
    """Members of the group of a name; None where it names no group."""
    wanted = name.casefold()
    if wanted == ALL:
        return every_language()
    if wanted == FLORES:
        return flores_languages()
    if wanted == EVIDENCE:
        return measured
    whole = wanted.startswith(WHOLE)
    pool = every_language() if whole else tuple(sorted({*flores_languages(), *measured}))
    wanted = wanted.removeprefix(WHOLE)
    if wanted in REGIONS:
        return [code for code in pool if region_of(resolve(code)) == wanted]
    for prefix, kinds in ((FAMILY, lambda one: one.family), (SCRIPT, lambda one: (one.script,))):
        if wanted.startswith(prefix):
            return _members(wanted.removeprefix(prefix), pool, kinds, prefix, where)
    if whole:
        raise UnknownName("group of languages", name, [f"{WHOLE}{region}" for region in REGIONS], where=where)
    return None


def _members(
    wanted: str, pool: Sequence[str], kinds: Callable[[Language], Sequence[str]], prefix: str, where: str
) -> list[str]:
    by_kind: dict[str, list[str]] = {}
    spelt: dict[str, str] = {}
    for code in pool:
        for kind in kinds(resolve(code)):
            spelt.setdefault(kind.casefold(), kind)
            by_kind.setdefault(kind.casefold(), []).append(code)
    if wanted not in by_kind:
        # Glottolog qualifies what others call by one word: Narrow Bantu, Nuclear Torricelli.
        holding = [kind for kind in by_kind if wanted in kind.replace("-", " ").split()]
        if holding:
            return by_kind[max(holding, key=lambda kind: len(by_kind[kind]))]
        near = closest(wanted, spelt) or sorted(spelt)
        raise UnknownName("group of languages", f"{prefix}{wanted}", [prefix + spelt[one] for one in near], where=where)
    return by_kind[wanted]


@lru_cache(maxsize=1)
def flores_languages() -> tuple[str, ...]:
    """Ids of the languages of FLORES-200."""
    return tuple(sorted({resolve(code).id for (code,) in read_table("flores.tsv")}))


@lru_cache(maxsize=1)
def every_language() -> tuple[str, ...]:
    """Ids of the individual languages of ISO 639-3."""
    individual = sorted(code for code, scope in codes().scopes.items() if scope == "individual")
    return tuple(language.id for code in individual if (language := make_language(code)) is not None)


def region_of(language: Language) -> str | None:
    """The continent of the point that Glottolog gives a language, None where it gives none.

    Notes
    -----
    Borders are straight lines: the Red Sea, the Bosporus, the Great Caucasus, the Ural at 60 E; New Guinea and what
    lies east of it are Oceania.
    """
    if language.latitude is None or language.longitude is None:
        return None
    north, east = language.latitude, language.longitude
    rules: tuple[tuple[str, Callable[[float, float], bool]], ...] = (
        ("oceania", _is_oceania), ("americas", lambda north, east: east < -25), ("africa", _is_africa),
        ("europe", _is_europe),
    )  # fmt: skip
    return next((name for name, holds in rules if holds(north, east)), "asia")


def _is_oceania(north: float, east: float) -> bool:
    pacific = (east < -130 and north < 30) or (east > 130 and north < 15) or (east > 141 and north < 23)
    return pacific or (east > 112 and north < -10.5)


def _is_africa(north: float, east: float) -> bool:
    if north < 12.5:
        return -26 <= east < 52 or (52 <= east < 60 and north < -3)
    if north < 30:
        return -26 <= east < 32.5 + (30 - north) * 0.62
    return (-18 <= east < 32.5 and north < 33.5) or (-18 <= east < 11.5 and north < 37.4)


def _is_europe(north: float, east: float) -> bool:
    anatolia = east > 26.5 and north < 41.2
    caucasus = east > 39 and north < 43.3
    steppe = east > 48 and north < 51
    return -32 <= east < 60 and north > 34.5 and not (anatolia or caucasus or steppe)
