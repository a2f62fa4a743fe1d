"""Gradient-boosted trees by LightGBM, the same in every run; a feature that is missing is NaN."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np

from isogloss.forecasting.booster import Booster
from isogloss.forecasting.grid import Array

REPRODUCIBLE: dict[str, Any] = {
    "seed": 0, "num_threads": 1, "deterministic": True, "force_row_wise": True, "verbosity": -1,
}  # fmt: skip
VALUES = 10_000_000
"""Features x cells that `BoostedTrees` learns from; of more cells, a sample."""


def fit_trees(
    design: Array, response: Array, most: int | None = None, *, n_estimators: int, objective: str = "regression",
    **settings: Any,
) -> Booster:  # fmt: skip
    """Learn a response from a design.

    Parameters
    ----------
    design : array of shape (cells, features)
    response : array of shape (cells,)
    most : int, optional
        Cells to learn from, in random order; of more, a sample. By default all, in theirs.
    n_estimators : int
        Number of trees.
    objective : str, default "regression"
    **settings
        Parameters of LightGBM.
    """
    if most is not None:
        chosen = np.random.default_rng(0).permutation(len(design))[:most]
        design, response = design[chosen], response[chosen]
    return Booster.learn(design, response, n_estimators, {**REPRODUCIBLE, "objective": objective, **settings})


def fit_ranking_trees(
    design: Array, relevance: Array, sizes: Sequence[int], seed: int, *, n_estimators: int, **settings: Any
) -> Booster:
    """Learn to rank: `sizes` rows of the design belong to each list, one after the other; by LambdaRank."""
    settings = {**REPRODUCIBLE, "seed": seed, "objective": "lambdarank", **settings}
    return Booster.learn(design, relevance, n_estimators, settings, sizes)


def predict_trees(booster: Booster, cells: Array) -> Array:
    """Responses to cells of shape (..., features)."""
    return booster.predict(cells.reshape(-1, cells.shape[-1])).reshape(cells.shape[:-1])


class BoostedTrees:
    """Boosted trees that also answer where there is nothing to split.

    Attributes
    ----------
    booster_ : Booster or None
        None where fewer than two different scores, or only constant features, were given.
    mean_ : float
        The answer then.
    """

    def fit(self, design: Array, response: Array, **settings: Any) -> Self:
        """Learn `response` (cells,) from `design` (cells, features), with the settings of LightGBM."""
        self.booster_: Booster | None = None
        self.mean_ = float(response.mean())
        if len(design) >= 2 and np.ptp(response) > 0 and _varies(design):
            chosen = sample(len(design), design.shape[1])
            self.booster_ = fit_trees(design[chosen], response[chosen], **settings)
        return self

    def predict(self, cells: Array) -> Array:
        """Responses to cells of shape (..., features)."""
        if self.booster_ is None:
            return np.full(cells.shape[:-1], self.mean_)
        return predict_trees(self.booster_, cells)


def sample(cells: int, features: int) -> np.ndarray:
    """Positions of the cells to learn from, sorted: all, or a random part that fits into `VALUES`."""
    most = max(VALUES // max(features, 1), 1)
    if cells <= most:
        return np.arange(cells)
    return np.sort(np.random.default_rng(0).permutation(cells)[:most])


def _varies(design: Array) -> bool:
    with np.errstate(invalid="ignore"):
        return bool(((design != design[0]) & ~(np.isnan(design) & np.isnan(design[0]))).any())
