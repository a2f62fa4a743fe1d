"""Expert languages: in which language a model knows most about each topic, and what asking it there gains."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.stats import norm

from isogloss.behaviour.countries import country_key
from isogloss.behaviour.expert_choice import Choice, Outcomes
from isogloss.behaviour.items import require, require_languages
from isogloss.behaviour.tallies import judged, require_once
from isogloss.errors import BadValue, NotEnoughEvidence
from isogloss.stats.intervals import check_level, percentile_interval

Array = NDArray[np.float64]

DRAWS = 200
FOLDS, REPEATS = 5, 10
FEWEST_TOPICS = 2
EXPERTS, UNSHRUNK, SINGLE, ENGLISH, OWN, ANY, ORACLE = (
    "experts", "experts without shrinkage", "best single language", "English", "own language of the country",
    "a language at random", "any language right",
)  # fmt: skip
POLICIES = (EXPERTS, UNSHRUNK, SINGLE, ENGLISH, OWN, ANY, ORACLE)
"""Ways to choose the language that an item is asked in; the last one cannot be followed."""


@dataclass(frozen=True)
class Experts:
    """Which language a model knows most in, by topic, and what that is worth.

    Attributes
    ----------
    models : polars.DataFrame
        For each `task` and `model`: `single`, the language that is best over all topics; `gain`, accuracy of experts
        less that of the best single language on items held out, with `lower` and `upper`; `switched`, how many of
        `topics` have another expert; `items` and `languages`.
    topics : polars.DataFrame
        For each `task`, `model` and `topic`: `expert`, `accuracy` in it after shrinkage, `single` and
        `single_accuracy`, `gain` on items held out with `lower` and `upper`, and `items`.
    policies : polars.DataFrame
        For each `task`, `model` and `policy` (see `POLICIES`): `accuracy` on items held out, `lower` and `upper`.
    cells : polars.DataFrame
        For each `task`, `model`, `topic` and `language`: `accuracy`, `shrunk` and `items`.
    level : float
    """

    models: pl.DataFrame
    topics: pl.DataFrame
    policies: pl.DataFrame
    cells: pl.DataFrame
    level: float


def score_experts(
    items: pl.DataFrame,
    *,
    homes: Mapping[str, str] | None = None,
    shared: bool = False,
    level: float = 0.95,
    draws: int = DRAWS,
    seed: int = 0,
) -> Experts:
    """Find the expert language of each topic, and score it on items held out.

    Parameters
    ----------
    items : polars.DataFrame
        `item`, `language`, `topic` and whether it is right (`right`, or what `judged` reads); `task` and `model` where
        there are several.
    homes : mapping of str to str, optional
        Language to country, where topics are countries.
    shared : bool
        Whether items that a language lacks are left out; else they are an error.
    level : float
        Of intervals.
    draws, seed : int
        Of the bootstrap; the seed is of folds, too.

    Raises
    ------
    BadValue
        If an item is repeated, is of several topics, or is missing in a language.
    NotEnoughEvidence
        For fewer than two languages or topics, or fewer items than folds.

    Notes
    -----
    After Agarwal et al. (LSKExtractor), with accuracies shrunk and a gain on items held out. In each of ten repeats,
    items of each topic are put into five folds; experts and the best single language are chosen on four and scored on
    the fifth. A gain is the mean over items. The bootstrap draws the items of each topic with replacement, puts all
    copies of an item into one fold, and chooses anew. Choices in draws are worse, because draws have fewer different
    items; so the interval of a gain is normal about the gain, with the standard deviation of the draws, and somewhat
    too wide. The interval of an accuracy keeps the choices.
    """
    check_level(level)
    require(items, "item", "language", "topic")
    table = items if "right" in items.columns else judged(items)
    require_languages(table)
    names = [pl.lit("").alias(name) for name in ("task", "model") if name not in table.columns]
    table = table.with_columns(names).with_columns(pl.col("task", "model", "item", "topic").cast(pl.String))
    if table["topic"].null_count():
        raise BadValue(f"item {table.filter(pl.col('topic').is_null())['item'][0]} has no topic", where="items",
                       hint="fill the column topic in every row")  # fmt: skip
    parts: dict[str, list[pl.DataFrame]] = {}
    for (task, model), rows in table.group_by("task", "model", maintain_order=True):
        outcomes = _outcomes(rows, shared)
        scored = _score(outcomes, dict(homes or {}), level, draws, seed)
        for name, frame in scored.items():
            about = [pl.lit(str(task)).alias("task"), pl.lit(str(model)).alias("model")]
            parts.setdefault(name, []).append(frame.select(*about, pl.all()))
    return Experts(**{name: pl.concat(frames) for name, frames in parts.items()}, level=level)


def _outcomes(rows: pl.DataFrame, shared: bool) -> Outcomes:
    """Right answers of one model to one task, of items that all languages have."""
    require_once(rows, "item", "language")
    facts = rows.select("item", "topic").unique(maintain_order=True)
    if facts["item"].n_unique() < facts.height:
        item = facts.filter(pl.col("item").is_duplicated())["item"][0]
        raise BadValue(f"item {item} is of several topics", where="items", hint="give each item one topic")
    languages = rows["language"].unique().sort().to_list()
    wide = rows.pivot("language", index=["item", "topic"], values="right", maintain_order=True)
    lacking = wide.filter(pl.any_horizontal(pl.col(languages).is_null()))
    if lacking.height == wide.height:
        raise NotEnoughEvidence("no item is answered in all languages", where="items", hint="check ids of items")
    if lacking.height and not shared:
        first = lacking.row(0, named=True)
        language = next(one for one in languages if first[one] is None)
        raise BadValue(
            f"item {first['item']} is not answered in {language}; {lacking.height:,} of {wide.height:,} items are not "
            "the same in all languages", where="items", hint="leave them out with shared=True",
        )  # fmt: skip
    whole = wide.drop_nulls(languages).sort("topic", maintain_order=True)
    topics = whole["topic"].unique(maintain_order=True).to_list()
    if len(topics) < FEWEST_TOPICS:
        raise NotEnoughEvidence("one topic is too few to compare", where="items", hint="give items of two topics")
    if whole.height < FOLDS:
        raise NotEnoughEvidence(f"{whole.height} items are too few to hold some out", where="items",
                                hint=f"give at least {FOLDS}")  # fmt: skip
    of = whole["topic"].replace_strict(topics, range(len(topics)), return_dtype=pl.Int64).to_numpy()
    return Outcomes(whole.select(languages).to_numpy().astype(float), of, languages, topics)


def _score(outcomes: Outcomes, homes: dict[str, str], level: float, draws: int, seed: int) -> dict[str, pl.DataFrame]:
    """The tables of one model and task."""
    rng = np.random.default_rng(seed)
    held = _held_out(outcomes, homes, rng)
    gains = held[EXPERTS] - held[SINGLE]
    drawn = np.stack([outcomes.drawn(rng) for _ in range(draws)])  # (draws, items): how often each item counts
    doubt = np.stack([_drawn_gains(outcomes, times.astype(int), rng) for times in drawn])  # (draws, topics)
    whole = Choice.learn(outcomes)
    single = outcomes.languages[whole.single]
    topics = []
    for place, topic in enumerate(outcomes.topics):
        expert, gain = int(whole.experts[place]), float(gains[outcomes.of == place].mean())
        topics.append(
            {"topic": topic, "expert": outcomes.languages[expert], "accuracy": whole.shrunk[place, expert],
             "single": single, "single_accuracy": whole.shrunk[place, whole.single],
             **_about(gain, doubt[:, place], level), "items": int(whole.counts[place])}
        )  # fmt: skip
    model = {
        "single": single, **_about(float(gains.mean()), doubt @ whole.counts / len(gains), level),
        "switched": int((whole.experts != whole.single).sum()), "topics": len(topics), "items": len(gains),
        "languages": len(outcomes.languages),
    }  # fmt: skip
    policies = []
    for name, right in held.items():
        lower, upper = percentile_interval(drawn @ right / len(right), level)
        policies.append({"policy": name, "accuracy": right.mean(), "lower": lower, "upper": upper})
    cells = [
        {"topic": topic, "language": language, "accuracy": whole.accuracy[row, column],
         "shrunk": whole.shrunk[row, column], "items": int(whole.counts[row])}
        for row, topic in enumerate(outcomes.topics) for column, language in enumerate(outcomes.languages)
    ]  # fmt: skip
    tables = {"models": [model], "topics": topics, "policies": policies, "cells": cells}
    return {name: pl.DataFrame(rows) for name, rows in tables.items()}


def _about(gain: float, drawn: Array, level: float) -> dict[str, float]:
    """A gain with its interval."""
    half = float(norm.ppf((1 + level) / 2) * drawn.std())
    return {"gain": gain, "lower": max(-1.0, gain - half), "upper": min(1.0, gain + half)}


def _drawn_gains(outcomes: Outcomes, times: NDArray[np.intp], rng: np.random.Generator) -> Array:
    """Gains by topic in a sample in which each item comes so often, on folds that share no item; (topics,)."""
    folds = np.repeat(outcomes.folds(FOLDS, rng), times)
    sample = outcomes.rows(np.repeat(np.arange(len(times)), times))
    gains = np.empty(len(folds))
    for fold in np.unique(folds):
        out = np.flatnonzero(folds == fold)
        choice = Choice.learn(sample.rows(np.flatnonzero(folds != fold)))
        gains[out] = sample.right[out, choice.experts[sample.of[out]]] - sample.right[out, choice.single]
    return np.bincount(sample.of, gains) / np.bincount(sample.of)


def _held_out(outcomes: Outcomes, homes: dict[str, str], rng: np.random.Generator) -> dict[str, Array]:
    """How often each item comes out right by each policy, over repeats, when it was not learnt from; (items,)."""
    right, of = outcomes.right, outcomes.of
    items = np.arange(len(of))
    learnt = {name: np.zeros(len(of)) for name in (EXPERTS, UNSHRUNK, SINGLE)}
    for _ in range(REPEATS):
        folds = outcomes.folds(FOLDS, rng)
        for fold in range(FOLDS):
            out = items[folds == fold]
            choice = Choice.learn(outcomes.rows(np.flatnonzero(folds != fold)))
            learnt[EXPERTS][out] += right[out, choice.experts[of[out]]] / REPEATS
            learnt[UNSHRUNK][out] += right[out, choice.unshrunk[of[out]]] / REPEATS
            learnt[SINGLE][out] += right[out, choice.single] / REPEATS
    fixed = {ANY: right.mean(1), ORACLE: right.max(1)}
    if "eng" in outcomes.languages:
        fixed[ENGLISH] = right[:, outcomes.languages.index("eng")]
    country = {country_key(where): language for language, where in homes.items() if language in outcomes.languages}
    own = [country.get(country_key(topic)) for topic in outcomes.topics]
    if all(own):
        places = np.array([outcomes.languages.index(str(one)) for one in own])
        fixed[OWN] = right[items, places[of]]
    whole = learnt | fixed
    return {name: whole[name] for name in POLICIES if name in whole}
