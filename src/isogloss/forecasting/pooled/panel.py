"""All evidence as one table: settings and their mixes down, languages across."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from isogloss.evidence import SETTING, Evidence
from isogloss.forecasting.grid import Array, Grid, TrainingMixes, two_way, typical_size
from isogloss.forecasting.settings import Setting
from isogloss.metrics.registry import lowest_fraction

BLOCK = tuple(name for name in SETTING if name not in ("model", "model_revision"))
"""Settings that are alike in these measure the same thing on different models."""


@dataclass(frozen=True)
class Panel:
    """Every score, one row per setting and mix.

    Attributes
    ----------
    languages : tuple of str
        Targets, sorted.
    settings : tuple of Setting
    blocks : tuple of tuple
        What is measured, whatever the model: the properties that `BLOCK` names.
    setting_of, block_of : arrays of int of shape (rows,)
        Position in `settings` and in `blocks`.
    texts : array of str of shape (rows,)
        Training mixes.
    scores : array of shape (rows, languages)
        Means over seeds; NaN where nothing was measured.
    residuals : array of shape (rows, languages)
        Scores less the effect of their row, so that the languages of a block compare across models.
    effects : array of shape (rows,)
        What an average language of the block has in each row.
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
    residuals: Array
    effects: Array
    bounded: NDArray[np.bool_]

    @classmethod
    def read(cls, evidence: Evidence) -> Panel:
        """From evidence, the mean over seeds of each cell."""
        # Sorted, because a sum of seeds depends in its last digit on the order they come in.
        cells = (
            evidence.observations.group_by(*SETTING, "train", "target")
            .agg(pl.col("score").sort().mean(), bounded=(pl.col("scale") != "raw").all())
            .sort(*SETTING, "train", "target", nulls_last=True)
        )
        keys = cells.select(*SETTING, "train").unique(maintain_order=True).with_row_index("row")
        cells = cells.join(keys, on=[*SETTING, "train"], how="left", nulls_equal=True, maintain_order="left")
        languages = cells["target"].unique().sort().to_list()
        column = {language: position for position, language in enumerate(languages)}
        scores = np.full((keys.height, len(languages)), np.nan)
        columns = cells["target"].replace_strict(column, return_dtype=pl.Int64).to_numpy()
        scores[cells["row"].to_numpy(), columns] = cells["score"].to_numpy()
        settings, setting_of = _index([Setting(*row) for row in keys.select(SETTING).iter_rows()])
        blocks, block_of = _index(list(keys.select(BLOCK).iter_rows()))
        bounded = np.ones(len(settings), dtype=bool)
        np.logical_and.at(bounded, setting_of[cells["row"].to_numpy()], cells["bounded"].to_numpy())
        effects, residuals = _two_way(scores, block_of)
        return cls(
            tuple(languages), settings, blocks, setting_of, block_of, keys["train"].to_numpy().astype(object),
            scores, residuals, effects, bounded,
        )  # fmt: skip

    def grid(self, setting: int) -> Grid:
        """The scores of one setting."""
        rows = np.flatnonzero(self.setting_of == setting)
        columns = np.flatnonzero(~np.isnan(self.scores[rows]).all(0))
        return self._grid(rows, columns, self.scores[np.ix_(rows, columns)])

    def grid_of_block(self, block: int) -> Grid:
        """The mean over models of what one block measured."""
        rows = np.flatnonzero(self.block_of == block)
        columns = np.flatnonzero(~np.isnan(self.levels[block]))
        texts, first = np.unique(self.texts[rows].astype(str), return_index=True)
        scores = [column_means(self.scores[np.ix_(rows[self.texts[rows] == text], columns)]) for text in texts]
        return self._grid(rows[first], columns, np.array(scores))

    def _grid(self, rows: NDArray[np.intp], columns: NDArray[np.intp], scores: Array) -> Grid:
        texts = self.texts[rows].tolist()
        setting = int(self.setting_of[rows[0]])
        unknown_size = typical_size(texts)
        return Grid(
            TrainingMixes.read(texts, unknown_size), tuple(self.languages[column] for column in columns), scores,
            bool(self.bounded[setting]), unknown_size, lowest_fraction(self.settings[setting].metric),
        )  # fmt: skip

    @cached_property
    def measured(self) -> NDArray[np.bool_]:
        """Whether a setting has a score in a language, of shape (settings, languages)."""
        measured = np.zeros((len(self.settings), len(self.languages)), dtype=bool)
        np.logical_or.at(measured, self.setting_of, ~np.isnan(self.scores))
        return measured

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


def block_of(setting: Setting) -> tuple[object, ...]:
    """Block of a setting: everything but its model."""
    return tuple(getattr(setting, name) for name in BLOCK)


def column_means(values: Array) -> Array:
    """Mean of each column over what is known of it, NaN where nothing is."""
    known = ~np.isnan(values)
    counts = known.sum(0)
    return np.where(counts > 0, np.where(known, values, 0).sum(0) / np.maximum(counts, 1), np.nan)


def _two_way(scores: Array, block_of: NDArray[np.intp]) -> tuple[Array, Array]:
    """Effect of each row within its block, and what is left of its scores."""
    effects = np.zeros(len(scores))
    for block in range(int(block_of.max()) + 1):
        rows = np.flatnonzero(block_of == block)
        columns = np.flatnonzero(~np.isnan(scores[rows]).all(0))
        mean, of_rows, _ = two_way(scores[np.ix_(rows, columns)])
        effects[rows] = mean + of_rows
    return effects, scores - effects[:, None]


def _index(keys: list[Any]) -> tuple[tuple[Any, ...], NDArray[np.intp]]:
    """Distinct keys in the order they come, and the position of each among them."""
    distinct: dict[Any, int] = {}
    positions = np.array([distinct.setdefault(key, len(distinct)) for key in keys], dtype=np.intp)
    return tuple(distinct), positions
