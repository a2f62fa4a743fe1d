"""Settings of a panel, each fitted when it is first looked up."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from copy import copy

from isogloss.forecasting.fitted_setting import FittedSetting, QuerySetting
from isogloss.forecasting.grid import Panel
from isogloss.forecasting.grid_model import GridModel
from isogloss.forecasting.pooled_model import PooledModel, SettingContext
from isogloss.forecasting.settings import Setting


class QuerySettings(Mapping[Setting, QuerySetting]):
    """Settings of a panel, whatever their method.

    Attributes
    ----------
    panel : Panel
    """

    def __init__(self, panel: Panel):
        self.panel = panel
        self._fitted: dict[int, QuerySetting] = {}

    def __getitem__(self, setting: Setting) -> QuerySetting:
        position = self.panel.position[setting]
        if position not in self._fitted:
            self._fitted[position] = self._fit(position)
        return self._fitted[position]

    def __contains__(self, setting: object) -> bool:
        return setting in self.panel.position

    def __iter__(self) -> Iterator[Setting]:
        return iter(self.panel.settings)

    def __len__(self) -> int:
        return len(self.panel.settings)

    def in_use(self) -> list[QuerySetting]:
        """Those that were looked up."""
        return list(self._fitted.values())

    @abstractmethod
    def _fit(self, position: int) -> QuerySetting:
        """Fit the setting at a position of the panel."""


class FittedSettings(QuerySettings):
    """Settings that know nothing of each other.

    Parameters
    ----------
    model : GridModel
        Not yet fitted; each setting fits a copy.
    """

    def __init__(self, panel: Panel, model: GridModel):
        super().__init__(panel)
        self._model = model

    def _fit(self, position: int) -> FittedSetting:
        return FittedSetting(self.panel.grid(position), self._new_model(position), self._context(position))

    def _new_model(self, position: int) -> GridModel:
        return copy(self._model)

    def _context(self, position: int) -> SettingContext | None:
        return None


class PooledSettings(FittedSettings):
    """Settings that each learn from the others, too."""

    def __init__(self, panel: Panel, model: GridModel):
        super().__init__(panel, model)
        self._pooled: dict[int, PooledModel] = {}

    def _context(self, position: int) -> SettingContext:
        block = int(self.panel.block_of_setting[position])
        if block not in self._pooled:
            self._pooled[block] = PooledModel(self.panel, block)
        return SettingContext(self._pooled[block], position)
