"""The semantic-aware error rate: edits and distance of vectors, in a world where it is known what texts mean."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

import isogloss
from isogloss.errors import BadValue
from isogloss.metrics.semantic import SemanticErrorRate

pytest.importorskip("rapidfuzz", reason="needs the extra behaviour")
pytest.importorskip("regex", reason="needs the extra behaviour")

PLANTED = "tests.behaviour.planted_encoder:Planted"


def rates(language: str, *pairs: tuple[str, object], metrics: tuple[str, ...] = ("saer",)) -> dict[str, float]:
    """The scores over all outputs and references of a language."""
    table = pl.DataFrame({
        "language": [language] * len(pairs), "item": range(len(pairs)), "prediction": [text for text, _ in pairs],
        "reference": [str(right) if isinstance(right, str) else "[" + ", ".join(f'"{one}"' for one in right) + "]"
                      for _, right in pairs],
    })  # fmt: skip
    scores = isogloss.generation_quality(table, metrics=[*metrics], encoder=PLANTED).result.scores
    return {row["metric"]: row["value"] for row in scores.filter(pl.col("language").is_null()).iter_rows(named=True)}


@pytest.mark.parametrize(("language", "text", "right", "expected"), [
    ("eng", "the cat sleeps", "the cat sleeps", 0.0),
    ("eng", "the Katze schläft", "the cat sleeps", (2 / 3) / 2),  # other words, same meaning
    ("eng", "the dog", "the cat", (1 / 2) / 2 + 1 / 2),  # one word, another meaning
    ("eng", "the uncat", "the cat", (1 / 2) / 2 + 1 / 2),  # a cosine of -1 counts as 0
    ("eng", "", "the cat", 1 / 2 + 1 / 2),
    ("eng", "the the", "the cat", (1 / 2) / 2 + 1 / 2),  # no meaning
    ("jpn", "犬", "猫", 1 / 2 + 1 / 2),
    ("cmn", "猫 cat", "猫 dog", (3 / 5) / 2 + (1 - np.sqrt(1 / 2)) / 2),  # characters, not words; half of the meaning
    ("tha", "猫 cat", "猫 dog", (1 / 2) / 2 + (1 - np.sqrt(1 / 2)) / 2),
])  # fmt: skip
def test_edits_and_meaning_count_half_each(language: str, text: str, right: str, expected: float) -> None:
    assert rates(language, (text, right))["saer"] == pytest.approx(expected, abs=1e-9)


def test_a_corpus_has_the_error_rate_of_all_words_and_the_mean_of_all_distances() -> None:
    found = rates("eng", ("the dog", "the cat"), ("a cat sleeps and the cat", "a cat sleeps and the cat"),
                  metrics=("saer", "wer"))  # fmt: skip
    assert found["wer"] == pytest.approx(1 / 8)
    assert found["saer"] == pytest.approx((found["wer"] + 1 / 2) / 2)


def test_the_reference_with_the_lowest_rate_counts() -> None:
    assert rates("eng", ("the dog", ["the cat", "the dog"]))["saer"] == 0


def test_an_encoder_is_needed_and_is_named_beside_the_score() -> None:
    table = pl.DataFrame({"language": ["eng"], "prediction": ["the dog"], "reference": ["the cat"]})
    with pytest.raises(BadValue, match="compares sentence vectors, and no encoder is named"):
        isogloss.generation_quality(table, metrics=["SAER"])
    answer = isogloss.generation_quality(table, metrics=["SAER"], encoder=PLANTED)
    assert f"vectors:{PLANTED}" in answer.result.signatures["saer", "eng"]
    with pytest.raises(BadValue, match=r"1\.5 is not from 0 to 1"):
        SemanticErrorRate(lambda texts: np.zeros((len(texts), 1)), 1.5)
