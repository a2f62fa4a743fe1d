"""Ensembles: base learners weighted by cross-validation, and the size of the errors that this leaves."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isogloss.forecasting.boosting import fit_trees, predict_trees
from isogloss.forecasting.cross_validation import (
    FEWEST_TO_CHOOSE,
    HeldOutPredictions,
    hold_out_mixes,
    language_weights,
    mix_weights,
    share_of_first,
)
from isogloss.forecasting.features import pair_features, space
from isogloss.forecasting.grid import Array, Grid, TrainingMixes, column_means
from isogloss.forecasting.grid_model import GridModel
from isogloss.stats.conformal import finite_groups, grouped_quantile, weighted_conformal_quantiles

RESIDUALS_PRIOR = 20.0
"""Rows at which a language's own residuals weigh as much as everybody's."""


class MixEnsemble:
    """Forecasts of measured languages under other mixes.

    What is learnt by holding out mixes is learnt when a question first needs it.

    Parameters
    ----------
    model : GridModel
        Fitted to the grid.
    """

    def __init__(self, model: GridModel, grid: Grid):
        self._model, self._grid = model, grid

    def predict(self, mixes: TrainingMixes, columns: Sequence[int]) -> tuple[Array, Array]:
        """Scores of all targets, of shape (rows, targets), and the uncertainty of some, of shape (rows, columns)."""
        scores, spread = self._model.predict_mixes_of(mixes, columns)
        return np.tensordot(self.weights_, scores, 1), spread

    def conformalize(self) -> None:
        """Learn what intervals need."""
        _ = self.scales_

    def margin(self, spread: Array, columns: NDArray[np.intp], level: float) -> Array:
        """Half width of the intervals of some targets, from their uncertainty of shape (rows, columns)."""
        return grouped_quantile(finite_groups(self._residuals / self.scales_), level) * spread * self.scales_[columns]

    @cached_property
    def held_out_(self) -> HeldOutPredictions:
        """Forecasts of mixes that were held out."""
        return hold_out_mixes(self._model, self._grid)

    @cached_property
    def weights_(self) -> Array:
        """Weights of the base learners: of the first alone where mixes are few."""
        learners = len(self._model.mix_learners)
        if learners == 1 or len(self._grid.mixes.texts) < FEWEST_TO_CHOOSE:
            return np.eye(learners)[0]
        return mix_weights(self.held_out_)

    @cached_property
    def scales_(self) -> Array:
        """Mean residual of each language in units of its spread, drawn to that of all; of shape (targets,)."""
        count = np.isfinite(self._residuals).sum(0)
        if count.sum() == 0:
            return np.ones(self._residuals.shape[1])
        overall = np.nanmean(self._residuals)
        return (np.nansum(self._residuals, axis=0) + RESIDUALS_PRIOR * overall) / (count + RESIDUALS_PRIOR) + 1e-9

    @cached_property
    def _residuals(self) -> Array:
        forecasts = self._grid.clip(np.tensordot(self.weights_, self.held_out_.scores, 1))
        return np.abs(forecasts - self.held_out_.truth) / self.held_out_.spread


class LanguageEnsemble:
    """Forecasts of unmeasured languages: the setting's own base learners, and what pooled evidence says.

    Parameters
    ----------
    own : HeldOutPredictions or None
        The setting's own forecasts of its languages, each held out.
    pooled : array of shape (rows, targets) or None
        Forecasts of the same cells by the pooled model.

    Attributes
    ----------
    weights_ : array of shape (base learners,)
        Of the setting's own base learners; empty where there are none.
    pooled_weight_ : float
        Of the pooled forecast, against the weighted own ones.
    """

    def __init__(self, grid: Grid, own: HeldOutPredictions | None, pooled: Array | None):
        self._grid, self._own, self._pooled = grid, own, pooled
        self.weights_ = np.zeros(0) if own is None else language_weights(own)
        self.pooled_weight_ = 0.0 if pooled is None else 1.0
        if own is not None and pooled is not None:
            self.pooled_weight_ = share_of_first(pooled, np.tensordot(self.weights_, own.scores, 1), grid.scores)

    def combine(self, own: Array | None, pooled: Array | None) -> Array:
        """The weighted forecast, of shape (rows, targets).

        Parameters
        ----------
        own : array of shape (base learners, rows, targets) or None
        pooled : array of shape (rows, targets) or None
        """
        if own is None:
            assert pooled is not None, "there is at least one forecast"
            return pooled
        weighted = np.tensordot(self.weights_, own, 1)
        share = self.pooled_weight_
        return np.asarray(weighted if pooled is None else (1 - share) * weighted + share * pooled)

    def conformalize(self) -> None:
        """Learn what intervals need."""
        _ = self._standardised, self.usual_residual_

    @property
    def by_typology(self) -> bool:
        """Whether forecasts come from the setting alone, so that its model knows their uncertainty."""
        return self._pooled is None

    @cached_property
    def residual_scale_(self) -> ResidualScale:
        """Expected size of residuals."""
        return ResidualScale(self._grid, self._forecasts, self._residuals)

    @cached_property
    def usual_residual_(self) -> float:
        """Median uncertainty times the usual residual, in points of the score."""
        usual = self.residual_scale_.mean_
        return usual if self._own is None else float(np.median(self._own.spread)) * usual

    def quantiles(self, similarity: Array, level: float) -> Array:
        """Conformal quantile of the standardised residuals of held-out languages, of shape (rows,).

        Parameters
        ----------
        similarity : array of shape (rows, rows of the grid)
            Weight of the residuals under each measured mix: transfer from some mixes is harder to forecast.
        """
        return weighted_conformal_quantiles(self._standardised, similarity, level)

    def growth(self, poorest: list[tuple[HeldOutPredictions, Array]]) -> float:
        """Relative growth of residuals with each power of ten less web text than any measured language has.

        Languages were forecast from richer ones only; if their residuals are larger than those of languages held
        out at random, the excess grows in proportion to how much poorer they are.

        Parameters
        ----------
        poorest : list of (HeldOutPredictions, array of shape (targets,))
            As `isogloss.forecasting.cross_validation.hold_out_poorest` gives them.
        """
        sizes, poorer = [], []
        for predictions, less in poorest:
            forecasts = self._grid.clip(self.combine(predictions.scores, None))
            residuals = np.abs(forecasts - self._grid.scores) / predictions.spread / self.residual_scale_.held_out_
            held = np.isfinite(residuals).any(0) & (less > 0)
            sizes += np.nanmean(residuals[:, held], axis=0).tolist()
            poorer += less[held].tolist()
        if not sizes:
            return 0.0
        usual = float(np.mean([group.mean() for group in finite_groups(self._standardised)]))
        return max(0.0, float(np.mean(sizes)) / (usual + 1e-12) - 1) / float(np.mean(poorer))

    @cached_property
    def _forecasts(self) -> Array:
        return self.combine(None if self._own is None else self._own.scores, self._pooled)

    @cached_property
    def _residuals(self) -> Array:
        residuals = np.abs(self._grid.clip(self._forecasts) - self._grid.scores)
        return residuals / self._own.spread if self.by_typology and self._own is not None else residuals

    @cached_property
    def _standardised(self) -> Array:
        return (self._residuals / self.residual_scale_.held_out_).T


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
        usual, held_out = column_means(self._residuals), np.any(np.isfinite(self._residuals), axis=1).tolist()
        row = {text: place for place, text in enumerate(self._grid.mixes.texts) if held_out[place]}
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
        n_estimators=50, learning_rate=0.1, num_leaves=7, min_child_samples=60, reg_lambda=5,
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

    Returns
    -------
    array of shape (rows, targets)
    """
    there = np.isfinite(residuals)
    weighted = np.where(there, residuals, 0) @ closeness.T + NEIGHBOURS_PRIOR * everybody
    return weighted / (there @ closeness.T + NEIGHBOURS_PRIOR) + 1e-9
