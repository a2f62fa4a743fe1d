"""The default way to forecast: mixtures by kernel, unmeasured languages by factors, neighbours and trees."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property

from isogloss.evidence import Evidence
from isogloss.forecast import mixtures as mixture_model
from isogloss.forecast import transfer as transfer_model
from isogloss.forecast.elsewhere.around import Around
from isogloss.forecast.elsewhere.panel import Panel
from isogloss.forecast.elsewhere.surroundings import Surroundings
from isogloss.forecast.fitted import FittedSetting
from isogloss.forecast.forecaster import Forecaster
from isogloss.forecast.grid import Array, Grid, Mixtures, fill
from isogloss.forecast.mixtures import MixtureModel
from isogloss.forecast.model import GridModel
from isogloss.forecast.settings import Setting, read_settings
from isogloss.forecast.transfer import TransferModel


class DefaultModel(GridModel):
    """Two questions, two models: how a measured language moves with the mixture, and how languages differ.

    Each holds several opinions, weighed by cross-validation over mixtures and over languages.
    """

    known_members = mixture_model.MEMBERS
    unseen_members = transfer_model.MEMBERS

    def __init__(self, whole: DefaultModel | None = None):
        self._whole = whole

    def fit(self, grid: Grid) -> DefaultModel:
        self.grid_ = grid
        return self

    @cached_property
    def mixtures_(self) -> MixtureModel:
        """Fitted when first asked: folds over languages never need it."""
        return MixtureModel(self._whole.mixtures_.parameters_ if self._whole else None).fit(self.grid_)

    @cached_property
    def transfer_(self) -> TransferModel:
        """Fitted when first asked: folds over mixtures never need it."""
        return TransferModel().fit(self.grid_, fill(self.grid_.scores))

    def known(self, mixtures: Mixtures) -> tuple[Array, Array]:
        return self.mixtures_.predict(mixtures)

    def unseen(self, mixtures: Mixtures, targets: Sequence[str], known: Array) -> tuple[Array, Array]:
        return self.transfer_.predict(targets, mixtures.sizes, mixtures.sources, known)

    def for_fold(self) -> DefaultModel:
        # A dozen kernel parameters shared by all languages hardly move with a fifth of the rows.
        return DefaultModel(whole=self)


class Default(Forecaster):
    """Kernel over mixtures for measured languages; factors, neighbours and trees for the others.

    See docs/methods/forecast.md for the formulas.
    """

    grid_model = DefaultModel

    def _fit_settings(self, evidence: Evidence) -> Iterator[tuple[Setting, FittedSetting]]:
        panel = Panel.read(evidence)
        arounds = {block: Around(panel, block) for block in range(len(panel.blocks))}
        for setting, observations in read_settings(evidence):
            position = panel.position[setting]
            around = Surroundings(arounds[panel.block_of_setting[position]], position)
            yield setting, FittedSetting(Grid.read(observations), self._new_model(), around)
