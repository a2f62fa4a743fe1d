"""Cold start: scores of a model never measured on a task, from the other models and from its own other tasks."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from isogloss.forecasting.boosting import predict_trees
from isogloss.forecasting.cross_validation import MODEL_FOLDS, fold_numbers, splits
from isogloss.forecasting.features import pair_features, space
from isogloss.forecasting.fitted_setting import GridForecast, Part, QuerySetting
from isogloss.forecasting.flags import Flag
from isogloss.forecasting.grid import Array, Grid, Panel, TrainingMixes, column_means
from isogloss.forecasting.grid_model import MEAN_OF_MEASURED, Decomposition
from isogloss.forecasting.pooled_features import TYPOLOGY_ONLY, BlockEvidence
from isogloss.forecasting.pooled_model import fit_robust_trees
from isogloss.stats.conformal import grouped_quantile

REACH = 0.15
"""Combined distance over which a measured language loses a factor e of its weight for another's level."""


class ColdStartModels:
    """Forecasts the models that one block has no score of.

    A forecast is the mean of the other models plus what boosted trees add to it. There are two sets of trees: one for
    models that other tasks have scores of, and one for the others.

    Parameters
    ----------
    models : polars.DataFrame
        Facts about models, as `isogloss.Evidence.models`.
    """

    def __init__(self, panel: Panel, block: int, models: pl.DataFrame):
        self.panel, self.block = panel, block
        self.evidence = BlockEvidence(panel, block)
        self._facts = _read_facts(models)
        self._boosters: dict[bool, Any] = {}
        self._residuals: dict[bool, list[Array]] = {}
        self._effects: dict[tuple[int, str], float] = {}

    @cached_property
    def models(self) -> list[str]:
        """Models that the block has scores of."""
        return sorted({self.panel.settings[setting].model for setting in self.evidence.settings})

    @cached_property
    def grid(self) -> Grid:
        """Mean scores of the models of the block."""
        return self.panel.grid_of_block(self.block)

    def on_other_tasks(self, model: str) -> bool:
        """Whether a model was measured on another task."""
        return any((block, model) in self.evidence.by_model for block in self._others)

    def predict(self, model: str, texts: Sequence[str], targets: Sequence[str]) -> Array:
        """Scores of a model under some mixes, of shape (texts, targets)."""
        others = self.on_other_tasks(model)
        cells, mean = self._cells(model, np.array(texts, dtype=object), targets, self.models, others)
        return mean + self._correction(self.booster(others), cells)

    def kinds(self) -> list[bool]:
        """Whether trees were learnt for models that other tasks have scores of, for the others, or for both."""
        return list(self._boosters)

    def conformalize(self) -> None:
        """Learn what intervals need of the models forecast so far."""
        for others in self.kinds():
            self.residuals(others)

    def booster(self, others: bool) -> Any:
        """The trees for models that other tasks have scores of, or for the others."""
        if others not in self._boosters:
            self._boosters[others] = self._fit(self.models, others)
        return self._boosters[others]

    def residuals(self, others: bool) -> list[Array]:
        """Absolute residuals of each model when it was held out, one array per model.

        Parameters
        ----------
        others : bool
            Whether models are forecast from their other tasks, too.
        """
        if others not in self._residuals:
            self._residuals[others] = self._hold_out(others)
        return self._residuals[others]

    def _correction(self, booster: Any, cells: Array) -> Array:
        """Output of the trees; nothing where one model is all there is."""
        return np.zeros(cells.shape[:2]) if booster is None else predict_trees(booster, cells) * self._scale

    @cached_property
    def _scale(self) -> float:
        scores = self.panel.scores[self.panel.block_of == self.block]
        return float(np.nanstd(scores)) + 1e-6

    @cached_property
    def _others(self) -> list[int]:
        return [*self.evidence.same_task, *self.evidence.other_tasks]

    def _hold_out(self, others: bool) -> list[Array]:
        residuals = []
        for kept, held in splits(fold_numbers(len(self.models), MODEL_FOLDS)):
            measured = [self.models[place] for place in kept]
            booster = self._fit(measured, others)
            for model in (self.models[place] for place in held):
                texts, truth, targets = self._scores(model)
                cells, mean = self._cells(model, texts, targets, measured, others)
                away = np.abs(mean + self._correction(booster, cells) - truth)
                residuals.append(away[~np.isnan(truth)])
        return residuals

    def _fit(self, measured: Sequence[str], others: bool) -> Any:
        cells, responses = [], []
        for model in measured:
            texts, truth, targets = self._scores(model)
            if rest := [other for other in measured if other != model]:
                of_model, mean = self._cells(model, texts, targets, rest, others)
                there = ~np.isnan(truth)
                cells.append(of_model[there])
                responses.append((truth - mean)[there] / self._scale)
        return fit_robust_trees(np.concatenate(cells), np.concatenate(responses)) if cells else None

    def _scores(self, model: str) -> tuple[NDArray[np.object_], Array, list[str]]:
        """Training mixes, scores and languages of a model in the block."""
        rows = self.evidence.by_model[self.block, model]
        columns = np.flatnonzero(~np.isnan(self.panel.scores[rows]).all(0))
        languages = [self.panel.languages[column] for column in columns]
        return self.panel.texts[rows], self.panel.scores[np.ix_(rows, columns)], languages

    def _cells(
        self, model: str, texts: NDArray[np.object_], targets: Sequence[str], measured: Sequence[str], others: bool
    ) -> tuple[Array, Array]:
        """Features of texts x targets, and the mean of the `measured` models there."""
        mean, level = self._mean(texts, targets, measured)
        shape = mean.shape
        known = space(targets, self.panel.languages)
        at = known.at(targets)
        layers = [mean, np.broadcast_to(level, shape)]
        layers += [np.broadcast_to(values[at], shape) for values in (known.web_text, known.unspaced)]
        layers += [np.full(shape, value) for value in self._of_model(model, measured)]
        layers.append(np.broadcast_to(self._supports(model, targets), shape))
        parts = [np.stack(layers, axis=2)]
        if others:
            effects = self._effects_on_others(model, measured)
            parts.append(np.broadcast_to(effects, (*shape, len(effects))))
            parts.append(self._residuals_on_others(model, texts, targets))
        if self.evidence.adapted:
            mixes = TrainingMixes.read(texts.tolist(), self.panel.unknown_size)
            pairs = space(targets, self.panel.languages, mixes.sources)
            parts.append(pair_features(pairs, mixes.sizes, mixes.sources, targets))
        return np.concatenate(parts, axis=2), mean

    def _mean(self, texts: NDArray[np.object_], targets: Sequence[str], measured: Sequence[str]) -> tuple[Array, Array]:
        """Mean effect of each mix plus the level of each language, over `measured` models, and the levels."""
        rows = np.concatenate([self.evidence.by_model[self.block, other] for other in measured])
        usual = float(self.panel.effects[rows].mean())
        alike = {text: float(self.panel.effects[rows[self.panel.texts[rows] == text]].mean())
                 for text in set(texts) & set(self.panel.texts[rows])}  # fmt: skip
        levels = column_means(self.panel.residuals[rows])
        columns = np.flatnonzero(~np.isnan(levels))
        names = [self.panel.languages[column] for column in columns]
        closeness = np.exp(-space(targets, names).between("combined", targets, names) / REACH) + 1e-9
        near = closeness @ levels[columns] / closeness.sum(1)
        own = self._of_languages(levels, targets)
        level = np.where(np.isnan(own), near, own)
        return np.array([alike.get(text, usual) for text in texts])[:, None] + level, level

    def _of_languages(self, values: Array, languages: Sequence[str]) -> Array:
        """The last axis of `values` for some languages; NaN for those that the panel does not have."""
        columns = np.array([self.panel.columns.get(language, -1) for language in languages])
        return np.where(columns >= 0, values[..., columns], np.nan)

    def _effects_on_others(self, model: str, measured: Sequence[str]) -> Array:
        """Standardised effect of a model on each other task, against the `measured` models, and its mean."""
        values = []
        for block in self._others:
            effects = np.array([self._effect(block, other) for other in measured])
            effects = effects[~np.isnan(effects)]
            own = self._effect(block, model)
            values.append((own - effects.mean()) / (effects.std() + 0.01) if len(effects) > 1 else np.nan)
        known = [value for value in values if not np.isnan(value)]
        return np.array([*values, np.mean(known) if known else np.nan])

    def _effect(self, block: int, model: str) -> float:
        key = (block, model)
        if key not in self._effects:
            rows = self.evidence.by_model.get(key)
            self._effects[key] = np.nan if rows is None else float(self.panel.effects[rows].mean())
        return self._effects[key]

    def _residuals_on_others(self, model: str, texts: NDArray[np.object_], targets: Sequence[str]) -> Array:
        """Residuals of a model on each other task less the language's level there, and their mean."""
        rest = self.evidence.of_model(model, texts, self._others) - self.panel.levels[self._others]
        rest = self._of_languages(rest, targets).transpose(0, 2, 1)
        counts = (~np.isnan(rest)).sum(2, keepdims=True)
        mean = np.where(counts > 0, np.nansum(rest, axis=2, keepdims=True) / np.maximum(counts, 1), np.nan)
        return np.concatenate([rest, mean], axis=2)

    def _of_model(self, model: str, measured: Sequence[str]) -> list[float]:
        """Facts about a model, and the effects of models of its owner and of its base model on this task."""
        facts = self._facts.get(model, _NO_FACTS)
        kin = [self._effect(self.block, other) for other in measured if _owner(other) == _owner(model)]
        base = [self._effect(self.block, other) for other in measured
                if facts["base"] and self._facts.get(other, _NO_FACTS)["base"] == facts["base"]]  # fmt: skip
        usual = float(np.mean([self._effect(self.block, other) for other in measured]))
        return [*facts["numbers"], *(float(np.mean(group)) - usual if group else np.nan for group in (kin, base))]

    def _supports(self, model: str, targets: Sequence[str]) -> Array:
        """Whether a model declares support of each language; NaN where it declares nothing."""
        languages = self._facts.get(model, _NO_FACTS)["languages"]
        return np.array([float(language in languages) if languages else np.nan for language in targets])


class ColdStartSetting(QuerySetting):
    """A setting whose model was never measured. It has one part for every model that is forecast in the same way.

    Attributes
    ----------
    grid : Grid
        Mean scores of the other models.
    """

    def __init__(self, models: ColdStartModels, model: str):
        self._models, self._model = models, model
        self.grid: Grid = models.grid
        self.parts_ = {_part(others) for others in models.kinds()}

    def needs(self, texts: Sequence[str] = (), targets: Sequence[str] | None = None) -> set[Part]:
        return {_part(self._models.on_other_tasks(self._model))}

    def learn(self, part: Part) -> None:
        self._models.booster(self._models.on_other_tasks(self._model))
        self.parts_.add(part)

    def conformalize(self) -> None:
        self._models.conformalize()

    def forecast(self, mixes: TrainingMixes, targets: Sequence[str]) -> GridForecast:
        mean = self._models.predict(self._model, mixes.texts, targets)
        flags = frozenset({Flag.MODEL_UNMEASURED})
        return GridForecast(
            mixes, tuple(targets), self.grid.clip(mean), np.ones(mean.shape), np.full(len(targets), -1, dtype=np.intp),
            np.zeros(mean.shape, dtype=bool), (TYPOLOGY_ONLY,) * len(targets), (flags,) * len(targets),
        )  # fmt: skip

    def bounds(self, forecast: GridForecast, level: float) -> tuple[Array, Array]:
        residuals = self._models.residuals(self._models.on_other_tasks(self._model))
        margin = grouped_quantile(residuals, level)
        return forecast.mean - margin, forecast.mean + margin

    def decompose(self, mix: TrainingMixes, target: str) -> Decomposition:
        forecast = self.forecast(mix, [target])
        return Decomposition(float(forecast.mean[0, 0]), MEAN_OF_MEASURED, [])


def _part(others: bool) -> Part:
    return f"models {'with' if others else 'without'} other tasks"


_NO_FACTS: dict[str, Any] = {"numbers": [np.nan] * 5, "languages": frozenset(), "base": None}


def _owner(model: str) -> str:
    """Owner of a model, where its name has one (`owner/name`)."""
    owner, slash, _ = model.partition("/")
    return owner if slash else model


def _read_facts(models: pl.DataFrame) -> dict[str, dict[str, Any]]:
    """Numbers, languages and base of each model; of several revisions the last with most facts."""
    by_model: dict[str, dict[str, Any]] = {}
    for row in models.iter_rows(named=True):
        released = row["released"]
        languages = frozenset(row["languages"] or ())
        numbers = [
            *(np.log10(row[name]) if row[name] else np.nan for name in ("parameters", "embedding_size", "max_tokens")),
            released.toordinal() / 365.25 if released else np.nan,
            np.log1p(len(languages)) if languages else np.nan,
        ]
        facts = {"numbers": numbers, "languages": languages, "base": row["base_model"]}
        if row["model"] not in by_model or _count(facts) >= _count(by_model[row["model"]]):
            by_model[row["model"]] = facts
    return by_model


def _count(facts: dict[str, Any]) -> int:
    return int(np.isfinite(facts["numbers"]).sum()) + bool(facts["base"])
