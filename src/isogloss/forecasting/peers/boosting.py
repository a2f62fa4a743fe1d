"""Gradient-boosted trees over the cells of a grid, as the forecasters that are made of them need it."""

from __future__ import annotations

from typing import Any

import numpy as np

from isogloss.forecasting.grid import Array

REPRODUCIBLE: dict[str, Any] = {
    "random_state": 0,
    "n_jobs": 1,
    "deterministic": True,
    "force_row_wise": True,
    "verbosity": -1,
}
VALUES = 10_000_000
"""Features x cells that trees learn from; of more cells, a sample."""


class Boosted:
    """Boosted trees that also answer where there is nothing to split.

    Attributes
    ----------
    booster_ : lightgbm.Booster or None
        None where fewer than two different scores, or only constant features, were given.
    mean_ : float
        The answer then.
    """

    def fit(self, design: Array, response: Array, **settings: Any) -> Boosted:
        """Learn `response` (cells,) from `design` (cells, features), with the settings of LightGBM."""
        self.booster_: Any = None
        self.mean_ = float(response.mean())
        if len(design) < 2 or np.ptp(response) == 0 or not _varies(design):
            return self
        from lightgbm import LGBMRegressor

        chosen = sample(len(design), design.shape[1])
        self.booster_ = LGBMRegressor(**settings, **REPRODUCIBLE).fit(design[chosen], response[chosen]).booster_
        return self

    def predict(self, design: Array) -> Array:
        """Responses to `design`, of shape (cells,)."""
        if self.booster_ is None:
            return np.full(len(design), self.mean_)
        return np.asarray(self.booster_.predict(design, num_threads=1, validate_features=False))


def sample(cells: int, features: int) -> np.ndarray:
    """Positions of the cells to learn from, sorted: all, or a random part that fits into `VALUES`."""
    most = max(VALUES // max(features, 1), 1)
    if cells <= most:
        return np.arange(cells)
    return np.sort(np.random.default_rng(0).permutation(cells)[:most])


def _varies(design: Array) -> bool:
    with np.errstate(invalid="ignore"):
        return bool(((design != design[0]) & ~(np.isnan(design) & np.isnan(design[0]))).any())
