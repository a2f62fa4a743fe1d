"""Simulated shifts of the public tables."""

from __future__ import annotations

import numpy as np
import pytest

from isogloss.forecasting.background.shifts import SHIFTS, shift_table
from isogloss.forecasting.background.side_facts import shared_web_text
from isogloss.forecasting.background.tables import read_tables
from isogloss.languages import resolve
from isogloss.languages.near_identical import stand_in

TABLE = next(table for table in read_tables() if table.name == "mteb:SIB200ClusteringS2S")


def web(shifted, columns) -> np.ndarray:
    return np.array([shared_web_text(language) for language in shifted.names(columns)])


@pytest.mark.parametrize("shift", SHIFTS)
def test_nothing_forecast_is_measured_and_a_seed_gives_the_same_split(shift):
    shifted = shift_table(TABLE, shift, 15, 0)
    assert not set(shifted.measured) & set(shifted.forecast)
    np.testing.assert_array_equal(shifted.measured, shift_table(TABLE, shift, 15, 0).measured)
    assert len(shifted.measured) == 15


@pytest.mark.parametrize("shift", ["hard", "soft"])
def test_every_forecast_language_is_poorer_than_every_measured_one(shift):
    shifted = shift_table(TABLE, shift, 15, 1)
    assert web(shifted, shifted.forecast).max() <= web(shifted, shifted.measured).min() + 0.02


def test_a_table_too_small_for_the_shift_gives_none():
    assert shift_table(TABLE, "hard", 150, 0) is None
    assert shift_table(TABLE, "random", len(TABLE.languages) - 2, 0) is None


@pytest.mark.parametrize("seed", range(5))
def test_near_identical_languages_are_never_on_both_sides(seed):
    table = next(table for table in read_tables() if table.name == "sib200-llm")
    assert {"bos", "hrv", "pes", "prs"} <= set(table.languages)
    shifted = shift_table(table, "random", 100, seed)
    sides = [{stand_in(name) for name in shifted.names(side)} for side in (shifted.measured, shifted.forecast)]
    assert not sides[0] & sides[1]
    assert len(shifted.table.languages) == len({stand_in(name) for name in table.languages})


@pytest.mark.parametrize(
    ("shift", "kind"), [("family", lambda one: one.family[:1]), ("script", lambda one: one.script)]
)
def test_a_whole_family_or_script_is_forecast_from_the_others(shift, kind):
    shifted = shift_table(TABLE, shift, 20, 2)
    measured, forecast = (
        [kind(resolve(name)) for name in shifted.names(side)] for side in (shifted.measured, shifted.forecast)
    )
    assert len(measured) == 20
    assert len(forecast) >= 4
    assert len(set(forecast)) == 1
    assert forecast[0] not in measured
