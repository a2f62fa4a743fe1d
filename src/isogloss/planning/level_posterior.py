"""What is known together of several languages' scores, and by how much measuring one narrows the others' intervals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from isogloss.evidence import Evidence
from isogloss.forecasting import Forecaster
from isogloss.forecasting.default import CombinedSetting
from isogloss.forecasting.grid import Array, Grid
from isogloss.forecasting.kriging import NOISE
from isogloss.forecasting.settings import Setting
from isogloss.planning.level_covariance import covariance

LEVEL = 0.9
NORMAL_WIDTH = 3.29
"""Width of the 90 % interval of a normal distribution, in standard deviations."""
SMALLEST = 1e-12


@dataclass(frozen=True)
class LevelPosterior:
    """Levels of some languages in one setting, given what was measured.

    Attributes
    ----------
    covariance : array of shape (languages, languages)
    noise : float
        Variance of a measurement, in the unit of the covariance.
    width : callable
        From variances of shape (..., languages) to widths of 90 % intervals, on the scale of the scores.
    """

    covariance: Array
    noise: float
    width: Callable[[Array], Array]

    @property
    def variance(self) -> Array:
        """Of each language."""
        return np.maximum(np.diag(self.covariance), 0.0)

    def widths(self) -> Array:
        """Of the 90 % interval of each language."""
        return self.width(self.variance)

    def widths_after_one(self) -> Array:
        """Widths of each language once another is measured, of shape (measured one, languages)."""
        taken = self.covariance**2 / (self.variance + self.noise + SMALLEST)[:, None]
        return self.width(np.maximum(self.variance - taken, 0.0))

    def widths_after(self, measured: Sequence[int]) -> Array:
        """Widths of each language once some are measured."""
        if not len(measured):
            return self.widths()
        across = self.covariance[:, measured]
        inner = across[measured] + (self.noise + SMALLEST) * np.eye(len(measured))
        taken = np.einsum("jm,mj->j", across, np.linalg.solve(inner, across.T))
        return self.width(np.maximum(self.variance - taken, 0.0))

    def after(self, measured: int) -> Self:
        """The same once one more language is measured."""
        column = self.covariance[:, measured]
        left = self.covariance - np.outer(column, column) / (column[measured] + self.noise + SMALLEST)
        return replace(self, covariance=left)


def table_posterior(fitted: Forecaster, setting: Setting, names: Sequence[str]) -> LevelPosterior | None:
    """By the table model; None where there is none, or intervals have no end."""
    of_setting = fitted.settings_[setting]
    if not isinstance(of_setting, CombinedSetting):
        return None
    table = of_setting.table
    joint = table.joint(names)

    def width(variance: Array) -> Array:
        lower, upper = table.bounds_at(joint.mean, np.sqrt(variance), LEVEL)
        return upper - lower

    return LevelPosterior(joint.covariance, 0.0, width) if np.isfinite(width(np.diag(joint.covariance))).all() else None


def forecast_by_table(fitted: Forecaster, setting: Setting, names: Sequence[str]) -> bool:
    """Whether the table model, and not base learners, forecasts most of the languages."""
    of_setting = fitted.settings_[setting]
    return isinstance(of_setting, CombinedSetting) and float(of_setting.weights(names).mean()) <= 0.5


def process_posterior(evidence: Evidence, setting: Setting, grid: Grid, names: Sequence[str]) -> LevelPosterior:
    """By likeness of languages and scores of other tasks and models.

    Its unit is the one that makes the measured levels most likely.
    """
    prior = covariance([*grid.targets, *names], evidence, setting)
    measured = len(grid.targets)
    known = prior[:measured, :measured] + NOISE * np.eye(measured)
    across = prior[:measured, measured:]
    posterior = prior[measured:, measured:] - across.T @ np.linalg.solve(known, across)
    levels = np.nanmean(grid.scores - np.nanmean(grid.scores, axis=1, keepdims=True), axis=0)
    unit = float(np.sqrt(levels @ np.linalg.solve(known, levels) / measured))
    return LevelPosterior(posterior, NOISE, lambda variance: NORMAL_WIDTH * unit * np.sqrt(variance))
