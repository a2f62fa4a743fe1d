"""One setting, fitted: forecasts for its known and its unmeasured languages, and intervals around them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from isogloss.forecast.conformal import grouped_quantile
from isogloss.forecast.grid import Array, Grid, Mixtures
from isogloss.forecast.model import (
    FEWEST_TO_CHOOSE,
    GridModel,
    Opinions,
    choose_weights,
    hold_out_languages,
    hold_out_mixtures,
)

LANGUAGE_FOLDS, MIXTURE_FOLDS = 8, 5
SPREAD_PRIOR = 20.0
"""Rows at which a language's own residuals weigh as much as everybody's."""


@dataclass(frozen=True)
class Answers:
    """Forecasts for every mixture x target asked.

    Attributes
    ----------
    mean, spread : arrays of shape (rows, targets)
    known : array of bool of shape (targets,)
        Targets that the evidence has scores of.
    measured : array of bool of shape (rows, targets)
        Cells that were measured themselves.
    """

    mean: Array
    spread: Array
    known: np.ndarray
    measured: np.ndarray


class FittedSetting:
    """A grid with the model that was fitted to it.

    Parameters
    ----------
    grid : Grid
    model : GridModel
        Not yet fitted.

    Attributes
    ----------
    known_weights_, unseen_weights_ : arrays of shape (members,)
    """

    def __init__(self, grid: Grid, model: GridModel):
        self.grid = grid
        self.model = model.fit(grid)
        self._by_mixture: Opinions | None = None
        self._by_language: Opinions | None = None
        rows, targets = grid.scores.shape
        self.known_weights_ = self._weigh(model.known_members, rows, lambda: self.by_mixture)
        self.unseen_weights_ = self._weigh(model.unseen_members, targets, lambda: self.by_language)

    @staticmethod
    def _weigh(members: tuple[str, ...], groups: int, opinions: Callable[[], Opinions]) -> Array:
        if len(members) > 1 and groups >= FEWEST_TO_CHOOSE:
            return choose_weights(opinions())
        return np.eye(len(members))[0]

    @property
    def by_mixture(self) -> Opinions:
        """Members' forecasts of held-out mixtures."""
        if self._by_mixture is None:
            self._by_mixture = hold_out_mixtures(self.model, self.grid, MIXTURE_FOLDS)
        return self._by_mixture

    @property
    def by_language(self) -> Opinions:
        """Members' forecasts of held-out languages."""
        if self._by_language is None:
            self._by_language = hold_out_languages(self.model, self.grid, LANGUAGE_FOLDS)
        return self._by_language

    def conformalize(self) -> FittedSetting:
        """Learn from held-out languages and mixtures how far off forecasts are."""
        self._unseen_groups = _groups(self._residuals(self.unseen_weights_, self.by_language).T)
        residuals = self._residuals(self.known_weights_, self.by_mixture)
        self.language_spread_ = _spread_by_language(residuals)
        self._known_groups = _groups(residuals / self.language_spread_)
        return self

    def answer(self, mixtures: Mixtures, targets: Sequence[str]) -> Answers:
        """Forecast every cell of mixtures x targets."""
        column = {target: position for position, target in enumerate(self.grid.targets)}
        completed, spread_known, measured = self._complete(mixtures)
        known = np.array([target in column for target in targets])
        own = [column[target] for target in targets if target in column]
        shape = (len(mixtures.texts), len(targets))
        answers = Answers(np.zeros(shape), np.ones(shape), known, np.zeros(shape, dtype=bool))
        answers.mean[:, known] = completed[:, own]
        answers.spread[:, known] = spread_known[:, own]
        answers.measured[:, known] = measured[:, own]
        others = [target for target in targets if target not in column]
        if others:
            scores, spread = self.model.unseen(mixtures, others, completed)
            answers.mean[:, ~known] = np.tensordot(self.unseen_weights_, scores, 1)
            answers.spread[:, ~known] = spread
        return replace(answers, mean=self.grid.clip(answers.mean))

    def _complete(self, mixtures: Mixtures) -> tuple[Array, Array, np.ndarray]:
        """Scores of the grid's own targets under any mixtures: as measured, else as forecast."""
        scores, spread = self.model.known(mixtures)
        completed = np.tensordot(self.known_weights_, scores, 1)
        row = {text: position for position, text in enumerate(self.grid.mixtures.texts)}
        measured = np.zeros(completed.shape, dtype=bool)
        for position, text in enumerate(mixtures.texts):
            if text in row:
                found = self.grid.scores[row[text]]
                measured[position] = ~np.isnan(found)
                completed[position, measured[position]] = found[measured[position]]
        return completed, spread * getattr(self, "language_spread_", 1.0), measured

    def _residuals(self, weights: Array, opinions: Opinions) -> Array:
        forecasts = self.grid.clip(np.tensordot(weights, opinions.scores, 1))
        return np.abs(forecasts - opinions.truth) / opinions.spread

    def margin(self, answers: Answers, level: float) -> Array:
        """Half width of the interval around each answer; infinite where too little was measured for the level."""
        unseen = grouped_quantile(self._unseen_groups, level)
        known = grouped_quantile(self._known_groups, level)
        return np.where(answers.known, known, unseen) * answers.spread


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
