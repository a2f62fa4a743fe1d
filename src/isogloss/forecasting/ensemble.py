"""Ensembles: base learners weighted by cross-validation, and the size of the errors that this leaves."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from isogloss.forecasting.cross_validation import (
    FEWEST_TO_CHOOSE,
    HeldOutPredictions,
    hold_out_mixes,
    language_weights,
    mix_weights,
    share_of_first,
)
from isogloss.forecasting.grid import Array, Grid, TrainingMixes
from isogloss.forecasting.grid_model import GridModel
from isogloss.forecasting.residual_scale import ResidualScale
from isogloss.stats.conformal import grouped_quantile, weighted_conformal_quantiles

RESIDUALS_PRIOR = 20.0
"""Rows at which a language's own residuals weigh as much as everybody's."""


class MixEnsemble:
    """Forecasts of measured languages under other mixes.

    What is learnt by holding out mixes is learnt when a question first needs it.

    Parameters
    ----------
    model : GridModel
        Fitted to the grid.
    grid : Grid
    """

    def __init__(self, model: GridModel, grid: Grid):
        self._model, self._grid = model, grid

    def predict(self, mixes: TrainingMixes) -> tuple[Array, Array]:
        """Scores and their uncertainty, both of shape (rows, targets)."""
        scores, spread = self._model.predict_mixes(mixes)
        return np.tensordot(self.weights_, scores, 1), spread

    def margin(self, spread: Array, columns: NDArray[np.intp], level: float) -> Array:
        """Half width of the intervals of some targets, from their uncertainty of shape (rows, columns)."""
        return grouped_quantile(_groups(self._residuals / self.scales_), level) * spread * self.scales_[columns]

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
    grid : Grid
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
        level : float
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
        usual = float(np.mean([group.mean() for group in _groups(self._standardised)]))
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


def _groups(residuals: Array) -> list[Array]:
    """The finite residuals of each row; rows without any are no group."""
    finite = [row[np.isfinite(row)] for row in residuals]
    return [row for row in finite if len(row)]
