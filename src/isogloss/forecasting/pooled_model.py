"""The pooled model: a language's score from its scores under other models and on other tasks.

Which other settings measured a language is its pattern. For each pattern boosted trees learn on the measured
languages, with no more evidence of each than the pattern has.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from isogloss.forecasting.boosting import fit_trees, predict_trees
from isogloss.forecasting.cross_validation import LANGUAGE_FOLDS, fold_numbers, share_of_first, splits
from isogloss.forecasting.features import MEASURED_LANGUAGES, Feature
from isogloss.forecasting.flags import Flag
from isogloss.forecasting.grid import Array, Grid, Panel, TrainingMixes
from isogloss.forecasting.grid_model import Contribution, of_trees
from isogloss.forecasting.kriging import krige, kriging_contributions
from isogloss.forecasting.pooled_features import (
    MOST_MODELS,
    TYPOLOGY_ONLY,
    BlockEvidence,
    Pattern,
    PooledFeatures,
    Rows,
)
from isogloss.stats.conformal import finite_groups

ENOUGH_CELLS = 1000
"""Scores from which on a setting learns alone; with fewer it learns together with the other models."""
MOST_CELLS = 40_000
"""Cells that the trees learn from; of more, a sample."""
FEWEST_LANGUAGES = 5
"""Languages of a task from which on trees can learn how they differ."""
FEWEST_MODELS = 3
"""Models of a block from which on a setting of one row is forecast by the pooled model alone."""


class PooledCells(NamedTuple):
    """What the trees of a pooled model see.

    Attributes
    ----------
    values : array of shape (rows, targets, features)
    features : list of Feature
    effects : array of shape (rows,)
        Score of an average language in each row; the trees' output times the model's `scale` is added to it.
    """

    values: Array
    features: list[Feature]
    effects: Array


class PooledModel:
    """Forecasts the unmeasured languages of the settings of one block.

    Parameters
    ----------
    block : int
        Position in `panel.blocks`.
    """

    def __init__(self, panel: Panel, block: int):
        self.panel, self.block = panel, block
        self.evidence = BlockEvidence(panel, block)
        measured = ~np.isnan(panel.levels[block])
        self.languages = tuple(np.array(panel.languages, dtype=object)[measured].tolist())
        self._columns = np.flatnonzero(measured)
        self._boosters: dict[tuple[int, Pattern], Any] = {}
        self._blends: dict[tuple[int, Pattern], tuple[float, Array]] = {}

    def predict(
        self, setting: int, texts: Sequence[str], measured: Sequence[str], known: Array, targets: Sequence[str],
        pattern: Pattern,
    ) -> Array:  # fmt: skip
        """Scores of languages that a setting has no score in, of shape (rows, targets).

        Parameters
        ----------
        texts : sequence of str
            Training mixes, the rows.
        measured : sequence of str
            Languages of the setting.
        known : array of shape (rows, measured)
            Their scores; NaN where there is none.
        targets : sequence of str
            Languages of one pattern.
        """
        cells = self.cells(setting, texts, measured, known, targets, pattern)
        by_trees = cells.effects[:, None] + predict_trees(self.trees(setting, pattern), cells.values) * self.scale
        share = self.kriging_share(setting, pattern)
        return np.asarray(share * krige(known, measured, targets) + (1 - share) * by_trees)

    def cells(
        self, setting: int, texts: Sequence[str], measured: Sequence[str], known: Array, targets: Sequence[str],
        pattern: Pattern,
    ) -> PooledCells:  # fmt: skip
        """What the trees see when `predict` is called with the same parameters."""
        rows = Rows(np.full(len(texts), setting, dtype=np.intp), np.array(texts, dtype=object))
        levels = self.panel.levels[self.block][[self.panel.columns[language] for language in measured]]
        effects = _row_means(known - levels)
        features = PooledFeatures(self.evidence, pattern)
        return PooledCells(*features.cells(rows, known - effects[:, None], measured, targets, effects), effects)

    def trees(self, setting: int, pattern: Pattern) -> Any:
        """The `lightgbm.Booster` behind `predict`, fitted when it is first needed."""
        key = self._key(setting, pattern)
        if key not in self._boosters:
            self._boosters[key] = self._fit(PooledFeatures(self.evidence, pattern), key[0], self.languages)
        return self._boosters[key]

    def held_out(self, setting: int, pattern: Pattern) -> tuple[NDArray[np.intp], Array]:
        """Forecasts of a setting's own languages, each held out of it and not of the other settings.

        Returns
        -------
        rows : array of int
            Rows of the panel that belong to the setting.
        forecasts : array of shape (rows, languages of the panel)
        """
        rows = np.flatnonzero(self.panel.setting_of == setting)
        return rows, self._blend(setting, pattern)[1][rows]

    def kriging_share(self, setting: int, pattern: Pattern) -> float:
        """Weight of ordinary kriging against the trees, by cross-validation."""
        return self._blend(setting, pattern)[0]

    @cached_property
    def scale(self) -> float:
        """Unit of the trees' output, in the unit of the scores."""
        return float(self.panel.scales[self.block])

    def _key(self, setting: int, pattern: Pattern) -> tuple[int, Pattern]:
        """The setting that trees learn from, -1 for all of the block, and the pattern."""
        scores = self.panel.scores[self.panel.setting_of == setting]
        return (setting if (~np.isnan(scores)).sum() >= ENOUGH_CELLS else -1), pattern

    def _blend(self, setting: int, pattern: Pattern) -> tuple[float, Array]:
        key = self._key(setting, pattern)
        if key not in self._blends:
            by_trees, kriged = self._hold_out(*key)
            share = share_of_first(kriged, by_trees, self.panel.scores)
            self._blends[key] = share, share * kriged + (1 - share) * by_trees
        return self._blends[key]

    def _hold_out(self, setting: int, pattern: Pattern) -> Array:
        """Held-out forecasts of trees and of kriging, of shape (2, rows, languages of the panel)."""
        forecasts = np.full((2, *self.panel.scores.shape), np.nan)
        names = np.array(self.languages, dtype=object)
        features = PooledFeatures(self.evidence, pattern)
        for kept, held in splits(fold_numbers(len(names), LANGUAGE_FOLDS)):
            measured, targets = names[kept].tolist(), names[held].tolist()
            if len(measured) < 2:
                continue
            booster = self._fit(features, setting, measured)
            for rows, known, effects in self._groups(setting, measured):
                cells, _ = features.cells(rows, known, measured, targets, effects)
                by_learner = predict_trees(booster, cells) * self.scale, krige(known, measured, targets)
                at = self._positions(rows)
                forecasts[:, at[:, None], self._columns[held]] = effects[:, None] + np.stack(by_learner)
        return forecasts

    def _fit(self, features: PooledFeatures, setting: int, measured: Sequence[str]) -> Any:
        cells, responses = [], []
        for rows, known, effects in self._groups(setting, measured):
            there = ~np.isnan(known)
            cells.append(features.cells(rows, known, measured, measured, effects)[0][there])
            responses.append(known[there] / self.scale)
        return fit_robust_trees(np.concatenate(cells), np.concatenate(responses))

    def _groups(self, setting: int, measured: Sequence[str]) -> list[tuple[Rows, Array, Array]]:
        """Rows to learn from, with their scores in `measured` languages less their effects, and the effects.

        Few settings come one by one, so that each can be left out of the squared differences.
        """
        settings = self.evidence.settings if setting < 0 else [setting]
        together = [settings] if len(settings) > MOST_MODELS else [[one] for one in settings]
        columns = np.array([self.panel.columns[language] for language in measured])
        groups = []
        for group in together:
            at = np.flatnonzero(np.isin(self.panel.setting_of, group))
            scores = self.panel.scores[np.ix_(at, columns)]
            kept = ~np.isnan(scores).all(1)
            at, scores = at[kept], scores[kept]
            if len(at):
                effects = _row_means(scores - self.panel.levels[self.block][columns])
                rows = Rows(self.panel.setting_of[at], self.panel.texts[at])
                groups.append((rows, scores - effects[:, None], effects))
        return groups

    def _positions(self, rows: Rows) -> NDArray[np.intp]:
        return np.array([self._row[key] for key in zip(rows.settings.tolist(), rows.texts, strict=True)], dtype=np.intp)

    @cached_property
    def _row(self) -> dict[tuple[int, str], int]:
        keys = zip(self.panel.setting_of.tolist(), self.panel.texts, strict=True)
        return {key: row for row, key in enumerate(keys)}


class SettingContext:
    """A pooled model as one setting uses it.

    Parameters
    ----------
    model : PooledModel
        Of the setting's block.
    setting : int
        Position in the panel.

    Attributes
    ----------
    pooled : bool
        Whether the setting is one row of scores among others like it, so that the pooled model forecasts alone.
    """

    def __init__(self, model: PooledModel, setting: int):
        self.model, self.setting = model, setting
        one_row = (model.panel.setting_of == setting).sum() == 1
        self.pooled = bool(one_row and len(model.evidence.settings) >= FEWEST_MODELS and self._enough_languages)

    def pattern(self, target: str) -> Pattern:
        """Which other settings measured a language that this one did not."""
        return self.model.evidence.pattern(self.setting, target) if self._enough_languages else TYPOLOGY_ONLY

    def flags(self, target: str) -> frozenset[Flag]:
        """Which other settings measured a language."""
        pattern = self.pattern(target)
        found = {
            Flag.OTHER_SETTINGS: pattern.same_model_same_task,
            Flag.OTHER_MODELS: pattern.other_models_same_task,
            Flag.OTHER_TASKS: pattern.same_model_other_tasks or pattern.other_models_other_tasks,
        }
        return frozenset(flag for flag, there in found.items() if there)

    def predict(
        self, mixes: TrainingMixes, measured: Sequence[str], known: Array, targets: Sequence[str], pattern: Pattern
    ) -> Array:
        """Scores of languages of one pattern, of shape (rows, targets); see `PooledModel.predict`."""
        return self.model.predict(self.setting, mixes.texts, measured, known, targets, pattern)

    def contributions(
        self, mix: TrainingMixes, measured: Sequence[str], known: Array, target: str, pattern: Pattern, baseline: float
    ) -> list[Contribution]:
        """What the forecast of one language under one mix adds up, less the baseline."""
        model = self.model
        cells = model.cells(self.setting, mix.texts, measured, known, [target], pattern)
        by_trees = [
            Contribution(MEASURED_LANGUAGES, "mean over all languages of the task", float(cells.effects[0]) - baseline),
            *of_trees(model.trees(self.setting, pattern), cells.values[0], cells.features, model.scale),
        ]
        by_kriging = kriging_contributions(known[0], measured, target, baseline)
        share = model.kriging_share(self.setting, pattern)
        return [part.times(1 - share) for part in by_trees] + [part.times(share) for part in by_kriging]

    def held_out(self, grid: Grid, pattern: Pattern) -> Array:
        """Pooled forecasts of the setting's own languages, each held out of the setting; of the grid's shape."""
        rows, forecasts = self.model.held_out(self.setting, pattern)
        panel = self.model.panel
        row = {text: position for position, text in zip(rows - rows[0], panel.texts[rows], strict=True)}
        columns = [panel.columns[target] for target in grid.targets]
        return forecasts[np.ix_([row[text] for text in grid.mixes.texts], columns)]

    def residuals(self, pattern: Pattern) -> list[Array]:
        """Absolute residuals of such forecasts over all models of the block, one array per language."""
        held_out = [self.model.held_out(setting, pattern) for setting in self.model.evidence.settings]
        residuals = np.concatenate([np.abs(scores - self.model.panel.scores[rows]) for rows, scores in held_out])
        return finite_groups(residuals.T)

    @property
    def _enough_languages(self) -> bool:
        return len(self.model.languages) >= FEWEST_LANGUAGES


def _row_means(values: Array) -> Array:
    """Mean of each row over what is known of it, of shape (rows,)."""
    known = ~np.isnan(values)
    return np.asarray(np.nansum(values, axis=1) / np.maximum(known.sum(1), 1))


def fit_robust_trees(design: Array, response: Array) -> Any:
    """Boosted trees with a loss that is robust to failed runs; `response` in units of its standard deviation."""
    return fit_trees(
        design, response, MOST_CELLS,
        objective="huber", alpha=0.4, n_estimators=300, learning_rate=0.05, num_leaves=31,
        min_child_samples=max(2, min(20, min(len(design), MOST_CELLS) // 20)),
        colsample_bytree=0.5, subsample=0.8, subsample_freq=1, reg_lambda=1,
    )  # fmt: skip
