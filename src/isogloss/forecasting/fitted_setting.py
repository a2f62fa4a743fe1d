"""A fitted setting: forecasts of every language under every mix, with their intervals."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from isogloss.forecasting.cross_validation import HeldOutPredictions, hold_out_languages, hold_out_poorest
from isogloss.forecasting.ensemble import LanguageEnsemble, MixEnsemble
from isogloss.forecasting.features import dose_shares, energy_distance, space, total_dose
from isogloss.forecasting.flags import Flag
from isogloss.forecasting.grid import Array, Grid, TrainingMixes, fill
from isogloss.forecasting.grid_model import (
    MEAN_OF_LANGUAGE,
    MEAN_OF_MEASURED,
    MEASURED_ITSELF,
    Contribution,
    Decomposition,
    GridModel,
    LearnerContributions,
    with_rest,
)
from isogloss.forecasting.pooled_features import TYPOLOGY_ONLY, Pattern
from isogloss.forecasting.pooled_model import SettingContext
from isogloss.stats.conformal import grouped_quantile

MIX_REACH = 0.15
"""Energy distance over which a mix loses a factor e of its weight for the uncertainty of another's forecast."""


@dataclass(frozen=True)
class GridForecast:
    """Forecasts of every mix x target of some queries.

    Attributes
    ----------
    mixes : TrainingMixes
        The rows.
    targets : tuple of str
        The columns.
    mean : array of shape (rows, targets)
    spread : array of shape (rows, targets)
        Uncertainty as the model has it, before intervals are sized on held-out evidence.
    columns : array of int of shape (targets,)
        Position of each target in the grid, -1 for an unmeasured language.
    measured : array of bool of shape (rows, targets)
        Cells that were measured themselves.
    patterns : tuple of Pattern
        What other settings measured of each unmeasured language.
    flags : tuple of frozenset of Flag
        What else each forecast rests on.
    """

    mixes: TrainingMixes
    targets: tuple[str, ...]
    mean: Array
    spread: Array
    columns: NDArray[np.intp]
    measured: NDArray[np.bool_]
    patterns: tuple[Pattern, ...]
    flags: tuple[frozenset[Flag], ...]

    @property
    def measured_targets(self) -> NDArray[np.bool_]:
        """Targets that the evidence has scores of, of shape (targets,)."""
        return self.columns >= 0

    def unmeasured_targets(self) -> Iterator[tuple[Pattern, NDArray[np.intp]]]:
        """Positions of the unmeasured languages, by their pattern."""
        unmeasured = np.flatnonzero(~self.measured_targets)
        for pattern in sorted({self.patterns[place] for place in unmeasured}):
            yield pattern, np.array([place for place in unmeasured if self.patterns[place] == pattern])


UNDETERMINED = "und"
"""In ISO 639-2 a language of which nothing is known; nobody measured it."""
MIXES_FOR_INTERVALS = 20
"""Mixes from which on their residuals size the intervals of measured scores at the usual levels."""
MIXES, POORER = "mixes", "poorer"
Part = str | Pattern
"""What queries can need: `MIXES` for measured languages or unmeasured mixes, a pattern for unmeasured languages, and
`POORER` for the intervals of those that have less text than any measured one."""


class QuerySetting(ABC):
    """What forecasts the queries of one setting.

    It has parts, which `learn` and `conformalize` make ready. A query that needs another part learns it then.

    Attributes
    ----------
    grid : Grid
        What was measured.
    parts_ : set of Part
        Learnt so far.
    """

    grid: Grid
    parts_: set[Part]

    @abstractmethod
    def needs(self, texts: Sequence[str] = (), targets: Sequence[str] | None = None) -> set[Part]:
        """Parts that forecasts of some targets under some mixes need; without targets, those of all forecasts."""

    @abstractmethod
    def learn(self, part: Part) -> None:
        """Learn what forecasts need of a part."""

    @abstractmethod
    def conformalize(self) -> None:
        """Learn what intervals need of the parts learnt so far."""

    @abstractmethod
    def forecast(self, mixes: TrainingMixes, targets: Sequence[str]) -> GridForecast:
        """Forecast every cell of mixes x targets."""

    @abstractmethod
    def bounds(self, forecast: GridForecast, level: float) -> tuple[Array, Array]:
        """Ends of the interval around each forecast; infinite where the evidence is too little for the level.

        They are not held inside the metric's range.
        """

    @abstractmethod
    def decompose(self, mix: TrainingMixes, target: str) -> Decomposition:
        """Take the forecast of one target under one mix apart.

        Contributions do not count that scores are held inside the metric's range.
        """


class FittedSetting(QuerySetting):
    """A grid with the model that was fitted to it.

    Parameters
    ----------
    model : GridModel
        Not yet fitted.
    context : SettingContext, optional
        What other settings measured of the same languages.

    Attributes
    ----------
    mixes_ : MixEnsemble
        Forecasts the measured languages.
    """

    def __init__(self, grid: Grid, model: GridModel, context: SettingContext | None = None):
        self.grid = grid
        self.model = model.fit(grid)
        self.mixes_ = MixEnsemble(self.model, grid)
        self._context = context
        self._ensembles: dict[Pattern, LanguageEnsemble] = {}
        self._row = {text: position for position, text in enumerate(grid.mixes.texts)}
        self.parts_: set[Part] = set()

    def needs(self, texts: Sequence[str] = (), targets: Sequence[str] | None = None) -> set[Part]:
        own = set(self.grid.targets)
        if targets is None:
            others = self._context.model.panel.languages if self._context is not None else ()
            return {MIXES, POORER, *(self.pattern(language) for language in {UNDETERMINED, *others} - own)}
        unmeasured = [target for target in targets if target not in own]
        parts: set[Part] = {self.pattern(target) for target in unmeasured}
        if len(unmeasured) < len(targets) or not all(self._measured_in_all(text) for text in texts):
            parts.add(MIXES)
        if (
            len(unmeasured) < len(targets)
            and len(self._row) < MIXES_FOR_INTERVALS
            and not self._row.keys().isdisjoint(texts)
        ):
            parts.add(TYPOLOGY_ONLY)
        if TYPOLOGY_ONLY in parts and self._poorer(unmeasured).any():
            parts.add(POORER)
        return parts

    def learn(self, part: Part) -> None:
        # One of the forecasts that need it is made.
        mix = self.grid.mixes.take(np.arange(1))
        if part == MIXES:
            self.mixes_.predict(mix, ())
        elif isinstance(part, Pattern):
            self._forecast_unmeasured(mix, [self.grid.targets[0]], fill(self.grid.scores)[:1], part)
        self.parts_.add(part)

    def conformalize(self) -> None:
        for part in self.parts_:
            if part == MIXES:
                self.mixes_.conformalize()
            elif isinstance(part, Pattern):
                self._conformalize_pattern(part)

    def _conformalize_pattern(self, pattern: Pattern) -> None:
        ensemble = self.languages_(pattern)
        ensemble.conformalize()
        if POORER in self.parts_ and ensemble.by_typology and self.held_out_ is not None:
            ensemble.growth(self.poorest_)
        if self._context is not None and self._context.pooled:
            self._context.residuals(pattern)

    def pattern(self, target: str) -> Pattern:
        """What other settings measured of a language that this one did not."""
        return TYPOLOGY_ONLY if self._context is None else self._context.pattern(target)

    def _measured_in_all(self, text: str) -> bool:
        """Whether every target of the grid was measured under a mix."""
        return text in self._row and not bool(np.isnan(self.grid.scores[self._row[text]]).any())

    @cached_property
    def held_out_(self) -> HeldOutPredictions | None:
        """Forecasts of held-out languages; None where the pooled model forecasts alone."""
        alone = self._context is not None and self._context.pooled
        return None if alone else hold_out_languages(self.model, self.grid)

    @cached_property
    def poorest_(self) -> list[tuple[HeldOutPredictions, Array]]:
        """Forecasts of the poorest languages from the richer ones."""
        return hold_out_poorest(self.model, self.grid)

    def languages_(self, pattern: Pattern) -> LanguageEnsemble:
        """Forecasts the unmeasured languages of a pattern."""
        if pattern not in self._ensembles:
            context = self.context(pattern)
            pooled = None if context is None else context.held_out(self.grid, pattern)
            self._ensembles[pattern] = LanguageEnsemble(self.grid, self.held_out_, pooled)
        return self._ensembles[pattern]

    def context(self, pattern: Pattern) -> SettingContext | None:
        """The other settings, if they can forecast languages of a pattern."""
        context = self._context
        return context if context is not None and (context.pooled or pattern != TYPOLOGY_ONLY) else None

    def forecast(self, mixes: TrainingMixes, targets: Sequence[str]) -> GridForecast:
        position = {target: column for column, target in enumerate(self.grid.targets)}
        columns = np.array([position.get(target, -1) for target in targets], dtype=np.intp)
        known, own = columns >= 0, columns[columns >= 0]
        shape = (len(mixes.texts), len(targets))
        mean, spread, measured = np.zeros(shape), np.zeros(shape), np.zeros(shape, dtype=bool)
        completed, spread[:, known], measured_cells = self.complete(mixes, own.tolist())
        mean[:, known], measured[:, known] = completed[:, own], measured_cells[:, own]
        patterns, flags = [TYPOLOGY_ONLY] * len(targets), [frozenset[Flag]()] * len(targets)
        if self._context is not None:
            for place in np.flatnonzero(~known).tolist():
                patterns[place] = self.pattern(targets[place])
                flags[place] = self._context.flags(targets[place])
        forecast = GridForecast(mixes, tuple(targets), mean, spread, columns, measured, tuple(patterns), tuple(flags))
        for pattern, places in forecast.unmeasured_targets():
            others = [targets[place] for place in places]
            mean[:, places], spread[:, places] = self._forecast_unmeasured(mixes, others, completed, pattern)
        return replace(forecast, mean=self.grid.clip(mean))

    def complete(self, mixes: TrainingMixes, columns: Sequence[int] = ()) -> tuple[Array, Array, NDArray[np.bool_]]:
        """Scores of the grid's own targets under any mixes: as measured, else as forecast.

        Parameters
        ----------
        mixes : TrainingMixes
        columns : sequence of int
            Targets of which the spread is asked.

        Returns
        -------
        scores : array of shape (rows, targets of the grid)
        spread : array of shape (rows, columns)
        measured : array of shape (rows, targets of the grid)
            True where the score was measured.
        """
        shape = (len(mixes.texts), len(self.grid.targets))
        completed, measured = np.full(shape, np.nan), np.zeros(shape, dtype=bool)
        spread = np.ones((len(mixes.texts), len(columns)))
        for position, text in enumerate(mixes.texts):
            if text in self._row:
                completed[position] = self.grid.scores[self._row[text]]
                measured[position] = ~np.isnan(completed[position])
        rows = np.flatnonzero(~measured.all(axis=1))
        if len(rows):
            forecast, spread[rows] = self.mixes_.predict(mixes.take(rows), columns)
            completed[rows] = np.where(measured[rows], completed[rows], forecast)
        return completed, spread, measured

    def _forecast_unmeasured(
        self, mixes: TrainingMixes, targets: list[str], completed: Array, pattern: Pattern
    ) -> tuple[Array, Array]:
        """Mean and spread of languages of one pattern, of shape (rows, targets)."""
        own = pooled = None
        spread = np.ones((len(mixes.texts), len(targets)))
        ensemble = self.languages_(pattern)
        if self.held_out_ is not None:
            own, level_spread = self.model.predict_languages(mixes, targets, completed)
            if ensemble.by_typology:
                spread = np.broadcast_to(level_spread, spread.shape)
        if (context := self.context(pattern)) is not None:
            pooled = context.predict(mixes, self.grid.targets, completed, targets, pattern)
        return ensemble.combine(own, pooled), spread

    def decompose(self, mix: TrainingMixes, target: str) -> Decomposition:
        forecast = self.forecast(mix, [target])
        if forecast.measured[0, 0]:
            return Decomposition(float(forecast.mean[0, 0]), MEASURED_ITSELF, [])
        if forecast.measured_targets[0]:
            return self._decompose_measured(mix, int(forecast.columns[0]))
        return self._decompose_unmeasured(mix, target, forecast.patterns[0])

    def _decompose_measured(self, mix: TrainingMixes, column: int) -> Decomposition:
        baseline = float(fill(self.grid.scores).mean(0)[column])
        scores, _ = self.model.predict_mixes_of(mix, ())
        parts = self.model.mix_contributions(mix, column, baseline)
        learners = _of_learners(self.model.mix_learners, self.mixes_.weights_, parts, scores[:, 0, column] - baseline)
        return Decomposition(baseline, MEAN_OF_LANGUAGE, learners)

    def _decompose_unmeasured(self, mix: TrainingMixes, target: str, pattern: Pattern) -> Decomposition:
        measured, _, _ = self.complete(mix)
        baseline, ensemble = float(measured.mean()), self.languages_(pattern)
        learners: list[LearnerContributions] = []
        if self.held_out_ is not None:
            scores, _ = self.model.predict_languages(mix, [target], measured)
            parts = self.model.language_contributions(mix, target, measured, baseline)
            weights = (1 - ensemble.pooled_weight_) * ensemble.weights_
            learners += _of_learners(self.model.language_learners, weights, parts, scores[:, 0, 0] - baseline)
        if (context := self.context(pattern)) is not None:
            score = context.predict(mix, self.grid.targets, measured, [target], pattern)
            pooled = context.contributions(mix, self.grid.targets, measured, target, pattern, baseline)
            weight = np.array([ensemble.pooled_weight_])
            learners += _of_learners(("pooled",), weight, [pooled], score[0] - baseline)
        return Decomposition(baseline, MEAN_OF_MEASURED, learners)

    def bounds(self, forecast: GridForecast, level: float) -> tuple[Array, Array]:
        margin = np.inf if self.grid.all_equal else self.margin(forecast, level)
        return forecast.mean - margin, forecast.mean + margin

    def margin(self, forecast: GridForecast, level: float) -> Array:
        """Half width of the interval around each forecast; infinite where the evidence is too little for the level.

        A cell that was measured itself is as uncertain as a forecast of another mix; where too few
        mixes were measured to tell, as a forecast of another language.
        """
        margin = np.zeros(forecast.mean.shape)
        similarity = self._mix_similarity(forecast.mixes)
        for pattern, places in forecast.unmeasured_targets():
            margin[:, places] = self._margin_of_unmeasured(forecast, pattern, places, similarity, level)
        known, own = forecast.measured_targets, forecast.columns[forecast.measured_targets]
        if known.any():
            usual = np.median(self.mixes_.held_out_.spread, axis=0)[own]
            spread = np.where(forecast.measured[:, known], usual, forecast.spread[:, known])
            margin[:, known] = self.mixes_.margin(spread, own, level)
            if forecast.measured.any() and np.isinf(margin[forecast.measured]).any():
                ensemble = self.languages_(TYPOLOGY_ONLY)
                quantile = np.broadcast_to(ensemble.quantiles(similarity, level)[:, None], margin.shape)
                margin[forecast.measured] = _times(quantile[forecast.measured], ensemble.usual_residual_)
        return margin

    def _margin_of_unmeasured(
        self, forecast: GridForecast, pattern: Pattern, places: NDArray[np.intp], similarity: Array, level: float
    ) -> Array:
        ensemble, targets = self.languages_(pattern), [forecast.targets[place] for place in places]
        expected = ensemble.residual_scale_.predict(forecast.mixes, targets, forecast.mean[:, places])
        quantiles = ensemble.quantiles(similarity, level)[:, None]
        if ensemble.by_typology and self.held_out_ is not None and (poorer := self._poorer(targets)).any():
            quantiles = quantiles * (1 + poorer * ensemble.growth(self.poorest_))
        if self._context is not None and self._context.pooled and np.isinf(quantiles).any():
            # The setting has too few languages of its own, but other models have been measured in more;
            # how good the model is on the whole is then as uncertain as the mean of those few.
            uncertainty = np.sqrt(1 + 1 / len(self.grid.targets))
            return np.full(expected.shape, uncertainty * grouped_quantile(self._context.residuals(pattern), level))
        return _times(quantiles, expected * forecast.spread[:, places])

    def _poorer(self, targets: Sequence[str]) -> Array:
        """How many powers of ten less web text targets have than any measured language, of shape (targets,)."""
        known = space(targets, self.grid.targets)
        less = known.web_text[known.at(self.grid.targets)].min() - known.web_text[known.at(targets)]
        return np.maximum(less, 0.0)

    def _mix_similarity(self, mixes: TrainingMixes) -> Array:
        """Similarity of each mix to each of the grid, 1 for the same; of shape (rows, rows of the grid)."""
        own = self.grid.mixes
        sources = sorted({*mixes.sources, *own.sources})
        between = space(sources).between("combined", sources, sources)
        query, measured = mixes.over(sources), own.over(sources)
        energy = energy_distance(dose_shares(query), dose_shares(measured), between)
        totals = total_dose(query)[:, None] - total_dose(measured)
        return np.exp(-energy / MIX_REACH - 0.5 * totals**2) + 1e-9


def _times(quantiles: Array, size: Array | float) -> Array:
    """Half widths of intervals: without an end where the quantile is infinite, however small the residuals."""
    return np.where(np.isinf(quantiles), np.inf, np.where(np.isinf(quantiles), 0.0, quantiles) * size)


def _of_learners(
    names: Sequence[str], weights: Array, contributions: Sequence[list[Contribution]], totals: Array
) -> list[LearnerContributions]:
    """Contributions of base learners, each adding up to its total."""
    return [
        LearnerContributions(name, float(weight), with_rest(parts, float(total), f"rest of {name}"))
        for name, weight, parts, total in zip(names, weights, contributions, totals, strict=True)
    ]
