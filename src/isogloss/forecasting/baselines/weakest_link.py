"""The weaker of two components: how well the model does the task, and how well it does in the language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Self

import numpy as np
import polars as pl

from isogloss.evidence import Evidence
from isogloss.forecasting.capabilities import Capability
from isogloss.forecasting.fitted_setting import FittedSetting
from isogloss.forecasting.forecaster import Forecaster
from isogloss.forecasting.grid import Array, Grid, TrainingMixes
from isogloss.forecasting.grid_model import GridModel, single_learner
from isogloss.forecasting.settings import Setting, read_settings

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

    def _fit_settings(self, evidence: Evidence) -> Mapping[Setting, FittedSetting]:
        comparable = evidence.observations.filter(pl.col("scale") != "raw", pl.col("higher_is_better"))
        by_task = comparable.group_by(*MODEL, "task", "target").agg(pl.col("score").sort().mean())
        of_model = by_task.partition_by(MODEL, as_dict=True)
        fitted = {}
        for setting, observations in read_settings(evidence):
            by_language: dict[str, float] = {}
            if observations["scale"][0] != "raw" and observations["higher_is_better"][0]:
                others = of_model[setting.model, setting.model_revision].filter(pl.col("task") != setting.task)
                means = others.group_by("target").agg(pl.col("score").sort().mean()).sort("target")
                by_language = dict(means.iter_rows())
            fitted[setting] = FittedSetting(Grid.read(observations), WeakestLinkModel(by_language))
        return fitted
