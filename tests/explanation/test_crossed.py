from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from isogloss.explanation.crossed import Crossing, Groups, fit_crossed


@pytest.fixture
def table():
    """Pairs of 6 sources and 8 targets, a fifth of them missing, with effects of both."""
    chance = np.random.default_rng(5)
    rows, columns = (index.ravel() for index in np.indices((6, 8)))
    kept = np.sort(chance.permutation(len(rows))[:38])
    rows, columns = rows[kept], columns[kept]
    design = chance.standard_normal((len(rows), 2))
    effects = chance.normal(0, 0.7, 6)[rows] + chance.normal(0, 1.2, 8)[columns]
    return design, 3 + design @ [0.5, 0.0] + effects + chance.normal(0, 0.6, len(rows)), rows, columns


def test_the_fit_is_that_of_statsmodels(table):
    design, response, rows, columns = table
    frame = pd.DataFrame({"y": response, "a": design[:, 0], "b": design[:, 1], "s": rows, "t": columns, "all": 1})
    theirs = sm.MixedLM.from_formula(
        "y ~ a + b", groups="all", vc_formula={"s": "0 + C(s)", "t": "0 + C(t)"}, data=frame
    ).fit(reml=True)
    ours = fit_crossed(design, response, rows, columns)
    assert ours.coefficients == pytest.approx(theirs.fe_params.to_numpy(), abs=2e-4)
    # Theirs take into account that the variances are estimated.
    assert ours.errors == pytest.approx(theirs.bse_fe.to_numpy(), rel=1e-2)
    assert ours.variances == pytest.approx([*theirs.vcomp, theirs.scale], rel=5e-3)


def test_without_effects_it_is_least_squares(table):
    design, response, rows, columns = table
    theirs = sm.OLS(response, sm.add_constant(design)).fit()
    ours = fit_crossed(design, response, rows, columns, effects=False)
    assert ours.coefficients == pytest.approx(theirs.params)
    assert ours.errors == pytest.approx(theirs.bse)


def test_weighing_is_the_inverse_of_the_covariance(table):
    *_, rows, columns = table
    groups = Groups(Crossing(rows, columns), (0.8, 1.7))
    same_row, same_column = rows[:, None] == rows, columns[:, None] == columns
    covariance = np.eye(len(rows)) + 0.64 * same_row + 2.89 * same_column
    assert groups.weigh(np.eye(len(rows))) == pytest.approx(np.linalg.inv(covariance), abs=1e-10)
    assert groups.log_determinant == pytest.approx(np.linalg.slogdet(covariance)[1])


def test_numbers_of_the_sources_do_not_matter(table):
    design, response, rows, columns = table
    other = fit_crossed(design, response, np.random.default_rng(0).permutation(6)[rows], columns)
    assert other.coefficients == pytest.approx(fit_crossed(design, response, rows, columns).coefficients, abs=1e-5)
