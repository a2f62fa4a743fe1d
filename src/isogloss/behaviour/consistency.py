"""Consistency: whether a model gives the same answers in two languages, right or wrong."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from isogloss.behaviour.answers import Answers, read_answers
from isogloss.behaviour.metrics.agreement import AGREEMENT
from isogloss.behaviour.metrics.jaccard import JACCARD
from isogloss.behaviour.metrics.kappa import KAPPA
from isogloss.behaviour.metrics.rankc import WEIGHTS, chance_of, rank_gains
from isogloss.stats.intervals import bootstrap_weights, check_level, percentile_interval

Array = NDArray[np.float64]

DRAWS = 1_000
PIVOT = "eng"
OF_RIGHT = (JACCARD, KAPPA, AGREEMENT)


@dataclass(frozen=True)
class Consistency:
    """How consistent languages are.

    Attributes
    ----------
    pairs : polars.DataFrame
        For each `model`, `language` and `other`: with candidates, `rankc` with `_lower` and `_upper`, `rankc_chance`,
        `rankc_corrected` ((x - c) / (1 - c)), `rankc_linear`, `rankc_squares` and `same_best` (share of items with the
        same best candidate); where it is known what is right, `jaccard`, `kappa` and `agreement`; `items`.
    languages : polars.DataFrame
        For each `model` and `language`: `accuracy`, means of the above over its pairs, and `kappa_with_english` and
        `agreement_with_english`; null where they do not exist.
    level : float
    """

    pairs: pl.DataFrame
    languages: pl.DataFrame
    level: float


def score_consistency(
    items: pl.DataFrame, *, shared: bool = False, level: float = 0.95, draws: int = DRAWS, seed: int = 0
) -> Consistency:
    """Score how consistent every two languages are.

    Parameters
    ----------
    items : polars.DataFrame
        One row for each candidate: `language`, `item`, `candidate` (its number, the same in all languages), `score`
        (larger is better), and `correct` where it is known; or one row for each item with `right`. `model` and `task`
        where there are any.
    shared : bool
        Whether items that a language lacks, or has other candidates of, are left out; else they are an error.
    level : float
        Of intervals.
    draws, seed : int
        Of the bootstrap over items, and of ties between candidates, which are broken at random.

    Raises
    ------
    BadValue
        If items or candidates are not the same in all languages.
    NotEnoughEvidence
        If there are fewer than two languages.

    Notes
    -----
    RankC is that of Qi, Fernández and Bisazza (2023). The release overflows for more than 709 candidates; here weights
    are scaled first. Of two random rankings the sum over j of w_j j / N is expected, which `rankc_corrected` takes off.
    """
    check_level(level)
    pairs, languages = [], []
    for answers in read_answers(items, shared=shared, seed=seed):
        of_model = pl.DataFrame([*_pairs(answers, level, draws, seed)], infer_schema_length=None)
        of_model = of_model.with_columns(pl.col(pl.Float64).fill_nan(None))
        pairs.append(of_model)
        languages.append(_languages(answers, of_model))
    return Consistency(pl.concat(pairs, how="diagonal_relaxed"), pl.concat(languages, how="diagonal_relaxed"), level)


def _pairs(answers: Answers, level: float, draws: int, seed: int) -> Iterator[dict[str, object]]:
    """Every two languages of a model."""
    places = [*combinations(range(len(answers.languages)), 2)]
    gains, chances = _gains(answers)
    by_item = np.empty((answers.items, len(places)))
    rows = []
    for column, (one, other) in enumerate(places):
        row: dict[str, object] = {
            "model": answers.model, "language": answers.languages[one], "other": answers.languages[other]
        }  # fmt: skip
        if answers.ranks is not None:
            worse = np.maximum(answers.ranks[one], answers.ranks[other])  # (items, candidates)
            values = {name: np.take_along_axis(table, worse, 1).sum(1) for name, table in gains.items()}
            by_item[:, column] = values["rankc"]
            row |= {name: float(of_items.mean()) for name, of_items in values.items()}
            chance = chances["rankc"]
            row["rankc_chance"] = chance
            row["rankc_corrected"] = (float(values["rankc"].mean()) - chance) / (1 - chance)
            row["same_best"] = float((worse == 0).any(1).mean())
        if answers.right is not None:
            row |= {metric.name: float(metric(answers.right[one], answers.right[other])) for metric in OF_RIGHT}
        rows.append(row | {"items": answers.items})
    if answers.ranks is not None:
        weights = bootstrap_weights(answers.items, draws=draws, rng=np.random.default_rng(seed))
        lower, upper = percentile_interval(weights @ by_item, level)
        for row, low, high in zip(rows, lower, upper, strict=True):
            row["rankc_lower"], row["rankc_upper"] = float(low), float(high)
    yield from rows


def _gains(answers: Answers) -> tuple[dict[str, Array], dict[str, float]]:
    """For each weighting what every rank adds, of shape (items, ranks), and the value to expect by chance."""
    if answers.ranks is None:
        return {}, {}
    width = answers.ranks.shape[-1]
    gains, chances = {}, {}
    for name, weights_of in WEIGHTS.items():
        table = np.zeros((width + 1, width))
        expected = np.zeros(width + 1)
        for count in np.unique(answers.candidates):
            weights = weights_of(int(count))
            table[count, :count], expected[count] = rank_gains(weights), chance_of(weights)
        gains[name] = table[answers.candidates]
        chances[name] = float(expected[answers.candidates].mean())
    return gains, chances


def _languages(answers: Answers, pairs: pl.DataFrame) -> pl.DataFrame:
    """Means over the pairs of each language, its accuracy, and its agreement with English."""
    both = pl.concat([pairs, pairs.rename({"language": "other", "other": "language"}).select(pairs.columns)])
    means = [
        pl.col(name).mean()
        for name in ("rankc", "rankc_corrected", "jaccard", "kappa", "agreement") if name in pairs.columns
    ]  # fmt: skip
    table = both.group_by("model", "language", maintain_order=True).agg(means)
    if answers.right is None:
        return table
    accuracy = pl.DataFrame({"language": answers.languages, "accuracy": answers.right.mean(1)})
    english = both.filter(other=PIVOT).select(
        "language", kappa_with_english="kappa", agreement_with_english="agreement"
    )
    return table.join(accuracy, on="language", how="left", maintain_order="left").join(
        english, on="language", how="left", maintain_order="left"
    )
