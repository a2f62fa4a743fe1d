"""Settings of a panel, each fitted when it is first looked up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import copy

from isogloss.forecasting.fitted_setting import FittedSetting
from isogloss.forecasting.grid import Panel
from isogloss.forecasting.grid_model import GridModel
from isogloss.forecasting.pooled_model import PooledModel, SettingContext
from isogloss.forecasting.settings import Setting


class FittedSettings(Mapping[Setting, FittedSetting]):
    """Settings that know nothing of each other.

    Parameters
    ----------
    model : GridModel
        Not yet fitted; each setting fits a copy.
    """

    def __init__(self, panel: Panel, model: GridModel):
        self._panel, self._model = panel, model
        self._fitted: dict[int, FittedSetting] = {}

    def __getitem__(self, setting: Setting) -> FittedSetting:
        position = self._panel.position[setting]
        if position not in self._fitted:
            grid, context = self._panel.grid(position), self._context(position)
            self._fitted[position] = FittedSetting(grid, self._new_model(position), context)
        return self._fitted[position]

    def __contains__(self, setting: object) -> bool:
        return setting in self._panel.position

    def __iter__(self) -> Iterator[Setting]:
        return iter(self._panel.settings)

    def __len__(self) -> int:
        return len(self._panel.settings)

    def in_use(self) -> list[FittedSetting]:
        """Those that were looked up."""
        return list(self._fitted.values())

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
        block = int(self._panel.block_of_setting[position])
        if block not in self._pooled:
            self._pooled[block] = PooledModel(self._panel, block)
        return SettingContext(self._pooled[block], position)
