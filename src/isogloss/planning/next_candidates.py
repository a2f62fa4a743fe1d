"""Groups of languages to choose from, written `@asia`, `@Uralic` or `@Deva`: by place, family and script."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

from isogloss.errors import BadValue, UnknownName, closest
from isogloss.evidence import Evidence
from isogloss.languages import Language, resolve
from isogloss.languages.writing import read_table

MARK = "@"
MEASURED = "evidence"
REGIONS = ("africa", "americas", "asia", "europe", "oceania")


def read_candidates(
    text: str | Sequence[str], evidence: Evidence, *, languages: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Read languages and groups of languages.

    Parameters
    ----------
    text : str or sequence of str
        Languages, written in any way isogloss knows, and groups, comma between: `@africa`, `@americas`, `@asia`,
        `@europe`, `@oceania`; a family or branch (`@Uralic`, `@Bantu`); a script (`@Deva`); `@evidence`, all
        languages that any model or task of the evidence was tested in.
    evidence : Evidence
        Groups hold its languages and those of FLORES-200, of which there are texts to test on.
    languages : mapping of str to str, optional
        How to read a code, ahead of all else.

    Returns
    -------
    dict of str to str
        Canonical id to what was written, in the order given; the members of a group in alphabetical order.

    Raises
    ------
    BadValue
        If there is no language in it.
    UnknownName, UnknownLanguage
    """
    read_as = languages or {}
    parts = text.split(",") if isinstance(text, str) else text
    found: dict[str, str] = {}
    for part in filter(None, (part.strip() for part in parts)):
        if part.startswith(MARK):
            for member in _members(part[1:], evidence):
                found.setdefault(member, member)
        else:
            found.setdefault(resolve(read_as.get(part, part), where="candidates").id, part)
    if not found:
        raise BadValue("names no language", where="candidates", hint="write yor,wol or @africa")
    return found


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


def _members(name: str, evidence: Evidence) -> list[str]:
    pool = tuple(sorted({*_written(), *evidence.targets}))
    wanted = name.casefold()
    if wanted == MEASURED:
        return evidence.targets
    if wanted in REGIONS:
        return [code for code in pool if region_of(resolve(code)) == wanted]
    kinds: dict[str, list[str]] = {}
    for code in pool:
        language = resolve(code)
        for kind in (*language.family, language.script):
            kinds.setdefault(kind.casefold(), []).append(code)
    if wanted not in kinds:
        # A continent is meant more often than one of hundreds of branches that is spelt like it.
        close = closest(name, (*REGIONS, MEASURED))
        known = (*REGIONS, MEASURED) if close else (*REGIONS, MEASURED, *kinds)
        raise UnknownName("group of languages", name, known, where="candidates")
    return kinds[wanted]


@lru_cache(maxsize=1)
def _written() -> tuple[str, ...]:
    """Languages of FLORES-200."""
    return tuple(sorted({resolve(code).id for (code,) in read_table("flores.tsv")}))
