"""The default forecaster: the table model where nothing was measured of a language, base learners elsewhere.

Eleven files hold the forecast of a measured model, in the order of reading: this one, which says who forecasts what,
and the ten that the docstring of `base_learners` lists. The table model is the matter of `hierarchical`.

Which of the two forecasts a cell, and with what weight, was learnt across public tables under simulated shift
(`benchmarks/forecast_poorer.py`). Random folds of a user's own table cannot tell: its rich languages say nothing about
those poorer than all of them.

| the cell | weight of the base learners |
|---|---|
| a language measured in the setting, under any mix | 1 |
| a language measured on other tasks, or in other settings of the task | 1 |
| a language poorer than every measured one | 0 |
| at least `MANY_MIXES` measured mixes, any other language | 1 |
| fewer mixes, at least `MANY_LANGUAGES` measured | `LANGUAGES_WEIGHT` |
| fewer mixes and languages | 0 |

The table model does not see what a mix holds. Under one that was not measured, what it says of a language moves by what
the base learners say of that language there, against their mean for it over the measured mixes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from isogloss.evidence import Evidence
from isogloss.forecasting.background.artefact import Background
from isogloss.forecasting.background.side_facts import shared_web_text
from isogloss.forecasting.background.use import find_background
from isogloss.forecasting.base_learners import BaseLearners
from isogloss.forecasting.features import ADAPTATION, MEASURED_LANGUAGES
from isogloss.forecasting.fitted_setting import MIXES, FittedSetting, GridForecast, Part, QuerySetting
from isogloss.forecasting.fitted_settings import QuerySettings
from isogloss.forecasting.flags import Flag
from isogloss.forecasting.grid import Array, TrainingMixes
from isogloss.forecasting.grid_model import Contribution, Decomposition
from isogloss.forecasting.hierarchical import TABLE, HierarchicalForecast, HierarchicalSetting, HierarchicalSettings

MANY_MIXES = 10
MANY_LANGUAGES, LANGUAGES_WEIGHT = 25, 0.25


class Default(BaseLearners):
    """Table model and base learners, with weights learnt across public tables under simulated shift.

    Parameters
    ----------
    new_models : bool, default True
        As of `BaseLearners`.
    background : str or Background, optional
        As of `Hierarchical`; with `none`, the base learners forecast alone.
    """

    def __init__(self, new_models: bool = True, background: str | Background | None = None):
        super().__init__(new_models)
        self.background = background

    def _fit_settings(self, evidence: Evidence) -> QuerySettings:
        learners, background = super()._fit_settings(evidence), find_background(self.background)
        if background is None:
            return learners
        return CombinedSettings(learners, HierarchicalSettings(evidence, background, learners.panel))


class CombinedSettings(QuerySettings):
    """Settings of two methods side by side."""

    def __init__(self, learners: QuerySettings, tables: HierarchicalSettings):
        super().__init__(tables.panel)
        self._learners, self._tables = learners, tables

    def _fit(self, position: int) -> CombinedSetting:
        setting = self.panel.settings[position]
        learners, table = self._learners[setting], self._tables[setting]
        assert isinstance(learners, FittedSetting), "the default fits grids"
        assert isinstance(table, HierarchicalSetting), "the table model has rows"
        return CombinedSetting(learners, table)


@dataclass(frozen=True)
class CombinedForecast(HierarchicalForecast):
    """Forecasts of every mix x target.

    Attributes
    ----------
    weights : array of shape (targets,)
        Of the base learners.
    learners : GridForecast or None
        Their forecasts of the targets for which they have any weight.
    """

    weights: Array
    learners: GridForecast | None


class CombinedSetting(QuerySetting):
    """A setting with base learners and a row of the table model.

    Attributes
    ----------
    grid : Grid
    """

    def __init__(self, learners: FittedSetting, table: HierarchicalSetting):
        self.learners, self.table, self.grid = learners, table, learners.grid
        self._measured = set(self.grid.mixes.texts)
        self._poorest = min(shared_web_text(language) for language in self.grid.targets)

    @property
    def parts_(self) -> set[Part]:  # type: ignore[override]  # read only: each method keeps its own
        """Those of both methods."""
        return self.learners.parts_ | self.table.parts_

    def needs(self, texts: Sequence[str] = (), targets: Sequence[str] | None = None) -> set[Part]:
        if targets is None:
            return self.learners.needs() | {TABLE}
        weights = self.weights(targets)
        by_learners = [target for target, weight in zip(targets, weights, strict=True) if weight > 0]
        by_table = [target for target, weight in zip(targets, weights, strict=True) if weight < 1]
        parts = self.learners.needs(texts, by_learners) if by_learners else set[Part]()
        if by_table:
            parts.add(TABLE)
        if by_table and not set(texts) <= self._measured:
            parts |= {MIXES, *(self.learners.pattern(target) for target in by_table)}
        return parts

    def learn(self, part: Part) -> None:
        (self.table if part == TABLE else self.learners).learn(part)

    def conformalize(self) -> None:
        self.learners.conformalize()

    def weights(self, targets: Sequence[str]) -> Array:
        """Weight of the base learners for each target, of shape (targets,)."""
        return np.array([self._weight(target) for target in targets])

    def _weight(self, target: str) -> float:
        if target in self.grid.targets:
            return 1.0
        pattern = self.learners.pattern(target)
        if pattern.same_model_same_task or pattern.same_model_other_tasks or pattern.other_models_other_tasks:
            return 1.0
        if shared_web_text(target) < self._poorest:
            return 0.0
        if len(self.grid.mixes.texts) >= MANY_MIXES:
            return 1.0
        return LANGUAGES_WEIGHT if len(self.grid.targets) >= MANY_LANGUAGES else 0.0

    def forecast(self, mixes: TrainingMixes, targets: Sequence[str]) -> CombinedForecast:
        weights = self.weights(targets)
        places = np.flatnonzero(weights > 0)
        learners = self._by_learners(mixes, [targets[place] for place in places.tolist()]) if len(places) else None
        if learners is not None and len(places) == len(targets) and (weights == 1).all():
            unused = np.zeros(learners.mean.shape)
            return CombinedForecast(**vars(learners), link_mean=unused, weights=weights, learners=learners)
        table = self._of_table(mixes, targets)
        combined = CombinedForecast(**vars(table), weights=weights, learners=learners)
        return combined if learners is None else self._mixed(combined, learners, places)

    def _by_learners(self, mixes: TrainingMixes, targets: Sequence[str]) -> GridForecast:
        forecast = self.learners.forecast(mixes, targets)
        if not self.table.at_chance:
            return forecast
        return replace(forecast, flags=tuple(flags | {Flag.AT_CHANCE} for flags in forecast.flags))

    def _of_table(self, mixes: TrainingMixes, targets: Sequence[str]) -> HierarchicalForecast:
        """Forecasts of the table; under a mix not measured, each target moved as base learners say that it moves."""
        table = self.table.forecast(mixes, targets)
        new = np.array([text not in self._measured for text in mixes.texts], dtype=bool)
        if not new.any():
            return table
        link, link_mean = self.table.table.link_, table.link_mean.copy()
        under_new = link.forward(self.learners.forecast(mixes.take(new), targets).mean)
        link_mean[new] += under_new - self._mean_by_learners(targets)
        mean = np.where(new[:, None], self.grid.clip(link.inverse(link_mean)), table.mean)
        return replace(table, mean=mean, link_mean=link_mean)

    def _mean_by_learners(self, targets: Sequence[str]) -> Array:
        """Mean over the measured mixes of what base learners forecast, on the unbounded scale; of shape (targets,)."""
        known = _means.setdefault(self, {})
        missing = [target for target in dict.fromkeys(targets) if target not in known]
        if missing:
            scores = self.learners.forecast(self.grid.mixes, missing).mean
            means = self.table.table.link_.forward(scores).mean(0)
            known |= dict(zip(missing, means.tolist(), strict=True))
        return np.array([known[target] for target in targets])

    def _mixed(self, table: CombinedForecast, learners: GridForecast, places: NDArray[np.intp]) -> CombinedForecast:
        """The table's forecasts with those of the base learners mixed into some targets."""
        mean, link_mean, share = table.mean.copy(), table.link_mean.copy(), table.weights[places]
        patterns, flags = list(table.patterns), list(table.flags)
        mean[:, places] = (1 - share) * mean[:, places] + share * learners.mean
        link_mean[:, places] = self.table.table.link_.forward(mean[:, places])
        for place, pattern, flag in zip(places, learners.patterns, learners.flags, strict=True):
            of_table = flags[place] if table.weights[place] < 1 else frozenset[Flag]()
            patterns[place], flags[place] = pattern, of_table | flag
        return replace(table, mean=mean, link_mean=link_mean, patterns=tuple(patterns), flags=tuple(flags))

    def bounds(self, forecast: GridForecast, level: float) -> tuple[Array, Array]:
        assert isinstance(forecast, CombinedForecast), "made by forecast()"
        alone = forecast.weights == 1
        ends = [np.zeros(forecast.mean.shape), np.zeros(forecast.mean.shape)]
        if not alone.all():
            ends = list(self.table.bounds(forecast, level))
        if forecast.learners is not None and alone.any():
            inner = forecast.weights[forecast.weights > 0] == 1
            for end, of_learners in zip(ends, self.learners.bounds(forecast.learners, level), strict=True):
                end[:, alone] = of_learners[:, inner]
        return ends[0], ends[1]

    def decompose(self, mix: TrainingMixes, target: str) -> Decomposition:
        weight = float(self.weights([target])[0])
        if weight == 1:
            return self.learners.decompose(mix, target)
        by_table = self._decompose_table(mix, target)
        if weight == 0:
            return by_table
        by_learners = self.learners.decompose(mix, target)
        by_table = _started_from(by_learners.baseline, by_table)
        shares = ((weight, by_learners), (1 - weight, by_table))
        learners = [replace(one, weight=share * one.weight) for share, whole in shares for one in whole.learners]
        return Decomposition(by_learners.baseline, by_learners.baseline_name, learners)

    def _decompose_table(self, mix: TrainingMixes, target: str) -> Decomposition:
        whole = self.table.decompose(mix, target)
        of_mix = float(self._of_table(mix, [target]).mean[0, 0] - self.table.forecast(mix, [target]).mean[0, 0])
        part = Contribution(ADAPTATION, "training mix, against those measured", of_mix)
        return _with_part(whole, part)


_means: WeakKeyDictionary[CombinedSetting, dict[str, float]] = WeakKeyDictionary()
"""What `_mean_by_learners` found: plans and rankings ask about the same targets under one mix after another. It is no
part of a setting, since a forecast changes nothing that is saved."""


def _started_from(baseline: float, whole: Decomposition) -> Decomposition:
    """The same forecast, from another baseline on."""
    part = Contribution(
        MEASURED_LANGUAGES, "an average measured language, against their mean", whole.baseline - baseline
    )
    return replace(_with_part(whole, part), baseline=baseline)


def _with_part(whole: Decomposition, part: Contribution) -> Decomposition:
    """A decomposition with one more contribution to every learner."""
    learners = [replace(one, contributions=[*one.contributions, part]) for one in whole.learners]
    return replace(whole, learners=learners)
