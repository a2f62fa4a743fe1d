"""A few sources for many targets together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from isogloss.evidence import Evidence
from isogloss.forecasting.settings import find_setting
from isogloss.languages import resolve
from isogloss.planning.facility import Facilities, TransferDistance, choose_facilities, cluster
from isogloss.planning.ranking.ranker import SourceRanker
from isogloss.planning.ranking.table import Array, SourceTable

CHOSEN = pl.Schema({"target": pl.String, "source": pl.String, "mean": pl.Float64, "basis": pl.String})


@dataclass(frozen=True)
class ManyTargets:
    """Sources chosen for several targets.

    Attributes
    ----------
    sources : tuple of str
        In the order chosen.
    table : polars.DataFrame
        One row per target: the `source` that serves it best, the `mean` score expected or measured, and its `basis`.
    baselines : polars.DataFrame
        `choice`, its `sources` and the weighted mean score it would have in our forecasts.
    value, bound : float
        Weighted mean score, and what no choice of so many sources exceeds.
    optimal : bool
    """

    sources: tuple[str, ...]
    table: pl.DataFrame
    baselines: pl.DataFrame
    value: float
    bound: float
    optimal: bool


def choose_sources(
    evidence: Evidence,
    targets: Sequence[str],
    count: int,
    *,
    task: str,
    model: str,
    metric: str | None = None,
    recipe: str | None = None,
    examples: int | None = None,
    weights: Mapping[str, float] | None = None,
    exact: bool | None = None,
    languages: Mapping[str, str] | None = None,
) -> ManyTargets:
    """Choose the few sources that serve many targets best, each target by the best of them.

    Parameters
    ----------
    evidence, task, model, metric, recipe, examples, languages
        As in `isogloss.planning.rank_sources`.
    targets : sequence of str
        Where they were measured their scores count, elsewhere forecasts.
    count : int
        How many sources.
    weights : mapping of str to float, optional
        Of the targets by canonical id, such as speakers; 1 for those not named.
    exact : bool, optional
        See `isogloss.planning.facility.choose_facilities`.

    Returns
    -------
    ManyTargets

    Raises
    ------
    BadValue, NotEnoughEvidence, UnknownName, UnknownLanguage
    """
    read_as = languages or {}
    ids = [resolve(read_as.get(target, target), where="target").id for target in targets]
    _, observations = find_setting(evidence, task=task, model=model, metric=metric, recipe=recipe)
    table = SourceTable.read(observations, examples)
    scores, measured = _scores(table, ids)
    shares = [float((weights or {}).get(target, 1.0)) for target in ids]
    found = choose_facilities(scores, count, weights=shares, exact=exact)
    sign = -1.0 if table.lower_is_better else 1.0
    rows = [
        (target, table.sources[source], sign * float(scores[source, place]),
         "measured" if measured[source, place] else "forecast")
        for place, (target, source) in enumerate(zip(ids, found.served_by.tolist(), strict=True))
    ]  # fmt: skip
    return ManyTargets(
        tuple(table.sources[row] for row in found.chosen),
        pl.DataFrame(rows, schema=CHOSEN, orient="row"),
        _baselines(table, ids, scores, np.array(shares), count, found),
        sign * found.value, sign * found.bound, found.optimal,
    )  # fmt: skip


def _scores(table: SourceTable, targets: Sequence[str]) -> tuple[Array, Array]:
    """Scores of each target under each source, NaN for itself, and which of them were measured."""
    scores = np.full((len(table.sources), len(targets)), np.nan)
    measured = np.zeros(scores.shape, dtype=bool)
    for place, target in enumerate(targets):
        if target in table.targets:
            scores[:, place] = table.of_others[:, table.targets.index(target)]
            measured[:, place] = ~np.isnan(scores[:, place])
        if measured[:, place].sum() < len(table.sources) - (target in table.sources):
            rest = table.without(target)
            told, _ = SourceRanker().fit(rest, target).calibrate().scores(0.5)
            rows = [table.sources.index(source) for source in rest.sources]
            scores[rows, place] = np.where(measured[rows, place], scores[rows, place], told)
    return scores, measured


def _baselines(
    table: SourceTable, targets: Sequence[str], scores: Array, shares: Array, count: int, ours: Facilities
) -> pl.DataFrame:
    from isogloss.planning.next import largest

    filled = np.where(np.isnan(scores), np.nanmin(scores), scores)
    sign = -1.0 if table.lower_is_better else 1.0
    share = shares / shares.sum()
    apart = TransferDistance.learn(table).between(table.sources, targets)
    apart = np.where(np.isnan(scores), apart.max() + 1, apart)
    chance = np.random.default_rng(0)
    drawn = [chance.choice(len(scores), count, replace=False) for _ in range(100)]
    options = {
        "this choice": list(ours.chosen),
        "best single sources": np.argsort(-(filled @ share), kind="stable")[:count].tolist(),
        "one per cluster": cluster(apart, count, shares.tolist())[0],
        "most data": largest(table.sources)[:count],
    }
    rows = [
        (name, ",".join(table.sources[row] for row in rows), sign * float(filled[rows].max(0) @ share))
        for name, rows in options.items()
    ]
    rows.append(("random", "", sign * float(np.mean([filled[rows].max(0) @ share for rows in drawn]))))
    return pl.DataFrame(rows, schema={"choice": pl.String, "sources": pl.String, "mean": pl.Float64}, orient="row")
