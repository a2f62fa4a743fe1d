"""Scores for all targets at once are those of scikit-learn for each."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, f1_score

from isogloss.lab.scores import accuracy, confusions, macro_f1, standard_errors

ANSWERS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=20)


@given(groups=st.lists(ANSWERS, min_size=1, max_size=4))
def test_scores_equal_scikit_learn(groups: list[list[tuple[int, int]]]) -> None:
    gold, predicted = (np.array([pair[place] for answers in groups for pair in answers]) for place in (0, 1))
    owners = np.repeat(np.arange(len(groups)), [len(answers) for answers in groups])
    confusion = confusions(gold, predicted, owners, 4)
    for group in range(len(groups)):
        here = owners == group
        assert accuracy(confusion)[group] == pytest.approx(accuracy_score(gold[here], predicted[here]))
        expected = f1_score(gold[here], predicted[here], average="macro", zero_division=0)
        assert macro_f1(confusion)[group] == pytest.approx(expected)


def test_standard_error_of_accuracy_is_binomial() -> None:
    assert standard_errors("accuracy", np.array([0.5]), np.array([100])) == [pytest.approx(0.05)]
    assert standard_errors("macro_f1", np.array([0.5]), np.array([100])) == [None]
