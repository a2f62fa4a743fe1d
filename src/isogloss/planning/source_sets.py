"""Sets of sources: a few for many targets together, or two or three to train on for one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import polars as pl

from isogloss.errors import BadValue, NotEnoughEvidence
from isogloss.evidence import Evidence, TrainingMix
from isogloss.forecasting import Trust, fitted, forecasters
from isogloss.forecasting.capability import Capability, require
from isogloss.forecasting.settings import ask, find_setting
from isogloss.languages import resolve
from isogloss.languages.language import as_languages
from isogloss.planning.facility import Facilities, TransferDistance, choose_facilities, cluster
from isogloss.planning.ranking.ranker import SourceRanker
from isogloss.planning.ranking.table import Array, SourceTable
from isogloss.planning.sources import SourceRanking
from isogloss.planning.table_alone import by_table_alone

SETS = pl.Schema({"sources": pl.String, "mean": pl.Float64, "lower": pl.Float64, "upper": pl.Float64})
"""Columns of a ranking of sets of sources, of which the best is used, not a mix of them."""
MIXES = pl.Schema([*SETS.items(), ("flags", pl.List(pl.String)), ("trust", pl.String)])
"""Columns of a ranking of mixes, with the flags and the word of trust of each forecast."""
POOL = 12
"""Sources that sets are made of, the best single ones: more would make many sets and hardly better ones."""
FEWEST_MIXES = 10
"""Mixes of several sources that must have been measured for the forecaster to say what a mix is worth."""
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
    ids = [language.id for language in as_languages(targets, where="target", read_as=read_as)]
    _, observations = find_setting(evidence, task=task, model=model, metric=metric, recipe=recipe)
    table = SourceTable.read(observations, examples)
    scores, measured = _scores(table, ids)
    shares = [float((weights or {}).get(target, 1.0)) for target in ids]
    facilities = choose_facilities(scores, count, weights=shares, exact=exact)
    sign = -1.0 if table.lower_is_better else 1.0
    rows = [
        (target, table.sources[source], sign * float(scores[source, place]),
         "measured" if measured[source, place] else "forecast")
        for place, (target, source) in enumerate(zip(ids, facilities.served_by.tolist(), strict=True))
    ]  # fmt: skip
    return ManyTargets(
        tuple(table.sources[row] for row in facilities.chosen),
        pl.DataFrame(rows, schema=CHOSEN, orient="row"),
        _baselines(table, ids, scores, np.array(shares), count, facilities),
        sign * facilities.value, sign * facilities.bound, facilities.optimal,
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
            forecasts, _ = SourceRanker().fit(rest, target).calibrate().scores(0.5)
            rows = [table.sources.index(source) for source in rest.sources]
            scores[rows, place] = np.where(measured[rows, place], scores[rows, place], forecasts)
    return scores, measured


def _baselines(
    table: SourceTable, targets: Sequence[str], scores: Array, shares: Array, count: int, ours: Facilities
) -> pl.DataFrame:
    from isogloss.planning.next import largest

    filled = np.where(np.isnan(scores), np.nanmin(scores), scores)
    sign = -1.0 if table.lower_is_better else 1.0
    share = shares / shares.sum()
    distance = TransferDistance.learn(table).between(table.sources, targets)
    distance = np.where(np.isnan(scores), distance.max() + 1, distance)
    chance = np.random.default_rng(0)
    drawn = [chance.choice(len(scores), count, replace=False) for _ in range(100)]
    options = {
        "this choice": list(ours.chosen),
        "best single sources": np.argsort(-(filled @ share), kind="stable")[:count].tolist(),
        "one per cluster": cluster(distance, count, shares.tolist())[0],
        "most data": largest(table.sources)[:count],
    }
    rows = [
        (name, ",".join(table.sources[row] for row in rows), sign * float(filled[rows].max(0) @ share))
        for name, rows in options.items()
    ]
    rows.append(("random", "", sign * float(np.mean([filled[rows].max(0) @ share for rows in drawn]))))
    return pl.DataFrame(rows, schema={"choice": pl.String, "sources": pl.String, "mean": pl.Float64}, orient="row")


def shortlist(draws: Array, count: int, first: int | None = None) -> list[int]:
    """Sources that complement each other: each one adds most to the expected best of those chosen so far.

    Parameters
    ----------
    draws : array of shape (draws, sources)
        Scores as they may turn out, see `isogloss.planning.ranking.ranker.SourceRanker.draws`.
    count : int
    first : int, optional
        The one to start with; by default the one with the highest mean.

    Returns
    -------
    list of int
        Positions of the sources, in the order chosen.

    Notes
    -----
    The expected best is submodular, so that greedy choice reaches at least 1 - 1/e of what is possible
    (Nemhauser et al. 1978).
    """
    chosen = [int(draws.mean(0).argmax()) if first is None else first]
    best = draws[:, chosen[0]]
    while len(chosen) < min(count, draws.shape[1]):
        gains = np.maximum(draws, best[:, None]).mean(0)
        gains[chosen] = -np.inf
        chosen.append(int(gains.argmax()))
        best = np.maximum(best, draws[:, chosen[-1]])
    return chosen


def rank_sets(ranking: SourceRanking, size: int = 2) -> pl.DataFrame:
    """Sets of single sources, by the score that the best of each set is expected to have.

    The rule where nothing was trained on several sources together: what a set is worth is what the best of its
    members is worth, and which one that is, is uncertain, so that two that may both be best are better than two that
    are good for the same reason. It says nothing of what is gained or lost by mixing them.

    Parameters
    ----------
    ranking : SourceRanking
    size : int, default 2

    Returns
    -------
    polars.DataFrame
        Columns of `SETS`, best first; bands are those of the ranking around the better mean.

    Raises
    ------
    BadValue
        If the size is not 2 or more, or more than the sources that sets are made of.
    """
    pool = ranking.table.head(POOL)
    _check_size(size, pool.height, least=2)
    margin = float((pool["upper"] - pool["mean"]).to_numpy().max())
    draws = ranking.draws[:, : pool.height]
    sign = -1.0 if ranking.lower_is_better else 1.0
    rows = []
    for members in combinations(range(pool.height), size):
        mean = sign * float(draws[:, list(members)].max(1).mean())
        names = ",".join(pool["source"][member] for member in members)
        rows.append((names, mean, mean - margin, mean + margin))
    sets = pl.DataFrame(rows, schema=SETS, orient="row")
    return sets.sort("mean", descending=not ranking.lower_is_better, maintain_order=True)


def rank_mixes(
    evidence: Evidence,
    target: str,
    *,
    task: str,
    model: str,
    size: int = 2,
    candidates: Sequence[str] | None = None,
    metric: str | None = None,
    recipe: str | None = None,
    examples: int | None = None,
    level: float = 0.9,
    forecaster: str = "default",
    languages: Mapping[str, str] | None = None,
) -> pl.DataFrame:
    """Mixes of a few sources in equal parts, by what a forecaster makes of them.

    Parameters
    ----------
    size : int, default 2
        Sources of a mix; 1 ranks single sources where none was measured alone.
    examples : int, optional
        In all; by default the median of the measured mixes.
    forecaster : str, default "default"
        One that tells unmeasured languages and mixes apart.
    evidence, target, task, model, candidates, metric, recipe, level, languages
        As in `isogloss.planning.rank_sources`.

    Returns
    -------
    polars.DataFrame
        Columns of `MIXES`, best first. All are guesses for a target that the table model forecasts alone (see
        docs/methods/poorer.md): their order is the one of the measured languages.

    Raises
    ------
    NotEnoughEvidence
        If fewer than ten mixes of several sources were measured.
    BadValue
        If the size is more than the sources that mixes are made of.
    InputError
        If the forecaster cannot tell mixes or languages apart.
    UnknownName
    """
    require(forecasters.get(forecaster), Capability.LANGUAGES, Capability.MIXES)
    read_as = languages or {}
    identifier = resolve(read_as.get(target, target), where="target").id
    setting, observations = find_setting(evidence, task=task, model=model, metric=metric, recipe=recipe)
    mixes = [TrainingMix.parse(text, language=str) for text in observations["train"].unique().sort()]
    several = [mix for mix in mixes if len(mix) > 1]
    if not any(mixes):
        raise NotEnoughEvidence(
            "no source can be ranked: every score of this task and model is of the model used as it is",
            where="evidence", hint="first train on each of a few candidate languages alone, and measure that",
        )  # fmt: skip
    if len(several) < FEWEST_MIXES:
        raise NotEnoughEvidence(
            f"no ranking from {len(several)} mixes of several sources, {FEWEST_MIXES} are needed",
            where="evidence", hint="measure more, or models trained on one language each",
        )  # fmt: skip
    known = sorted({source for mix in several for source in mix} - {identifier})
    chosen = known if candidates is None else [one.id for one in as_languages(candidates, read_as=read_as)]
    _check_size(size, min(len(chosen), POOL), least=1)
    total = examples or int(np.median([sum(part or 0 for part in mix.values()) for mix in several]) or 1000)
    one = ask(task=task, model=model, targets=[identifier], train=f"{chosen[0]}:{total}", metric=metric, recipe=recipe)
    estimator = fitted(evidence.with_observations(observations), one, forecaster=forecaster)
    unseen = bool(by_table_alone(estimator, setting, [identifier]))

    def forecast(sets: Sequence[tuple[str, ...]]) -> pl.DataFrame:
        texts = [",".join(f"{source}:{max(total // len(members), 1)}" for source in members) for members in sets]
        queries = [
            ask(task=task, model=model, targets=[identifier], train=text, metric=metric, recipe=recipe)
            for text in texts
        ]
        forecasts = estimator.predict_interval(pl.concat(queries), level)
        if unseen:
            forecasts = forecasts.with_columns(trust=pl.lit(Trust.GUESS.value))
        return pl.DataFrame(
            {"sources": [",".join(members) for members in sets], **{name: forecasts[name] for name in list(MIXES)[1:]}},
            schema=MIXES,
        )

    lower = not bool(observations["higher_is_better"].all())
    single = forecast([(source,) for source in chosen]).sort("mean", descending=not lower, maintain_order=True)
    if size == 1:
        return single
    pool = single["sources"].head(POOL).to_list()
    return forecast(list(combinations(pool, size))).sort("mean", descending=not lower, maintain_order=True)


def _check_size(size: int, pool: int, *, least: int) -> None:
    if not least <= size <= pool:
        hint = f"give {least} to {pool}" if pool >= least else "give more sources to choose from"
        raise BadValue(f"no sets of {size} from the {pool} best sources", where="together", hint=hint)
