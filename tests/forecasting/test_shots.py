"""Forecasts with a number of shots that nobody measured."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from tests.forecasting.planted_laws import flat, with_shots

import isogloss
from isogloss.errors import UnknownName
from isogloss.evidence import Evidence
from isogloss.forecasting.grid import Array
from isogloss.forecasting.shots import ONE_NUMBER, change_of_shots, nearest_shots


def law(doses: Array) -> Array:
    return 0.4 * doses


def only(evidence: Evidence, *shots: int) -> Evidence:
    return evidence.with_observations(evidence.observations.filter(pl.col("shots").is_in(shots)))


def test_an_unmeasured_number_of_shots_is_answered_and_flagged():
    evidence = with_shots(0, law)
    table = isogloss.forecast(evidence, targets=["Swahili", "Wolof"], shots=16).table
    assert all("shots_unmeasured" in flags for flags in table["flags"])
    assert not any("measured" in flags for flags in table["flags"])
    assert set(table["trust"]) <= {"shaky", "guess"}
    measured = isogloss.forecast(evidence, targets=["Swahili", "Wolof"], shots=8).table
    assert (table["mean"] > measured["mean"]).all()


def test_a_measured_number_of_shots_is_answered_as_ever():
    evidence = with_shots(0, law)
    alone, beside = (isogloss.forecast(one, targets=["Wolof"], shots=8).table for one in (only(evidence, 8), evidence))
    assert alone["mean"][0] == pytest.approx(beside["mean"][0], abs=0.1)
    assert "shots_unmeasured" not in beside["flags"][0]


def test_the_change_is_that_of_the_law_where_several_numbers_were_measured():
    change = change_of_shots(with_shots(0, law, noise=0.03), 8, 32, 0.9)
    assert change.middle == pytest.approx(0.4 * (np.log1p(32) - np.log1p(8)), abs=0.15)
    assert change.below > 0 < change.above


def test_one_measured_number_stands_in_and_intervals_widen_with_the_distance():
    evidence = only(with_shots(0, law), 2)
    near, far = (change_of_shots(evidence, 2, end, 0.9) for end in (4, 64))
    assert near.middle == far.middle == 0
    assert far.above > near.above == pytest.approx(1.645 * ONE_NUMBER * np.log(5 / 3), rel=1e-3)
    tables = [isogloss.forecast(evidence, targets=["Swahili"], shots=shots).table for shots in (4, 16, 64)]
    widths = [(table["upper"] - table["lower"])[0] for table in tables]
    assert widths[0] < widths[1] < widths[2]


def test_intervals_hold_scores_with_twice_as_many_shots():
    """90 % intervals hold at least 26 of 32 scores with 8 shots, from those with 0 to 4."""
    held = []
    for seed in range(4):
        evidence = with_shots(seed, flat if seed % 2 else law)
        truth = dict(only(evidence, 8).observations.select("target", "score").iter_rows())
        table = isogloss.forecast(only(evidence, 0, 1, 2, 4), targets=list(truth), shots=8).table
        held += [low <= truth[code] <= high for code, low, high in table.select("target", "lower", "upper").iter_rows()]
    assert np.sum(held) >= 26


def test_the_nearest_number_is_nearest_in_its_logarithm():
    assert nearest_shots([0, 4, 8], 5) == 4
    assert nearest_shots([0, 4, 64], 100) == 64


def test_where_no_number_of_shots_is_known_the_question_is_refused():
    evidence = with_shots(0, law)
    blank = evidence.with_observations(only(evidence, 2).observations.with_columns(shots=pl.lit(None, pl.Int32)))
    with pytest.raises(UnknownName, match="unknown shots '5'"):
        isogloss.forecast(blank, targets=["Swahili"], shots=5)
