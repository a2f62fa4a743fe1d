"""The default way to forecast: mixes by kernel, unmeasured languages by factors, neighbours and trees."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

import numpy as np

from isogloss.evidence import Evidence
from isogloss.forecasting import training_mix_gp as mix_model
from isogloss.forecasting import transfer as transfer_model
from isogloss.forecasting.fitted import FittedSetting
from isogloss.forecasting.forecaster import Forecaster
from isogloss.forecasting.grid import Array, Grid, TrainingMixes, fill
from isogloss.forecasting.kriging import krige
from isogloss.forecasting.model import GridModel
from isogloss.forecasting.newcomer import FittedNewcomer
from isogloss.forecasting.peers.kernel import KernelModel
from isogloss.forecasting.pooled.around import Around
from isogloss.forecasting.pooled.newcomers import Newcomers
from isogloss.forecasting.pooled.panel import Panel, kind
from isogloss.forecasting.pooled.surroundings import Surroundings
from isogloss.forecasting.settings import Setting
from isogloss.forecasting.training_mix_gp import TrainingMixGP
from isogloss.forecasting.transfer import TransferModel


class DefaultModel(GridModel):
    """Two questions, two models: how a measured language moves with the mix, and how languages differ.

    Each holds several opinions, weighed by cross-validation over mixes and over languages.
    """

    known_members = mix_model.MEMBERS
    unseen_members = ("likeness", *transfer_model.MEMBERS, "kernel")

    def __init__(self, whole: DefaultModel | None = None):
        self._whole = whole

    def fit(self, grid: Grid) -> DefaultModel:
        self.grid_ = grid
        return self

    @cached_property
    def mixes_(self) -> TrainingMixGP:
        """Fitted when first asked: folds over languages never need it."""
        return TrainingMixGP(self._whole.mixes_ if self._whole else None).fit(self.grid_)

    @cached_property
    def transfer_(self) -> TransferModel:
        """Fitted when first asked: folds over mixes never need it."""
        return TransferModel().fit(self.grid_, fill(self.grid_.scores))

    def known(self, mixes: TrainingMixes) -> tuple[Array, Array]:
        return self.mixes_.predict(mixes)

    @cached_property
    def kernel_(self) -> KernelModel:
        """Fitted when first asked: folds over mixes never need it."""
        return KernelModel(self._whole.kernel_.kernels_ if self._whole else None).fit(self.grid_)

    def unseen(self, mixes: TrainingMixes, targets: Sequence[str], known: Array) -> tuple[Array, Array]:
        scores, spread = self.transfer_.predict(targets, mixes.sizes, mixes.sources, known)
        by_kernel, _ = self.kernel_.unseen(mixes, targets, known)
        kriged = krige(known, self.grid_.targets, targets)
        return np.concatenate([kriged[None], scores, by_kernel]), spread

    def for_fold(self) -> DefaultModel:
        # A dozen kernel parameters shared by all cells hardly move with a fold of the rows or of the languages.
        return DefaultModel(whole=self)


class Default(Forecaster):
    """Kernel over mixes for measured languages; factors, neighbours and trees for the others.

    See docs/methods/forecast.md for the formulas.

    Parameters
    ----------
    new_models : bool, default True
        Whether to answer about models that the evidence does not know at all. Those that it knows from other
        tasks, or by what is said about them, are answered about in any case.
    """

    grid_model = DefaultModel
    looks_around = True

    def __init__(self, new_models: bool = True):
        self.new_models = new_models

    def _fit_settings(self, evidence: Evidence) -> Mapping[Setting, FittedSetting]:
        self.panel_, self.models_ = Panel.read(evidence), evidence.models
        self._newcomers: dict[int, Newcomers] = {}
        return FittedSettings(self.panel_)

    def _may_be_new(self, model: str) -> bool:
        return self.new_models or model in self.panel_.models or model in self.models_["model"]

    def _fitted(self, setting: Setting) -> FittedSetting | FittedNewcomer:
        if setting in self.settings_:
            return self.settings_[setting]
        block = self.panel_.block_of_kind[kind(setting)]
        if block not in self._newcomers:
            self._newcomers[block] = Newcomers(self.panel_, block, self.models_)
        return FittedNewcomer(self._newcomers[block], setting.model)


class FittedSettings(Mapping[Setting, FittedSetting]):
    """Settings, each fitted when it is first asked about."""

    def __init__(self, panel: Panel):
        self._panel = panel
        self._fitted: dict[int, FittedSetting] = {}
        self._arounds: dict[int, Around] = {}

    def __getitem__(self, setting: Setting) -> FittedSetting:
        position = self._panel.position[setting]
        if position not in self._fitted:
            block = int(self._panel.block_of_setting[position])
            if block not in self._arounds:
                self._arounds[block] = Around(self._panel, block)
            around = Surroundings(self._arounds[block], position)
            self._fitted[position] = FittedSetting(self._panel.grid(position), DefaultModel(), around)
        return self._fitted[position]

    def __contains__(self, setting: object) -> bool:
        return setting in self._panel.position

    def __iter__(self) -> Iterator[Setting]:
        return iter(self._panel.settings)

    def __len__(self) -> int:
        return len(self._panel.settings)
