"""Claim: at a budget of 500 questions, the search finds a planted weakness at least five times as often as random
perturbation, and finds nothing where there is nothing beyond its level.

Planted and null worlds are those of the test suite: models by rule, of which everything is known. Seeds are others
than those that the search was developed with. Trained models are in `behaviour_pitfalls_models`.
"""

from __future__ import annotations

import os
import tempfile
import time
from typing import Any

import numpy as np
import polars as pl
from tests.behaviour.pitfalls_world import PLANTED, Rules, pairs_world, sentences_world
from tests.behaviour.test_pitfalls import NULLS

from benchmarks.common import ROOT, machine, versions, write_result
from isogloss.behaviour.pitfalls import search_pitfalls
from isogloss.charts import draw_pitfalls, save
from isogloss.questions.pictures import canvas_of
from isogloss.questions.pitfalls import sentences_of, with_words
from isogloss.questions.scale import FRACTION

BUDGET, SEEDS, NULL_SEEDS = 500, range(100, 120), range(200, 260)
METHODS = ("thompson", "beam", "random")
EFFECTS = "model kind sentence place control items accuracy_english accuracy_target drop drop_lower drop_upper kept "\
    "lost_target lost_english excess excess_lower excess_upper p_holm".split()  # fmt: skip


def main() -> None:
    """Measure the worlds."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["ISOGLOSS_CACHE"] = folder
        worlds = {"planted": planted(), "nothing": nothing(), "shown": shown()}
    write_result(
        "behaviour_pitfalls",
        {
            "claim": "a planted weakness five times as often as at random; nothing where there is nothing",
            "machine": machine(), "versions": versions("numpy", "polars"), **worlds,
        },
    )  # fmt: skip


def planted() -> dict[str, Any]:
    """Pairs with the planted sentence, one of 80 sentences and places, on average over seeds."""
    simulator, outside = Rules("simulator", planted=0.9), Rules("outside", planted=0.8)
    start, rows = time.process_time(), {}
    for method in METHODS:
        counts, finds = [], []
        for seed in SEEDS:
            result = search_pitfalls(
                pairs_world(), [simulator], [outside], sentences=sentences_world(40), budget=BUDGET, method=method,
                control=False, seed=seed,
            )  # fmt: skip
            hit = pl.col("sentence").str.contains(f"topic {PLANTED} before")
            counts.append(result.pairs.filter(pl.col("half") == "search", hit).height)
            finds.append(result.finds["sentence"].to_list() == [f"topic {PLANTED}"])
        rows[method] = {"pairs": float(np.mean(counts)), "least": min(counts), "most": max(counts),
                        "found_and_nothing_else": float(np.mean(finds))}  # fmt: skip
    ratio = rows["thompson"]["pairs"] / rows["random"]["pairs"]
    return {"budget": BUDGET, "seeds": [SEEDS.start, SEEDS.stop - 1], "methods": rows, "ratio": ratio,
            "cpu_s": round(time.process_time() - start, 1)}  # fmt: skip


def shown() -> dict[str, Any]:
    """One planted world with a less sure model, as a picture."""
    simulator = Rules("simulator", planted=0.9, disturbed=0.05)
    outside = Rules("outside", planted=0.6, english=0.05, swahili=0.1, disturbed=0.05)
    result = search_pitfalls(pairs_world(), [simulator], [outside], sentences=sentences_world(40), budget=BUDGET)
    sentences = list(sentences_of(result, "Swahili"))
    picture = draw_pitfalls(with_words(result, result.effects), result.level, canvas=canvas_of(sentences[0], FRACTION))
    save(picture, ROOT / "docs/images/pitfalls.png")
    return {"sentences": sentences, "effects": result.effects.select(EFFECTS).to_dicts()}


def nothing() -> list[dict[str, Any]]:
    """Share of worlds without a pitfall in which one is found, at level .05."""
    rows = []
    for null in NULLS:
        wrong = {False: 0, True: 0}
        for seed in NULL_SEEDS:
            models = [Rules(f"{name} {seed}", **null) for name in ("simulator", "outside")]
            finds = search_pitfalls(
                pairs_world(40), models[:1], models[1:], sentences=sentences_world(20), budget=200, seed=seed
            ).finds["control"]
            for is_control in wrong:
                wrong[is_control] += is_control in finds
        rows.append({"wrong": null, "seeds": [NULL_SEEDS.start, NULL_SEEDS.stop - 1],
                     "with_a_find": wrong[False] / len(NULL_SEEDS),
                     "control_with_a_find": wrong[True] / len(NULL_SEEDS)})  # fmt: skip
    return rows


if __name__ == "__main__":
    main()
