"""Claim: demonstrations of a country that shares a planted culture gain more than controls, read or trained on.

One byte model has read made-up questions with one of two answers, as in `behaviour_culture`. In the planted questions,
Egypt and Jordan have the answer that the model does not give by itself, and Wales, a control, the other one. In the
null questions, the right answer of every item is drawn at random, so that no demonstration says anything of another.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks.behaviour_culture import ANSWERS, CULTURES, ITEMS, SHAPE, SHOWN, TEXTS, text, word
from benchmarks.common import machine, versions, write_result
from isogloss.behaviour import CulturalTransfer, answer_with_demonstrations, read_questions, score_cultural_transfer
from isogloss.lab import Tuning
from isogloss.lab.byte_transformer import pretrain
from isogloss.models.respondents import Respondent, open_respondent

ARMS, DRAWS = ("in-context", "sft", "dpo", "ditto"), 2
TUNING = Tuning(steps=20, learning_rate=1e-3, preference_steps=20, preference_learning_rate=1e-4, every=5)


def main() -> None:
    """Train the model in both worlds, and keep the result."""
    start = time.process_time()
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        texts = [text(rng, shares_culture=True) for _ in range(TEXTS)]
        pretrain(texts, Path(folder) / "model", SHAPE)
        respondent = open_respondent(str(Path(folder) / "model"))
        worlds = {name: world(respondent, is_planted=name == "planted") for name in ("planted", "null")}
    write_result(
        "behaviour_training",
        {
            "claim": "a country that shares a planted culture gains more than controls, read or trained on",
            "machine": machine(), "versions": versions("numpy", "torch", "transformers"),
            "input": {"texts": TEXTS, "items_per_country": ITEMS, "demonstrations": SHOWN, "draws": DRAWS,
                      "tuning": TUNING.parameters},
            "worlds": worlds, "cpu_s": round(time.process_time() - start, 1),
        },
    )  # fmt: skip


def world(respondent: Respondent, *, is_planted: bool) -> dict[str, Any]:
    """Gains of each arm, and differences between arms, in points of accuracy."""
    rng = np.random.default_rng(1)
    rows = [(f"{country} {item}", "English", country, word(rng), [*ANSWERS],
             ANSWERS[culture if is_planted else rng.integers(2)])
            for country, culture in CULTURES.items() for item in range(ITEMS)]  # fmt: skip
    schema = ["item", "language", "country", "question", "choices", "answer"]
    questions = read_questions(pl.DataFrame(rows, schema=schema, orient="row"))
    items = answer_with_demonstrations(
        respondent, questions, demonstrations=SHOWN, draws=DRAWS, controls=["Wales"], arms=ARMS, tuning=TUNING
    )
    return in_points(score_cultural_transfer(items))


def in_points(result: CulturalTransfer) -> dict[str, Any]:
    """The means of each arm, and the arms compared, as plain values."""
    arms = {
        row.pop("arm"): {name: None if value is None else round(100 * value, 1) for name, value in row.items()}
        for row in result.models.drop("model").iter_rows(named=True)
    }
    compared = [
        {**row, **{name: round(100 * row[name], 1) for name in ("difference", "lower", "upper")}}
        for row in result.arms.drop("model").iter_rows(named=True)
    ]
    return {"accuracy_without": round(float(result.gains["zero_shot"].mean()), 3), "arms": arms, "compared": compared}


if __name__ == "__main__":
    main()
