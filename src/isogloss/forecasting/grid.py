"""Scores as arrays: the grid of one setting, and the panel of all settings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from isogloss.evidence import SETTING, TrainingMix
from isogloss.forecasting.settings import Setting
from isogloss.metrics.registry import lowest_fraction, lowest_raw

Array = NDArray[np.float64]

BLOCK = tuple(name for name in SETTING if name not in ("model", "model_revision"))
"""Settings that are alike in these measure the same thing on different models."""

ROUNDING_ERROR = 1e-12
"""Scores that differ by less, as means over seeds may, are equal."""
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
        """Sizes of `sources`, 0 for what is not in the mixes; of shape (rows, len(sources))."""
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
        The lowest possible score: 0 for most metrics, -1 for correlations, minus infinity where there is none.
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
        return Panel.read(observations).grid(0)

    def clip(self, scores: Array) -> Array:
        """`scores` held inside the metric's range, where it has one."""
        return np.clip(scores, self.lowest, 1.0 if self.bounded else np.inf)

    @property
    def span(self) -> float:
        """Scores that count as 100 points: the metric's range or, without one, that of the measured scores."""
        if self.bounded:
            return 1.0 - self.lowest
        return max(float(np.nanmax(self.scores) - np.nanmin(self.scores)), np.finfo(float).tiny)

    @property
    def all_equal(self) -> bool:
        """Whether the measured scores are all the same, so that they do not tell how much others differ."""
        return bool(np.nanmax(self.scores) - np.nanmin(self.scores) < ROUNDING_ERROR)

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


@dataclass(frozen=True)
class Panel:
    """Scores of all settings: settings and their mixes down, target languages across.

    Attributes
    ----------
    languages : tuple of str
        Targets, sorted.
    settings : tuple of Setting
    blocks : tuple of tuple
        Settings that differ in the model alone form a block: the properties that `BLOCK` names.
    setting_of, block_of : arrays of int of shape (rows,)
        Position in `settings` and in `blocks`.
    texts : array of str of shape (rows,)
        Training mixes.
    scores : array of shape (rows, languages)
        Means over seeds; NaN where nothing was measured.
    bounded : array of bool of shape (settings,)
        Whether the scores of a setting are fractions of a best possible one.
    """

    languages: tuple[str, ...]
    settings: tuple[Setting, ...]
    blocks: tuple[tuple[object, ...], ...]
    setting_of: NDArray[np.intp]
    block_of: NDArray[np.intp]
    texts: NDArray[np.object_]
    scores: Array
    bounded: NDArray[np.bool_]

    @classmethod
    def read(cls, observations: pl.DataFrame) -> Panel:
        """From observations, the mean over seeds of each cell."""
        row_key = (*SETTING, "train")
        keys = observations.select(row_key).unique().sort(row_key, nulls_last=True).with_row_index("row")
        cells = observations.select(*row_key, "target", "score", raw=pl.col("scale") == "raw").join(
            keys, on=row_key, how="left", nulls_equal=True
        )
        languages = cells["target"].unique().sort().to_list()
        column = {language: position for position, language in enumerate(languages)}
        rows, raw = cells["row"].to_numpy(), cells["raw"].to_numpy()
        columns = cells["target"].replace_strict(column, return_dtype=pl.Int64).to_numpy()
        scores = cell_means(cells["score"].to_numpy(), rows, columns, (keys.height, len(languages)))
        settings, setting_of = _index([Setting(*row) for row in keys.select(SETTING).iter_rows()])
        blocks, block_of = _index(list(keys.select(BLOCK).iter_rows()))
        bounded = np.ones(len(settings), dtype=bool)
        bounded[setting_of[rows[raw]]] = False
        texts = keys["train"].to_numpy().astype(object)
        return cls(tuple(languages), settings, blocks, setting_of, block_of, texts, scores, bounded)

    def grid(self, setting: int) -> Grid:
        """Scores of one setting."""
        rows = np.flatnonzero(self.setting_of == setting)
        columns = np.flatnonzero(~np.isnan(self.scores[rows]).all(0))
        return self._grid(rows, columns, self.scores[np.ix_(rows, columns)])

    def grid_of_block(self, block: int) -> Grid:
        """Mean scores of the models of one block."""
        rows = np.flatnonzero(self.block_of == block)
        columns = np.flatnonzero(~np.isnan(self.levels[block]))
        texts, first = np.unique(self.texts[rows].astype(str), return_index=True)
        scores = [column_means(self.scores[np.ix_(rows[self.texts[rows] == text], columns)]) for text in texts]
        return self._grid(rows[first], columns, np.array(scores))

    def _grid(self, rows: NDArray[np.intp], columns: NDArray[np.intp], scores: Array) -> Grid:
        texts = self.texts[rows].tolist()
        setting = int(self.setting_of[rows[0]])
        unknown_size = typical_size(texts)
        bounded, metric = bool(self.bounded[setting]), self.settings[setting].metric
        lowest = lowest_fraction(metric) if bounded else lowest_raw(metric)
        return Grid(
            TrainingMixes.read(texts, unknown_size), tuple(self.languages[column] for column in columns), scores,
            bounded, unknown_size, lowest if bounded or lowest <= np.nanmin(scores) else -np.inf,
        )  # fmt: skip

    @cached_property
    def effects(self) -> Array:
        """Score of an average language of the block in each row, of shape (rows,)."""
        effects = np.zeros(len(self.scores))
        for block in range(len(self.blocks)):
            rows = np.flatnonzero(self.block_of == block)
            columns = np.flatnonzero(~np.isnan(self.scores[rows]).all(0))
            mean, of_rows, _ = two_way(self.scores[np.ix_(rows, columns)])
            effects[rows] = mean + of_rows
        return effects

    @cached_property
    def residuals(self) -> Array:
        """Scores less the effect of their row, so that languages compare across models; (rows, languages)."""
        return np.asarray(self.scores - self.effects[:, None])

    @cached_property
    def levels(self) -> Array:
        """Mean residual of each language in each block, of shape (blocks, languages); NaN where not measured."""
        return np.array([column_means(self.residuals[self.block_of == block]) for block in range(len(self.blocks))])

    @cached_property
    def scales(self) -> Array:
        """Standard deviation of the residuals of each block, of shape (blocks,)."""
        squares = np.nan_to_num(self.residuals) ** 2
        counts = (~np.isnan(self.residuals)).sum(1)
        total = np.bincount(self.block_of, squares.sum(1)) / np.maximum(np.bincount(self.block_of, counts), 1)
        return np.asarray(np.sqrt(total) + 1e-6)

    @cached_property
    def unknown_size(self) -> float:
        """What stands in for sizes that nobody recorded."""
        return typical_size(sorted(set(self.texts.tolist())))

    @cached_property
    def position(self) -> dict[Setting, int]:
        """Position of each setting."""
        return {setting: position for position, setting in enumerate(self.settings)}

    @cached_property
    def models(self) -> frozenset[str]:
        """Names of all models."""
        return frozenset(setting.model for setting in self.settings)

    @cached_property
    def block_position(self) -> dict[tuple[object, ...], int]:
        """Position of each block."""
        return {block: position for position, block in enumerate(self.blocks)}

    @cached_property
    def block_of_setting(self) -> NDArray[np.intp]:
        """Position in `blocks` of each setting, of shape (settings,)."""
        blocks = np.zeros(len(self.settings), dtype=np.intp)
        blocks[self.setting_of] = self.block_of
        return blocks

    @cached_property
    def columns(self) -> dict[str, int]:
        """Position of each language."""
        return {language: position for position, language in enumerate(self.languages)}


def cell_means(scores: Array, rows: Array, columns: Array, shape: tuple[int, int]) -> Array:
    """Mean of the scores of each cell of a table of a shape, NaN where there is none; NaNs do not count."""
    # Summed from the lowest on, for the last digit of a sum depends on the order.
    order = np.argsort(scores)
    order = order[~np.isnan(scores[order])]
    cells = (rows.astype(np.intp) * shape[1] + columns)[order]
    counts = np.bincount(cells, minlength=shape[0] * shape[1])
    sums = np.bincount(cells, scores[order], minlength=shape[0] * shape[1])
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan).reshape(shape)


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


def even_sample(count: int, most: int) -> NDArray[np.intp]:
    """Positions of at most `most` of `count` things, evenly spread."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).astype(np.intp))


def block_of(setting: Setting) -> tuple[object, ...]:
    """Block of a setting: everything but its model."""
    return tuple(getattr(setting, name) for name in BLOCK)


def column_means(values: Array) -> Array:
    """Mean of each column over what is known of it, NaN where nothing is."""
    known = ~np.isnan(values)
    counts = known.sum(0)
    return np.where(counts > 0, np.where(known, values, 0).sum(0) / np.maximum(counts, 1), np.nan)


def _index(keys: list[Any]) -> tuple[tuple[Any, ...], NDArray[np.intp]]:
    """Distinct keys in the order they come, and the position of each among them."""
    distinct: dict[Any, int] = {}
    positions = np.array([distinct.setdefault(key, len(distinct)) for key in keys], dtype=np.intp)
    return tuple(distinct), positions
