from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.outliers_influence import variance_inflation_factor
from statsmodels.stats.sandwich_covariance import cov_cluster_2groups

from isogloss.explanation.least_squares import (
    combinations_among,
    fit_least_squares,
    inflation,
    left_out_r2,
    shares_of_r2,
    two_way,
)


def standardised(values: np.ndarray) -> np.ndarray:
    return (values - values.mean(0)) / values.std(0)


@pytest.fixture
def table():
    """Pairs of 7 sources and 9 targets with three factors that go together."""
    chance = np.random.default_rng(2)
    rows, columns = (index.ravel() for index in np.indices((7, 9)))
    design = standardised(chance.standard_normal((63, 3)) @ [[1, 0.5, 0.2], [0, 1, 0.4], [0, 0, 1]])
    response = design @ [1.0, 0.5, 0.0] + chance.normal(0, 0.5, 7)[rows] + chance.normal(0, 1, 63)
    return design, response, rows, columns


def test_coefficients_and_partial_r2_are_those_of_nested_fits(table):
    design, response, rows, columns = table
    ours = fit_least_squares(design, response, rows, columns)
    whole = sm.OLS(response, sm.add_constant(design)).fit()
    assert ours.coefficients == pytest.approx(whole.params[1:])
    assert ours.r2 == pytest.approx(whole.rsquared)
    for place in range(3):
        without = sm.OLS(response, sm.add_constant(np.delete(design, place, axis=1))).fit().rsquared
        assert ours.partial[place] == pytest.approx((whole.rsquared - without) / (1 - without))


def test_errors_clustered_two_ways_are_those_of_statsmodels(table):
    design, response, rows, columns = table
    full = sm.add_constant(design)
    whole = sm.OLS(response, full).fit()
    both, *_ = cov_cluster_2groups(whole, rows, columns, use_correction=False)
    bread = np.linalg.inv(full.T @ full)
    plain = two_way(full * whole.resid[:, None], rows, columns)
    corrected = plain.copy()
    for by, count in ((rows, 7), (columns, 9)):
        sums = np.array([(full * whole.resid[:, None])[by == one].sum(0) for one in range(count)])
        corrected -= sums.T @ sums * (count / (count - 1) - 1)
    assert np.diag(bread @ corrected @ bread) == pytest.approx(np.diag(both))


def test_shares_are_means_over_all_orders(table):
    design, response, *_ = table
    expected = np.zeros(3)
    for order in permutations(range(3)):
        before = 0.0
        for position, place in enumerate(order):
            now = sm.OLS(response, sm.add_constant(design[:, list(order[: position + 1])])).fit().rsquared
            expected[place] += (now - before) / 6
            before = now
    assert shares_of_r2(design, response) == pytest.approx(expected)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10**6), width=st.integers(1, 7))
def test_shares_add_up_to_r2(seed, width):
    chance = np.random.default_rng(seed)
    design = standardised(chance.standard_normal((60, width)) + chance.standard_normal((60, 1)))
    response = design.sum(1) + chance.standard_normal(60)
    place = np.arange(60)
    assert shares_of_r2(design, response).sum() == pytest.approx(fit_least_squares(design, response, place, place).r2)


def test_inflation_is_that_of_statsmodels(table):
    full = sm.add_constant(table[0])
    assert inflation(table[0]) == pytest.approx([variance_inflation_factor(full, place) for place in (1, 2, 3)])


def test_combinations_are_named_with_what_they_combine(table):
    design = table[0]
    wider = standardised(np.column_stack([design, design[:, 0] + 2 * design[:, 2]]))
    assert combinations_among(wider, ["a", "b", "c", "d"]) == {"d": "a combination of a, c"}
    assert combinations_among(design, ["a", "b", "c"]) == {}


def test_languages_left_out_are_left_out_as_source_and_as_target():
    chance = np.random.default_rng(0)
    names = list("abcdefg")
    rows, columns = zip(*((one, two) for one in names for two in names if one != two), strict=True)
    design = standardised(chance.standard_normal((42, 2)))
    response = design[:, 0] + chance.normal(0, 0.3, 42)
    errors = of_mean = 0.0
    for name in names:
        asked = np.array(columns) == name
        fitted = ~asked & (np.array(rows) != name)
        told = sm.OLS(response[fitted], sm.add_constant(design[fitted])).fit()
        errors += ((response[asked] - told.predict(sm.add_constant(design[asked]))) ** 2).sum()
        of_mean += ((response[asked] - response[fitted].mean()) ** 2).sum()
    assert left_out_r2(design, response, rows, columns) == pytest.approx(1 - errors / of_mean)
