from __future__ import annotations

from itertools import permutations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.outliers_influence import variance_inflation_factor
from statsmodels.stats.sandwich_covariance import cov_cluster_2groups

from isogloss.explanation.linear_models import (
    CrossedDesign,
    RandomEffects,
    collinear_factors,
    fit_crossed,
    fit_least_squares,
    held_out_r2,
    lmg_shares,
    two_way_covariance,
    variance_inflation,
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
    plain = two_way_covariance(full * whole.resid[:, None], rows, columns)
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
    assert lmg_shares(design, response) == pytest.approx(expected)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10**6), width=st.integers(1, 7))
def test_shares_add_up_to_r2(seed, width):
    chance = np.random.default_rng(seed)
    design = standardised(chance.standard_normal((60, width)) + chance.standard_normal((60, 1)))
    response = design.sum(1) + chance.standard_normal(60)
    place = np.arange(60)
    assert lmg_shares(design, response).sum() == pytest.approx(fit_least_squares(design, response, place, place).r2)


def test_inflation_is_that_of_statsmodels(table):
    full = sm.add_constant(table[0])
    assert variance_inflation(table[0]) == pytest.approx(
        [variance_inflation_factor(full, place) for place in (1, 2, 3)]
    )


def test_combinations_are_named_with_what_they_combine(table):
    design = table[0]
    wider = standardised(np.column_stack([design, design[:, 0] + 2 * design[:, 2]]))
    assert collinear_factors(wider, ["a", "b", "c", "d"]) == {"d": "a combination of a, c"}
    assert collinear_factors(design, ["a", "b", "c"]) == {}


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
    assert held_out_r2(design, response, rows, columns) == pytest.approx(1 - errors / of_mean)


@pytest.fixture
def crossed():
    """Pairs of 6 sources and 8 targets, a fifth of them missing, with effects of both."""
    chance = np.random.default_rng(5)
    rows, columns = (index.ravel() for index in np.indices((6, 8)))
    kept = np.sort(chance.permutation(len(rows))[:38])
    rows, columns = rows[kept], columns[kept]
    design = chance.standard_normal((len(rows), 2))
    effects = chance.normal(0, 0.7, 6)[rows] + chance.normal(0, 1.2, 8)[columns]
    return design, 3 + design @ [0.5, 0.0] + effects + chance.normal(0, 0.6, len(rows)), rows, columns


def test_the_fit_is_that_of_statsmodels(crossed):
    design, response, rows, columns = crossed
    frame = pd.DataFrame({"y": response, "a": design[:, 0], "b": design[:, 1], "s": rows, "t": columns, "all": 1})
    theirs = sm.MixedLM.from_formula(
        "y ~ a + b", groups="all", vc_formula={"s": "0 + C(s)", "t": "0 + C(t)"}, data=frame
    ).fit(reml=True)
    ours = fit_crossed(design, response, rows, columns)
    assert ours.coefficients == pytest.approx(theirs.fe_params.to_numpy(), abs=2e-4)
    # Theirs take into account that the variances are estimated.
    assert ours.errors == pytest.approx(theirs.bse_fe.to_numpy(), rel=1e-2)
    assert ours.variances == pytest.approx([*theirs.vcomp, theirs.scale], rel=5e-3)


def test_without_effects_it_is_least_squares(crossed):
    design, response, rows, columns = crossed
    theirs = sm.OLS(response, sm.add_constant(design)).fit()
    ours = fit_crossed(design, response, rows, columns, effects=False)
    assert ours.coefficients == pytest.approx(theirs.params)
    assert ours.errors == pytest.approx(theirs.bse)


def test_weighing_is_the_inverse_of_the_covariance(crossed):
    *_, rows, columns = crossed
    groups = RandomEffects(CrossedDesign(rows, columns), (0.8, 1.7))
    same_row, same_column = rows[:, None] == rows, columns[:, None] == columns
    covariance = np.eye(len(rows)) + 0.64 * same_row + 2.89 * same_column
    assert groups.weigh(np.eye(len(rows))) == pytest.approx(np.linalg.inv(covariance), abs=1e-10)
    assert groups.log_determinant == pytest.approx(np.linalg.slogdet(covariance)[1])


def test_numbers_of_the_sources_do_not_matter(crossed):
    design, response, rows, columns = crossed
    other = fit_crossed(design, response, np.random.default_rng(0).permutation(6)[rows], columns)
    assert other.coefficients == pytest.approx(fit_crossed(design, response, rows, columns).coefficients, abs=1e-5)
