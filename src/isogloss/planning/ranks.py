"""Which model is best over the languages that all were measured in: means and ranks with intervals, and coverage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from isogloss.errors import InputError, NotEnoughEvidence, UnknownName
from isogloss.evidence import Evidence
from isogloss.languages.near_identical import count_once
from isogloss.planning.fairness import BY, of_candidates, only_metric, shared_scores
from isogloss.stats import bootstrap_means, percentile_interval
from isogloss.text import counted, first_of

Array = NDArray[np.float64]
LEVEL = 0.95
FEW = 5
"""Languages below which an interval over them is too narrow, as any of them may be missing from a sample."""
MOST_NAMED = 3
"""Candidates that may be as good which the verdict names."""
SURE = 0.99
"""Share of samples from which a number would say too much."""
SAME = 1e-12
COLUMNS = {"candidate": pl.String, "mean": pl.Float64, "lower": pl.Float64, "upper": pl.Float64, "rank": pl.Int64,
           "best_rank": pl.Int64, "worst_rank": pl.Int64, "first": pl.Float64}  # fmt: skip
"""Of the table, but for what is known of each candidate alone."""


@dataclass(frozen=True)
class Ranks:
    """Candidates by their means over the languages that all were measured in.

    Attributes
    ----------
    task, metric, by : str
    targets : tuple of str
        Languages that count, by canonical id; nearly identical ones once.
    scores : array of shape (candidates, targets)
        In the order of `table`.
    table : polars.DataFrame
        Best first: `candidate`; `mean`, `lower`, `upper` over the languages; `rank`, `best_rank`, `worst_rank`;
        `first`, the share of samples of languages in which it is first; `measured`, languages with a score of it;
        `own_mean`, over all of these.
    left_out : tuple of str
        Languages that some candidate was not measured in.
    missing : tuple of str
        Languages that were named and that no candidate was measured in.
    """

    task: str
    metric: str
    by: str
    targets: tuple[str, ...]
    scores: Array
    table: pl.DataFrame
    left_out: tuple[str, ...]
    missing: tuple[str, ...]

    @property
    def ties(self) -> tuple[str, ...]:
        """Candidates that may be as good as the first: their best rank is 1."""
        return tuple(self.table[1:].filter(pl.col("best_rank") == 1)["candidate"])

    def record(self) -> dict[str, Any]:
        """Everything, for JSON."""
        return {
            "task": self.task, "metric": self.metric, "by": self.by, "targets": list(self.targets),
            "left_out": list(self.left_out), "missing": list(self.missing), "ranks": self.table.to_dicts(),
        }  # fmt: skip

    def words(self, factor: float = 1.0, digits: int = 3) -> list[str]:
        """The answer in sentences, the verdict first; scores times `factor`."""
        best, count = self.table.row(0, named=True), len(self.targets)
        what = "mix" if self.by == "train" else self.by
        begun = (
            f"{best['candidate']} has the best mean of {counted(self.table.height, what)}, "
            f"{factor * best['mean']:.{digits}f}, over the {counted(count, 'language')} that all were measured in"
        )
        if count < 2:
            sentences = [f"{begun}: one language does not tell the order in others."]
        elif self.ties:
            named = first_of(self.ties, MOST_NAMED)
            sentences = [f"{begun}, but {named} may be as good: the order changes with the languages that count."]
        else:
            share = f"{100 * best['first']:.0f} %" if best["first"] < SURE else f"over {100 * SURE:.0f} %"
            sentences = [f"{begun}, and stays first in {share} of samples of these languages."]
        if 2 <= count < FEW:
            sentences.append(f"Over {count} languages intervals are too narrow.")
        sentences += self._coverage(what)
        return sentences

    def _coverage(self, what: str) -> list[str]:
        """In how many languages each was measured, where they differ."""
        counts = dict(self.table.select("candidate", "measured").rows())
        sentences = []
        if len(set(counts.values())) > 1 or self.left_out:
            each = ", ".join(f"{name} in {count}" for name, count in counts.items())
            sentences.append(
                f"Coverage differs ({each}): {counted(len(self.left_out), 'language')} that some {what} lacks "
                f"{'is' if len(self.left_out) == 1 else 'are'} left out."
            )
        if self.missing:
            was = "was" if len(self.missing) == 1 else "were"
            sentences.append(f"{counted(len(self.missing), 'language')} of those named {was} not measured.")
        return sentences


def compare_ranks(
    evidence: Evidence,
    *,
    task: str,
    metric: str | None = None,
    by: str = "model",
    candidates: Sequence[str] | None = None,
    targets: Sequence[str] | None = None,
    seed: int = 0,
    **equal: str | None,
) -> Ranks:
    """Rank models, recipes or training mixes by their means over the languages that all were measured in.

    Parameters
    ----------
    evidence : Evidence
    task : str
    metric : str, optional
        Needed only where the evidence has several.
    by : {"model", "recipe", "train"}
        What is compared.
    candidates : sequence of str, optional
        By default all.
    targets : sequence of str, optional
        Languages that count, by canonical id; by default all that every candidate was measured in.
    seed : int, default 0
        Of the bootstrap.
    **equal
        Other columns of the evidence to hold at a value: `model`, `recipe`, `train`, `split`.

    Returns
    -------
    Ranks

    Raises
    ------
    NotEnoughEvidence
        If there are not two candidates, or no language in which all were measured.
    UnknownName

    Notes
    -----
    Languages are drawn with replacement, 10,000 times, the same for all candidates. Intervals of means and ranks are
    the middle 95 % of these samples (Efron and Tibshirani 1993); of fewer than five languages they are too narrow.
    They tell what other languages of the same kind would change, not what other test items would. Nearly identical
    languages count as one. Of models and recipes, scores count after training mixes that all of them have.
    """
    if by not in BY:
        raise UnknownName("comparison", by, BY, where="by")
    kept = evidence.filter(task=task, metric=metric, **equal).observations
    metric = only_metric(kept)
    if kept["higher_is_better"].n_unique() > 1:
        raise InputError(f"{metric} is better when higher in some scores only", where="evidence")
    if candidates:
        kept = of_candidates(kept, by, candidates)
    if by != "train":
        kept = _same_mixes(kept, by)
    every = set(kept["target"])
    if targets is not None:
        kept = kept.filter(pl.col("target").is_in(list(targets)))
        if kept.is_empty():
            raise NotEnoughEvidence("no score in these languages", where="targets", hint="name others")
    names, shared, left_out, scores = shared_scores(kept, by)
    shared, scores = _once(shared, scores)
    own = kept.drop_nulls(by).group_by(by, "target").agg(pl.col("score").mean()).sort(by, "target")
    of_own = own.group_by(by).agg(measured=pl.len().cast(pl.Int64), own_mean=pl.col("score").mean())
    sign = 1.0 if bool(kept["higher_is_better"].all()) else -1.0
    table = _ranked(names, scores, sign, seed).join(of_own.rename({by: "candidate"}), on="candidate", how="left")
    order = [names.index(name) for name in table["candidate"]]
    missing = tuple(sorted(set(targets) - every)) if targets is not None else ()
    return Ranks(task, metric, by, tuple(shared), scores[order], table, tuple(left_out), missing)


def _same_mixes(rows: pl.DataFrame, by: str) -> pl.DataFrame:
    """Scores after training mixes that all candidates have; all scores where there is no such mix."""
    shared = pl.col(by).drop_nulls().n_unique().over("train") == rows[by].drop_nulls().n_unique()
    kept = rows.filter(shared)
    return rows if kept.is_empty() else kept


def _once(targets: Sequence[str], scores: Array) -> tuple[list[str], Array]:
    """Nearly identical languages as one, with the mean of their scores."""
    first = count_once(targets)
    kept = [name for name in targets if first[name] == name]
    columns = [[at for at, name in enumerate(targets) if first[name] == one] for one in kept]
    return kept, np.column_stack([scores[:, at].mean(1) for at in columns])


def _ranked(names: Sequence[str], scores: Array, sign: float, seed: int) -> pl.DataFrame:
    """Means and ranks of candidates with intervals over languages, best first; without intervals for one language."""
    means = scores.mean(1)
    order = np.lexsort((np.array(names), -sign * means))
    table: dict[str, Any] = {
        "candidate": [names[at] for at in order], "mean": means[order], "rank": _ranks(sign * means[order]),
    }  # fmt: skip
    if scores.shape[1] < 2:
        nothing = [pl.lit(None, COLUMNS[name]).alias(name) for name in COLUMNS if name not in table]
        return pl.DataFrame(table).with_columns(nothing).select(*COLUMNS)
    drawn = bootstrap_means(scores.T, seed=seed)[:, order]  # (draws, candidates)
    ranks = _ranks(sign * drawn)
    lower, upper = percentile_interval(drawn, LEVEL)
    best, worst = np.rint(percentile_interval(ranks, LEVEL)).astype(int)
    table |= {"lower": lower, "upper": upper, "best_rank": best, "worst_rank": worst, "first": (ranks == 1).mean(0)}
    return pl.DataFrame(table).select(*COLUMNS)


def _ranks(values: Array) -> NDArray[np.int64]:
    """Ranks along the last axis, one candidate after the other: all pairs of each draw at once fill the memory."""
    places = range(values.shape[-1])
    return 1 + np.stack([(values > values[..., [at]] + SAME).sum(-1) for at in places], axis=-1)
