"""Standard errors say how far scores move from one draw of test rows to another."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from isogloss.metrics import Gold, find_metric

CLASSES = ["a", "b", "c", "d"]
TAGS = ["O", "B-LOC", "I-LOC", "B-PER"]


def errors(metric: str, gold: Gold, predicted: np.ndarray) -> list[float | None]:
    return find_metric(metric).measure(gold, predicted).standard_errors


def sentences(names: list[str], rows: int, seed: int) -> tuple[Gold, np.ndarray]:
    """Of 1 to 12 words each, some of which are read wholly wrong: words of one sentence are no independent draws."""
    chance = np.random.default_rng(seed)
    lengths = chance.integers(1, 13, rows)
    starts = np.concatenate([[0], np.cumsum(lengths)])
    labels = chance.choice(len(names), starts[-1], p=[0.6, 0.2, 0.15, 0.05])
    wrong = chance.random(starts[-1]) < np.repeat(chance.choice([0.05, 0.6], rows), lengths)
    predicted = np.where(wrong, chance.integers(0, len(names), starts[-1]), labels)
    return Gold(labels, starts, np.zeros(rows, dtype=np.int64), names), predicted


def test_words_of_one_sentence_are_no_independent_draws() -> None:
    gold, predicted = sentences(CLASSES, 300, seed=1)
    share = find_metric("accuracy").measure(gold, predicted).scores[0]
    (found,) = errors("accuracy", gold, predicted)
    assert found is not None
    assert found > 1.5 * (share * (1 - share) / len(predicted)) ** 0.5


@given(st.lists(st.booleans(), min_size=2, max_size=60))
def test_error_of_a_share_is_its_standard_deviation_by_the_root_of_its_rows(right: list[bool]) -> None:
    gold = Gold(np.zeros(len(right), np.int64), np.arange(len(right) + 1), np.zeros(len(right), np.int64), CLASSES)
    (found,) = errors("accuracy", gold, np.where(right, 0, 1))
    assert found == pytest.approx(np.std(right, ddof=1) / len(right) ** 0.5)


def test_error_of_texts_is_that_of_their_mean() -> None:
    """Per target; unknown where there is one item."""
    answers = [("red fox",), ("red fox",), ("red",), ("red",)]
    gold = Gold(np.zeros(0), np.zeros(0), np.array([0, 0, 0, 1]), [], answers, ["eng"] * 2)
    measured = find_metric("f1").measure(gold, np.array(["red fox", "blue", "red fox", "red"]))
    assert measured.item_scores.tolist() == [1.0, 0.0, pytest.approx(2 / 3), 1.0]
    assert measured.standard_errors == [pytest.approx(np.std([1, 0, 2 / 3], ddof=1) / 3**0.5), None]


@pytest.mark.parametrize("metric", ["accuracy", "macro_f1", "span_f1"])
def test_targets_do_not_touch_each_other(metric: str) -> None:
    gold, predicted = sentences(TAGS, 40, seed=3)
    other, said = sentences(TAGS, 25, seed=4)
    both = Gold(
        np.concatenate([gold.labels, other.labels]),
        np.concatenate([gold.starts, gold.starts[-1] + other.starts[1:]]),
        np.repeat([0, 1], [40, 25]),
        TAGS,
    )
    together = errors(metric, both, np.concatenate([predicted, said]))
    assert together == pytest.approx([*errors(metric, gold, predicted), *errors(metric, other, said)])


@pytest.mark.parametrize("metric", ["accuracy", "macro_f1", "span_f1"])
def test_what_is_all_right_has_no_error(metric: str) -> None:
    gold, _ = sentences(TAGS, 20, seed=5)
    assert errors(metric, gold, gold.labels) == [pytest.approx(0.0)]
