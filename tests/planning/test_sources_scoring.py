"""Regret and NDCG."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from isogloss.planning.ranking.trees import judge, relevance


def test_the_true_order_loses_nothing():
    scores = np.array([0.2, 0.9, 0.5, 0.7])
    assert judge(scores, scores) == (0.0, 0.0, 1.0)


def test_regret_is_against_the_best_source():
    scores = np.array([0.2, 0.9, 0.5, 0.7, 0.1])
    found = judge(np.array([5.0, 0.0, 4.0, 3.0, 1.0]), scores)
    assert (found.first, found.best_of_three) == (pytest.approx(0.7), pytest.approx(0.2))


def test_only_the_first_ten_are_relevant():
    assert relevance(-np.arange(12.0)).tolist() == [10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 0]


def test_ndcg_by_hand():
    found = judge(np.array([1.0, 2.0, 3.0]), np.array([3.0, 2.0, 1.0]))
    gains, discounts = np.array([255, 511, 1023]), 1 / np.log2([2, 3, 4])
    assert found.ndcg == pytest.approx(gains @ discounts / (gains[::-1] @ discounts))


@given(st.lists(st.floats(0, 1), min_size=3, max_size=20), st.integers(0, 100))
def test_three_choices_never_lose_more_than_one(scores, seed):
    found = judge(np.random.default_rng(seed).random(len(scores)), np.array(scores))
    assert 0 <= found.best_of_three <= found.first
    assert 0 <= found.ndcg <= 1 + 1e-9
