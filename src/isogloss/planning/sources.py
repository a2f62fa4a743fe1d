"""Which language to train on for a target: single sources, best first, with what a choice can cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import polars as pl

from isogloss.errors import InputError, NotEnoughEvidence, UnknownName
from isogloss.evidence import Evidence
from isogloss.forecasting.cell_flags import Nearest, nearest_measured
from isogloss.forecasting.flags import Flag
from isogloss.forecasting.settings import Setting, find_setting, read_settings
from isogloss.languages import resolve
from isogloss.planning.ranking.baselines import baseline_orders
from isogloss.planning.ranking.ranker import SourceRanker
from isogloss.planning.ranking.table import Array, SourceTable, single_sources
from isogloss.stats.intervals import check_level

SOURCES = pl.Schema(
    {
        "source": pl.String, "source_as_reported": pl.String, "mean": pl.Float64, "lower": pl.Float64,
        "upper": pl.Float64, "regret": pl.Float64, "regret_upper": pl.Float64, "basis": pl.String,
    }
)  # fmt: skip
"""Columns of a ranking of sources."""


@dataclass(frozen=True)
class SourceRanking:
    """Sources of one target, best first.

    Attributes
    ----------
    task, model, target : str
    level : float
    table : polars.DataFrame
        With the columns of `SOURCES`: what is expected of each source, and its regret, which is the expected loss
        against the best source; it stays below `regret_upper` with probability `level`.
    baselines : polars.DataFrame
        `baseline`, the `source` that it chooses, and that source's `mean` and `regret` in our table.
    draws : array of shape (draws, sources)
        Scores of the sources, in the order of the table, as they may turn out; larger is better.
    notes : tuple of str
        What the ranking rests on.
    flags : tuple of Flag
        What limits it, of `isogloss.forecasting.Flag`.
    """

    task: str
    model: str
    target: str
    level: float
    table: pl.DataFrame
    baselines: pl.DataFrame
    draws: Array
    notes: tuple[str, ...]
    flags: tuple[Flag, ...]
    lower_is_better: bool = False


def rank_sources(
    evidence: Evidence,
    target: str,
    *,
    task: str,
    model: str,
    candidates: Sequence[str] | None = None,
    metric: str | None = None,
    recipe: str | None = None,
    examples: int | None = None,
    level: float = 0.9,
    languages: Mapping[str, str] | None = None,
) -> pl.DataFrame:
    """Rank the languages to train on for a target.

    Parameters
    ----------
    evidence : Evidence
        Scores of models trained on one language each. Other models and tasks help where they have measured the target.
    target : str
        The language to serve, written in any way isogloss knows; it need not have been measured.
    task, model : str
        As the evidence names them.
    candidates : sequence of str, optional
        Sources to choose from; by default all that were trained on, but the target itself.
    metric, recipe : str, optional
        Needed only where the evidence has several.
    examples : int, optional
        Compare only sources trained on that many examples, see `SourceTable.read`.
    level : float, default 0.9
        Probability that a band holds.
    languages : mapping of str to str, optional
        How to read a code, ahead of all else.

    Returns
    -------
    polars.DataFrame
        Columns of `SOURCES`: scores are fractions where the metric is bounded, `regret` is on the same scale.

    Raises
    ------
    UnknownLanguage, UnknownName
        For a target, task, model or candidate that nothing is known of.
    NotEnoughEvidence
        If fewer than three sources or four other targets were measured.
    """
    return source_ranking(
        evidence, target, task=task, model=model, candidates=candidates, metric=metric, recipe=recipe,
        examples=examples, level=level, languages=languages, baselines=False,
    ).table  # fmt: skip


def source_ranking(
    evidence: Evidence,
    target: str,
    *,
    task: str,
    model: str,
    candidates: Sequence[str] | None = None,
    metric: str | None = None,
    recipe: str | None = None,
    examples: int | None = None,
    level: float = 0.9,
    languages: Mapping[str, str] | None = None,
    baselines: bool = True,
) -> SourceRanking:
    """`rank_sources` with what the baselines choose, and what it rests on."""
    check_level(level)
    read_as = languages or {}
    identifier = resolve(read_as.get(target, target), where="target").id
    setting, observations = find_setting(evidence, task=task, model=model, metric=metric, recipe=recipe)
    whole = SourceTable.read(observations, examples)
    table = whole.without(identifier)
    table.check()
    kept = _chosen(table, candidates, identifier, read_as)
    ranker = SourceRanker(_others(evidence, setting, identifier)).fit(table, identifier).calibrate()
    scores, margin = ranker.scores(level)
    measured, errors = _measured(whole, table, identifier)
    scores, margins = _with_measured(scores, margin, measured, errors * NormalDist().inv_cdf((1 + level) / 2))
    forecast = ranker.draws() - ranker.draws().mean() + np.nanmean(scores)
    noisy = measured + errors * np.random.default_rng(0).standard_normal(forecast.shape)
    draws = np.where(np.isnan(measured), forecast, noisy)
    order = [row for row in np.argsort(-scores, kind="stable") if row in kept]
    draws = draws[:, order]
    rows = _rows(table, order, scores, margins, draws, measured, level, observations, kept)
    choices = baseline_orders(table, identifier) if baselines else {}
    (nearest,) = nearest_measured([identifier], table.targets)
    return SourceRanking(
        task, model, identifier, level, rows, _baselines(choices, table, order, rows), draws,
        _notes(table, identifier, nearest, (measured, errors), ranker), _flags(nearest, margin, ranker),
        table.lower_is_better,
    )  # fmt: skip


def _others(evidence: Evidence, setting: Setting, target: str) -> list[SourceTable]:
    """Tables of other models and tasks in which the target was measured under single sources."""
    found = []
    for other, observations in read_settings(evidence):
        if (other.task, other.model) == (setting.task, setting.model):
            continue  # another metric or split of the same runs is no evidence of another setting
        about = observations.filter(pl.col("target") == target)
        if about.height and single_sources(about).height:
            found.append(SourceTable.read(observations))
    return found


def _chosen(
    table: SourceTable, candidates: Sequence[str] | None, target: str, read_as: Mapping[str, str]
) -> dict[int, str]:
    """Rows of the sources to choose from, each as it was written."""
    if candidates is None:
        return dict(enumerate(table.sources))
    chosen = {}
    for written in candidates:
        source = resolve(read_as.get(written, written), where="candidates").id
        if source == target:
            raise InputError(
                f"'{written}' is the target itself", where="candidates",
                hint="leave it out: isogloss curve tells what its own examples are worth",
            )  # fmt: skip
        if source not in table.sources:
            raise UnknownName("source", source, table.sources, where="candidates")
        chosen[table.sources.index(source)] = written
    if not chosen:
        raise NotEnoughEvidence("no candidate to choose from", where="candidates", hint="name sources, or none at all")
    return chosen


def _measured(whole: SourceTable, table: SourceTable, target: str) -> Array:
    """Scores that the target has already under each source of `table`, NaN where it has none, and their errors."""
    if target not in whole.targets:
        return np.full((2, len(table.sources)), np.nan)
    own = whole.take(table.sources, [target])
    return np.stack([own.scores[:, 0], own.errors[:, 0]])


def _with_measured(scores: Array, margin: float, measured: Array, margins: Array) -> tuple[Array, Array]:
    """Measured scores, with their own margins, in the place of forecasts, whose level they tell."""
    known = ~np.isnan(measured)
    if not known.any():
        return scores, np.full(len(scores), margin)
    scores = scores + float((measured[known] - scores[known]).mean())
    return np.where(known, measured, scores), np.where(known, margins, margin)


def _rows(
    table: SourceTable, order: Sequence[int], scores: Array, margins: Array, draws: Array, measured: Array,
    level: float, observations: pl.DataFrame, written: Mapping[int, str],
) -> pl.DataFrame:  # fmt: skip
    losses = draws.max(1, keepdims=True) - draws
    bounded = bool((observations["scale"] != "raw").all())
    mean, margin = scores[order], margins[order]
    ends = [mean - margin, mean, mean + margin]
    if table.lower_is_better:
        ends = [-end for end in ends[::-1]]
    lower, mean, upper = (np.clip(end, min(0.0, mean.min()), 1.0) if bounded else end for end in ends)
    reported = dict(observations.select("target", "target_as_reported").drop_nulls().iter_rows())
    names = [table.sources[row] for row in order]
    return pl.DataFrame(
        {
            "source": names,
            "source_as_reported": [
                reported.get(name, name) if written[row] == name else written[row]
                for row, name in zip(order, names, strict=True)
            ],
            "mean": mean,
            "lower": lower,
            "upper": upper,
            "regret": losses.mean(0),
            "regret_upper": np.maximum(np.quantile(losses, level, axis=0), losses.mean(0)),
            "basis": ["forecast" if np.isnan(measured[row]) else "measured" for row in order],
        },
        schema=SOURCES,
    )


def _baselines(
    orders: Mapping[str, Array], table: SourceTable, order: Sequence[int], rows: pl.DataFrame
) -> pl.DataFrame:
    """What each baseline would choose among the candidates."""
    chosen = [(name, table.sources[max(order, key=lambda row: values[row])]) for name, values in orders.items()]
    choices = pl.DataFrame(chosen, schema={"baseline": pl.String, "source": pl.String}, orient="row")
    return choices.join(rows.select("source", "mean", "regret"), on="source", how="left", maintain_order="left")


def _notes(
    table: SourceTable, target: str, nearest: Nearest, own: tuple[Array, Array], ranker: SourceRanker
) -> tuple[str, ...]:
    notes = [f"{len(table.sources)} sources measured on {len(table.targets)} other targets"]
    far = "; far from every measured target" if nearest.far else ""
    notes.append(f"nearest of them: {resolve(nearest.language).name}, at distance {nearest.distance:.2f}{far}")
    measured, errors = own
    if (count := int((~np.isnan(measured)).sum())) > 0:
        exact = "" if np.nansum(errors) else "; how sure these scores are is not known, so they count as exact"
        notes.append(f"{count} of the sources were measured on {resolve(target).name} itself{exact}")
    if ranker.uses_pooled_scores:
        notes.append(f"other models or tasks have measured {resolve(target).name}: their order of sources counts")
    return tuple(notes)


def _flags(nearest: Nearest, margin: float, ranker: SourceRanker) -> tuple[Flag, ...]:
    found = {
        Flag.LEVEL_UNSUPPORTED: bool(np.isinf(margin)),
        Flag.FAR: nearest.far,
        Flag.OTHER_SETTINGS: ranker.uses_pooled_scores,
    }
    return tuple(flag for flag, there in found.items() if there)
