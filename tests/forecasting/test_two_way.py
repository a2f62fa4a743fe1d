"""Grids and their two-way fit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from isogloss.forecasting.grid import Grid, TrainingMixes, fill, two_way

EFFECTS = arrays(float, st.integers(1, 6), elements=st.floats(-1, 1, width=32))


@given(rows=EFFECTS, columns=EFFECTS)
def test_a_complete_additive_table_gives_its_effects_back(rows, columns):
    mean, row_effects, column_effects = two_way(0.5 + rows[:, None] + columns)
    assert mean == pytest.approx(0.5 + rows.mean() + columns.mean(), abs=1e-9)
    np.testing.assert_allclose(row_effects, rows - rows.mean(), atol=1e-9)
    np.testing.assert_allclose(column_effects, columns - columns.mean(), atol=1e-9)


def test_an_additive_table_with_a_third_missing_gives_its_effects_back():
    chance = np.random.default_rng(0)
    rows, columns = chance.normal(size=12), chance.normal(size=9)
    scores = 2 + rows[:, None] + columns
    scores[chance.random(scores.shape) < 1 / 3] = np.nan
    mean, row_effects, column_effects = two_way(scores)
    assert mean == pytest.approx(2 + rows.mean() + columns.mean(), abs=1e-6)
    np.testing.assert_allclose(row_effects, rows - rows.mean(), atol=1e-6)
    np.testing.assert_allclose(column_effects, columns - columns.mean(), atol=1e-6)


def test_effects_average_to_zero_where_one_row_is_hardly_measured():
    scores = np.array([[0.9] * 10, [0.1] + [np.nan] * 9])
    mean, rows, columns = two_way(scores)
    assert (mean, *rows) == pytest.approx((0.5, 0.4, -0.4))
    np.testing.assert_allclose(columns, 0, atol=1e-9)


def test_filling_leaves_what_was_measured_as_it_is():
    scores = np.array([[0.1, 0.2, np.nan], [0.3, np.nan, 0.6]])
    filled = fill(scores)
    known = ~np.isnan(scores)
    np.testing.assert_array_equal(filled[known], scores[known])
    assert filled[0, 2] == pytest.approx(0.4)  # the second row lies 0.2 above the first
    assert filled[1, 1] == pytest.approx(0.4)


def test_a_complete_table_is_not_changed():
    scores = np.array([[0.1, 0.7], [0.3, 0.2]])
    assert fill(scores) is scores


def test_a_grid_holds_the_mean_over_seeds_and_gaps(measured):
    grid = Grid.read(
        measured([("deu", "eng:10", 0.4), ("fra", "eng:10", 0.5), ("fra", "hin:10", 0.8)]).observations.vstack(
            measured([("deu", "eng:10", 0.6)]).observations
        )
    )
    assert (grid.mixes.texts, grid.targets) == (("eng:10", "hin:10"), ("deu", "fra"))
    np.testing.assert_allclose(grid.scores, [[0.5, 0.5], [np.nan, 0.8]])


def test_unknown_sizes_are_taken_to_be_the_median_of_the_known(measured):
    evidence = measured([("deu", text, 0.5) for text in ("eng", "eng:100", "hin:300,eng:200", "hin")])
    grid = Grid.read(evidence.observations)
    assert grid.mixes.sources == ("eng", "hin")
    assert grid.mixes.texts == ("eng", "eng:100", "eng:200,hin:300", "hin")
    np.testing.assert_array_equal(grid.mixes.sizes, [[200, 0], [100, 0], [200, 300], [0, 200]])


def test_unknown_sizes_are_a_thousand_where_no_size_is_known():
    assert TrainingMixes.read(["eng,hin"]).sizes.tolist() == [[1000.0, 1000.0]]


def test_sizes_over_other_sources_are_zero_where_nothing_was_trained_on():
    mixes = TrainingMixes.read(["eng:100,hin:5", "hin:7"])
    assert mixes.over(["hin", "yor"]).tolist() == [[5.0, 0.0], [7.0, 0.0]]


class TestHidingALanguage:
    """A held-out language leaves no trace, and nothing that only it had a score in."""

    def hide(self, measured, cells, *languages):
        return Grid.read(measured(cells).observations).without_languages(languages)

    def test_takes_its_column_and_its_examples(self, measured):
        cells = [(target, "eng:100,hin:50", 0.5) for target in ("deu", "hin")]
        grid = self.hide(measured, cells, "hin")
        assert grid.targets == ("deu",)
        assert grid.mixes.sources == ("eng",)
        assert grid.mixes.sizes.tolist() == [[100.0]]

    def test_takes_mixes_of_nothing_else(self, measured):
        grid = self.hide(measured, [("deu", "eng:100", 0.5), ("deu", "hin:50", 0.6)], "hin")
        assert grid.mixes.texts == ("eng:100",)

    def test_keeps_the_model_as_it_is(self, measured):
        grid = self.hide(measured, [("deu", "", 0.5), ("deu", "hin:50", 0.6)], "hin")
        assert grid.mixes.texts == ("",)

    def test_takes_mixes_that_were_tested_on_nothing_else(self, measured):
        cells = [("deu", "eng:100", 0.5), ("hin", "eng:100", 0.6), ("hin", "fra:9", 0.4)]
        grid = self.hide(measured, cells, "hin")
        assert (grid.mixes.texts, grid.targets) == (("eng:100",), ("deu",))

    def test_takes_languages_that_nothing_else_was_transferred_to(self, measured):
        cells = [("deu", "eng:100", 0.5), ("fra", "hin:9", 0.4)]
        grid = self.hide(measured, cells, "hin")
        assert (grid.mixes.texts, grid.targets) == (("eng:100",), ("deu",))

    def test_can_leave_nothing(self, measured):
        grid = self.hide(measured, [("hin", "hin:9", 0.4)], "hin")
        assert (grid.mixes.texts, grid.targets, grid.scores.size) == ((), (), 0)
