"""Claim: 429,884 ratings of 14 models are scored in under 2 s of CPU, and the published X-FaKT rows come out to .002.

The ratings and facts are those that Aggarwal et al. (2025) released. One question reads them from the file and gives
cells, scores, tiers, 2,000 bootstrap draws and 9,999 permutations for three tasks and 14 models. Facts of in-context
recall are of the country of the first person in the question. Rounded cells are those of the published scores, exact
ones those of the published error rates.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from tests.behaviour.worlds import HOMES, facts_world

from benchmarks.common import DATA, have_data, machine, versions, write_result
from isogloss.behaviour import score_recall
from isogloss.questions.question import read_question
from isogloss.questions.recall import RecallQuestion

RATINGS, FACTS = "observations/xfakt_ratings.parquet", "xfakt_items.parquet"
WORLDS = 500
PUBLISHED = {
    "Meta-Llama-3-70B-Instruct": (2.36, 9.85, 0.835, 0.862, 0.848),
    "gemma-2-27b-it": (4.23, 16.46, 0.742, 0.783, 0.762),
    "phi-4": (12.87, 30.15, 0.548, 0.706, 0.617),
    "Phi-3-medium-128k-instruct": (25.09, 55.57, 0.330, 0.535, 0.408),
    "gemma-2-9b-it": (4.98, 22.32, 0.677, 0.705, 0.691),
    "Meta-Llama-3-8B-Instruct": (4.60, 25.77, 0.649, 0.651, 0.650),
    "Orca-2-7b": (31.95, 56.77, 0.295, 0.603, 0.396),
    "deepseek-llm-7b-chat": (31.49, 63.73, 0.268, 0.514, 0.353),
    "Mistral-7B-Instruct-v0.2": (16.96, 45.25, 0.424, 0.559, 0.483),
    "Phi-3.5-mini-instruct": (41.85, 69.87, 0.208, 0.563, 0.304),
    "Phi-3-mini-128k-instruct": (42.45, 77.95, 0.181, 0.477, 0.262),
    "Llama-3.2-3B-Instruct": (24.10, 47.48, 0.375, 0.620, 0.467),
    "gemma-2-2b-it": (9.97, 45.77, 0.463, 0.473, 0.468),
    "Llama-3.2-1B-Instruct": (34.74, 65.96, 0.247, 0.524, 0.336),
}
"""Model to A and N in percent, FRS, KTS and X-FaKT, as printed."""


def main() -> None:
    """Compare with the published rows, and measure the time of all tasks together."""
    if not have_data(RATINGS, FACTS):
        return
    exact, rounded = (score(DATA / RATINGS, DATA / FACTS, "answer", round_cells=one) for one in (False, True))
    differences = {
        "A and N, points, exact cells": worst(exact, ("associative", "non_associative"), 100, slice(0, 2)),
        "FRS, KTS and X-FaKT, rounded cells": worst(rounded, ("frs", "kts", "xfakt"), 1, slice(2, 5)),
        "FRS, KTS and X-FaKT, exact cells": worst(exact, ("frs", "kts", "xfakt"), 1, slice(2, 5)),
    }
    with tempfile.TemporaryDirectory() as folder:
        facts = Path(folder) / "facts.parquet"
        countries().write_parquet(facts)
        start = time.process_time()
        answer = ask(DATA / RATINGS, facts)
        seconds = time.process_time() - start
    write_result(
        "behaviour_xfakt",
        {
            "claim": "429,884 ratings of 14 models in under 2 s of CPU; published rows to .002",
            "machine": machine(),
            "versions": versions("numpy", "polars"),
            "input": {"ratings": pl.read_parquet(DATA / RATINGS).height, "models": len(PUBLISHED)},
            "cpu_s": round(seconds, 2),
            "rows": answer.table.height,
            "largest_difference": differences,
            "planted_worlds": {"no gap": planted(0.0), "gap of .3": planted(0.3)},
            "scores": [
                {name: round(value, 4) if isinstance(value, float) else value for name, value in row.items()}
                for row in exact.drop("task").iter_rows(named=True)
            ],
        },
    )  # fmt: skip


def planted(own: float) -> dict[str, Any]:
    """How often intervals hold the gap, and how often the test says that there is one, in worlds with a known gap."""
    scores = score_recall(facts_world(models=WORLDS, own=own, seed=5), homes=HOMES).scores
    held = (scores["gap_lower"] <= own) & (scores["gap_upper"] >= own)
    return {
        "models": WORLDS, "facts_per_country": 20, "interval_holds": round(held.mean(), 3),
        "p_up_to_.05": round((scores["p"] <= 0.05).mean(), 3),
    }  # fmt: skip


def score(ratings: Path, facts: Path, country: str, *, round_cells: bool) -> pl.DataFrame:
    """Scores of factual recall, in the order of the published rows."""
    fields = {"items": ratings, "facts": facts, "columns": {"country": country}, "task": "factual_recall"}
    answer: Any = read_question(RecallQuestion, {**fields, "round_cells": round_cells}).answer()
    return pl.DataFrame({"model": list(PUBLISHED)}).join(answer.result.scores, on="model", maintain_order="left")


def ask(ratings: Path, facts: Path) -> Any:
    """All tasks in one question."""
    return read_question(RecallQuestion, {"items": ratings, "facts": facts}).answer()


def worst(scores: pl.DataFrame, columns: tuple[str, ...], factor: float, printed: slice) -> float:
    """The largest difference between what is printed and what is computed."""
    ours = factor * scores.select(columns).to_numpy()
    return round(float(np.abs(ours - np.array([row[printed] for row in PUBLISHED.values()])).max()), 5)


def countries() -> pl.DataFrame:
    """The country of every item, also of in-context recall, whose answers are names."""
    facts = pl.read_parquet(DATA / FACTS).with_columns(pl.col("task", "lang", "answer").cast(pl.String))
    english = facts.filter(pl.col("lang") == "English")
    named = pl.col("question").str.extract(r"^\S.* lives in ([A-Z][A-Za-z ]+) and ")
    country = pl.when(pl.col("task") == "incontext_recall").then(named).otherwise(pl.col("answer"))
    return english.select("task", "i", country.alias("country"))


if __name__ == "__main__":
    main()
