"""What a model knows of facts before and after it was taught them, in the languages of teaching and in others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from isogloss.behaviour.answers import Answers, read_answers
from isogloss.behaviour.metrics.rankc import WEIGHTS, rank_consistency
from isogloss.stats.intervals import bootstrap_weights, check_level, percentile_interval

Array = NDArray[np.float64]

BEFORE, AFTER, EXCHANGED = "before", "after", "exchanged"
KINDS = ("taught", "taught elsewhere", "held out")
CHANGES: dict[str, Any] = {
    "kind": pl.String, "language": pl.String, "items": pl.Int64, "before": pl.Float64, "after": pl.Float64,
    "change": pl.Float64, "lower": pl.Float64, "upper": pl.Float64, "exchanged": pl.Float64, "excess": pl.Float64,
    "excess_lower": pl.Float64, "excess_upper": pl.Float64,
}  # fmt: skip
RANKS: dict[str, Any] = {
    "kind": pl.String, "language": pl.String, "other": pl.String, "items": pl.Int64, "before": pl.Float64,
    "after": pl.Float64, "change": pl.Float64, "lower": pl.Float64, "upper": pl.Float64,
}  # fmt: skip


@dataclass(frozen=True)
class TaughtFacts:
    """What a model knows before and after.

    Attributes
    ----------
    changes : polars.DataFrame
        For each `kind` (`taught` in this language, `taught elsewhere`: the same facts, in other languages alone, or
        `held out`) and `language`: `items`, share of right answers `before` and `after`, `change` with `lower` and
        `upper`; with a control, `exchanged` (its change) and `excess` of the change over it, with its interval.
    consistency : polars.DataFrame
        RankC of each language taught in and each `other` language, `before` and `after`, with the interval of the
        change, of facts that were `taught` in the one, and of facts `held out`.
    level : float
        Of the intervals, from facts drawn anew, each compared with itself.
    """

    changes: pl.DataFrame
    consistency: pl.DataFrame
    level: float


def score_taught_facts(
    questions: pl.DataFrame, answers: Mapping[str, pl.DataFrame], *, level: float = 0.95, seed: int = 0
) -> TaughtFacts:
    """Compare what a model knew before it was taught facts with what it knows after.

    Parameters
    ----------
    questions : polars.DataFrame
        See `mark_taught`.
    answers : mapping of {"before", "after", "exchanged"} to polars.DataFrame
        Candidates with their scores, as `isogloss.behaviour.answer_questions` gives them, of the same questions;
        `exchanged`, the control, may be missing.
    level : float
    seed : int
        Of the facts drawn anew, and of ties between candidates.

    Raises
    ------
    BadValue
        If facts or candidates are not the same in all languages.
    NotEnoughEvidence
        If there are fewer than two languages.
    """
    check_level(level)
    states = {name: next(read_answers(table, seed=seed)) for name, table in answers.items()}
    languages = states[BEFORE].languages
    names = answers[BEFORE]["item"].unique(maintain_order=True)
    pivot = questions.pivot("language", index="item", values="taught").join(
        names.to_frame("item"), on="item", how="right", maintain_order="right"
    )
    taught = pivot.select(languages).to_numpy().T.astype(bool)  # (languages, items)
    right = {name: np.asarray(one.right, float) for name, one in states.items()}
    changes = [
        {"kind": kind, "language": language, **_change(right, place, items, level, seed)}
        for kind in KINDS for place, language in enumerate(languages)
        if (items := _of_kind(kind, taught, place)).any()
    ]  # fmt: skip
    consistency = [
        {"kind": kind, "language": language, "other": other, **_ranks(states, (one, two), items, level, seed)}
        for one, language in enumerate(languages) if taught[one].any()
        for two, other in enumerate(languages) if two != one
        for kind in ("taught", "held out") if (items := _of_kind(kind, taught, one)).any()
    ]  # fmt: skip
    return TaughtFacts(pl.DataFrame(changes, schema=CHANGES), pl.DataFrame(consistency, schema=RANKS), level)


def _of_kind(kind: str, taught: NDArray[np.bool_], language: int) -> NDArray[np.bool_]:
    anywhere = taught.any(0)
    chosen = {KINDS[0]: taught[language], KINDS[1]: anywhere & ~taught[language], KINDS[2]: ~anywhere}[kind]
    return np.asarray(chosen)


def _change(
    right: Mapping[str, Array], language: int, items: NDArray[np.bool_], level: float, seed: int
) -> dict[str, Any]:
    """Right answers of some facts in a language, and how they change."""
    some = {name: table[language, items] for name, table in right.items()}
    row = {"items": int(items.sum()), "before": float(some[BEFORE].mean()), "after": float(some[AFTER].mean())}
    row |= _interval(some[AFTER] - some[BEFORE], level, seed)
    if EXCHANGED in some:
        excess = _interval(some[AFTER] - some[EXCHANGED], level, seed)
        row["exchanged"] = float((some[EXCHANGED] - some[BEFORE]).mean())
        row |= {"excess": excess["change"], "excess_lower": excess["lower"], "excess_upper": excess["upper"]}
    return row


def _ranks(
    states: Mapping[str, Answers], pair: tuple[int, int], items: NDArray[np.bool_], level: float, seed: int
) -> dict[str, Any]:
    """RankC of two languages before and after."""
    before, after = (_rankc(states[name], pair)[items] for name in (BEFORE, AFTER))
    return {"items": int(items.sum()), "before": float(before.mean()), "after": float(after.mean()),
            **_interval(after - before, level, seed)}  # fmt: skip


def _rankc(answers: Answers, pair: tuple[int, int]) -> Array:
    """RankC of each item in two languages."""
    assert answers.ranks is not None  # answers are candidates with scores
    values = np.empty(answers.items)
    for count in np.unique(answers.candidates):
        at = answers.candidates == count
        first, second = (answers.ranks[place, at, :count] for place in pair)
        values[at] = rank_consistency(first, second, WEIGHTS["rankc"])
    return values


def _interval(differences: Array, level: float, seed: int) -> dict[str, float]:
    """The mean difference, with its interval from items drawn anew."""
    weights = bootstrap_weights(len(differences), rng=np.random.default_rng(seed))
    lower, upper = percentile_interval(weights @ differences, level)
    return {"change": float(differences.mean()), "lower": float(lower), "upper": float(upper)}
