"""Size of the errors to expect of an unmeasured language, learnt from languages that were held out.

The better of two estimates is kept: the mean residual of the target's neighbours under the same mix, or trees over
what the mix offers the target. Few languages are too few for trees; with many, trees learn that a forecast for kin
of the source is the more uncertain one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from isogloss.forecasting.boosting import fit_trees, predict_trees
from isogloss.forecasting.features import pair_features, space
from isogloss.forecasting.grid import Array, Grid, TrainingMixes, column_means

NEIGHBOURHOOD = 0.15
"""Combined distance over which a neighbour's residual loses a factor e of its say."""
NEIGHBOURS_PRIOR = 1.0
"""Everybody's residual has the say of this many languages at no distance."""
JUDGED_AT = 0.9
FEWEST_FOR_TREES = 50
"""Languages below which the choice between the two estimates is luck, and costs coverage."""
FOLDS = 8
TREE_CELLS = 12_000
SMALLEST_SHARE = 0.05
"""Residuals count as at least this share of their mean, so that a lucky one is not taken for certainty."""


class ResidualScale:
    """Expected size of the residuals of unmeasured languages.

    Parameters
    ----------
    grid : Grid
    forecasts, residuals : arrays of shape (rows, targets)
        Of the grid's own targets when they were held out; NaN where there is none.

    Attributes
    ----------
    mean_ : float
        Mean residual.
    held_out_ : array of shape (rows, targets)
        What was expected of each held-out cell without looking at its language.
    by_trees_ : bool
        Whether the trees were the better guide.
    """

    def __init__(self, grid: Grid, forecasts: Array, residuals: Array):
        self._grid, self._residuals = grid, residuals
        known = np.isfinite(residuals)
        self.mean_ = float(residuals[known].mean()) if known.any() else 1.0
        between = space(grid.targets).between("combined", grid.targets, grid.targets)
        self.held_out_ = _local(residuals, _closeness(between) * (1 - np.eye(len(between))), self.mean_)
        self.by_trees_ = False
        self._trees: Any = None
        if np.isfinite(residuals).any(0).sum() >= FEWEST_FOR_TREES:
            self._try_trees(forecasts)

    def predict(self, mixes: TrainingMixes, targets: Sequence[str], forecasts: Array) -> Array:
        """Expected size of the residuals of unmeasured `targets`, of shape (rows, targets)."""
        if self.by_trees_:
            return np.exp(predict_trees(self._trees, _design(mixes, targets, forecasts))).reshape(forecasts.shape)
        usual = column_means(self._residuals)
        row = {text: position for position, text in enumerate(self._grid.mixes.texts)}
        residuals = np.array([self._residuals[row[text]] if text in row else usual for text in mixes.texts])
        closeness = _closeness(space(targets, self._grid.targets).between("combined", targets, self._grid.targets))
        return _local(residuals, closeness, self.mean_)

    def _try_trees(self, forecasts: Array) -> None:
        design = _design(self._grid.mixes, self._grid.targets, forecasts)
        known = np.isfinite(self._residuals)
        response = np.log(self._residuals + SMALLEST_SHARE * self.mean_ + 1e-9)
        held_out = np.full(self._residuals.shape, np.nan)
        fold_of = np.random.default_rng(0).permutation(known.shape[1]) % FOLDS
        for fold in range(FOLDS):
            train, test = known & (fold_of != fold), known & (fold_of == fold)
            if train.any() and test.any():
                held_out[test] = np.exp(predict_trees(_fit_trees(design, response, train), design[test.ravel()]))
        if _interval_score(self._residuals, held_out) < _interval_score(self._residuals, self.held_out_):
            self.held_out_, self.by_trees_ = held_out, True
            self._trees = _fit_trees(design, response, known)


def _interval_score(residuals: Array, expected: Array) -> float:
    """Winkler's score of intervals of the expected size, wide enough to hold `JUDGED_AT` of the residuals.

    Width plus what misses stick out, times 2 / (1 - level): the proper score of an interval
    (Gneiting and Raftery 2007), each language counting the same.
    """
    known = np.isfinite(residuals) & np.isfinite(expected)
    weights = (known / np.maximum(known.sum(0), 1))[known]
    ratios = (residuals / expected)[known]
    order = np.argsort(ratios)
    reached = np.cumsum(weights[order]) / weights.sum()
    factor = ratios[order][min(int(np.searchsorted(reached, JUDGED_AT)), len(order) - 1)]
    margin = factor * expected[known]
    missed = np.maximum(residuals[known] - margin, 0)
    return float(np.average(2 * margin + 2 / (1 - JUDGED_AT) * missed, weights=weights))


def _design(mixes: TrainingMixes, targets: Sequence[str], forecasts: Array) -> Array:
    features = pair_features(space(mixes.sources, targets), mixes.sizes, mixes.sources, targets)
    design = np.concatenate([features, forecasts[:, :, None]], axis=2)
    return design.reshape(forecasts.size, -1)


def _fit_trees(design: Array, response: Array, cells: Array) -> Any:
    return fit_trees(
        design[cells.ravel()], response[cells], TREE_CELLS,
        n_estimators=100, learning_rate=0.05, num_leaves=7, min_child_samples=60, reg_lambda=5,
    )  # fmt: skip


def _closeness(distance: Array) -> Array:
    return np.exp(-distance / NEIGHBOURHOOD)


def _local(residuals: Array, closeness: Array, everybody: float) -> Array:
    """Mean of the neighbours' residuals in the same row, drawn to that of everybody in all rows.

    Parameters
    ----------
    residuals : array of shape (rows, measured)
        NaN where there is none.
    closeness : array of shape (targets, measured)
    everybody : float

    Returns
    -------
    array of shape (rows, targets)
    """
    there = np.isfinite(residuals)
    weighted = np.where(there, residuals, 0) @ closeness.T + NEIGHBOURS_PRIOR * everybody
    return weighted / (there @ closeness.T + NEIGHBOURS_PRIOR) + 1e-9
