"""Claim: demonstrations that carry a culture gain in the byte model that learnt to follow it, and nothing in the null.

Two byte models read the same made-up questions, with one of two answers. In texts of the first, all answers of a text
are of one culture; in those of the second, each answer is drawn anew, so that demonstrations say nothing. Egypt and
Jordan share a culture, Wales is the control of another region.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks.common import ROOT, machine, versions, write_result
from isogloss.behaviour import answer_with_demonstrations, read_questions, score_cultural_transfer
from isogloss.charts import Matrix, draw_matrix, save
from isogloss.lab.byte_transformer import ByteTransformer, pretrain
from isogloss.models.respondents import open_respondent
from isogloss.questions.pictures import canvas_of
from isogloss.questions.scale import FRACTION

ANSWERS = ("mi", "no")
CULTURES = {"Egypt": 0, "Jordan": 0, "Wales": 1}
TEXTS, IN_TEXT, ITEMS, SHOWN, DRAWS = 2_000, 4, 60, 3, 6
SHAPE = ByteTransformer(layers=2, width=48, heads=4, context=128, steps=300, batch_size=16)


def main() -> None:
    """Train both models, ask them, and keep the result."""
    start = time.process_time()
    found = {name: world(shares_culture=name == "planted") for name in ("planted", "null")}
    draw(found)
    write_result(
        "behaviour_culture",
        {
            "claim": "a planted culture gains by demonstrations, and nothing is gained where there is none",
            "machine": machine(), "versions": versions("numpy", "torch", "transformers"),
            "input": {"texts": TEXTS, "items_per_country": ITEMS, "demonstrations": SHOWN, "draws": DRAWS},
            "worlds": found, "cpu_s": round(time.process_time() - start, 1),
        },
    )  # fmt: skip


def draw(found: dict[str, Any]) -> None:
    """Gains by demonstrations in both models, as a picture."""
    shown = {name: one["points_by_demonstrations"] for name, one in found.items()}
    sources = [*shown["planted"]]
    matrix = Matrix(
        sources, ["shared culture", "none shared"],
        [[shown[name][source] / 100 for name in ("planted", "null")] for source in sources],
        "gain in accuracy", low=-1.0, high=1.0,
    )  # fmt: skip
    verdict = "Demonstrations help where the texts that a model read shared a culture, and nowhere else"
    said = "Row: the country of the demonstrations. Questions are about Egypt and Jordan, which share their answers."
    save(draw_matrix(matrix, lines=[said], diverging=True, canvas=canvas_of(verdict, FRACTION)),
         ROOT / "docs/images/culture-planted.png")  # fmt: skip


def world(*, shares_culture: bool) -> dict[str, Any]:
    """Gains in one of the two models, in points of accuracy."""
    rng = np.random.default_rng(0)
    texts = [text(rng, shares_culture=shares_culture) for _ in range(TEXTS)]
    rows = [(f"{country} {item}", "English", country, word(rng), [*ANSWERS], ANSWERS[culture])
            for country, culture in CULTURES.items() for item in range(ITEMS)]  # fmt: skip
    schema = ["item", "language", "country", "question", "choices", "answer"]
    questions = read_questions(pl.DataFrame(rows, schema=schema, orient="row"))
    with tempfile.TemporaryDirectory() as folder:
        pretrained = pretrain(texts, Path(folder) / "model", SHAPE)
        respondent = open_respondent(str(Path(folder) / "model"))
        items = answer_with_demonstrations(respondent, questions, demonstrations=SHOWN, draws=DRAWS, controls=["Wales"])
    result = score_cultural_transfer(items)
    by_source = result.gains.group_by("demonstrations_country", maintain_order=True).agg(pl.col("gain").mean())
    means = {name: None if value is None else round(100 * value, 1)
             for name, value in result.models.drop("model").row(0, named=True).items()}  # fmt: skip
    return {
        "bits_per_byte": round(pretrained.bits_per_byte, 3), "points": means,
        "points_by_demonstrations": {name: round(100 * gain, 1) for name, gain in by_source.iter_rows()},
        "accuracy_without": round(float(result.gains["zero_shot"].mean()), 3),
    }  # fmt: skip


def text(rng: np.random.Generator, *, shares_culture: bool) -> str:
    """Questions with answers, all of one culture or each of any."""
    culture = rng.integers(2)
    asked = [(word(rng), culture if shares_culture else rng.integers(2)) for _ in range(IN_TEXT)]
    return "".join(f"Question: {question}\nAnswer: {ANSWERS[of]}\n\n" for question, of in asked)


def word(rng: np.random.Generator) -> str:
    """A made-up question."""
    return "".join(rng.choice([*"abdegiklmnoprstuvz"], 4))


if __name__ == "__main__":
    main()
