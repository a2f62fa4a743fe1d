"""Varieties below the level of ISO 639-3, dialects by glottocode and a user's own, and the place of every language.

A variety has a parent. What is not known of itself is taken from there, and the answer names the parent.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import ParamSpec, TypeVar, cast

from isogloss.errors import BadFile
from isogloss.languages.aliases import KEPT_APART, REPRESENTATIVES
from isogloss.languages.glottolog import DIALECT, GLOTTOCODE, GROUP, LANGUAGE, Languoid, glottolog, languoids
from isogloss.languages.iso639 import codes, macro_of
from isogloss.languages.names import display_name, suggest
from isogloss.languages.tags import Tag, tag_of_code, tag_of_name
from isogloss.languages.variety_files import VarietyEntry, keep_variety_file, read_kept_varieties, read_variety_file


@dataclass(frozen=True, slots=True)
class Variety:
    """A variety of a language.

    Attributes
    ----------
    code : str
        Its id: a glottocode, or what the user's file calls it.
    name : str
    parent : str or None
        Code of what it is a variety of; None for a language that has no ISO 639-3 code.
    glottocode : str or None
    latitude, longitude : float
        NaN where only its parent's place is known.
    path : tuple of str
        From the family down to itself.
    script : str
        Empty if it is written like its parent.
    features : mapping of str to float
        Typological features given in the user's file.
    origin : str
        Where it is described.
    """

    code: str
    name: str
    parent: str | None
    glottocode: str | None
    latitude: float
    longitude: float
    path: tuple[str, ...]
    script: str = ""
    features: Mapping[str, float] = field(default_factory=dict)
    origin: str = "Glottolog"


P = ParamSpec("P")
R = TypeVar("R")
_caches: list[Callable[[], None]] = []


def variety_cache(maxsize: int) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """An `lru_cache` for what depends on the varieties that were added; it is emptied when some are."""

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        cached = lru_cache(maxsize=maxsize)(function)
        _caches.append(cached.cache_clear)
        return cast(Callable[P, R], cached)

    return decorate


def clear_variety_caches() -> None:
    """Look everything up anew: the files of added varieties have changed."""
    for clear in _caches:
        clear()


def find_variety(code: str) -> Variety | None:
    """The variety of that code; None if it is a language with an ISO 639 code, or unknown."""
    return _find(code) if len(code) > 3 else None


def lineage(code: str) -> list[str]:
    """Codes from `code` up to the language it belongs to (or to the last variety, where there is none)."""
    line = [code]
    while (variety := find_variety(line[-1])) is not None and variety.parent is not None:
        line.append(variety.parent)
    return line


def language_of(code: str) -> str:
    """The language (ISO 639) that a variety belongs to; its own code if none is known, or if it is one."""
    top = lineage(code)[-1]
    return top if top in codes().names else code


def stand_ins(code: str) -> Iterator[str]:
    """Languages to look at when nothing is known of `code`, nearest first."""
    macro = macro_of(code)
    successor = KEPT_APART[code][1] if code in KEPT_APART else None
    chain = (REPRESENTATIVES.get(code), successor, macro, REPRESENTATIVES.get(macro or ""))
    return (other for other in dict.fromkeys(chain) if other and other != code)


@variety_cache(1 << 15)
def languoid(code: str) -> Languoid | None:
    """Place and family of a language; of who stands in for it where it has none."""
    if (variety := find_variety(code)) is not None:
        above = languoid(variety.parent) if variety.parent and math.isnan(variety.latitude) else None
        place = above if above else variety
        return Languoid(variety.glottocode or "", place.latitude, place.longitude, variety.path)
    known = languoids()
    return next((known[other] for other in (code, *stand_ins(code)) if other in known), None)


def place_of(code: str) -> Languoid | None:
    """The same, and what Glottolog knows of the hundred languages that URIEL's list of glottocodes lacks."""
    if (place := languoid(code)) is not None or (entry := glottolog().of_language(code)) is None:
        return place
    latitude, longitude = (math.nan if value is None else value for value in (entry.latitude, entry.longitude))
    return Languoid(entry.glottocode, latitude, longitude, glottolog().path(entry.glottocode))


@variety_cache(1)
def added_varieties() -> Mapping[str, Variety]:
    """All varieties that were added, by id.

    Raises
    ------
    BadFile
        If a file in the folder is no longer what `add_varieties` wrote.
    """
    entries = read_kept_varieties()
    return {name: _variety(entry, entries) for name, entry in entries.items()}


def add_varieties(path: str | Path) -> list[Variety]:
    """Check a file of varieties and keep a copy, so that `resolve` knows them from now on.

    Parameters
    ----------
    path : str or pathlib.Path
        TOML with a table `[[variety]]` for each: `id` and `parent`, and as far as known `name`, `latitude`
        and `longitude` (degrees), `script` (ISO 15924), `glottocode` and `features` (URIEL's names; 0 or 1).
        A file of the same name that was added before is replaced.

    Returns
    -------
    list of Variety

    Raises
    ------
    BadFile
        Naming the line: an id that means something else already, a parent that is unknown, a cycle, a
        coordinate off the globe, an unknown field or script. Nothing is kept then.
    """
    path = Path(path)
    entries = read_variety_file(path)
    if not entries:
        raise BadFile("no [[variety]] in it", where=str(path), hint="see docs/how-to/languages.md")
    kept = read_kept_varieties(without=path.with_suffix(".toml").name)
    for entry in entries.values():
        if entry.id in kept:
            raise entry.error(f"'{entry.id}' is defined in {kept[entry.id].path.name} too", "choose another id")
        if (tag := standard_tag(entry.id)) is not None:
            raise entry.error(f"'{entry.id}' already means {display_name(tag.code)} ({tag.code})", "choose another id")
    made = [_variety(entry, {**kept, **entries}) for entry in entries.values()]
    keep_variety_file(path)
    clear_variety_caches()
    return made


def standard_tag(text: str) -> Tag | None:
    """The language that `text` stands for without what users added, by code or by name."""
    return tag_of_code(text) or tag_of_name(text)


def _variety(entry: VarietyEntry, entries: Mapping[str, VarietyEntry], below: tuple[str, ...] = ()) -> Variety:
    """The variety of an entry, its parent being another entry or a language; `below` guards against cycles."""
    if entry.id in below:
        cycle = " -> ".join((*below[below.index(entry.id) :], entry.id))
        raise entry.error(f"varieties are each other's parents: {cycle}", "give one a language as parent", "parent")
    if (above := entries.get(entry.parent)) is not None:
        parent = _variety(above, entries, (*below, entry.id))
        code, path = parent.code, parent.path
    else:
        code = _parent_language(entry)
        place = languoid(code)
        path = place.path if place else (display_name(code),)
    return Variety(
        entry.id, entry.name, code, entry.glottocode, entry.latitude, entry.longitude, (*path, entry.name),
        entry.script, entry.features, entry.path.name,
    )  # fmt: skip


def _parent_language(entry: VarietyEntry) -> str:
    """Code of the language or dialect that an entry names as its parent."""
    if (tag := standard_tag(entry.parent)) is not None:
        return tag.code
    meant = " or ".join(f"'{code}' ({name})" for code, name in suggest(entry.parent))
    hint = f"did you mean {meant}?" if meant else "give a language code, a glottocode or an id of this file"
    raise entry.error(f"unknown parent '{entry.parent}'", hint, "parent")


@variety_cache(1 << 14)
def _find(code: str) -> Variety | None:
    return _from_glottolog(code) or added_varieties().get(code)


def _from_glottolog(code: str) -> Variety | None:
    entry = glottolog().get(code) if GLOTTOCODE.fullmatch(code) else None
    if entry is None or entry.level in (LANGUAGE, GROUP):
        return None
    parent = None
    if entry.level == DIALECT and entry.parent:
        above = glottolog().get(entry.parent)
        parent = (above.iso639_3 if above else None) or entry.parent
    place = languoid(parent) if parent else None
    return Variety(
        code,
        entry.name,
        parent,
        code,
        math.nan if entry.latitude is None else entry.latitude,
        math.nan if entry.longitude is None else entry.longitude,
        (*place.path, entry.name) if place else glottolog().path(code),
    )
