"""The observations of one setting as a grid: training mixes down, target languages across."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import polars as pl
from numpy.typing import NDArray

from isogloss.evidence import TrainingMix
from isogloss.metrics.registry import lowest_fraction

Array = NDArray[np.float64]

UNKNOWN_SIZE = 1000.0
"""Examples assumed of a source whose size nobody recorded, where no other size is known either."""


@dataclass(frozen=True)
class TrainingMixes:
    """Training mixes as numbers.

    Attributes
    ----------
    texts : tuple of str
        Canonical mixes, one per row.
    sources : tuple of str
        Languages trained on in any of them, sorted.
    sizes : array of shape (rows, sources)
        Number of examples; unknown sizes are set to a typical one.
    """

    texts: tuple[str, ...]
    sources: tuple[str, ...]
    sizes: Array

    @classmethod
    def read(cls, texts: Sequence[str], unknown_size: float | None = None) -> TrainingMixes:
        """From canonical mixes; `unknown_size` stands in for a size that is not known."""
        parsed = [dict(_parts(text)) for text in texts]
        sources = tuple(sorted({source for mix in parsed for source in mix}))
        if unknown_size is None:
            unknown_size = typical_size(texts)
        column = {source: position for position, source in enumerate(sources)}
        sizes = np.zeros((len(parsed), len(sources)))
        for row, mix in enumerate(parsed):
            for source, size in mix.items():
                sizes[row, column[source]] = unknown_size if size is None else size
        return cls(tuple(texts), sources, sizes)

    def take(self, rows: NDArray[np.intp] | NDArray[np.bool_]) -> TrainingMixes:
        """Only some of the rows."""
        return TrainingMixes(tuple(np.array(self.texts, dtype=object)[rows]), self.sources, self.sizes[rows])

    def over(self, sources: Sequence[str]) -> Array:
        """Sizes with the columns of `sources`; what is not in the mixes is 0.

        Returns
        -------
        array of shape (rows, len(sources))
        """
        position = {source: column for column, source in enumerate(self.sources)}
        sizes = np.zeros((len(self.texts), len(sources)))
        for column, source in enumerate(sources):
            if source in position:
                sizes[:, column] = self.sizes[:, position[source]]
        return sizes


@dataclass(frozen=True)
class Grid:
    """Scores of one setting.

    Attributes
    ----------
    mixes : TrainingMixes
        The rows.
    targets : tuple of str
        The columns, sorted.
    scores : array of shape (rows, targets)
        Means over seeds; NaN where nothing was measured.
    bounded : bool
        Whether scores are fractions of a best possible one.
    unknown_size : float
        What stands in for sizes that are not known.
    lowest : float
        The lowest possible fraction: 0, or -1 for correlations.
    """

    mixes: TrainingMixes
    targets: tuple[str, ...]
    scores: Array
    bounded: bool
    unknown_size: float
    lowest: float = 0.0

    @classmethod
    def read(cls, observations: pl.DataFrame) -> Grid:
        """From the observations of one setting."""
        # Sorted, because a sum of seeds depends in its last digit on the order they come in.
        cells = observations.group_by("train", "target").agg(pl.col("score").sort().mean()).sort("train", "target")
        texts = cells["train"].unique().sort().to_list()
        targets = cells["target"].unique().sort().to_list()
        row = {text: position for position, text in enumerate(texts)}
        column = {target: position for position, target in enumerate(targets)}
        scores = np.full((len(texts), len(targets)), np.nan)
        rows = cells["train"].replace_strict(row, return_dtype=pl.Int64).to_numpy()
        columns = cells["target"].replace_strict(column, return_dtype=pl.Int64).to_numpy()
        scores[rows, columns] = cells["score"].to_numpy()
        unknown_size = typical_size(texts)
        bounded = bool((observations["scale"] != "raw").all())
        lowest = lowest_fraction(observations["metric"][0])
        return cls(TrainingMixes.read(texts, unknown_size), tuple(targets), scores, bounded, unknown_size, lowest)

    def clip(self, scores: Array) -> Array:
        """`scores` held inside the metric's range, where it has one."""
        return np.clip(scores, self.lowest, 1.0) if self.bounded else scores

    def at_edge(self, scores: Array) -> NDArray[np.bool_]:
        """Where `scores` are the worst or the best that the metric allows."""
        return np.isin(scores, (self.lowest, 1.0)) if self.bounded else np.zeros(scores.shape, dtype=bool)

    def take(self, rows: NDArray[np.intp] | NDArray[np.bool_]) -> Grid:
        """Only some of the rows."""
        return replace(self, mixes=self.mixes.take(rows), scores=self.scores[rows])

    def without_languages(self, languages: Sequence[str]) -> Grid:
        """As if `languages` had never been seen: no column of theirs, none of their examples in any row.

        A row that trained on nothing else goes, for it would claim that nothing was trained on; so does
        a row or a column in which no score is left.
        """
        hidden = set(languages)
        kept_sources = [position for position, source in enumerate(self.mixes.sources) if source not in hidden]
        sizes = self.mixes.sizes[:, kept_sources]
        rows = (sizes.sum(1) > 0) | (self.mixes.sizes.sum(1) == 0)
        columns = np.array([target not in hidden for target in self.targets], dtype=bool)
        # What was measured only with the languages that are hidden now was, as it were, never measured.
        measured = ~np.isnan(self.scores) & rows[:, None] & columns
        rows, columns = measured.any(1), measured.any(0)
        sources = tuple(self.mixes.sources[position] for position in kept_sources)
        mixes = TrainingMixes(tuple(np.array(self.mixes.texts, dtype=object)[rows]), sources, sizes[rows])
        return replace(self.with_targets(columns), mixes=mixes, scores=self.scores[np.ix_(rows, columns)])

    def with_targets(self, columns: NDArray[np.intp] | NDArray[np.bool_]) -> Grid:
        """Only some of the columns."""
        targets = tuple(np.array(self.targets, dtype=object)[columns])
        return replace(self, targets=targets, scores=self.scores[:, columns])


def fill(scores: Array) -> Array:
    """`scores` with the gaps filled by the two-way fit."""
    gaps = np.isnan(scores)
    if not gaps.any():
        return scores
    mean, rows, columns = two_way(scores)
    return np.where(gaps, mean + rows[:, None] + columns, scores)


@lru_cache(maxsize=100_000)
def _parts(text: str) -> tuple[tuple[str, int | None], ...]:
    """Languages and sizes of a canonical mix."""
    return tuple(TrainingMix.parse(text, language=str).items())


def typical_size(texts: Sequence[str]) -> float:
    """Median of the known sizes in some mixes."""
    known = [size for text in texts for _, size in _parts(text) if size is not None]
    return float(np.median(known)) if known else UNKNOWN_SIZE


def two_way(scores: Array, passes: int = 50) -> tuple[float, Array, Array]:
    """Least-squares fit of `mean + row + column` to a table with gaps, by alternating means.

    Parameters
    ----------
    scores : array of shape (rows, columns)
        NaN where nothing was measured.

    Returns
    -------
    mean : float
        Of the fit over all cells, measured or not: what an average row has in an average column.
    rows : array of shape (rows,)
        Row effects, averaging to zero.
    columns : array of shape (columns,)
        Column effects, averaging to zero.
    """
    mean = float(np.nanmean(scores))
    rows, columns = np.zeros(scores.shape[0]), np.zeros(scores.shape[1])
    complete = not np.isnan(scores).any()
    for _ in range(1 if complete else passes):
        rows = np.nanmean(scores - mean - columns, axis=1)
        columns = np.nanmean(scores - mean - rows[:, None], axis=0)
    return mean + rows.mean() + columns.mean(), rows - rows.mean(), columns - columns.mean()
