"""Baselines without anything to tune: means, effects, the nearest measured language, and the weakest link."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Self

import numpy as np
import polars as pl

from isogloss.evidence import SETTING, Evidence
from isogloss.evidence.summing import mean_in_order
from isogloss.forecasting.capability import Capability
from isogloss.forecasting.features import space
from isogloss.forecasting.fitted_settings import FittedSettings
from isogloss.forecasting.forecaster import Forecaster
from isogloss.forecasting.grid import Array, Grid, Panel, TrainingMixes, fill, two_way
from isogloss.forecasting.grid_model import GridModel, single_learner
from isogloss.forecasting.settings import Setting


class MeanModel(GridModel):
    """The mean of all that was measured, for every cell."""

    def fit(self, grid: Grid) -> Self:
        self.grid_, self.mean_ = grid, float(np.nanmean(grid.scores))
        return self

    def predict_mixes(self, mixes: TrainingMixes) -> tuple[Array, Array]:
        return single_learner(np.full((len(mixes.texts), len(self.grid_.targets)), self.mean_))

    def predict_languages(self, mixes: TrainingMixes, targets: Sequence[str], measured: Array) -> tuple[Array, Array]:
        return np.full((1, len(mixes.texts), len(targets)), self.mean_), np.ones(len(targets))


class Mean(Forecaster):
    """The mean of what was measured in the same setting."""

    grid_model = MeanModel


class LanguageMeanModel(MeanModel):
    """A measured language's mean over mixes, whatever the mix; for other languages the mean of all scores."""

    def predict_mixes(self, mixes: TrainingMixes) -> tuple[Array, Array]:
        return single_learner(np.repeat(np.nanmean(self.grid_.scores, axis=0)[None], len(mixes.texts), axis=0))


class LanguageMean(Forecaster):
    """The mean of the language over all mixes; for a language never measured, the mean of all scores."""

    grid_model = LanguageMeanModel


class AdditiveModel(GridModel):
    """Mean + mix effect + language effect; what was never measured has no effect."""

    def fit(self, grid: Grid) -> Self:
        self.mean_, rows, self.columns_ = two_way(grid.scores)
        self.rows_ = dict(zip(grid.mixes.texts, rows, strict=True))
        return self

    def predict_mixes(self, mixes: TrainingMixes) -> tuple[Array, Array]:
        return single_learner(self._rows(mixes) + self.columns_)

    def predict_languages(self, mixes: TrainingMixes, targets: Sequence[str], measured: Array) -> tuple[Array, Array]:
        return np.repeat(self._rows(mixes), len(targets), axis=1)[None], np.ones(len(targets))

    def _rows(self, mixes: TrainingMixes) -> Array:
        return self.mean_ + np.array([self.rows_.get(text, 0.0) for text in mixes.texts])[:, None]


class Additive(Forecaster):
    """Mean + effect of the mix + effect of the language (two-way analysis)."""

    grid_model = AdditiveModel


class NearestModel(GridModel):
    """The score of the nearest measured language, by combined distance; ties are shared evenly.

    The nearest language to a measured one is itself: its mean over the mixes that were measured.
    """

    def fit(self, grid: Grid) -> Self:
        self.grid_, self.levels_ = grid, np.nanmean(fill(grid.scores), axis=0)
        return self

    def predict_mixes(self, mixes: TrainingMixes) -> tuple[Array, Array]:
        return single_learner(np.repeat(self.levels_[None], len(mixes.texts), axis=0))

    def predict_languages(self, mixes: TrainingMixes, targets: Sequence[str], measured: Array) -> tuple[Array, Array]:
        distance = space(targets, self.grid_.targets).between("combined", targets, self.grid_.targets)
        nearest = np.isclose(distance, distance.min(1, keepdims=True))
        return (measured @ (nearest / nearest.sum(1, keepdims=True)).T)[None], np.ones(len(targets))


class Nearest(Forecaster):
    """The score of the nearest measured language."""

    grid_model = NearestModel
    capabilities = frozenset({Capability.LANGUAGES})


MODEL = ("model", "model_revision")


class WeakestLinkModel(GridModel):
    """The lower of the mix's mean and of what the language gets in other tasks.

    Parameters
    ----------
    other_tasks : mapping of str to float, optional
        Language to the mean of the same model's scores in it on other tasks.
    """

    def __init__(self, other_tasks: Mapping[str, float] | None = None):
        self.other_tasks = dict(other_tasks or {})

    def fit(self, grid: Grid) -> Self:
        self.grid_ = grid
        self.levels_ = np.nanmean(grid.scores, axis=0)
        return self

    def predict_mixes(self, mixes: TrainingMixes) -> tuple[Array, Array]:
        return single_learner(np.repeat(self.levels_[None], len(mixes.texts), axis=0))

    def predict_languages(self, mixes: TrainingMixes, targets: Sequence[str], measured: Array) -> tuple[Array, Array]:
        in_language = np.array([self.other_tasks.get(target, np.inf) for target in targets])
        weaker = np.minimum(measured.mean(1)[:, None], in_language)
        return weaker[None], np.ones(len(targets))

    def for_fold(self) -> WeakestLinkModel:
        return WeakestLinkModel(self.other_tasks)


class WeakestLink(Forecaster):
    """The minimum of two components: the model on the task in other languages, and in the language on other tasks.

    A skill that needs two others is hardly better than the weaker of them: the "law of the weakest link" of
    CrossEval (Zhong et al. 2024, arXiv 2409.19951), with task and language for the two. Only scores that are
    fractions of a best possible one, where higher is better, are compared. A language known from no other task has
    one component, and a measured one is its own mean over mixes.
    """

    grid_model = WeakestLinkModel
    capabilities = frozenset({Capability.LANGUAGES, Capability.OTHER_SETTINGS})

    def _fit_settings(self, evidence: Evidence) -> FittedSettings:
        return LinkedSettings(Panel.read(evidence.observations), evidence.observations)


class LinkedSettings(FittedSettings):
    """Settings that know the scores of the same model on other tasks, where these compare."""

    def __init__(self, panel: Panel, observations: pl.DataFrame):
        super().__init__(panel, WeakestLinkModel({}))
        comparable = observations.filter(pl.col("scale") != "raw", pl.col("higher_is_better"))
        self._comparable = {Setting(*row) for row in comparable.select(SETTING).unique().iter_rows()}
        self._by_task = comparable.group_by(*MODEL, "task", "target").agg(mean_in_order("score"))

    def _new_model(self, position: int) -> GridModel:
        setting = self.panel.settings[position]
        if setting not in self._comparable:
            return WeakestLinkModel({})
        same_model = (pl.col(name).eq_missing(pl.lit(getattr(setting, name))) for name in MODEL)
        others = self._by_task.filter(*same_model, pl.col("task") != setting.task)
        means = others.group_by("target").agg(mean_in_order("score")).sort("target")
        return WeakestLinkModel(dict(means.iter_rows()))
