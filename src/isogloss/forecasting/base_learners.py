"""The base learners of the default forecaster: which of them forecasts which query.

Ten files hold the forecast of a measured model, in the order of reading:

1. `base_learners`: which base learners there are (this file)
2. `forecaster`: from queries to settings, and from forecasts to a table
3. `fitted_setting`: measured cells, measured and unmeasured languages, and the interval of each
4. `ensemble`: base learners weighted, and the size of the errors that this leaves
5. `cross_validation`: folds, held-out predictions and weights
6. `grid`: scores as arrays
7. `features`: languages and mixes as numbers
8. `training_mix_gp`: a measured language under another mix, by the kernels of `mix_kernels`
9. `kriging`: an unmeasured language, from measured ones, whose levels are the matter of `level_process`
10. `pooled_model`: a language measured with other models or on other tasks

They use what other forecasters use too: `kernel`, `kronecker`, `boosting`, `gaussian_process` and the conformal
quantiles of `isogloss.stats`. A model that was never measured on a task is the matter of `cold_start`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Self

import numpy as np

from isogloss.evidence import Evidence
from isogloss.forecasting import kriging, training_mix_gp
from isogloss.forecasting.capability import Capability
from isogloss.forecasting.cold_start import ColdStartModels, ColdStartSetting
from isogloss.forecasting.features import ADAPTATION
from isogloss.forecasting.fitted_setting import QuerySetting
from isogloss.forecasting.fitted_settings import PooledSettings, QuerySettings
from isogloss.forecasting.forecaster import Conformal, Forecaster
from isogloss.forecasting.grid import Array, Grid, Panel, TrainingMixes, block_of, fill
from isogloss.forecasting.grid_model import Contribution, GridModel
from isogloss.forecasting.kernel import KernelModel
from isogloss.forecasting.kriging import RegressionKriging, krige, kriging_contributions
from isogloss.forecasting.settings import Setting
from isogloss.forecasting.training_mix_gp import TrainingMixGP


class BaseLearnersModel(GridModel):
    """Gaussian processes over mixes for measured languages; kriging and trees for unmeasured ones.

    Models are fitted when they are first needed: folds over languages need none of mixes, and the other way round.

    Parameters
    ----------
    whole : BaseLearnersModel, optional
        Fitted to all of a grid of which this gets a fold, to share the parameters of its kernels.
    """

    mix_learners = training_mix_gp.MEMBERS
    language_learners = ("ordinary-kriging", *kriging.LEARNERS, "kernel")

    def __init__(self, whole: BaseLearnersModel | None = None):
        self._whole = whole

    def fit(self, grid: Grid) -> Self:
        self.grid_ = grid
        return self

    @cached_property
    def mixes_(self) -> TrainingMixGP:
        """Forecasts measured languages under other mixes."""
        return TrainingMixGP(self._whole.mixes_ if self._whole else None).fit(self.grid_)

    @cached_property
    def regression_kriging_(self) -> RegressionKriging:
        """Forecasts unmeasured languages from their features and neighbours."""
        like = self._whole.regression_kriging_ if self._whole else None
        return RegressionKriging(like).fit(self.grid_, fill(self.grid_.scores))

    @cached_property
    def kernel_(self) -> KernelModel:
        """Forecasts unmeasured languages by one Gaussian process over the whole grid."""
        return KernelModel(self._whole.kernel_.covariance_ if self._whole else None).fit(self.grid_)

    def predict_mixes(self, mixes: TrainingMixes) -> tuple[Array, Array]:
        return self.mixes_.predict(mixes)

    def predict_mixes_of(self, mixes: TrainingMixes, columns: Sequence[int]) -> tuple[Array, Array]:
        return self.mixes_.predict(mixes, columns)

    def predict_languages(self, mixes: TrainingMixes, targets: Sequence[str], measured: Array) -> tuple[Array, Array]:
        scores, spread = self.regression_kriging_.predict(targets, mixes.sizes, mixes.sources, measured)
        by_kernel, _ = self.kernel_.predict_languages(mixes, targets, measured)
        kriged = krige(measured, self.grid_.targets, targets)
        return np.concatenate([kriged[None], scores, by_kernel]), spread

    def mix_contributions(self, mix: TrainingMixes, column: int, baseline: float) -> list[list[Contribution]]:
        scores, _ = self.mixes_.predict(mix, ())
        names = ("level", "linear in the pair features", "kernel over mixes")
        return [
            [Contribution(ADAPTATION, name, float(score))] if abs(score) > 1e-12 else []
            for name, score in zip(names, scores[:, 0, column] - baseline, strict=True)
        ]

    def language_contributions(
        self, mix: TrainingMixes, target: str, measured: Array, baseline: float
    ) -> list[list[Contribution]]:
        return [
            kriging_contributions(measured[0], self.grid_.targets, target, baseline),
            *self.regression_kriging_.contributions(mix, target, measured),
            *self.kernel_.language_contributions(mix, target, measured, baseline),
        ]

    def for_fold(self) -> BaseLearnersModel:
        # A dozen kernel parameters shared by all cells hardly move with a fold of the rows or of the languages.
        return BaseLearnersModel(whole=self)


class BaseLearners(Forecaster):
    """Gaussian processes for measured languages; kriging, trees and pooled evidence for the others.

    See docs/methods/forecast.md for the formulas.

    Parameters
    ----------
    new_models : bool, default True
        Whether to forecast models that the evidence does not have at all. Those that it has on other
        tasks, or facts about, are forecast in any case.
    """

    grid_model = BaseLearnersModel
    capabilities = frozenset(Capability)

    def __init__(self, new_models: bool = True):
        self.new_models = new_models

    def _fit_settings(self, evidence: Evidence) -> QuerySettings:
        self.panel_, self.models_ = Panel.read(evidence.observations), evidence.models
        self._cold_starts: dict[int, ColdStartModels] = {}
        return PooledSettings(self.panel_, self.new_model())

    def _may_be_new(self, model: str) -> bool:
        return self.new_models or model in self.panel_.models or model in self.models_["model"]

    def _fitted(self, setting: Setting) -> QuerySetting:
        if setting in self.settings_:
            return self.settings_[setting]
        block = self.panel_.block_position[block_of(setting)]
        if block not in self._cold_starts:
            self._cold_starts[block] = ColdStartModels(self.panel_, block, self.models_)
        return ColdStartSetting(self._cold_starts[block], setting.model)

    def _in_use(self) -> Sequence[Conformal]:
        return [*super()._in_use(), *self._cold_starts.values()]
