"""What sentences do to models that had no part in choosing them, on questions that had none either."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from isogloss.behaviour.pitfalls.pairs import Pair
from isogloss.behaviour.pitfalls.panel import Panel
from isogloss.behaviour.pitfalls.sentences import Step, perturbed
from isogloss.stats import bootstrap_weights, holm, mcnemar, percentile_interval, permutation_p_value

Array = NDArray[np.float64]

DRAWS = 2_000
PERMUTATIONS = 9_999
SCHEMA = {
    "model": pl.String, "kind": pl.String, "sentence": pl.String, "place": pl.String, "items": pl.Int64,
    "accuracy_english": pl.Float64, "accuracy_target": pl.Float64, "drop": pl.Float64, "drop_lower": pl.Float64,
    "drop_upper": pl.Float64, "kept": pl.Int64, "lost_target": pl.Int64, "lost_english": pl.Int64,
    "excess": pl.Float64, "excess_lower": pl.Float64, "excess_upper": pl.Float64, "p_english": pl.Float64,
    "p_random": pl.Float64, "p_holm": pl.Float64,
}  # fmt: skip


@dataclass(frozen=True)
class Outcomes:
    """Right answers to fresh questions.

    Attributes
    ----------
    english, target : array of shape (models, conditions, items)
        As they are, then with each chosen sentence, then with each random one.
    chosen, random : list of Step
    """

    english: Array
    target: Array
    chosen: list[Step]
    random: list[Step]


def ask_models(
    panel: Panel, pairs: Sequence[Pair], chosen: list[Step], random: list[Step], *, control: bool = False
) -> Outcomes:
    """Put questions to models in both languages, as they are and with each sentence; no choice counts as wrong."""
    answered: dict[str, Array] = {}
    places = [pair.place for pair in pairs]
    for language in ("english", "target"):
        conditions = []
        for steps in [(), *((step,) for step in (*chosen, *random))]:
            sides = [perturbed(pair, steps, language, control=control) for pair in pairs]
            conditions.append(panel.right(sides, places) == 1)
        answered[language] = np.stack(conditions, axis=1).astype(float)
    return Outcomes(answered["english"], answered["target"], chosen, random)


def measure(outcomes: Outcomes, models: Sequence[str], *, level: float, seed: int) -> pl.DataFrame:
    """What each sentence changes, one row for each model and sentence.

    Returns
    -------
    polars.DataFrame
        `model`, `kind` (`as is`, `chosen`, or `random`: the mean over random sentences), `sentence`, `place`, `items`,
        `accuracy_english`, `accuracy_target`, `drop` (1 - accuracy_target / accuracy_english) with `_lower` and
        `_upper`; of the `kept` items that the model has right in both languages as they are, how many it loses in the
        target alone (`lost_target`) and in English alone (`lost_english`), and `excess`, their difference over `kept`,
        with `_lower` and `_upper`. For chosen sentences also `p_english`, of McNemar's exact test of what is lost in
        the target and in English; `p_random`, of a permutation test against random sentences; and `p_holm`, the larger
        of the two after Holm's correction for all models and sentences.

    Notes
    -----
    A model that is less sure in the target loses more there beside any sentence. So a sentence must do more than
    random ones, too: under the null hypothesis the chosen one changes places with each of them, item by item.
    """
    rows = [row for at, name in enumerate(models) for row in _of_model(name, at, outcomes, level, seed)]
    tested = [(row.get("p_english"), row.get("p_random")) for row in rows]
    larger = [None if one is None or other is None else max(one, other) for one, other in tested]
    for row, p in zip(rows, holm(larger), strict=True):
        row["p_holm"] = p
    return pl.DataFrame(rows, schema=SCHEMA)


def _of_model(name: str, at: int, outcomes: Outcomes, level: float, seed: int) -> Iterator[dict[str, Any]]:
    english, target = outcomes.english[at], outcomes.target[at]  # (conditions, items)
    kept = (english[0] == 1) & (target[0] == 1)
    lost = (english - target)[:, kept]
    random = lost[1 + len(outcomes.chosen) :]
    described = {"model": name, "items": english.shape[1], "kept": int(kept.sum())}
    yield described | {"kind": "as is", **_drop(english[0], target[0], level, seed)}
    for number, step in enumerate(outcomes.chosen, 1):
        row = described | {"kind": "chosen", "sentence": step.sentence.key, "place": step.place}
        row |= _drop(english[number], target[number], level, seed) | _excess(lost[number], level, seed)
        if kept.any():
            test = mcnemar(english[number, kept], target[number, kept])
            row |= {"lost_target": test.only_first, "lost_english": test.only_second, "p_english": test.p_value}
            row |= {"p_random": _against_random(lost[number], random, seed)}
        yield row
    if len(random):
        e, t = (one[1 + len(outcomes.chosen) :].mean(0) for one in (english, target))
        yield described | {"kind": "random", **_drop(e, t, level, seed), **_excess(random.mean(0), level, seed)}


def _against_random(lost: Array, random: Array, seed: int) -> float:
    """One-sided p-value of a sentence that takes the place of a random one in some items; 1 without random ones."""
    every = np.vstack([lost, random])  # (sentences, items)
    drawn = np.random.default_rng(seed).integers(0, len(every), (PERMUTATIONS, len(lost)))
    return permutation_p_value(float(lost.sum()), every[drawn, np.arange(len(lost))].sum(1))


def _drop(english: Array, target: Array, level: float, seed: int) -> dict[str, float | None]:
    """The share of right answers that the target lacks, items drawn anew."""
    shares: dict[str, float | None] = {
        "accuracy_english": float(english.mean()),
        "accuracy_target": float(target.mean()),
    }
    if not english.any():
        return shares
    weights = bootstrap_weights(len(english), draws=DRAWS, rng=np.random.default_rng(seed))
    right = weights @ english
    drawn = 1 - (weights @ target)[right > 0] / right[right > 0]
    lower, upper = percentile_interval(drawn, level)
    return shares | {"drop": float(1 - target.mean() / english.mean()), "drop_lower": lower, "drop_upper": upper}


def _excess(lost: Array, level: float, seed: int) -> dict[str, float | None]:
    """Mean of what is lost in the target and not in English, items drawn anew."""
    if not len(lost):
        return {}
    weights = bootstrap_weights(len(lost), draws=DRAWS, rng=np.random.default_rng(seed))
    lower, upper = percentile_interval(weights @ lost, level)
    return {"excess": float(lost.mean()), "excess_lower": float(lower), "excess_upper": float(upper)}
