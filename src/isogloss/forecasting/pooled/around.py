"""Forecasts of one block's unmeasured languages from the same languages under other models and tasks.

What is known of a language besides typology may be known from the same model or from others, in the same
task or in others. Which of the four there is decides what can be learnt: for each pattern that a question
meets, trees learn on the measured languages as if no more were known of them than of the language asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isogloss.forecasting.grid import Array
from isogloss.forecasting.kriging import krige
from isogloss.forecasting.model import choose_share
from isogloss.forecasting.pooled.design import Design
from isogloss.forecasting.pooled.donors import MOST_MODELS, Donors, Pattern, Rows
from isogloss.forecasting.pooled.panel import Panel

FOLDS = 8
ENOUGH_CELLS = 1000
"""Scores of a setting from which it learns alone; with fewer it learns together with the other models."""
MOST_CELLS = 40_000
"""Cells that the trees learn from; of more, a sample."""


class Around:
    """The settings of one block, with everything around them.

    Parameters
    ----------
    panel : Panel
    block : int
        Position in `panel.blocks`.
    """

    def __init__(self, panel: Panel, block: int):
        self.panel, self.block = panel, block
        self.donors = Donors(panel, block)
        measured = ~np.isnan(panel.levels[block])
        self.languages = tuple(np.array(panel.languages, dtype=object)[measured].tolist())
        self._columns = np.flatnonzero(measured)
        self._learnt: dict[tuple[int, Pattern], Any] = {}
        self._held_out: dict[tuple[int, Pattern], tuple[float, Array]] = {}

    def alone(self, setting: int) -> bool:
        """Whether a setting has scores enough to learn from itself only."""
        rows = self.panel.setting_of == setting
        return bool((~np.isnan(self.panel.scores[rows])).sum() >= ENOUGH_CELLS)

    def predict(
        self, setting: int, texts: Sequence[str], measured: Sequence[str], known: Array, asked: Sequence[str],
        pattern: Pattern,
    ) -> Array:  # fmt: skip
        """Scores of languages that a setting has no score in.

        Parameters
        ----------
        setting : int
        texts : sequence of str
            TrainingMixes, the rows.
        measured : sequence of str
            Languages of the setting.
        known : array of shape (rows, measured)
            Their scores; NaN where there is none.
        asked : sequence of str
            All of them known from where `pattern` says.

        Returns
        -------
        array of shape (rows, asked)
        """
        cells, effects = self.cells(setting, texts, measured, known, asked, pattern)
        by_trees = effects[:, None] + predict_trees(self.trees(setting, pattern), cells) * self.scale
        share = self.share(setting, pattern)
        return np.asarray(share * krige(known, measured, asked) + (1 - share) * by_trees)

    def cells(
        self, setting: int, texts: Sequence[str], measured: Sequence[str], known: Array, asked: Sequence[str],
        pattern: Pattern,
    ) -> tuple[Array, Array]:  # fmt: skip
        """What `predict` tells the trees, its parameters being the same.

        Returns
        -------
        cells : array of shape (rows, asked, features)
        effects : array of shape (rows,)
            What each row has for an average language; what the trees say times `scale` is added to it.
        """
        rows = Rows(np.full(len(texts), setting, dtype=np.intp), np.array(texts, dtype=object))
        levels = self.panel.levels[self.block][[self.panel.columns[language] for language in measured]]
        effects = _effects(known - levels)
        cells = Design(self.donors, pattern).cells(rows, known - effects[:, None], measured, asked, effects)
        return cells, effects

    def trees(self, setting: int, pattern: Pattern) -> Any:
        """The lightgbm.Booster behind `predict`, learnt when first asked for."""
        key = (setting if self.alone(setting) else -1, pattern)
        if key not in self._learnt:
            self._learnt[key] = self._learn(Design(self.donors, pattern), key[0], self.languages)
        return self._learnt[key]

    def held_out(self, setting: int, pattern: Pattern) -> tuple[NDArray[np.intp], Array]:
        """Forecasts of a setting's own languages, each hidden from it in its turn and known from elsewhere.

        Returns
        -------
        rows : array of int
            Rows of the panel that belong to the setting.
        forecasts : array of shape (rows, languages of the panel)
        """
        rows = np.flatnonzero(self.panel.setting_of == setting)
        return rows, self._blend(setting, pattern)[1][rows]

    def share(self, setting: int, pattern: Pattern) -> float:
        """What kriging counts for against the trees: as much as served languages that were held out best."""
        return self._blend(setting, pattern)[0]

    def _blend(self, setting: int, pattern: Pattern) -> tuple[float, Array]:
        key = (setting if self.alone(setting) else -1, pattern)
        if key not in self._held_out:
            by_trees, kriged = self._hold_out(*key)
            share = choose_share(by_trees, kriged, self.panel.scores)
            self._held_out[key] = share, share * kriged + (1 - share) * by_trees
        return self._held_out[key]

    @cached_property
    def scale(self) -> float:
        """Standard deviation that the trees' answers are in units of, in the unit of the scores."""
        return float(self.panel.scales[self.block])

    def _hold_out(self, setting: int, pattern: Pattern) -> Array:
        """What trees and kriging say of languages that are held out, of shape (2, rows, languages of the panel)."""
        forecasts = np.full((2, *self.panel.scores.shape), np.nan)
        fold_of = np.random.default_rng(0).permutation(len(self.languages)) % FOLDS
        names = np.array(self.languages, dtype=object)
        design = Design(self.donors, pattern)
        for fold in range(FOLDS):
            shown, hidden = names[fold_of != fold].tolist(), names[fold_of == fold].tolist()
            if not hidden or len(shown) < 2:
                continue
            booster = self._learn(design, setting, shown)
            for rows, known, effects in self._groups(setting, shown):
                cells = design.cells(rows, known, shown, hidden, effects)
                at = self._positions(rows)
                columns = self._columns[fold_of == fold]
                told = predict_trees(booster, cells) * self.scale, krige(known, shown, hidden)
                forecasts[:, at[:, None], columns] = effects[:, None] + np.stack(told)
        return forecasts

    def _learn(self, design: Design, setting: int, shown: Sequence[str]) -> Any:
        cells, responses = [], []
        for rows, known, effects in self._groups(setting, shown):
            there = ~np.isnan(known)
            cells.append(design.cells(rows, known, shown, shown, effects)[there])
            responses.append(known[there] / self.scale)
        return fit_trees(np.concatenate(cells), np.concatenate(responses))

    def _groups(self, setting: int, shown: Sequence[str]) -> list[tuple[Rows, Array, Array]]:
        """Rows to learn from, with their scores in `shown` languages less their effects, and the effects.

        Settings that are few come one by one, so that none is told about languages by itself.
        """
        settings = self.donors.settings if setting < 0 else [setting]
        together = [settings] if len(settings) > MOST_MODELS else [[one] for one in settings]
        columns = np.array([self.panel.columns[language] for language in shown])
        groups = []
        for group in together:
            at = np.flatnonzero(np.isin(self.panel.setting_of, group))
            scores = self.panel.scores[np.ix_(at, columns)]
            kept = ~np.isnan(scores).all(1)
            at, scores = at[kept], scores[kept]
            if len(at):
                effects = _effects(scores - self.panel.levels[self.block][columns])
                rows = Rows(self.panel.setting_of[at], self.panel.texts[at])
                groups.append((rows, scores - effects[:, None], effects))
        return groups

    def _positions(self, rows: Rows) -> NDArray[np.intp]:
        return np.array([self._row[key] for key in zip(rows.settings.tolist(), rows.texts, strict=True)], dtype=np.intp)

    @cached_property
    def _row(self) -> dict[tuple[int, str], int]:
        keys = zip(self.panel.setting_of.tolist(), self.panel.texts, strict=True)
        return {key: row for row, key in enumerate(keys)}


def _effects(rest: Array) -> Array:
    """What is left of each row when the levels of its languages are taken out, of shape (rows,)."""
    known = ~np.isnan(rest)
    return np.asarray(np.nansum(rest, axis=1) / np.maximum(known.sum(1), 1))


def fit_trees(design: Array, response: Array) -> Any:
    """Trees with a loss that single broken runs do not pull at; `response` in units of its spread."""
    from lightgbm import LGBMRegressor

    chosen = np.random.default_rng(0).permutation(len(design))[:MOST_CELLS]
    trees = LGBMRegressor(
        objective="huber", alpha=0.4, n_estimators=300, learning_rate=0.05, num_leaves=31,
        min_child_samples=max(2, min(20, len(chosen) // 20)), colsample_bytree=0.5, subsample=0.8, subsample_freq=1,
        reg_lambda=1, random_state=0, n_jobs=1, deterministic=True, force_row_wise=True, verbosity=-1,
    )  # fmt: skip
    return trees.fit(design[chosen], response[chosen]).booster_


def predict_trees(booster: Any, cells: Array) -> Array:
    """What trees say of cells of shape (rows, columns, features)."""
    return np.asarray(booster.predict(cells.reshape(-1, cells.shape[2]))).reshape(cells.shape[:2])
