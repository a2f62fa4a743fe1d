"""Features of cells whose language is known from elsewhere."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from isogloss.forecasting.features import pair_features
from isogloss.forecasting.grid import Array, TrainingMixes
from isogloss.forecasting.pooled.donors import Donors, Pattern, Rows
from isogloss.forecasting.space import TYPICAL_DISTANCE, Space, space

REACHES = (0.05, 0.15, 0.4)
"""Distances, in units of the usual one, over which a neighbour loses a factor e of its say."""
TYPOLOGY_COUNTS = 50.0
"""Scores elsewhere at which they say as much as typology about how far apart two languages are."""


class Design:
    """Features of the cells of one block, as far as one pattern of knowledge goes.

    Parameters
    ----------
    donors : Donors
    pattern : Pattern
    """

    def __init__(self, donors: Donors, pattern: Pattern):
        self.donors, self.pattern = donors, pattern
        self.panel = donors.panel

    def cells(self, rows: Rows, known: Array, measured: Sequence[str], asked: Sequence[str], effects: Array) -> Array:
        """Features of rows x asked.

        Parameters
        ----------
        rows : Rows
        known : array of shape (rows, measured)
            Scores less `effects` of languages that may be looked at; NaN where there is none.
        measured, asked : sequences of str
            A language that is in both is not looked at for itself.
        effects : array of shape (rows,)

        Returns
        -------
        array of shape (rows, asked, features)
            NaN where a thing is not known.
        """
        every = space(measured, asked, self.panel.languages)
        shape = (len(rows.settings), len(asked))
        layers = [np.broadcast_to(effects[:, None], shape), np.broadcast_to(_spread(known)[:, None], shape)]
        layers += [np.broadcast_to(values[every.at(asked)], shape) for values in (every.web_text, every.unspaced)]
        layers += self._neighbours(rows, known, measured, asked, every)
        parts = [np.stack(layers, axis=2), *self._elsewhere(rows, asked)]
        mixes = TrainingMixes.read(rows.texts.tolist(), self.panel.unknown_size)
        if mixes.sources:
            known_pairs = space(measured, asked, self.panel.languages, mixes.sources)
            parts.append(pair_features(known_pairs, mixes.sizes, mixes.sources, asked))
        return np.concatenate(parts, axis=2)

    def _neighbours(
        self, rows: Rows, known: Array, measured: Sequence[str], asked: Sequence[str], every: Space
    ) -> list[Array]:
        """What near languages have in the same row, and in all rows of the block."""
        apart = self._apart(rows, measured, asked, every)
        known_there, filled = (~np.isnan(known)).astype(float), np.nan_to_num(known)
        level = self.panel.levels[self.donors.block][self._columns(measured)]
        known_level, filled_level = (~np.isnan(level)).astype(float), np.nan_to_num(level)
        layers = []
        for reach in REACHES:
            closeness = np.where(np.isinf(apart), 0.0, np.exp(-apart / reach) + 1e-12).T
            layers.append(filled @ closeness / (known_there @ closeness + 1e-15))
            of_level = filled_level @ closeness / (known_level @ closeness + 1e-15)
            layers.append(np.broadcast_to(of_level, layers[-1].shape))
        return layers

    def _apart(self, rows: Rows, measured: Sequence[str], asked: Sequence[str], every: Space) -> Array:
        """Distance from asked to measured languages, infinite to itself: typology and scores elsewhere."""
        typology = every.between("combined", asked, measured) / TYPICAL_DISTANCE["combined"]
        itself = np.array(asked, dtype=object)[:, None] == np.array(measured, dtype=object)
        if any(self.pattern):
            squares, counts = self.donors.differences(self.pattern, np.unique(rows.settings))
            here, there = self._columns(asked), self._columns(measured)
            cells = np.ix_(here, there)
            known = (here >= 0)[:, None] & (there >= 0)
            squares, counts = np.where(known, squares[cells] / 2, 0), np.where(known, counts[cells], 0)
            typology = (squares + TYPOLOGY_COUNTS * typology) / (counts + TYPOLOGY_COUNTS)
        return np.where(itself, np.inf, typology)

    def _elsewhere(self, rows: Rows, asked: Sequence[str]) -> list[Array]:
        """What other settings have for the same language."""
        donors, panel, columns = self.donors, self.panel, self._columns(asked)
        parts = []
        if self.pattern.same_model_same_task:
            parts.append(donors.same_model(rows, donors.sisters))
        if self.pattern.other_models_same_task:
            others = donors.other_models(rows)
            parts += [donors.level_of_others(rows)[:, None], others, _mean(others)]
            parts.append(np.repeat(panel.levels[donors.sisters][None], len(rows.texts), axis=0))
        levels = panel.levels[donors.tasks]
        if self.pattern.same_model_other_tasks:
            same = donors.same_model(rows, donors.tasks)
            parts += [same, _mean(same), _mean(same - levels)]
        if self.pattern.other_models_other_tasks:
            parts += [np.repeat(part[None], len(rows.texts), axis=0) for part in (levels, _mean(levels[None])[0])]
        return [np.where(columns >= 0, part[:, :, columns], np.nan).transpose(0, 2, 1) for part in parts]

    def _columns(self, languages: Sequence[str]) -> NDArray[np.intp]:
        return np.array([self.panel.columns.get(language, -1) for language in languages], dtype=np.intp)


def _spread(known: Array) -> Array:
    """Standard deviation of each row, 0 where fewer than two cells are known."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return np.nan_to_num(np.nanstd(known, axis=1))


def _mean(values: Array) -> Array:
    """Mean over the middle axis of what is known, of shape (rows, 1, languages)."""
    known = ~np.isnan(values)
    counts = known.sum(1, keepdims=True)
    return np.where(counts > 0, np.nansum(values, axis=1, keepdims=True) / np.maximum(counts, 1), np.nan)
