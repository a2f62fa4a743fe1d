"""One setting, fitted: forecasts for its known and its unmeasured languages, and intervals around them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from isogloss.forecast.conformal import grouped_quantile, quantiles_by_likeness
from isogloss.forecast.features import dose_shares, energy_distance, total_dose
from isogloss.forecast.grid import Array, Grid, Mixtures
from isogloss.forecast.model import (
    FEWEST_TO_CHOOSE,
    GridModel,
    Opinions,
    choose_weights,
    hold_out_languages,
    hold_out_mixtures,
)
from isogloss.forecast.space import space
from isogloss.forecast.spread import Spread

LANGUAGE_FOLDS, MIXTURE_FOLDS = 8, 5
SPREAD_PRIOR = 20.0
"""Rows at which a language's own residuals weigh as much as everybody's."""

LIKENESS = 0.15
"""Energy distance over which a mixture loses a factor e of its say about how unsure forecasts of another are."""


@dataclass(frozen=True)
class Answers:
    """Forecasts for every mixture x target asked.

    Attributes
    ----------
    mixtures : Mixtures
        The rows.
    targets : tuple of str
        The columns.
    mean : array of shape (rows, targets)
    spread : array of shape (rows, targets)
        How unsure the model is of each, before intervals were sized on held-out evidence.
    columns : array of int of shape (targets,)
        Position of each target in the grid, -1 where nothing of it was measured.
    measured : array of bool of shape (rows, targets)
        Cells that were measured themselves.
    """

    mixtures: Mixtures
    targets: tuple[str, ...]
    mean: Array
    spread: Array
    columns: NDArray[np.intp]
    measured: NDArray[np.bool_]

    @property
    def known(self) -> NDArray[np.bool_]:
        """Targets that the evidence has scores of, of shape (targets,)."""
        return self.columns >= 0


class FittedSetting:
    """A grid with the model that was fitted to it.

    Parameters
    ----------
    grid : Grid
    model : GridModel
        Not yet fitted.

    Notes
    -----
    What is learnt by holding out mixtures, and by holding out languages, is learnt when a question
    first needs it: one about a measured mixture needs no other mixture, and the other way round.
    """

    def __init__(self, grid: Grid, model: GridModel):
        self.grid = grid
        self.model = model.fit(grid)
        self._row = {text: position for position, text in enumerate(grid.mixtures.texts)}

    @cached_property
    def by_mixture(self) -> Opinions:
        """Members' forecasts of held-out mixtures."""
        return hold_out_mixtures(self.model, self.grid, MIXTURE_FOLDS)

    @cached_property
    def by_language(self) -> Opinions:
        """Members' forecasts of held-out languages."""
        return hold_out_languages(self.model, self.grid, LANGUAGE_FOLDS)

    @cached_property
    def known_weights_(self) -> Array:
        """Weights of the members for known languages, of shape (members,)."""
        return _weigh(self.model.known_members, len(self.grid.mixtures.texts), lambda: self.by_mixture)

    @cached_property
    def unseen_weights_(self) -> Array:
        """Weights of the members for unmeasured languages, of shape (members,)."""
        return _weigh(self.model.unseen_members, len(self.grid.targets), lambda: self.by_language)

    @cached_property
    def language_spread_(self) -> Array:
        """How much further off than the model expects each known language was, of shape (targets,)."""
        return _spread_by_language(self._residuals(self.known_weights_, self.by_mixture))

    @cached_property
    def _known_groups(self) -> list[Array]:
        return _groups(self._residuals(self.known_weights_, self.by_mixture) / self.language_spread_)

    @cached_property
    def _unseen_residuals(self) -> Array:
        return self._residuals(self.unseen_weights_, self.by_language)

    @cached_property
    def unseen_spread_(self) -> Spread:
        """How much further off than the model expects unmeasured languages are."""
        forecasts = np.tensordot(self.unseen_weights_, self.by_language.scores, 1)
        return Spread(self.grid, forecasts, self._unseen_residuals)

    @cached_property
    def _unseen_scores(self) -> Array:
        return (self._unseen_residuals / self.unseen_spread_.held_out_).T

    def answer(self, mixtures: Mixtures, targets: Sequence[str]) -> Answers:
        """Forecast every cell of mixtures x targets."""
        position = {target: column for column, target in enumerate(self.grid.targets)}
        columns = np.array([position.get(target, -1) for target in targets], dtype=np.intp)
        known, own = columns >= 0, columns[columns >= 0]
        completed, spread_known, measured_known = self._complete(mixtures)
        mean, spread = np.zeros((2, len(mixtures.texts), len(targets)))
        measured = np.zeros(mean.shape, dtype=bool)
        mean[:, known], spread[:, known], measured[:, known] = (
            completed[:, own],
            spread_known[:, own],
            measured_known[:, own],
        )
        others = [target for target in targets if target not in position]
        if others:
            scores, spread[:, ~known] = self.model.unseen(mixtures, others, completed)
            mean[:, ~known] = np.tensordot(self.unseen_weights_, scores, 1)
        return Answers(mixtures, tuple(targets), self.grid.clip(mean), spread, columns, measured)

    def _complete(self, mixtures: Mixtures) -> tuple[Array, Array, NDArray[np.bool_]]:
        """Scores of the grid's own targets under any mixtures: as measured, else as forecast."""
        shape = (len(mixtures.texts), len(self.grid.targets))
        completed, spread, measured = np.full(shape, np.nan), np.ones(shape), np.zeros(shape, dtype=bool)
        for position, text in enumerate(mixtures.texts):
            if text in self._row:
                completed[position] = self.grid.scores[self._row[text]]
                measured[position] = ~np.isnan(completed[position])
        rows = np.flatnonzero(~measured.all(axis=1))
        if len(rows):
            scores, spread[rows] = self.model.known(mixtures.take(rows))
            forecast = np.tensordot(self.known_weights_, scores, 1)
            completed[rows] = np.where(measured[rows], completed[rows], forecast)
        return completed, spread, measured

    def _residuals(self, weights: Array, opinions: Opinions) -> Array:
        forecasts = self.grid.clip(np.tensordot(weights, opinions.scores, 1))
        return np.abs(forecasts - opinions.truth) / opinions.spread

    def margin(self, answers: Answers, level: float) -> Array:
        """Half width of the interval around each answer; infinite where too little was measured for the level.

        A cell that was measured itself is as unsure as a forecast of another mixture; where too few
        mixtures were measured to tell, as a forecast of another language.
        """
        margin = np.zeros(answers.mean.shape)
        known, own = answers.known, answers.columns[answers.known]
        if not known.all():
            others = [answers.targets[column] for column in np.flatnonzero(~known)]
            expected = self.unseen_spread_.at(answers.mixtures, others, answers.mean[:, ~known])
            quantile = self._unseen_quantiles(answers.mixtures, level)[:, None]
            margin[:, ~known] = quantile * expected * answers.spread[:, ~known]
        if known.any():
            usual = np.median(self.by_mixture.spread, axis=0)[own]
            spread = np.where(answers.measured[:, known], usual, answers.spread[:, known])
            margin[:, known] = grouped_quantile(self._known_groups, level) * spread * self.language_spread_[own]
            if answers.measured.any() and np.isinf(margin[answers.measured]).any():
                other_language = float(np.median(self.by_language.spread)) * self.unseen_spread_.usual_
                quantile = np.broadcast_to(self._unseen_quantiles(answers.mixtures, level)[:, None], margin.shape)
                margin[answers.measured] = quantile[answers.measured] * other_language
        return margin

    def _unseen_quantiles(self, mixtures: Mixtures, level: float) -> Array:
        """Quantile of the scores of held-out languages for each mixture, of shape (rows,).

        Mixtures like the one asked about have the larger say: some are harder to forecast than others.
        """
        return quantiles_by_likeness(self._unseen_scores, self._likeness(mixtures), level)

    def _likeness(self, mixtures: Mixtures) -> Array:
        """How like the grid's mixtures each mixture is: 1 for the same, of shape (rows, rows of the grid)."""
        own = self.grid.mixtures
        sources = sorted({*mixtures.sources, *own.sources})
        between = space(sources).between("combined", sources, sources)
        asked, measured = mixtures.over(sources), own.over(sources)
        energy = energy_distance(dose_shares(asked), dose_shares(measured), between)
        totals = total_dose(asked)[:, None] - total_dose(measured)
        return np.exp(-energy / LIKENESS - 0.5 * totals**2) + 1e-9


def _weigh(members: tuple[str, ...], groups: int, opinions: Callable[[], Opinions]) -> Array:
    if len(members) > 1 and groups >= FEWEST_TO_CHOOSE:
        return choose_weights(opinions())
    return np.eye(len(members))[0]


def _groups(scores: Array) -> list[Array]:
    """The finite scores of each row; rows without any are no group."""
    finite = [row[np.isfinite(row)] for row in scores]
    return [row for row in finite if len(row)]


def _spread_by_language(residuals: Array) -> Array:
    """Mean absolute residual of each language, drawn to that of all, of shape (targets,)."""
    count = np.isfinite(residuals).sum(0)
    if count.sum() == 0:
        return np.ones(residuals.shape[1])
    overall = np.nanmean(residuals)
    return (np.nansum(residuals, axis=0) + SPREAD_PRIOR * overall) / (count + SPREAD_PRIOR) + 1e-9
