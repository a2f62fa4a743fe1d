"""Varieties below the level of ISO 639-3: dialects by glottocode, and a user's own from a file.

A variety has a parent. What is not known of itself is taken from there, and whoever asks is told so.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from isogloss.languages.iso639 import codes

if TYPE_CHECKING:
    from isogloss.languages.glottolog import Entry


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


def find(code: str) -> Variety | None:
    """The variety of that code; None if it is a language with an ISO 639 code, or unknown."""
    if len(code) <= 3:
        return None
    return _find(code)


def iso_of_glottocode(code: str) -> str | None:
    """The ISO 639-3 code of the language that has this glottocode."""
    entry = _entry(code)
    return entry.iso639_3 if entry else None


def lineage(code: str) -> list[str]:
    """Codes from `code` up to the language it belongs to (or to the last variety, where there is none)."""
    found = [code]
    while (variety := find(found[-1])) is not None and variety.parent is not None:
        found.append(variety.parent)
    return found


def language_of(code: str) -> str:
    """The language (ISO 639) that a variety belongs to; its own code if none is known, or if it is one."""
    top = lineage(code)[-1]
    return top if top in codes().names else code


def forget() -> None:
    """Look everything up anew: the user's files have changed."""
    from isogloss.languages import typology
    from isogloss.languages.parse import forget_unknown
    from isogloss.languages.user import user_varieties

    user_varieties.cache_clear()
    _find.cache_clear()
    forget_unknown()
    typology.forget()


@lru_cache(maxsize=1 << 14)
def _find(code: str) -> Variety | None:
    from isogloss.languages.user import user_varieties

    return _from_glottolog(code) or user_varieties().get(code)


def _entry(code: str) -> Entry | None:
    from isogloss.languages.glottolog import GLOTTOCODE, glottolog

    return glottolog().get(code) if GLOTTOCODE.fullmatch(code) else None


def _from_glottolog(code: str) -> Variety | None:
    from isogloss.languages.glottolog import DIALECT, GROUP, LANGUAGE, glottolog

    entry = _entry(code)
    if entry is None or entry.level in (LANGUAGE, GROUP):
        return None
    parent = None
    if entry.level == DIALECT and entry.parent:
        above = glottolog().get(entry.parent)
        parent = (above.iso639_3 if above else None) or entry.parent
    return Variety(
        code,
        entry.name,
        parent,
        code,
        math.nan if entry.latitude is None else entry.latitude,
        math.nan if entry.longitude is None else entry.longitude,
        _path(code, entry.name, parent),
    )


def _path(code: str, name: str, parent: str | None) -> tuple[str, ...]:
    """The line of descent of the parent, as languages have it, and the variety's own name."""
    from isogloss.languages.glottolog import glottolog
    from isogloss.languages.typology import languoid

    above = languoid(parent) if parent else None
    return (*above.path, name) if above else glottolog().path(code)
