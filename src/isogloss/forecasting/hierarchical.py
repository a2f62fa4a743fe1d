"""The hierarchical forecaster: all models of a task as one table, with language factors and slopes of public evidence.

Made for languages poorer than every measured one, which nothing in the evidence tells of: the fall towards them is
learnt from public tables. See docs/methods/poorer.md for the formulas.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from isogloss.evidence import Evidence
from isogloss.forecasting.background.artefact import Background
from isogloss.forecasting.background.block_table import BlockTable
from isogloss.forecasting.background.evidence_tables import metric_facts, settings_at_chance, tables_of_panel
from isogloss.forecasting.background.features import FEATURES
from isogloss.forecasting.background.joining import join_tables
from isogloss.forecasting.background.table_model import JointForecast, TableForecast
from isogloss.forecasting.background.use import needed_background
from isogloss.forecasting.capability import Capability
from isogloss.forecasting.features import DATA, LEXICAL, LINGUISTIC, MEASURED_LANGUAGES, OTHER_SETTINGS
from isogloss.forecasting.fitted_setting import GridForecast, Part, QuerySetting
from isogloss.forecasting.fitted_settings import QuerySettings
from isogloss.forecasting.flags import Flag
from isogloss.forecasting.forecaster import Forecaster
from isogloss.forecasting.grid import Array, Grid, Panel, TrainingMixes
from isogloss.forecasting.grid_model import (
    MEASURED_ITSELF,
    Contribution,
    Decomposition,
    LearnerContributions,
)
from isogloss.forecasting.pooled_features import TYPOLOGY_ONLY

OTHER_MODELS_SPREAD = 1.25
"""Factor of the standard deviation for a language that other models were measured in: single cells have longer tails.
With 30 % of the cells of six public tables hidden, 90 % intervals held 86 % without it and 94 % with."""
TABLE = "table"
"""The one part of a setting: its block's table."""
FEW_LANGUAGES = 40
"""Measured languages below which other tables decide more about a level than the table itself."""
LEARNER = "hierarchical model"
MEAN_OF_MODEL = "the model's score in an average measured language"
GROUPS = (DATA, LEXICAL, DATA, DATA, LINGUISTIC, LINGUISTIC)
"""Group of each of `isogloss.forecasting.background.features.FEATURES`."""
BY_NEIGHBOURS = (MEASURED_LANGUAGES, "other languages on this task")
BY_OTHER_MODELS = (OTHER_SETTINGS, "the language with other models")
"""Group and name of what measured scores add: those of a language itself, where it has any, outweigh its neighbours'.
"""


@dataclass(frozen=True)
class HierarchicalForecast(GridForecast):
    """Forecasts of every mix x target.

    Attributes
    ----------
    link_mean : array of shape (rows, targets)
        On the unbounded scale, on which `spread` is the standard deviation.
    """

    link_mean: Array


class Hierarchical(Forecaster):
    """Language factors and slopes learnt from public evidence, and all models of a task at once.

    Finite from one measured language on. A model under a mix that was not measured gets the mean of its measured ones.

    Parameters
    ----------
    background : str or Background, optional
        A background, or a file that `isogloss.forecasting.build_background` wrote; by default the one in use, which is
        the one that ships unless `isogloss.forecasting.use_background` says otherwise.
    """

    capabilities = frozenset({Capability.LANGUAGES, Capability.OTHER_SETTINGS})

    def __init__(self, background: str | Background | None = None):
        self.background = background

    def _fit_settings(self, evidence: Evidence) -> QuerySettings:
        return HierarchicalSettings(evidence, needed_background(self.background, "hierarchical"))


class HierarchicalSettings(QuerySettings):
    """Settings, the table of each block fitted when it is first queried.

    Parameters
    ----------
    panel : Panel, optional
        Of the evidence, where it has been read.
    """

    def __init__(self, evidence: Evidence, background: Background, panel: Panel | None = None):
        super().__init__(Panel.read(evidence.observations) if panel is None else panel)
        self._background = background
        self._facts, self._at_chance = metric_facts(evidence), settings_at_chance(evidence)
        self._tables: dict[int, BlockTable] = {}
        self._joined: dict[str, Background] = {}

    def _fit(self, position: int) -> HierarchicalSetting:
        setting, block = self.panel.settings[position], int(self.panel.block_of_setting[position])
        if block not in self._tables:
            facts = self._facts[setting.task, setting.metric]
            self._tables[block] = BlockTable(self.panel, block, self._joined_by(setting.task), *facts)
        return HierarchicalSetting(self.panel, position, self._tables[block], setting in self._at_chance)

    def _joined_by(self, task: str) -> Background:
        """The background, and what the evidence holds of languages on other tasks."""
        if task not in self._joined:
            others = [table for table in tables_of_panel(self.panel, self._facts) if table.corpus != task]
            factors = join_tables(self._background.factors, others)
            self._joined[task] = replace(self._background, factors=factors)
        return self._joined[task]


class HierarchicalSetting(QuerySetting):
    """One model in the table of its block; forecasts as `FittedSetting` does.

    Attributes
    ----------
    grid : Grid
    at_chance : bool
        Whether no measured score is above what a guess could reach.
    """

    def __init__(self, panel: Panel, position: int, table: BlockTable, at_chance: bool):
        self.grid: Grid = panel.grid(position)
        self.table, self.at_chance = table, at_chance
        self._rows = np.flatnonzero(panel.setting_of == position)
        self._row = {str(text): place for place, text in enumerate(panel.texts[self._rows])}
        self.parts_ = set()

    def needs(self, texts: Sequence[str] = (), targets: Sequence[str] | None = None) -> set[Part]:
        return {TABLE}

    def learn(self, part: Part) -> None:
        _ = self.table.fitted_
        self.parts_.add(part)

    def conformalize(self) -> None:
        pass  # quantiles of residuals come with the background

    def forecast(self, mixes: TrainingMixes, targets: Sequence[str]) -> HierarchicalForecast:
        own = self.table.predict(self._rows, targets)
        mean, deviation = self._of_mixes(own, mixes)
        scores = self.table.link_.inverse(mean)
        column = {target: place for place, target in enumerate(self.grid.targets)}
        columns = np.array([column.get(target, -1) for target in targets], dtype=np.intp)
        measured = np.zeros(mean.shape, dtype=bool)
        for place, text in enumerate(mixes.texts):
            if text in self._row:
                known = np.where(columns >= 0, self.grid.scores[self._row[text]][columns], np.nan)
                measured[place] = ~np.isnan(known)
                scores[place] = np.where(measured[place], known, scores[place])
        mean = np.where(measured, self.table.link_.forward(scores), mean)
        deviation = np.where(measured, own.repeat, deviation)
        in_others = np.isin(targets, self.table.languages) & (columns < 0)
        few = (columns < 0) & (len(self.grid.targets) < FEW_LANGUAGES)
        at_chance = np.full(len(targets), self.at_chance)
        named = ((Flag.AT_CHANCE, at_chance), (Flag.FEW_LANGUAGES, few), (Flag.OTHER_MODELS, in_others))
        flags = tuple(frozenset(flag for flag, where in named if where[place]) for place in range(len(targets)))
        deviation = deviation * np.where(in_others, OTHER_MODELS_SPREAD, 1.0)
        return HierarchicalForecast(
            mixes, tuple(targets), self.grid.clip(scores), deviation, columns, measured,
            (TYPOLOGY_ONLY,) * len(targets), flags, mean,
        )  # fmt: skip

    def joint(self, targets: Sequence[str]) -> JointForecast:
        """Posterior of some targets together on the unbounded scale, of the row that was measured in most languages."""
        measured = (~np.isnan(self.grid.scores)).sum(1)
        text = self.grid.mixes.texts[int(measured.argmax())]
        return self.table.joint(int(self._rows[self._row[text]]), targets)

    def bounds_at(self, mean: Array, deviation: Array, level: float) -> tuple[Array, Array]:
        """Ends of intervals as scores, from mean and deviation on the unbounded scale."""
        return self.table.bounds(mean, deviation, level)

    def bounds(self, forecast: GridForecast, level: float) -> tuple[Array, Array]:
        assert isinstance(forecast, HierarchicalForecast), "made by forecast()"
        lower, upper = self.bounds_at(forecast.link_mean, forecast.spread, level)
        return np.minimum(lower, forecast.mean), np.maximum(upper, forecast.mean)

    def decompose(self, mix: TrainingMixes, target: str) -> Decomposition:
        # Parts add up on the unbounded scale: each gets its share of the difference of scores.
        forecast = self.forecast(mix, [target])
        score = float(forecast.mean[0, 0])
        if forecast.measured[0, 0]:
            return Decomposition(score, MEASURED_ITSELF, [])
        own = self.table.predict(self._rows, [target])
        level = own.level.mean() if mix.texts[0] not in self._row else own.level[self._row[mix.texts[0]]]
        baseline = float(self.grid.clip(self.table.link_.inverse(np.array([level])))[0])
        contributions = self._contributions(target, own, float(forecast.link_mean[0, 0] - level))
        total = sum(part.value for part in contributions)
        share = (score - baseline) / total if abs(total) > 1e-12 else 0.0
        parts = [part.times(share) for part in contributions]
        return Decomposition(baseline, MEAN_OF_MODEL, [LearnerContributions(LEARNER, 1.0, parts)])

    def _contributions(self, target: str, own: TableForecast, total: float) -> list[Contribution]:
        """Summands on the unbounded scale of one target."""
        slopes = [
            Contribution(group, name, float(value))
            for group, name, value in zip(GROUPS, FEATURES, own.slope[0], strict=True)
        ]
        neighbours = float(own.neighbours[0])
        rest = total - neighbours - sum(part.value for part in slopes)
        return [
            *slopes,
            Contribution(*(BY_OTHER_MODELS if target in self.table.languages else BY_NEIGHBOURS), neighbours),
            Contribution(MEASURED_LANGUAGES, "other languages of this model", rest),
        ]

    def _of_mixes(self, own: TableForecast, mixes: TrainingMixes) -> tuple[Array, Array]:
        """Mean and deviation of each mix: of its row or, for one not measured, of all rows of the model."""
        mean, deviation = own.mean, own.deviation
        anywhere = np.sqrt((deviation**2).mean(0) + mean.var(0))
        rows = [self._row.get(text) for text in mixes.texts]
        return (
            np.stack([mean.mean(0) if row is None else mean[row] for row in rows]),
            np.stack([anywhere if row is None else deviation[row] for row in rows]),
        )
