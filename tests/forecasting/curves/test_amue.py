from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from isogloss.errors import BadValue, NotEnoughEvidence
from isogloss.forecasting.curves import PerformanceFunction
from isogloss.forecasting.curves.laws import isocost

SWAHILI = PerformanceFunction(a_zs=58.0, a_t=0.052, alpha_t=0.42, a_m=1.1, alpha_m=0.37)
"""Worths and exponents as published for Swahili beside 3,696 English examples; the zero-shot score is ours."""
PRICES = {"price_translated": 0.007, "price_labelled": 0.07, "pivot": 3696.0}

functions = st.builds(
    PerformanceFunction,
    st.floats(0, 60),
    st.floats(0.01, 2),
    st.floats(0.1, 0.9),
    st.floats(0.1, 4),
    st.floats(0.1, 0.9),
)


def test_the_published_slope_of_the_expansion_path_comes_out():
    assert SWAHILI.expansion_slope(0.1) == pytest.approx(3.28, abs=0.005)


def test_a_planted_function_is_found_again():
    translated, labelled = (grid.ravel() for grid in np.meshgrid([0.0, 300, 1200, 3000], [0.0, 50, 500, 2000, 3700]))
    planted = PerformanceFunction(40.0, 0.3, 0.4, 1.2, 0.35)
    found = PerformanceFunction.fit(translated, labelled, planted.score(translated, labelled))
    assert found == pytest.approx(planted, rel=0.02)


def test_data_never_hurt_and_never_grow_more_useful():
    chance = np.random.default_rng(0)
    sizes = np.array([0.0, 100, 500, 2000])
    found = PerformanceFunction.fit(np.zeros(4), sizes, chance.uniform(20, 80, 4))
    assert min(found) >= 0
    assert max(found.alpha_t, found.alpha_m) <= 1


def test_a_fit_to_nothing_is_refused():
    with pytest.raises(NotEnoughEvidence):
        PerformanceFunction.fit(np.zeros(0), np.zeros(0), np.zeros(0))


@given(functions, st.floats(0, 3000), st.floats(0, 5))
def test_what_stands_on_an_isoperf_line_scores_that_much(function, translated, gain):
    points = float(function.score(np.array(translated), np.array(0.0))) + gain
    labelled = function.isoperf(np.array(translated), points)
    assert float(function.score(np.array(translated), labelled)) == pytest.approx(points, abs=1e-6)


def test_an_isoperf_line_needs_no_labels_where_translations_do():
    assert SWAHILI.isoperf(np.array([3696.0]), 58.5) == 0


def test_worthless_labels_never_reach_a_goal():
    useless = SWAHILI._replace(a_m=0.0)
    assert np.isinf(useless.isoperf(np.array([0.0]), 75.0)).all()


def test_an_isocost_line_spends_the_budget():
    translated = np.array([0.0, 1000.0, 3000.0])
    labelled = isocost(translated, budget=100.0, price_translated=0.007, price_labelled=0.07)
    assert 0.007 * translated + 0.07 * labelled == pytest.approx(100.0)


def test_the_cheapest_way_to_a_goal_reaches_it_for_less_than_any_other():
    bought = SWAHILI.cheapest(75.0, **PRICES)
    assert float(SWAHILI.score(np.array(bought.translated), np.array(bought.labelled))) == pytest.approx(75.0)
    every = np.linspace(0, 3696, 20_001)
    assert bought.cost <= (0.007 * every + 0.07 * SWAHILI.isoperf(every, 75.0)).min() + 1e-9


def test_the_cheapest_way_lies_on_the_expansion_path():
    bought = SWAHILI.cheapest(75.0, **PRICES)
    assert bought.labelled == pytest.approx(float(SWAHILI.expansion_path(np.array(bought.translated), 0.1)), rel=1e-3)


def test_worthless_translations_are_not_bought():
    assert SWAHILI._replace(a_t=0.0).cheapest(75.0, **PRICES).translated == 0


def test_no_more_is_translated_than_there_is():
    assert SWAHILI.cheapest(79.0, price_translated=1e-6, price_labelled=1.0, pivot=500.0).translated == 500


def test_a_goal_below_the_zero_shot_score_costs_nothing():
    assert SWAHILI.cheapest(50.0, **PRICES) == (0.0, 0.0, 0.0)


def test_a_goal_that_no_data_reach_has_no_price():
    assert SWAHILI._replace(a_m=0.0, a_t=0.0).cheapest(75.0, **PRICES) is None


@pytest.mark.parametrize("prices", [(-1.0, 1.0), (1.0, 0.0)])
def test_prices_that_are_none_are_refused(prices):
    with pytest.raises(BadValue, match="labelling is not free"):
        SWAHILI.cheapest(75.0, price_translated=prices[0], price_labelled=prices[1], pivot=100.0)
