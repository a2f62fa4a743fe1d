"""What holds for every metric of behaviour."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from isogloss.behaviour import BehaviourMetric, behaviour_metrics
from isogloss.errors import BadValue

NAMES = behaviour_metrics.names()
RATES = st.floats(0, 1)


@pytest.mark.parametrize("name", NAMES)
def test_a_metric_is_called_as_it_is_registered_and_says_when_it_misleads(name):
    metric = behaviour_metrics.get(name)
    assert metric.name == name
    for text in (metric.meaning, metric.misleads):
        assert text.endswith(".")


def test_a_metric_without_a_range_is_refused():
    fields = dict.fromkeys(("name", "meaning", "formula", "source", "chance", "misleads"), "text")
    with pytest.raises(BadValue, match="no range"):
        BehaviourMetric(**fields, inputs=(), lowest=1, highest=0, higher_is_better=True, compute=float)


@given(RATES, RATES)
def test_scores_of_recall_stay_in_their_range_and_do_not_depend_on_which_facts_are_own(own, other):
    for name in ("frs", "kts", "xfakt"):
        metric = behaviour_metrics.get(name)
        assert metric.lowest - 1e-12 <= metric(own, other) <= metric.highest + 1e-12
        assert metric(own, other) == metric(other, own)


@pytest.mark.parametrize(
    ("own", "other", "frs", "kts", "xfakt"),
    [(0, 0, 1, 1, 1), (1, 1, 0, 1, 0), (0, 1, 0.25, 0, 0), (0.0997, 0.4577, 0.463, 0.473, 0.468)],
)
def test_scores_of_recall_at_their_ends_and_as_published(own, other, frs, kts, xfakt):
    scores = [behaviour_metrics.get(name)(own, other) for name in ("frs", "kts", "xfakt")]
    assert scores == pytest.approx([frs, kts, xfakt], abs=5e-4)


def test_scores_of_recall_take_arrays():
    assert behaviour_metrics.get("xfakt")(np.zeros((2, 3)), np.zeros((2, 3))).shape == (2, 3)
