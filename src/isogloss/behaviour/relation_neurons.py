"""Neurons that fire at questions about one relation, and what is no longer known in each language without them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from isogloss.alignment.switching import random_neurons
from isogloss.behaviour.items import require
from isogloss.behaviour.prompts import ranked_prompt
from isogloss.errors import BadValue, NotEnoughEvidence, UnknownName
from isogloss.models.neurons import firing_shares, switched_off
from isogloss.models.respondents import Meter
from isogloss.models.respondents.local import LocalRespondent
from isogloss.models.tokenizers import Tokenizer
from isogloss.progress import Progress, steps
from isogloss.stats import benjamini_hochberg, bootstrap_weights, percentile_interval
from isogloss.stats.intervals import check_level

Array = NDArray[Any]

SHARE, FALSE_DISCOVERIES, DRAWS = 0.02, 0.05, 5
FEWEST = 8
"""Questions of each relation: half of them find neurons, the others test them."""
LONGEST = 256
"""Tokens of a question that are looked at."""
EFFECTS: dict[str, Any] = {
    "off": pl.String, "relation": pl.String, "language": pl.String, "items": pl.Int64, "accuracy": pl.Float64,
    "without": pl.Float64, "loss": pl.Float64, "lower": pl.Float64, "upper": pl.Float64, "random": pl.Float64,
    "excess": pl.Float64, "excess_lower": pl.Float64, "excess_upper": pl.Float64,
}  # fmt: skip


@dataclass(frozen=True)
class RelationNeurons:
    """Neurons of relations, and what is lost without them.

    Attributes
    ----------
    chosen : dict of str to numpy.ndarray of bool, shape (layers, neurons)
        Of each relation, those that fire more at its questions than at those of the others.
    neurons : polars.DataFrame
        One row for each: `relation`, `layer` (from 1), `neuron`, `share` of tokens of its questions on which it fires,
        `others` (the same of other relations), `q`.
    effects : polars.DataFrame
        For each relation whose neurons are `off`, each `relation` that is asked and each `language`: `items`,
        `accuracy` with all neurons and `without` them, `loss` (their difference) with `lower` and `upper`, `random`
        (the loss without as many random neurons of the same layers, on average over draws) and `excess` of the one
        over the other, with its interval. Items that no neuron was found by.
    level : float
        Of the intervals, from items drawn anew.
    """

    chosen: dict[str, Array]
    neurons: pl.DataFrame
    effects: pl.DataFrame
    level: float


def find_relation_neurons(
    respondent: LocalRespondent,
    questions: pl.DataFrame,
    *,
    source: str | None = None,
    share: float = SHARE,
    false_discoveries: float = FALSE_DISCOVERIES,
    draws: int = DRAWS,
    template: str = "",
    level: float = 0.95,
    seed: int = 0,
    progress: Progress | None = None,
) -> RelationNeurons:
    """Find the neurons of each relation in one language, and switch them off in all.

    Parameters
    ----------
    respondent : LocalRespondent
        A decoder or masked model.
    questions : polars.DataFrame
        See `isogloss.behaviour.read_questions`; with `relation`, and choices of which one is right.
    source : str, optional
        The language whose questions neurons are found by; by default English, else the first.
    share : float
        Of all neurons, those of a relation at most.
    false_discoveries : float
        Share of them that may fire so by chance (Benjamini and Hochberg 1995), of each relation.
    draws : int
        Sets of random neurons.
    template : str
        See `isogloss.behaviour.answer_questions`.
    level : float
    seed : int
        Of the halves and of random neurons.
    progress : Progress, optional

    Raises
    ------
    BadValue
        If questions lack choices, or the model's inner layers are not recognised.
    UnknownName
        If no question is in the language.
    NotEnoughEvidence
        If there are fewer than two relations, or too few items of one.

    Notes
    -----
    With m the mean over questions of the share of tokens on which a neuron fires, the statistic is that of Student
    (1908), t = (m - m') / (s sqrt(1 / n + 1 / n')), of n questions of the relation and n' of all others, with their
    pooled variance s^2 and n + n' - 2 degrees of freedom; p is one-sided, and not below that of the most extreme of all
    orders, 1 / C(n + n', n). The `share` of neurons with the largest m - m' is taken of those that pass.
    """
    check_level(level)
    _check(questions)
    rng = np.random.default_rng(seed)
    language = _source(questions, source)
    half = _half(questions, rng)
    finding = questions.filter(pl.col("item").is_in(half.implode()), pl.col("language") == language)
    testing = questions.filter(~pl.col("item").is_in(half.implode()))
    relations = questions["relation"].unique(maintain_order=True).to_list()
    fires = _fires(respondent, finding["question"].to_list(), template)
    chosen, rows = {}, []
    for relation in relations:
        is_own = (finding["relation"] == relation).to_numpy()
        chosen[relation], found = _neurons(fires[is_own], fires[~is_own], share, false_discoveries)
        rows += [{"relation": relation, **row} for row in found]
    effects = [*_effects(respondent, testing, chosen, draws, template, level, rng, progress)]
    schema = {"relation": pl.String, "layer": pl.Int64, "neuron": pl.Int64, "share": pl.Float64, "others": pl.Float64,
              "q": pl.Float64}  # fmt: skip
    return RelationNeurons(chosen, pl.DataFrame(rows, schema=schema), pl.DataFrame(effects, schema=EFFECTS), level)


def _check(questions: pl.DataFrame) -> None:
    require(questions, "relation")
    without = questions.filter(pl.col("place").is_null() | pl.col("relation").is_null())
    if without.height:
        raise BadValue(f"item {without['item'][0]} has no relation, no choices or no right one", where="questions",
                       hint="give relation, choices and answer")  # fmt: skip
    several = questions.group_by("item").agg(pl.col("relation").n_unique()).filter(pl.col("relation") > 1)
    if several.height:
        raise BadValue(f"item {several['item'].sort()[0]} is of several relations", where="questions",
                       hint="give each relation items of its own")  # fmt: skip
    counts = questions.group_by("relation").agg(pl.col("item").n_unique()).sort("item")
    if counts.height < 2:
        raise NotEnoughEvidence("one relation cannot be told from others", where="questions", hint="give a second")
    if counts["item"][0] < FEWEST:
        raise NotEnoughEvidence(
            f"{counts['relation'][0]} has {counts['item'][0]} items, fewer than {FEWEST}", where="questions",
            hint="half find neurons, the others test them",
        )  # fmt: skip


def _source(questions: pl.DataFrame, wanted: str | None) -> str:
    there = questions["language"].unique(maintain_order=True).to_list()
    if wanted is not None and wanted not in there:
        raise UnknownName("language of the questions", wanted, there)
    return wanted or ("eng" if "eng" in there else str(there[0]))


def _half(questions: pl.DataFrame, rng: np.random.Generator) -> pl.Series:
    """Half of the items of each relation."""
    parts = []
    for _, rows in questions.group_by("relation", maintain_order=True):
        items = rows["item"].unique(maintain_order=True)
        parts.append(items[rng.permutation(len(items))[: len(items) // 2]])
    return pl.concat(parts)


def _fires(respondent: LocalRespondent, texts: Sequence[str], template: str) -> Array:
    """Share of the tokens of each question on which each neuron fires, (questions, layers, neurons)."""
    tokenizer = Tokenizer(respondent.folder, LONGEST)
    prompts = [respondent.prompt(ranked_prompt(text, (), template)) for text in texts]
    special = [one for one in tokenizer.inner.all_special_ids if one != tokenizer.inner.unk_token_id]
    sequences = [np.array(ids, np.int64) for ids in tokenizer.encode(prompts)]
    return np.asarray(firing_shares(respondent.model, sequences, special))


def _neurons(own: Array, others: Array, share: float, level: float) -> tuple[Array, list[dict[str, Any]]]:
    """Those that fire more at questions of a relation, as a mask and as rows."""
    from scipy.special import binom, stdtr

    mean, other = own.mean(0, dtype=float), others.mean(0, dtype=float)  # (layers, neurons)
    n, rest = len(own), len(others)
    within = ((own - mean) ** 2).sum(0) + ((others - other) ** 2).sum(0)
    difference = mean - other
    with np.errstate(divide="ignore", invalid="ignore"):
        t = difference / np.sqrt(within / (n + rest - 2) * (1 / n + 1 / rest))
    p = np.maximum(np.where(difference == 0, 0.5, stdtr(n + rest - 2, -t)), 1 / binom(n + rest, n))
    q = np.array(benjamini_hochberg(p.ravel())).reshape(p.shape)
    order = np.argsort(np.where(q <= level, -difference, np.inf), axis=None, kind="stable")
    chosen = np.zeros(p.size, bool)
    chosen[order[: round(share * p.size)]] = True
    chosen = chosen.reshape(p.shape) & (q <= level)
    rows = [
        {"layer": int(layer) + 1, "neuron": int(number), "share": float(mean[layer, number]),
         "others": float(other[layer, number]), "q": float(q[layer, number])}
        for layer, number in np.argwhere(chosen)
    ]  # fmt: skip
    return chosen, sorted(rows, key=lambda row: row["others"] - row["share"])


def _effects(
    respondent: LocalRespondent, testing: pl.DataFrame, chosen: dict[str, Array], draws: int, template: str,
    level: float, rng: np.random.Generator, progress: Progress | None,
) -> Iterator[dict[str, Any]]:  # fmt: skip
    """What each relation loses in each language without the neurons of each."""
    whole = _right(respondent, testing, template)
    every = np.any([*chosen.values()], axis=0)
    for off in steps("Switched off", [*chosen], progress):
        if not chosen[off].any():
            continue
        without = _right(respondent, testing, template, chosen[off])
        controls = [random_neurons(chosen[off], every, rng) for _ in range(draws)]
        random = np.mean([_right(respondent, testing, template, one) for one in controls], axis=0)
        places = testing.select("relation", "language").with_row_index("place")
        for (relation, language), rows in places.group_by("relation", "language", maintain_order=True):
            at = rows["place"].to_numpy()
            loss, by_chance = whole[at] - without[at], whole[at] - random[at]
            weights = bootstrap_weights(len(at), rng=np.random.default_rng(0))
            ends = percentile_interval(weights @ loss, level)
            of_excess = percentile_interval(weights @ (loss - by_chance), level)
            yield {"off": off, "relation": relation, "language": language, "items": len(at),
                   "accuracy": float(whole[at].mean()), "without": float(without[at].mean()),
                   "loss": float(loss.mean()), "lower": float(ends[0]), "upper": float(ends[1]),
                   "random": float(by_chance.mean()), "excess": float((loss - by_chance).mean()),
                   "excess_lower": float(of_excess[0]), "excess_upper": float(of_excess[1])}  # fmt: skip


def _right(respondent: LocalRespondent, questions: pl.DataFrame, template: str, off: Array | None = None) -> Array:
    """Whether each question is right, 1 or 0; nothing is kept, as the model is another one without its neurons."""
    rows = questions.select("question", "choices").iter_rows()
    prompts = [ranked_prompt(question, choices, template) for question, choices in rows]
    scores: list[list[float]] = []
    with nullcontext() if off is None else switched_off(respondent.model, off):
        respondent.score([prompts], lambda _, values: scores.extend(values), Meter())
    return np.array(
        [int(np.argmax(one)) == place for one, place in zip(scores, questions["place"], strict=True)], float
    )
