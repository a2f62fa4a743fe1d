"""Metrics of rows that may have several labels, against scikit-learn's and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import f1_score, label_ranking_average_precision_score
from tests.metrics.test_contract import drawn, several

from isogloss.metrics import Gold, find_metric

TIED = st.sampled_from([-1.0, 0.0, 0.5, 2.0])
"""So few scores that labels are often scored alike."""


def measured(name: str, right: np.ndarray, scores: np.ndarray) -> float:
    names = [f"label {place}" for place in range(right.shape[1])]
    gold = Gold(right, np.arange(len(right) + 1), np.zeros(len(right), np.int64), names)
    return float(find_metric(name).measure(gold, scores).scores[0])


@given(arrays(np.uint8, (6, 4), elements=st.integers(0, 1)), arrays(float, (6, 4), elements=TIED))
def test_scores_are_those_of_scikit_learn(right: np.ndarray, scores: np.ndarray) -> None:
    """A label that is neither there nor given is left out of macro-F1, as it is where rows have one label."""
    given_ = scores > 0
    if (right | given_).any():
        assert measured("micro_f1", right, scores) == pytest.approx(f1_score(right, given_, average="micro"))
        present = np.flatnonzero((right | given_).any(0))
        assert measured("macro_f1", right, scores) == pytest.approx(
            f1_score(right, given_, average="macro", labels=present, zero_division=0)
        )
    right[:, 0] = 1  # rankings are of rows that have a label
    assert measured("lrap", right, scores) == pytest.approx(label_ranking_average_precision_score(right, scores))


def test_r_precision_counts_the_first_as_many_as_there_are() -> None:
    """Of 2 right labels one is among the first 2; of 1 it is second behind an equal score of an earlier label."""
    right = np.array([[1, 0, 1, 0], [0, 1, 0, 0]], np.uint8)
    assert measured("r_precision", right, np.array([[3.0, 2.0, 1.0, 0.0], [1.0, 1.0, 0.0, 0.0]])) == 0.25
    assert measured("mRP", right, np.array([[3.0, 0.0, 1.0, 0.0], [0.0, 1.0, 0.0, 0.0]])) == 1.0


def test_the_standard_error_of_macro_f1_of_label_sets_is_that_of_drawing_rows_again() -> None:
    gold, scores = several(300, seed=4)
    chance = np.random.default_rng(2)
    metric = find_metric("macro_f1")
    again = [
        metric.measure(*drawn(gold, scores, rows)).scores[0]
        for rows in (chance.integers(0, 300, 300) for _ in range(400))
    ]
    assert metric.measure(gold, scores).standard_errors == [pytest.approx(np.std(again, ddof=1), rel=0.1)]


def test_scores_of_two_targets_are_those_of_each_alone() -> None:
    gold, scores = several(40, seed=3)
    both = Gold(gold.labels, gold.starts, np.repeat([0, 1], 20), gold.names)
    for name in ("micro_f1", "macro_f1", "r_precision", "lrap"):
        parts = [measured(name, gold.labels[part], scores[part]) for part in (slice(20), slice(20, None))]
        assert find_metric(name).measure(both, scores).scores.tolist() == pytest.approx(parts)
