"""Scores of a model that was never measured on a task: from the other models, and from its own other tasks."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from isogloss.forecasting.features import pair_features
from isogloss.forecasting.grid import Array, Grid, TrainingMixes
from isogloss.forecasting.pooled.around import fit_trees, predict_trees
from isogloss.forecasting.pooled.donors import Donors
from isogloss.forecasting.pooled.panel import Panel, column_means
from isogloss.forecasting.space import space

FOLDS = 8
REACH = 0.15
"""Combined distance over which a measured language loses a factor e of its say about another's level."""


class Newcomers:
    """Models that one block has no score of.

    Parameters
    ----------
    panel : Panel
    block : int
    models : polars.DataFrame
        What is known about models themselves, as `isogloss.Evidence.models`.
    """

    def __init__(self, panel: Panel, block: int, models: pl.DataFrame):
        self.panel, self.block = panel, block
        self.donors = Donors(panel, block)
        self._facts = _read_facts(models, panel)
        self._learnt: dict[bool, Any] = {}
        self._away: dict[bool, list[Array]] = {}

    @cached_property
    def models(self) -> list[str]:
        """Models that the block has scores of."""
        return sorted({self.panel.settings[setting].model for setting in self.donors.settings})

    def predict(self, model: str, texts: Sequence[str], asked: Sequence[str]) -> Array:
        """Scores of a model under some mixes, of shape (texts, asked)."""
        met = self.met(model)
        if met not in self._learnt:
            self._learnt[met] = self._learn(self.models, met)
        cells, base = self._cells(model, np.array(texts, dtype=object), asked, self.models, met)
        return base + self._predict(self._learnt[met], cells)

    def _predict(self, booster: Any, cells: Array) -> Array:
        """What trees add to the mean of the other models; nothing where one model is all there is."""
        return np.zeros(cells.shape[:2]) if booster is None else predict_trees(booster, cells) * self._scale

    @cached_property
    def _scale(self) -> float:
        scores = self.panel.scores[self.panel.block_of == self.block]
        return float(np.nanstd(scores)) + 1e-6

    def met(self, model: str) -> bool:
        """Whether a model was measured on another task."""
        return any((block, model) in self.donors.by_model for block in self._others)

    @cached_property
    def _others(self) -> list[int]:
        return [*self.donors.sisters, *self.donors.tasks]

    def residuals(self, met: bool) -> list[Array]:
        """How far off forecasts of each model were when it was held out, one array per model."""
        if met not in self._away:
            self._away[met] = self._hold_out(met)
        return self._away[met]

    @cached_property
    def grid(self) -> Grid:
        """What the models of the block have on average."""
        return self.panel.grid_of_block(self.block)

    def _hold_out(self, met: bool) -> list[Array]:
        fold_of = np.random.default_rng(0).permutation(len(self.models)) % FOLDS
        found = []
        for fold in range(FOLDS):
            shown = [model for model, its in zip(self.models, fold_of, strict=True) if its != fold]
            hidden = [model for model, its in zip(self.models, fold_of, strict=True) if its == fold]
            if not hidden or not shown:
                continue
            booster = self._learn(shown, met)
            for model in hidden:
                texts, truth, asked = self._scores(model)
                cells, base = self._cells(model, texts, asked, shown, met)
                away = np.abs(base + self._predict(booster, cells) - truth)
                found.append(away[~np.isnan(truth)])
        return found

    def _learn(self, shown: Sequence[str], met: bool) -> Any:
        cells, responses = [], []
        for model in shown:
            texts, truth, asked = self._scores(model)
            others = [other for other in shown if other != model]
            if others:
                found, base = self._cells(model, texts, asked, others, met)
                there = ~np.isnan(truth)
                cells.append(found[there])
                responses.append((truth - base)[there] / self._scale)
        return fit_trees(np.concatenate(cells), np.concatenate(responses)) if cells else None

    def _scores(self, model: str) -> tuple[NDArray[np.object_], Array, list[str]]:
        """TrainingMixes, scores and languages of a model in the block."""
        rows = self.donors.by_model[self.block, model]
        columns = np.flatnonzero(~np.isnan(self.panel.scores[rows]).all(0))
        languages = [self.panel.languages[column] for column in columns]
        return self.panel.texts[rows], self.panel.scores[np.ix_(rows, columns)], languages

    def _cells(
        self, model: str, texts: NDArray[np.object_], asked: Sequence[str], shown: Sequence[str], met: bool
    ) -> tuple[Array, Array]:
        """Features of texts x asked, and what the `shown` models have there on average."""
        base, level = self._base(texts, asked, shown)
        shape = base.shape
        known = space(asked, self.panel.languages)
        at = known.at(asked)
        layers = [base, np.broadcast_to(level, shape)]
        layers += [np.broadcast_to(values[at], shape) for values in (known.web_text, known.unspaced)]
        layers += [np.full(shape, value) for value in self._about(model, shown)]
        layers.append(np.broadcast_to(self._speaks(model, asked), shape))
        parts = [np.stack(layers, axis=2)]
        if met:
            parts.append(np.broadcast_to(self._effects_elsewhere(model, shown), (*shape, len(self._others) + 1)))
            parts.append(self._residuals_elsewhere(model, texts, asked))
        mixes = TrainingMixes.read(texts.tolist(), self.panel.unknown_size)
        if mixes.sources:
            pairs = space(asked, self.panel.languages, mixes.sources)
            parts.append(pair_features(pairs, mixes.sizes, mixes.sources, asked))
        return np.concatenate(parts, axis=2), base

    def _base(self, texts: NDArray[np.object_], asked: Sequence[str], shown: Sequence[str]) -> tuple[Array, Array]:
        """Mean effect of each mix plus the level of each language, over `shown` models, and the levels."""
        rows = np.concatenate([self.donors.by_model[self.block, other] for other in shown])
        usual = float(self.panel.effects[rows].mean())
        alike = {text: float(self.panel.effects[rows[self.panel.texts[rows] == text]].mean())
                 for text in set(texts) & set(self.panel.texts[rows])}  # fmt: skip
        levels = column_means(self.panel.residuals[rows])
        measured = np.flatnonzero(~np.isnan(levels))
        names = [self.panel.languages[column] for column in measured]
        closeness = np.exp(-space(asked, names).between("combined", asked, names) / REACH) + 1e-9
        near = closeness @ levels[measured] / closeness.sum(1)
        columns = np.array([self.panel.columns.get(language, -1) for language in asked])
        own = np.where(columns >= 0, levels[columns], np.nan)
        level = np.where(np.isnan(own), near, own)
        return np.array([alike.get(text, usual) for text in texts])[:, None] + level, level

    def _effects_elsewhere(self, model: str, shown: Sequence[str]) -> Array:
        """How good a model is on each other task, against the `shown` models, and on average."""
        values = []
        for block in self._others:
            theirs = [self._effect(block, other) for other in shown]
            found = np.array([effect for effect in theirs if not np.isnan(effect)])
            own = self._effect(block, model)
            values.append((own - found.mean()) / (found.std() + 0.01) if len(found) > 1 else np.nan)
        known = [value for value in values if not np.isnan(value)]
        return np.array([*values, np.mean(known) if known else np.nan])

    def _effect(self, block: int, model: str) -> float:
        key = (block, model)
        if key not in self._effects:
            rows = self.donors.by_model.get(key)
            self._effects[key] = np.nan if rows is None else float(self.panel.effects[rows].mean())
        return self._effects[key]

    @cached_property
    def _effects(self) -> dict[tuple[int, str], float]:
        return {}

    def _residuals_elsewhere(self, model: str, texts: NDArray[np.object_], asked: Sequence[str]) -> Array:
        """What a model has for the languages on other tasks, against what all have, and its mean."""
        rest = self.donors.of_model(model, texts, self._others) - self.panel.levels[self._others]
        columns = np.array([self.panel.columns.get(language, -1) for language in asked])
        rest = np.where(columns >= 0, rest[:, :, columns], np.nan).transpose(0, 2, 1)
        counts = (~np.isnan(rest)).sum(2, keepdims=True)
        mean = np.where(counts > 0, np.nansum(rest, axis=2, keepdims=True) / np.maximum(counts, 1), np.nan)
        return np.concatenate([rest, mean], axis=2)

    def _about(self, model: str, shown: Sequence[str]) -> list[float]:
        """What is known of a model itself, and how good its kin are on this task."""
        facts = self._facts.get(model, _NO_FACTS)
        kin = [self._effect(self.block, other) for other in shown if _owner(other) == _owner(model)]
        base = [self._effect(self.block, other) for other in shown
                if facts["base"] and self._facts.get(other, _NO_FACTS)["base"] == facts["base"]]  # fmt: skip
        usual = float(np.mean([self._effect(self.block, other) for other in shown]))
        return [*facts["numbers"], *(float(np.mean(group)) - usual if group else np.nan for group in (kin, base))]

    def _speaks(self, model: str, asked: Sequence[str]) -> Array:
        """Whether a model says it was made for each language; NaN where it says nothing."""
        languages = self._facts.get(model, _NO_FACTS)["languages"]
        return np.array([float(language in languages) if languages else np.nan for language in asked])


_NO_FACTS: dict[str, Any] = {"numbers": [np.nan] * 5, "languages": frozenset(), "base": None}


def _owner(model: str) -> str:
    """Who made a model, where its name says so (`owner/name`)."""
    owner, slash, _ = model.partition("/")
    return owner if slash else model


def _read_facts(models: pl.DataFrame, panel: Panel) -> dict[str, dict[str, Any]]:
    """Numbers, languages and base of each model; of several revisions the last that says most."""
    found: dict[str, dict[str, Any]] = {}
    for row in models.iter_rows(named=True):
        released = row["released"]
        languages = frozenset(row["languages"] or ())
        numbers = [
            *(np.log10(row[name]) if row[name] else np.nan for name in ("parameters", "embedding_size", "max_tokens")),
            released.toordinal() / 365.25 if released else np.nan,
            np.log1p(len(languages)) if languages else np.nan,
        ]
        facts = {"numbers": numbers, "languages": languages, "base": row["base_model"]}
        if row["model"] not in found or _told(facts) >= _told(found[row["model"]]):
            found[row["model"]] = facts
    return found


def _told(facts: dict[str, Any]) -> int:
    return int(np.isfinite(facts["numbers"]).sum()) + bool(facts["base"])
