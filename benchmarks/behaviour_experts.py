"""Claim: where no language is expert of anything, experts lose next to nothing and a gain is seldom shown.

X-FaKT: what an expert language for each country gains over the best single language on items held out, for 14 models
and the two tasks whose items are about a country. In-context recall names the country in the question; in factual
recall it is the answer, so that no system could follow the choice. Worlds: 12 topics, 10 languages; languages and
topics differ in how hard they are, and each pair of both by a further normal deviation of a known size, 0 in null
worlds. The true gain of a world is the mean over ten other draws of its items.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.special import expit

from benchmarks.behaviour_xfakt import FACTS, RATINGS, countries
from benchmarks.common import DATA, have_data, machine, versions, write_result
from isogloss.behaviour import home_countries, read_items, score_experts
from isogloss.behaviour.ratings import with_right

TASKS = ("factual_recall", "incontext_recall")
TOPICS, LANGUAGES = 12, 10
WORLDS, OTHERS, DRAWS = 40, 10, 100
SPREADS, ITEMS = (0.0, 1.0), (10, 60)


def main() -> None:
    """Score X-FaKT and the worlds, and keep the result."""
    if not have_data(RATINGS, FACTS):
        return
    start = time.process_time()
    found = {f"deviation {spread:g}, {items} items a topic": worlds(spread, items)
             for spread in SPREADS for items in ITEMS}  # fmt: skip
    write_result(
        "behaviour_experts",
        {
            "claim": "no expert: next to nothing lost, a gain seldom shown; planted experts: a gain is shown",
            "machine": machine(), "versions": versions("numpy", "polars"),
            "input": {"worlds": WORLDS, "topics": TOPICS, "languages": LANGUAGES},
            "xfakt": xfakt(), "worlds": found, "cpu_s": round(time.process_time() - start, 1),
        },
    )  # fmt: skip


def xfakt() -> dict[str, Any]:
    """Gains of every model by task, with the accuracy of every way to choose a language."""
    items = with_right(read_items(DATA / RATINGS)).filter(pl.col("task").cast(pl.String).is_in(TASKS))
    about = countries().select(pl.col("task", "i").cast(pl.String), topic="country")
    items = items.with_columns(pl.col("task", "item").cast(pl.String))
    items = items.join(about, left_on=["task", "item"], right_on=["task", "i"], maintain_order="left")
    result = score_experts(items, homes=home_countries())
    ways = result.policies.pivot("policy", index=["task", "model"], values="accuracy", maintain_order=True)
    tasks = {}
    for task in TASKS:
        models = result.models.filter(task=task).join(ways, on=["task", "model"], maintain_order="left")
        tasks[task] = {
            "models": models.height,
            "gain_shown": models.filter(pl.col("lower") > 0).height,
            "loss_shown": models.filter(pl.col("upper") < 0).height,
            "mean_gain_points": round(100 * models["gain"].mean(), 2),
            "mean_gain_points_without_shrinkage": round(
                100 * (models["experts without shrinkage"] - models["best single language"]).mean(), 2
            ),
            "best_single": dict(models["single"].value_counts(sort=True).iter_rows()),
            "rows": [
                {name: round(value, 4) if isinstance(value, float) else value for name, value in row.items()}
                for row in models.drop("task").iter_rows(named=True)
            ],
        }  # fmt: skip
    return tasks


def worlds(spread: float, items: int) -> dict[str, Any]:
    """How often a gain is shown and its interval holds the true one, and what is gained or lost."""
    rows = []
    for seed in range(WORLDS):
        rng = np.random.default_rng(seed)
        logits = rng.normal(0.5, 0.8, TOPICS)[:, None] + rng.normal(0, 1, LANGUAGES)
        logits = logits + spread * rng.normal(0, 1, (TOPICS, LANGUAGES))
        result = score_experts(drawn(logits, items, rng), draws=DRAWS)
        row, accuracy = result.models.row(0, named=True), dict(result.policies.select("policy", "accuracy").iter_rows())
        others = [score_experts(drawn(logits, items, rng), draws=2).models["gain"].item() for _ in range(OTHERS)]
        truth = float(np.mean(others))
        raw = accuracy["experts without shrinkage"] - accuracy["best single language"]
        rows.append((row["gain"], raw, truth, row["lower"] <= truth <= row["upper"], row["lower"] > 0))
    gain, raw, truth, held, shown = np.array(rows, float).mean(0)
    return {
        "gain_points": round(100 * gain, 2), "gain_points_without_shrinkage": round(100 * raw, 2),
        "true_gain_points": round(100 * truth, 2), "interval_holds": round(held, 3), "gain_shown": round(shown, 3),
    }  # fmt: skip


def drawn(logits: NDArray[np.float64], items: int, rng: np.random.Generator) -> pl.DataFrame:
    """Answers to items of each topic, which differ in how hard they are."""
    topic = np.repeat(np.arange(TOPICS), items)
    right = rng.random((len(topic), LANGUAGES)) < expit(logits[topic] + rng.normal(0, 1, (len(topic), 1)))
    item, language = (place.ravel() for place in np.indices(right.shape))
    return pl.DataFrame(
        {"topic": topic[item], "item": item, "language": [f"l{one}" for one in language], "right": right.ravel()}
    )


if __name__ == "__main__":
    main()
