"""Links between scores and a scale without ends."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from isogloss.forecasting.background.link import AffineLink, ChanceLink

chances = st.floats(0, 0.8)
scores = st.lists(st.floats(0, 1), min_size=2, max_size=20).map(np.array)


@given(chances, scores, st.booleans())
def test_scores_between_chance_and_the_best_come_back(chance, scores, higher):
    link = ChanceLink(chance if higher else 0.0, higher)
    above = link.chance + (1 - link.chance) * scores
    np.testing.assert_allclose(link.inverse(link.forward(above)), above, atol=1e-9)


@given(chances, scores, st.booleans())
def test_better_scores_have_higher_values(chance, scores, higher):
    values = ChanceLink(chance, higher).forward(np.sort(scores))
    assert (np.diff(values) * (1 if higher else -1) >= 0).all()


@given(st.lists(st.floats(-50, 50), min_size=1).map(np.array), st.booleans())
def test_every_value_is_a_score_in_the_range(values, higher):
    inverse = ChanceLink(0.25, higher).inverse(values)
    assert ((inverse >= 0) & (inverse <= 1)).all()


@given(st.floats(-1, 0), scores)
def test_scores_of_a_metric_that_goes_below_zero_come_back(least, shares):
    link, values = ChanceLink(least, lowest=-1.0), least + (1 - least) * shares
    np.testing.assert_allclose(link.inverse(link.forward(values)), values, atol=1e-9)
    assert (link.inverse(np.array([-50.0, 50.0])) == [max(least - 0.03, -1.0), 1.0]).all()


def test_a_score_without_a_range_is_scaled_and_turned_so_that_higher_is_better():
    link = AffineLink(centre=20.0, scale=4.0, higher_is_better=False)
    np.testing.assert_allclose(link.forward(np.array([16.0, 20.0, 28.0])), [1.0, 0.0, -2.0])
    assert link.inverse(np.array([-2.0]))[0] == pytest.approx(28.0)
