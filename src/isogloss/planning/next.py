"""Which languages to test next, so that as little as possible stays unknown about the others.

A language is worth testing if it narrows the forecasts of many that stay untested. The measure is the sum of the widths
of their 90 % intervals; one language after another is chosen, each given those before. What is known together of all
levels comes from the table model or, with many training mixes, from a Gaussian process over languages.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from isogloss.errors import BadValue, NotEnoughEvidence
from isogloss.evidence import Evidence
from isogloss.forecasting import Forecaster, ask, fitted
from isogloss.forecasting.default import MANY_MIXES
from isogloss.forecasting.features import space
from isogloss.forecasting.grid import Array, Grid, Panel
from isogloss.forecasting.settings import Setting, find_settings, split_names
from isogloss.languages import resolve
from isogloss.languages.groups import read_languages
from isogloss.planning.level_posterior import (
    LEVEL,
    LevelPosterior,
    forecast_by_table,
    process_posterior,
    table_posterior,
)
from isogloss.progress import Progress

NEXT = pl.Schema(
    {
        "order": pl.Int64, "language": pl.String, "language_as_reported": pl.String, "name": pl.String,
        "width": pl.Float64, "width_of_rest": pl.Float64, "gain": pl.Float64, "tells_most_about": pl.String,
    }
)  # fmt: skip
"""Columns of a choice of languages to test."""
RANDOM_DRAWS = 100
SHOWN_NEIGHBOURS = 3
MOST_MODELS = 8
"""Models whose forecasts are looked at, evenly spread."""


@dataclass(frozen=True)
class NextTests:
    """Languages to test next, in order.

    Attributes
    ----------
    task, model : str
    table : polars.DataFrame
        With the columns of `NEXT`, on the scale of the scores: the width of the 90 % interval of the language's own
        level before it is tested, the mean width of those left to know once it and those before it are tested, and
        what it took off that.
    baselines : polars.DataFrame
        `choice` and the `width_of_rest` it would leave: none, random (mean of 100 draws), largest, most central.
    alone : polars.DataFrame
        `language` and the `width_of_rest` if it alone were tested, the best first; of all candidates.
    written : dict of str to str
        Ids of candidates and languages to know, as they were written.
    notes : tuple of str
    """

    task: str
    model: str
    table: pl.DataFrame
    baselines: pl.DataFrame
    alone: pl.DataFrame
    written: Mapping[str, str]
    notes: tuple[str, ...]


def choose_next(
    evidence: Evidence,
    candidates: str | Sequence[str],
    *,
    task: str,
    model: str | None = None,
    k: int = 5,
    metric: str | None = None,
    recipe: str | None = None,
    targets: str | Sequence[str] | None = None,
    weights: Mapping[str, float] | None = None,
    languages: Mapping[str, str] | None = None,
    progress: Progress | None = None,
) -> NextTests:
    """Choose languages to test next.

    Parameters
    ----------
    evidence : Evidence
        What was measured with the model in the task, and anything else: other tasks and models show which
        languages do well and badly together.
    candidates : str or sequence of str
        Languages and groups such as `asia`, see `isogloss.languages.groups.read_languages`. Those that were
        measured already are left out.
    task, metric, recipe : str
        As the evidence names them.
    model : str, optional
        By default all of the task together, or an even sample of eight: the languages are tested once for all.
    k : int, default 5
    targets : str or sequence of str, optional
        Languages to know; by default the candidates.
    weights : mapping of str to float, optional
        How much it weights to know a language, by canonical id; 1 for those not named.
    languages : mapping of str to str, optional
        How to read a code, ahead of all else.
    progress : Progress, optional

    Returns
    -------
    NextTests

    Raises
    ------
    BadValue
        If `k` is not positive or a weight negative.
    NotEnoughEvidence
        If no candidate is left untested, or not more than `k`.
    UnknownName, UnknownLanguage
    """
    if k < 1:
        raise BadValue(f"{k} languages cannot be chosen", where="k", hint="give 1 or more")
    models = [model] if model is not None else _models(evidence, task, metric, recipe)
    settings = find_settings(evidence, models, task=task, metric=metric, recipe=recipe)
    panel = Panel.read(evidence.observations.filter(pl.col("task") == task, pl.col("model").is_in(models)))
    grids = {setting: panel.grid(panel.position[setting]) for setting in settings}
    measured = set.intersection(*(set(grid.targets) for grid in grids.values()))
    written = _read(candidates, evidence, languages, "candidates")
    to_know = written if targets is None else _read(targets, evidence, languages, "targets")
    candidate_ids = [language for language in written if language not in measured]
    if len(candidate_ids) <= k:
        raise NotEnoughEvidence(
            f"{len(candidate_ids)} of {len(written)} candidates are untested, which is not more than {k}",
            where="candidates", hint="name more languages, or choose fewer",
        )  # fmt: skip
    names = list(dict.fromkeys([*candidate_ids, *(one for one in to_know if one not in measured)]))
    shares = _weights(weights or {}, names, set(to_know))
    levels = _Levels(_posteriors(evidence, grids, names, progress))
    chosen, left = levels.greedy(shares, k, len(candidate_ids))
    own, every = names[: len(candidate_ids)], {**to_know, **written}
    return NextTests(
        task, model or ", ".join(models), _table(levels, names, every, chosen, left),
        _baselines(levels, own, shares, k, left), _alone(levels, own, shares), every,
        _notes(measured, written, len(own)),
    )  # fmt: skip


def _models(evidence: Evidence, task: str, metric: str | None, recipe: str | None) -> list[str]:
    every = evidence.filter(task=task, metric=metric, recipe=recipe).observations["model"].unique().sort().to_list()
    return [every[place] for place in np.linspace(0, len(every) - 1, min(MOST_MODELS, len(every))).astype(int)]


def _read(
    names: str | Sequence[str], evidence: Evidence, languages: Mapping[str, str] | None, where: str
) -> dict[str, str]:
    given = split_names(names) if isinstance(names, str) else names
    return read_languages(given, evidence.targets, languages=languages, where=where)


def _posteriors(
    evidence: Evidence, grids: Mapping[Setting, Grid], names: Sequence[str], progress: Progress | None
) -> list[LevelPosterior]:
    """What is known of the levels in each setting."""
    queries = {
        setting: ask(task=setting.task, model=setting.model, targets=names, train=_widest_mix(grid),
                     metric=setting.metric, recipe=setting.recipe)
        for setting, grid in grids.items() if len(grid.mixes.texts) < MANY_MIXES
    }  # fmt: skip
    forecaster = fitted(evidence, pl.concat(queries.values()), progress=progress) if queries else None
    return [
        process_posterior(evidence, setting, grid, names)
        if forecaster is None or setting not in queries
        else _posterior(evidence, setting, grid, names, forecaster, queries[setting])
        for setting, grid in grids.items()
    ]


def _widest_mix(grid: Grid) -> str:
    """The training mix that was measured in most languages."""
    return grid.mixes.texts[int((~np.isnan(grid.scores)).sum(1).argmax())]


def _posterior(
    evidence: Evidence, setting: Setting, grid: Grid, names: Sequence[str], forecaster: Forecaster,
    queries: pl.DataFrame,
) -> LevelPosterior:  # fmt: skip
    """Where few mixes were measured, as wide as the forecasts are."""
    table = table_posterior(forecaster, setting, names)
    if table is not None and forecast_by_table(forecaster, setting, names):
        return table
    posterior = process_posterior(evidence, setting, grid, names) if table is None else table
    forecasts = forecaster.predict_interval(queries, LEVEL)
    width, before = float((forecasts["upper"] - forecasts["lower"]).to_numpy().mean()), posterior.widths().mean()
    if before == 0 or not np.isfinite(width):
        return posterior
    return replace(posterior, width=lambda variance: posterior.width(variance) * width / before)


class _Levels:
    """Levels of the languages with each model."""

    def __init__(self, parts: Sequence[LevelPosterior]):
        self.parts = list(parts)

    def widths(self, measured: Sequence[int] = ()) -> Array:
        """Mean widths over models once some languages are measured."""
        return np.asarray(np.mean([part.widths_after(measured) for part in self.parts], axis=0))

    def after(self, measured: int) -> _Levels:
        """The same once one more language is measured."""
        return _Levels([part.after(measured) for part in self.parts])

    def sums_after_one(self, weights: Array) -> Array:
        """Weighted sum of all other widths once each language is measured."""
        total = np.zeros(len(weights))
        for part in self.parts:
            widths = part.widths_after_one()
            np.fill_diagonal(widths, 0.0)
            total += widths @ weights / len(self.parts)
        return total

    def greedy(self, weights: Array, k: int, candidates: int) -> tuple[list[int], list[float]]:
        """Languages in order, of the first `candidates`, and the mean width of the rest before and after each."""
        levels, chosen = self, list[int]()
        left = [self.width_of_rest(chosen, weights)]
        for _ in range(k):
            rest = _rest(weights, chosen)
            sums = levels.sums_after_one(rest)[:candidates]
            sums[chosen] = np.inf
            chosen.append(int(sums.argmin()))
            levels = levels.after(chosen[-1])
            left.append(self.width_of_rest(chosen, weights))
        return chosen, left

    def width_of_rest(self, measured: Sequence[int], weights: Array) -> float:
        """Mean width of those to know once some are measured."""
        rest = _rest(weights, measured)
        return float(rest @ self.widths(measured) / max(float(rest.sum()), 1e-12))


def _rest(weights: Array, measured: Sequence[int]) -> Array:
    rest = weights.copy()
    rest[list(measured)] = 0.0
    return rest


def _weights(weights: Mapping[str, float], names: Sequence[str], to_know: set[str]) -> Array:
    for name, weight in weights.items():
        if not weight >= 0:
            raise BadValue(f"weight {weight} of '{name}' is not 0 or more", where="weights", hint="give 0 or more")
    return np.array([float(weights.get(name, 1.0)) if name in to_know else 0.0 for name in names])


def _table(
    levels: _Levels, names: Sequence[str], written: Mapping[str, str], chosen: Sequence[int], left: Sequence[float]
) -> pl.DataFrame:
    rows = []
    for place, one in enumerate(chosen):
        covariance = levels.parts[0].covariance
        explained = covariance[one] ** 2 / np.maximum(np.diag(covariance), 1e-12)
        explained[list(chosen[: place + 1])] = -np.inf
        about = [names[other] for other in np.argsort(-explained)[:SHOWN_NEIGHBOURS] if np.isfinite(explained[other])]
        language = names[one]
        rows.append(
            (place + 1, language, written[language], resolve(language).name, float(levels.widths()[one]),
             left[place + 1], left[place] - left[place + 1], ", ".join(about))
        )  # fmt: skip
        levels = levels.after(one)
    return pl.DataFrame(rows, schema=NEXT, orient="row")


def _baselines(
    levels: _Levels, candidates: Sequence[str], weights: Array, k: int, left: Sequence[float]
) -> pl.DataFrame:
    chance = np.random.default_rng(0)
    draws = [tuple(np.sort(chance.choice(len(candidates), k, replace=False)).tolist()) for _ in range(RANDOM_DRAWS)]
    widths = {draw: levels.width_of_rest(list(draw), weights) for draw in set(draws)}
    drawn = [widths[draw] for draw in draws]
    rows = [("this choice", left[-1]), ("none", left[0]), ("random", float(np.mean(drawn)))]
    for name, order in (("largest", largest(candidates)), ("most central", most_central(candidates))):
        rows.append((name, levels.width_of_rest(order[:k], weights)))
    return pl.DataFrame(rows, schema={"choice": pl.String, "width_of_rest": pl.Float64}, orient="row")


def _alone(levels: _Levels, candidates: Sequence[str], weights: Array) -> pl.DataFrame:
    others = np.maximum(weights.sum() - weights, 1e-12)
    means = (levels.sums_after_one(weights) / others)[: len(candidates)]
    table = pl.DataFrame({"language": list(candidates), "width_of_rest": means})
    return table.sort("width_of_rest", maintain_order=True)


def largest(names: Sequence[str]) -> list[int]:
    """Positions of languages by web text, most first."""
    features = space(names)
    return np.argsort(-features.web_text[features.at(names)], kind="stable").tolist()


def most_central(names: Sequence[str]) -> list[int]:
    """Positions of languages by mean combined distance from the others, nearest first."""
    between = space(names).between("combined", names, names)
    return np.argsort(between.mean(1), kind="stable").tolist()


def _notes(measured: set[str], written: Mapping[str, str], open_ones: int) -> tuple[str, ...]:
    return (
        f"{len(measured)} language{'s' * (len(measured) != 1)} measured, {open_ones} of {len(written)} candidates "
        "untested",
    )
