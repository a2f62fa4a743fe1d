"""Profiles: a table's rows summed up as a few rankings of its languages, from which language factors are learnt."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from isogloss.forecasting.background.tables import ScoreTable
from isogloss.forecasting.grid import Array, column_means

LEAST_SPREAD = 0.5
"""Rows that spread less than this share of the median row tell of chance, not of languages."""
PARTS, FEWEST_ROWS = 3, 6
"""Profiles of a table, and rows below which it has one."""


@dataclass(frozen=True)
class Profiles:
    """Rankings of languages.

    Attributes
    ----------
    languages : tuple of str
    values : array of shape (profiles, languages)
        Of unit variance within a profile; NaN where not measured.
    weights : array of shape (profiles,)
        Profiles of the same test texts and kind of table together count as the root of their number.
    """

    languages: tuple[str, ...]
    values: Array
    weights: Array


def read_profiles(tables: Sequence[ScoreTable]) -> Profiles:
    """Profiles of all tables, over the languages of any of them."""
    languages = tuple(sorted({language for table in tables for language in table.languages}))
    column = {language: position for position, language in enumerate(languages)}
    parts = [(table, part) for table in tables for part in _split(table.scores)]
    values = np.full((len(parts), len(languages)), np.nan)
    for row, (table, part) in enumerate(parts):
        values[row, [column[language] for language in table.languages]] = part / np.nanstd(part)
    count = Counter((table.corpus, table.kind) for table, _ in parts)
    weights = np.array([1 / np.sqrt(count[table.corpus, table.kind]) for table, _ in parts])
    return Profiles(languages, values, weights)


def _split(scores: Array) -> list[Array]:
    """Mean standardised scores of groups of rows that rank languages alike, each of shape (languages,)."""
    centred = scores - np.nanmean(scores, axis=1, keepdims=True)
    spread = np.nanstd(centred, axis=1)
    kept = spread >= LEAST_SPREAD * np.median(spread)
    rows = (centred / spread[:, None])[kept]
    if len(rows) < FEWEST_ROWS:
        return [column_means(rows)]
    filled = np.nan_to_num(rows)
    vectors, sizes, _ = np.linalg.svd(filled - filled.mean(0), full_matrices=False)
    return [column_means(rows[part]) for part in np.array_split(np.argsort(vectors[:, 0] * sizes[0]), PARTS)]
