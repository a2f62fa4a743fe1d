"""Which sources to train on together: two or three for one target."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
import polars as pl

from isogloss.errors import BadValue, NotEnoughEvidence
from isogloss.evidence import Evidence, TrainingMix
from isogloss.forecasting.settings import ask, find_setting
from isogloss.languages import resolve
from isogloss.planning.ranking.table import Array
from isogloss.planning.sources import SourceRanking

SETS = pl.Schema(
    {"sources": pl.String, "mean": pl.Float64, "lower": pl.Float64, "upper": pl.Float64, "basis": pl.String}
)
"""Columns of a ranking of sets of sources."""
POOL = 12
"""Sources that sets are made of, the best single ones: more would make many sets and hardly better ones."""
FEWEST_MIXES = 10
"""Mixes of several sources that must have been measured for the forecaster to say what a mix is worth."""


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
        rows.append((names, mean, mean - margin, mean + margin, "best of them, not mixed"))
    found = pl.DataFrame(rows, schema=SETS, orient="row")
    return found.sort("mean", descending=not ranking.lower_is_better, maintain_order=True)


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
    languages: Mapping[str, str] | None = None,
) -> pl.DataFrame:
    """Mixes of a few sources in equal parts, by what the default forecaster makes of them.

    Parameters
    ----------
    size : int, default 2
        Sources of a mix; 1 ranks single sources where none was measured alone.
    examples : int, optional
        In all; by default the median of the measured mixes.
    evidence, target, task, model, candidates, metric, recipe, level, languages
        As in `isogloss.planning.rank_sources`.

    Returns
    -------
    polars.DataFrame
        Columns of `SETS`, best first.

    Raises
    ------
    NotEnoughEvidence
        If fewer than ten mixes of several sources were measured.
    BadValue
        If the size is more than the sources that mixes are made of.
    """
    from isogloss.forecasting import Default

    read_as = languages or {}
    identifier = resolve(read_as.get(target, target), where="target").id
    _, observations = find_setting(evidence, task=task, model=model, metric=metric, recipe=recipe)
    mixes = [TrainingMix.parse(text, language=str) for text in observations["train"].unique().sort()]
    several = [mix for mix in mixes if len(mix) > 1]
    if len(several) < FEWEST_MIXES:
        raise NotEnoughEvidence(
            f"no ranking from {len(several)} mixes of several sources, {FEWEST_MIXES} are needed",
            where="evidence", hint="measure more, or models trained on one language each",
        )  # fmt: skip
    known = sorted({source for mix in several for source in mix} - {identifier})
    chosen = known if candidates is None else [resolve(read_as.get(one, one)).id for one in candidates]
    _check_size(size, min(len(chosen), POOL), least=1)
    total = examples or int(np.median([sum(part or 0 for part in mix.values()) for mix in several]) or 1000)
    fitted = Default().fit(evidence.with_observations(observations)).conformalize()

    def forecast(sets: Sequence[tuple[str, ...]]) -> pl.DataFrame:
        texts = [",".join(f"{source}:{max(total // len(members), 1)}" for source in members) for members in sets]
        asked = [
            ask(task=task, model=model, targets=[identifier], train=text, metric=metric, recipe=recipe)
            for text in texts
        ]
        found = fitted.predict_interval(pl.concat(asked), level)
        return pl.DataFrame(
            {"sources": [",".join(members) for members in sets], **{name: found[name] for name in list(SETS)[1:]}},
            schema=SETS,
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
