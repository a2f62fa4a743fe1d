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


@dataclass(frozen=True)
class Aggregation:
    """Labels from many models.

    Attributes
    ----------
    labels : polars.DataFrame
        For each `language` and `item`: `label`, its `probability`, the `majority`, and `answer` where it is known.
    models : polars.DataFrame
        For each `language` and `model`: `reliability`, the mean over labels of how often it is believed to be right,
        its share of `items`, and its `accuracy` where all right answers of the language are known.
    scores : polars.DataFrame
        For each `language` all of whose right answers are known: the accuracy of `aggregated` labels, of the
        `majority`, of the `best` single model (`best_model`, which nobody knows without right answers), and the
        `difference` of aggregated labels and majority with `lower` and `upper`.
    level : float
    """

    labels: pl.DataFrame
    models: pl.DataFrame
    scores: pl.DataFrame
    level: float


def aggregate_labels(items: pl.DataFrame, *, level: float = 0.95, seed: int = 0) -> Aggregation:
    """Aggregate what several models say of the same items, language by language.

    Parameters
    ----------
    items : polars.DataFrame
        `language`, `item`, `model` and `text` (the label that the model gives; null where it gives none), and `answer`
        where right answers are known, which are only used to score.
    level, seed
        Of the intervals of differences, items drawn anew in pairs.

    Raises
    ------
    NotEnoughEvidence
        If a language has fewer than two models.
    BadValue
        If a model labels an item twice, or an item has two right answers.

    Notes
    -----
    Bayesian ensemble annotation as in Rahimi, Li and Cohn (2019): a variational Dawid-Skene model with priors of 1,
    which starts at the majority vote. With p labels k of probability pi_k and model j calling them l with v_jkl,

        z_ik ∝ exp(E[log pi_k] + sum_j E[log v_j,k,y_ij]),

    and the expectations under Dirichlet posteriors. It is worth something with many unequal models; with a few good
    ones it is the majority vote.
    """
    check_level(level)
    require(items, "language", "item", "model", "text")
    table = items.drop_nulls("text").with_columns(pl.col("text", "item", "model").cast(pl.String))
    if table.filter(pl.struct("language", "item", "model").is_duplicated()).height:
        raise BadValue("a model labels an item twice", where="items", hint="keep one row for each")
    labels, models, scores = [], [], []
    for (language,), rows in table.group_by("language", maintain_order=True):
        if rows["model"].n_unique() < 2:
            raise NotEnoughEvidence(f"{language} has labels of one model only", where="items",
                                    hint="give those of several")  # fmt: skip
        own = _language(str(language), rows, level, seed)
        labels.append(own[0])
        models.append(own[1])
        scores += own[2]
    return Aggregation(pl.concat(labels), pl.concat(models), pl.DataFrame(scores, schema=SCORES), level)


SCORES = {
    "language": pl.String, "aggregated": pl.Float64, "majority": pl.Float64, "best": pl.Float64,
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


def _language(
    language: str, rows: pl.DataFrame, level: float, seed: int
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
    table = pl.DataFrame(
        {"language": [language] * len(items), "item": items, "probability": probabilities.max(1)}
        | {name: [names[place] for place in best] for name, best in chosen.items()}
    )
    known = pl.DataFrame(
        {"language": [language] * len(models), "model": models,
         "reliability": np.einsum("jkk,k->j", confusions, share), "items": (votes >= 0).mean(1)}
    )  # fmt: skip
    right = _answers(rows, items)
    answers = pl.Series("answer", right, dtype=pl.String)
    if any(one is None for one in right):
        return table.with_columns(answers), known.with_columns(accuracy=pl.lit(None, pl.Float64)), []
    own = np.array([[names[place] == one if place >= 0 else False for place, one in zip(row, right, strict=True)]
                    for row in votes]).mean(1)  # fmt: skip
    hits = {name: (table[name] == answers).to_numpy().astype(float) for name in chosen}
    lower, upper = paired_bootstrap(hits["label"], hits["majority"], level=level, draws=2_000, seed=seed)
    score = {
        "language": language, "aggregated": hits["label"].mean(), "majority": hits["majority"].mean(),
        "best": own.max(), "best_model": models[int(own.argmax())], "lower": lower, "upper": upper,
        "difference": hits["label"].mean() - hits["majority"].mean(), "items": len(items),
    }  # fmt: skip
    return table.with_columns(answers), known.with_columns(accuracy=pl.Series(own)), [score]


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
