"""One setting, fitted: forecasts for its known and its unmeasured languages, and intervals around them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from isogloss.forecasting.features import dose_shares, energy_distance, total_dose
from isogloss.forecasting.grid import Array, Grid, TrainingMixes
from isogloss.forecasting.model import (
    FEWEST_TO_CHOOSE,
    GridModel,
    Opinions,
    choose_weights,
    hold_out_languages,
    hold_out_mixes,
    hold_out_poorest,
)
from isogloss.forecasting.pooled.donors import Pattern
from isogloss.forecasting.pooled.surroundings import NOWHERE, Surroundings
from isogloss.forecasting.space import space
from isogloss.forecasting.unseen import Unseen, groups_of
from isogloss.stats.conformal import grouped_quantile

LANGUAGE_FOLDS, MIX_FOLDS = 8, 5
SPREAD_PRIOR = 20.0
"""Rows at which a language's own residuals weigh as much as everybody's."""

POOREST_SHARES = (0.25, 0.4)
"""Shares of the languages, the poorest, that are held out to learn how forecasts of poorer ones go wrong."""

LIKENESS = 0.15
"""Energy distance over which a mix loses a factor e of its say about how unsure forecasts of another are."""


@dataclass(frozen=True)
class Answers:
    """Forecasts for every mix x target asked.

    Attributes
    ----------
    mixes : TrainingMixes
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
    patterns : tuple of Pattern
        From where each unmeasured target is known.
    notes : tuple of str
        What else each forecast rests on, in words; may be empty.
    """

    mixes: TrainingMixes
    targets: tuple[str, ...]
    mean: Array
    spread: Array
    columns: NDArray[np.intp]
    measured: NDArray[np.bool_]
    patterns: tuple[Pattern, ...]
    notes: tuple[str, ...]

    @property
    def known(self) -> NDArray[np.bool_]:
        """Targets that the evidence has scores of, of shape (targets,)."""
        return self.columns >= 0

    def unknown(self) -> Iterator[tuple[Pattern, NDArray[np.intp]]]:
        """Places of the unmeasured targets, by where they are known from."""
        for pattern in sorted({self.patterns[place] for place in np.flatnonzero(~self.known)}):
            yield pattern, np.array([place for place in np.flatnonzero(~self.known) if self.patterns[place] == pattern])


class FittedSetting:
    """A grid with the model that was fitted to it.

    Parameters
    ----------
    grid : Grid
    model : GridModel
        Not yet fitted.
    around : Surroundings, optional
        What other settings know of the same languages.

    Notes
    -----
    What is learnt by holding out mixes, and by holding out languages, is learnt when a question
    first needs it: one about a measured mix needs no other mix, and the other way round.
    """

    def __init__(self, grid: Grid, model: GridModel, around: Surroundings | None = None):
        self.grid = grid
        self.model = model.fit(grid)
        self._around = around
        self._unseen: dict[Pattern, Unseen] = {}
        self._row = {text: position for position, text in enumerate(grid.mixes.texts)}

    @cached_property
    def by_mix(self) -> Opinions:
        """Members' forecasts of held-out mixes."""
        return hold_out_mixes(self.model, self.grid, MIX_FOLDS)

    @cached_property
    def by_language(self) -> Opinions | None:
        """Members' forecasts of held-out languages; None where other models tell more than a single row."""
        if self._around is not None and self._around.pooled:
            return None
        return hold_out_languages(self.model, self.grid, LANGUAGE_FOLDS)

    @cached_property
    def known_weights_(self) -> Array:
        """Weights of the members for known languages, of shape (members,)."""
        return _weigh(self.model.known_members, len(self.grid.mixes.texts), lambda: self.by_mix)

    @cached_property
    def poorest(self) -> list[tuple[Opinions, Array]]:
        """Members' forecasts of the poorest languages from the richer ones."""
        return hold_out_poorest(self.model, self.grid, POOREST_SHARES)

    def unseen(self, pattern: Pattern) -> Unseen:
        """How languages are forecast that are known from where `pattern` says."""
        if pattern not in self._unseen:
            around = self.around_of(pattern)
            elsewhere = None if around is None else around.held_out(self.grid, pattern)
            self._unseen[pattern] = Unseen(self.grid, self.by_language, elsewhere)
        return self._unseen[pattern]

    @cached_property
    def language_spread_(self) -> Array:
        """How much further off than the model expects each known language was, of shape (targets,)."""
        return _spread_by_language(self._residuals(self.known_weights_, self.by_mix))

    @cached_property
    def _known_groups(self) -> list[Array]:
        return groups_of(self._residuals(self.known_weights_, self.by_mix) / self.language_spread_)

    def answer(self, mixes: TrainingMixes, targets: Sequence[str]) -> Answers:
        """Forecast every cell of mixes x targets."""
        position = {target: column for column, target in enumerate(self.grid.targets)}
        columns = np.array([position.get(target, -1) for target in targets], dtype=np.intp)
        known, own = columns >= 0, columns[columns >= 0]
        completed, spread_known, measured_known = self.complete(mixes)
        mean, spread = np.zeros((2, len(mixes.texts), len(targets)))
        measured = np.zeros(mean.shape, dtype=bool)
        mean[:, known], spread[:, known], measured[:, known] = (
            completed[:, own],
            spread_known[:, own],
            measured_known[:, own],
        )
        patterns = tuple(NOWHERE if known[place] else self._pattern(target) for place, target in enumerate(targets))
        notes = tuple("" if known[place] else self._note(target) for place, target in enumerate(targets))
        answers = Answers(mixes, tuple(targets), mean, spread, columns, measured, patterns, notes)
        for pattern, places in answers.unknown():
            others = [targets[place] for place in places]
            mean[:, places], spread[:, places] = self._forecast_unseen(mixes, others, completed, pattern)
        return replace(answers, mean=self.grid.clip(mean))

    def _pattern(self, target: str) -> Pattern:
        return self._around.pattern(target) if self._around is not None else NOWHERE

    def _note(self, target: str) -> str:
        return self._around.describe(target) if self._around is not None else ""

    def around_of(self, pattern: Pattern) -> Surroundings | None:
        """What is around, if it has anything to say about languages known from where `pattern` says."""
        around = self._around
        return around if around is not None and (around.pooled or pattern != NOWHERE) else None

    def _forecast_unseen(
        self, mixes: TrainingMixes, targets: list[str], completed: Array, pattern: Pattern
    ) -> tuple[Array, Array]:
        """Mean and spread of languages known from where `pattern` says, of shape (rows, targets)."""
        own = elsewhere = None
        spread = np.ones((len(mixes.texts), len(targets)))
        unseen = self.unseen(pattern)
        if self.by_language is not None:
            own, level_spread = self.model.unseen(mixes, targets, completed)
            if unseen.by_typology:
                spread = np.broadcast_to(level_spread, spread.shape)
        if (around := self.around_of(pattern)) is not None:
            elsewhere = around.predict(mixes, self.grid.targets, completed, targets, pattern)
        return unseen.combine(own, elsewhere), spread

    def complete(self, mixes: TrainingMixes) -> tuple[Array, Array, NDArray[np.bool_]]:
        """Scores of the grid's own targets under any mixes: as measured, else as forecast."""
        shape = (len(mixes.texts), len(self.grid.targets))
        completed, spread, measured = np.full(shape, np.nan), np.ones(shape), np.zeros(shape, dtype=bool)
        for position, text in enumerate(mixes.texts):
            if text in self._row:
                completed[position] = self.grid.scores[self._row[text]]
                measured[position] = ~np.isnan(completed[position])
        rows = np.flatnonzero(~measured.all(axis=1))
        if len(rows):
            scores, spread[rows] = self.model.known(mixes.take(rows))
            forecast = np.tensordot(self.known_weights_, scores, 1)
            completed[rows] = np.where(measured[rows], completed[rows], forecast)
        return completed, spread, measured

    def _residuals(self, weights: Array, opinions: Opinions) -> Array:
        forecasts = self.grid.clip(np.tensordot(weights, opinions.scores, 1))
        return np.abs(forecasts - opinions.truth) / opinions.spread

    def margin(self, answers: Answers, level: float) -> Array:
        """Half width of the interval around each answer; infinite where too little was measured for the level.

        A cell that was measured itself is as unsure as a forecast of another mix; where too few
        mixes were measured to tell, as a forecast of another language.
        """
        margin = np.zeros(answers.mean.shape)
        known, own = answers.known, answers.columns[answers.known]
        likeness = self._likeness(answers.mixes)
        for pattern, places in answers.unknown():
            unseen = self.unseen(pattern)
            others = [answers.targets[place] for place in places]
            expected = unseen.spread_.at(answers.mixes, others, answers.mean[:, places])
            quantiles = unseen.quantiles(likeness, level)[:, None]
            if unseen.by_typology and self.by_language is not None:
                poorer = self._poorer(others)
                if poorer.any():
                    quantiles = quantiles * (1 + poorer * unseen.growth(self.poorest))
            margin[:, places] = quantiles * expected * answers.spread[:, places]
            if self._around is not None and self._around.pooled and np.isinf(quantiles).any():
                # The setting has too few languages of its own, but other models have been measured in more;
                # how good the model is on the whole is then as unsure as the mean of those few.
                unsure = np.sqrt(1 + 1 / len(self.grid.targets))
                margin[:, places] = unsure * grouped_quantile(self._around.residuals(pattern), level)
        if known.any():
            usual = np.median(self.by_mix.spread, axis=0)[own]
            spread = np.where(answers.measured[:, known], usual, answers.spread[:, known])
            margin[:, known] = grouped_quantile(self._known_groups, level) * spread * self.language_spread_[own]
            if answers.measured.any() and np.isinf(margin[answers.measured]).any():
                unseen = self.unseen(NOWHERE)
                quantile = np.broadcast_to(unseen.quantiles(likeness, level)[:, None], margin.shape)
                margin[answers.measured] = quantile[answers.measured] * unseen.usual_
        return margin

    def _poorer(self, targets: Sequence[str]) -> Array:
        """How many powers of ten less web text targets have than any measured language, of shape (targets,)."""
        known = space(targets, self.grid.targets)
        less = known.web_text[known.at(self.grid.targets)].min() - known.web_text[known.at(targets)]
        return np.maximum(less, 0.0)

    def _likeness(self, mixes: TrainingMixes) -> Array:
        """How like the grid's mixes each mix is: 1 for the same, of shape (rows, rows of the grid)."""
        own = self.grid.mixes
        sources = sorted({*mixes.sources, *own.sources})
        between = space(sources).between("combined", sources, sources)
        asked, measured = mixes.over(sources), own.over(sources)
        energy = energy_distance(dose_shares(asked), dose_shares(measured), between)
        totals = total_dose(asked)[:, None] - total_dose(measured)
        return np.exp(-energy / LIKENESS - 0.5 * totals**2) + 1e-9


def _weigh(members: tuple[str, ...], groups: int, opinions: Callable[[], Opinions]) -> Array:
    if len(members) > 1 and groups >= FEWEST_TO_CHOOSE:
        return choose_weights(opinions())
    return np.eye(len(members))[0]


def _spread_by_language(residuals: Array) -> Array:
    """Mean absolute residual of each language, drawn to that of all, of shape (targets,)."""
    count = np.isfinite(residuals).sum(0)
    if count.sum() == 0:
        return np.ones(residuals.shape[1])
    overall = np.nanmean(residuals)
    return (np.nansum(residuals, axis=0) + SPREAD_PRIOR * overall) / (count + SPREAD_PRIOR) + 1e-9
