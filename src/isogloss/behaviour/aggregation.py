"""One label from many models: whom to believe in which language, without a single right answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.special import digamma, softmax

from isogloss.behaviour.items import require
from isogloss.errors import BadValue, NotEnoughEvidence
from isogloss.stats.intervals import check_level, paired_bootstrap

Array = NDArray[Any]

PRIOR = 1.0
"""Of labels, and of what a model calls each."""
CLOSE, MOST_STEPS = 1e-3, 500
MOST_MODELS = 10
"""Models whose labels count where right answers are learnt from."""


@dataclass(frozen=True)
class Aggregation:
    """Labels from many models.

    Attributes
    ----------
    labels : polars.DataFrame
        For each `language` and `item`: `label`, its `probability`, the `majority`, with `gold` items also the labels
        `weighted` and `supervised`, and `answer` where it is known.
    models : polars.DataFrame
        For each `language` and `model`: `reliability`, the mean over labels of how often it is believed to be right,
        its share of `items`, its `accuracy` where all right answers of the language are known, and with `gold` items
        its `weight`.
    scores : polars.DataFrame
        For each `language` all of whose right answers are known: the accuracy of `aggregated`, `weighted` and
        `supervised` labels, of the `majority`, of the `best` single model (`best_model`, which nobody knows without
        right answers), and the `difference` of aggregated labels and majority with `lower` and `upper`; over all items
        but the gold ones.
    level : float
    """

    labels: pl.DataFrame
    models: pl.DataFrame
    scores: pl.DataFrame
    level: float


def aggregate_labels(items: pl.DataFrame, *, gold: int = 0, level: float = 0.95, seed: int = 0) -> Aggregation:
    """Aggregate what several models say of the same items, language by language.

    Parameters
    ----------
    items : polars.DataFrame
        `language`, `item`, `model` and `text` (the label that the model gives; null where it gives none), and `answer`
        where right answers are known, which are only used to score.
    gold : int, default 0
        Items of each language whose right answers may be learnt from, drawn by the seed.
    level, seed
        Of the intervals of differences, items drawn anew in pairs.

    Raises
    ------
    NotEnoughEvidence
        If a language has fewer than two models, or fewer right answers than `gold`, or no other item.
    BadValue
        If a model labels an item twice, or an item has two right answers.

    Notes
    -----
    Bayesian ensemble annotation as in Rahimi, Li and Cohn (2019): a variational Dawid-Skene model with priors of 1,
    which starts at the majority vote. With p labels k of probability pi_k and model j calling them l with v_jkl,

        z_ik ∝ exp(E[log pi_k] + sum_j E[log v_j,k,y_ij]),

    and the expectations under Dirichlet posteriors. It is worth something with many unequal models; with a few good
    ones it is the majority vote. With some right answers there are two more labels, each of the `MOST_MODELS` models
    that are right most often in them: by a vote with weights in proportion to how often each is right, as RaRe ranks
    and weighs sources; and by the confusions of each in them, as of the same model with z known (BEA, supervised).
    """
    check_level(level)
    if gold < 0:
        raise BadValue(f"gold is {gold}", where="gold", hint="give 0 or more")
    require(items, "language", "item", "model", "text")
    table = items.drop_nulls("text").with_columns(pl.col("text", "item", "model").cast(pl.String))
    if table.filter(pl.struct("language", "item", "model").is_duplicated()).height:
        raise BadValue("a model labels an item twice", where="items", hint="keep one row for each")
    labels, models, scores = [], [], []
    for (language,), rows in table.group_by("language", maintain_order=True):
        if rows["model"].n_unique() < 2:
            raise NotEnoughEvidence(f"{language} has labels of one model only", where="items",
                                    hint="give those of several")  # fmt: skip
        own = _language(str(language), rows, gold, level, seed)
        labels.append(own[0])
        models.append(own[1])
        scores += own[2]
    return Aggregation(pl.concat(labels), pl.concat(models), pl.DataFrame(scores, schema=SCORES), level)


SCORES = {
    "language": pl.String, "aggregated": pl.Float64, "weighted": pl.Float64, "supervised": pl.Float64,
    "majority": pl.Float64, "best": pl.Float64,
    "best_model": pl.String, "difference": pl.Float64, "lower": pl.Float64, "upper": pl.Float64, "items": pl.Int64,
}  # fmt: skip


def ensemble(votes: Array, labels: int) -> tuple[Array, Array]:
    """Probabilities of labels, and what each model calls each.

    Parameters
    ----------
    votes : array of int, shape (models, items)
        Labels from 0; -1 where a model gives none.
    labels : int

    Returns
    -------
    probabilities : array of shape (items, labels)
    confusions : array of shape (models, labels, labels)
        Rows, what is right, sum to 1.
    """
    given = np.stack([votes == label for label in range(labels)], axis=2).astype(float)  # (models, items, labels)
    z = given.sum(0) / given.sum((0, 2))[:, None]
    for _ in range(MOST_STEPS):
        counts = PRIOR + np.einsum("ik,jil->jkl", z, given)
        confusion = digamma(counts) - digamma(counts.sum(2, keepdims=True))
        share = digamma(PRIOR + z.sum(0)) - digamma(len(z) + labels * PRIOR)
        before, z = z, softmax(share + np.einsum("jil,jkl->ik", given, confusion), axis=1)
        if np.abs(z - before).max() < CLOSE:
            break
    return z, counts / counts.sum(2, keepdims=True)


def learn_from_gold(votes: Array, right: Array, labels: int) -> tuple[Array, Array, Array]:
    """Labels by models as far as they are right in some items.

    Parameters
    ----------
    votes : array of int, shape (models, items)
        Labels from 0; -1 where a model gives none.
    right : array of int, shape (items,)
        Right labels; -1 of items that are not learnt from.
    labels : int

    Returns
    -------
    weighted, supervised : array of shape (items, labels)
        Shares of a weighted vote, and probabilities; rows sum to 1.
    weights : array of shape (models,)
        They sum to 1; 0 for models that do not count.
    """
    known = right >= 0
    given = np.stack([votes == label for label in range(labels)], axis=2).astype(float)  # (models, items, labels)
    hits = (votes[:, known] == right[known]).mean(1)
    weights = np.where(np.isin(np.arange(len(votes)), np.argsort(-hits, kind="stable")[:MOST_MODELS]), hits, 0.0)
    weights = weights / weights.sum() if weights.any() else np.full(len(votes), 1 / len(votes))
    shares = np.einsum("j,jil->il", weights, given) + 1e-12
    is_right = np.stack([right[known] == label for label in range(labels)], axis=1).astype(float)
    confusions = PRIOR + np.einsum("ik,jil->jkl", is_right, given[:, known])
    each = np.log(confusions / confusions.sum(2, keepdims=True))
    share = np.log((PRIOR + is_right.sum(0)) / (known.sum() + labels * PRIOR))
    counted = weights > 0
    probabilities = softmax(share + np.einsum("jil,jkl->ik", given[counted], each[counted]), axis=1)
    return shares / shares.sum(1, keepdims=True), probabilities, weights


def _language(
    language: str, rows: pl.DataFrame, gold: int, level: float, seed: int
) -> tuple[pl.DataFrame, pl.DataFrame, list[dict[str, Any]]]:
    names = rows["text"].unique().sort().to_list()
    items = rows["item"].unique(maintain_order=True).to_list()
    models = rows["model"].unique(maintain_order=True).to_list()
    votes = np.full((len(models), len(items)), -1)
    places = [{one: place for place, one in enumerate(every)} for every in (models, items, names)]
    for model, item, text in rows.select("model", "item", "text").iter_rows():
        votes[places[0][model], places[1][item]] = places[2][text]
    probabilities, confusions = ensemble(votes, len(names))
    counted = np.stack([(votes == label).sum(0) for label in range(len(names))], axis=1)
    chosen = {"label": probabilities.argmax(1), "majority": counted.argmax(1)}
    share = probabilities.sum(0) / len(items)
    right = _answers(rows, items)
    learnt = _gold(language, right, names, gold, seed)
    weights: dict[str, Any] = {}
    if gold:
        weighted, supervised, of_models = learn_from_gold(votes, learnt, len(names))
        chosen |= {"weighted": weighted.argmax(1), "supervised": supervised.argmax(1)}
        weights = {"weight": of_models}
    table = pl.DataFrame(
        {"language": [language] * len(items), "item": items, "probability": probabilities.max(1)}
        | {name: [names[place] for place in best] for name, best in chosen.items()}
    )
    known = pl.DataFrame(
        {"language": [language] * len(models), "model": models,
         "reliability": np.einsum("jkk,k->j", confusions, share), "items": (votes >= 0).mean(1), **weights}
    )  # fmt: skip
    answers = pl.Series("answer", right, dtype=pl.String)
    if any(one is None for one in right):
        return table.with_columns(answers), known.with_columns(accuracy=pl.lit(None, pl.Float64)), []
    own = np.array([[names[place] == one if place >= 0 else False for place, one in zip(row, right, strict=True)]
                    for row in votes])[:, learnt < 0].mean(1)  # fmt: skip
    hits = {name: (table[name] == answers).to_numpy().astype(float)[learnt < 0] for name in chosen}
    lower, upper = paired_bootstrap(hits["label"], hits["majority"], level=level, draws=2_000, seed=seed)
    score = {
        "language": language, "aggregated": hits["label"].mean(), "majority": hits["majority"].mean(),
        "best": own.max(), "best_model": models[int(own.argmax())], "lower": lower, "upper": upper,
        "difference": hits["label"].mean() - hits["majority"].mean(), "items": int((learnt < 0).sum()),
    } | {name: hits[name].mean() for name in ("weighted", "supervised") if name in hits}  # fmt: skip
    return table.with_columns(answers), known.with_columns(accuracy=pl.Series(own)), [score]


def _gold(language: str, right: Sequence[str | None], names: Sequence[str], gold: int, seed: int) -> Array:
    """Right labels of the items that are learnt from, -1 of all others."""
    known = [place for place, one in enumerate(right) if one in names]
    if gold and (len(known) < gold or len(right) <= gold):
        raise NotEnoughEvidence(f"{language} has {len(known)} items with a right answer", where="gold",
                                hint=f"give more than {gold}, or a smaller gold")  # fmt: skip
    drawn = np.random.default_rng(seed).permutation(known)[:gold].astype(int)
    learnt = np.full(len(right), -1)
    learnt[drawn] = [names.index(str(right[place])) for place in drawn]
    return learnt


def _answers(rows: pl.DataFrame, items: Sequence[str]) -> list[str | None]:
    """The right label of each item, null where it is not known."""
    if "answer" not in rows.columns:
        return [None] * len(items)
    known = rows.select("item", pl.col("answer").cast(pl.String)).drop_nulls().unique()
    twice = known.filter(pl.col("item").is_duplicated())["item"].to_list()
    if twice:
        raise BadValue(f"item {min(twice)} has several right answers", where="items, column answer",
                       hint="give it one")  # fmt: skip
    of_item = dict(known.iter_rows())
    return [of_item.get(one) for one in items]
