"""What is known about languages, as the numbers that forecasts use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from isogloss.forecasting.grid import Array
from isogloss.languages import distances, resolve, resources, written_without_spaces

TYPICAL_DISTANCE = {
    "combined": 0.55,
    "syntactic": 0.6,
    "phonological": 0.4,
    "inventory": 0.5,
    "genetic": 1.0,
    "geographic": 0.35,
    "script": 1.0,
}
"""Stands in where two languages have nothing known in common. Fixed, so that what one query gets
does not depend on which others are asked beside it."""


@dataclass(frozen=True)
class Space:
    """Distances and factors of some languages.

    Attributes
    ----------
    languages : tuple of str
    distance : dict of str to array of shape (languages, languages)
        One matrix per kind of `TYPICAL_DISTANCE`, without gaps.
    web_text : array of shape (languages,)
        log10 of the MiB of web text in CC-100, 0 for languages that are not in it: how well
        resourced a language is, whatever the model.
    unspaced : array of shape (languages,)
        1 where the script leaves out spaces between words.
    """

    languages: tuple[str, ...]
    distance: dict[str, Array]
    web_text: Array
    unspaced: Array

    def at(self, languages: Sequence[str]) -> list[int]:
        """Positions of `languages`."""
        position = {language: index for index, language in enumerate(self.languages)}
        return [position[language] for language in languages]

    def between(self, kind: str, rows: Sequence[str], columns: Sequence[str]) -> Array:
        """Distances of one kind, of shape (rows, columns)."""
        return self.distance[kind][np.ix_(self.at(rows), self.at(columns))]


def space(*groups: Sequence[str]) -> Space:
    """The space of all languages in `groups`."""
    return _space(tuple(sorted({language for group in groups for language in group})))


@lru_cache(maxsize=64)
def _space(languages: tuple[str, ...]) -> Space:
    matrices = {}
    for kind, typical in TYPICAL_DISTANCE.items():
        values = distances(list(languages), kind).values
        matrices[kind] = np.where(np.isnan(values), typical, values)
    return Space(
        languages,
        matrices,
        np.array([_web_text(language) for language in languages]),
        np.array([float(written_without_spaces(language)) for language in languages]),
    )


def _web_text(identifier: str) -> float:
    gibibytes = resources("cc100")
    language = resolve(identifier)
    relatives = (identifier, language.iso639_3, language.macro, *language.members)
    known = next((gibibytes[name] for name in relatives if name in gibibytes), None)
    return float(np.log10(1024 * known)) if known else 0.0
