from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest
from drawn import pixels
from tests.explanation.worlds import transfer_evidence

from isogloss.charts import contributions_plot, drivers_plot, save
from isogloss.explanation import Drivers, Explanation, explain_forecast, find_drivers

ASKED = {"task": "topics", "model": "toy"}


@pytest.fixture(scope="module")
def drivers() -> Drivers:
    evidence = transfer_evidence(1, 12, {"syntactic": 0.04})
    return find_drivers(evidence, **ASKED, factors=["syntactic", "genetic", "script"], permutations=199)


@pytest.fixture(scope="module")
def explanation() -> Explanation:
    return explain_forecast(transfer_evidence(1, 6), "yue", **ASKED)


def values(chart, name: str) -> list[list[dict]]:
    """The rows of every data set inside a chart that has a column."""
    return [rows for rows in chart.to_dict()["datasets"].values() if name in rows[0]]


def test_every_factor_is_drawn_with_its_interval(drivers):
    rows = values(drivers_plot(drivers), "effect")[0]
    assert [row["factor"] for row in rows] == drivers.table["factor"].to_list()
    assert [row["lower"] for row in rows] == pytest.approx(drivers.table["lower"].to_list())
    assert {row["factor"] for row in rows if row["kind"] == "shown to go with the scores"} == {"syntactic"}


def test_a_share_that_is_not_known_is_not_drawn(drivers):
    without = replace(drivers, table=drivers.table.with_columns(share=pl.lit(None, dtype=pl.Float64)))
    assert {row["figures"] for row in values(drivers_plot(without), "figures")[0]} == {""}


def test_steps_lead_from_the_baseline_to_the_forecast(explanation):
    steps = values(contributions_plot(explanation), "right")[0]
    assert steps[0]["from"] == explanation.baseline
    assert [step["from"] for step in steps[2:-1]] == [step["to"] for step in steps[1:-2]]
    assert steps[-2]["to"] == pytest.approx(steps[-1]["to"], abs=1e-9)


def subtitle(chart) -> str:
    return " ".join(chart.to_dict()["title"]["subtitle"])


def test_factors_that_tell_nothing_of_languages_left_out_are_not_given_a_negative_share(drivers):
    assert "-144" not in subtitle(drivers_plot(replace(drivers, held_out_r2=-1.44)))
    assert "they predict less than the mean" in subtitle(drivers_plot(replace(drivers, held_out_r2=-1.44)))


def test_a_language_that_was_measured_is_said_to_need_no_explanation():
    evidence = transfer_evidence(1, 6)
    measured = evidence.observations.row(0, named=True)
    found = explain_forecast(evidence, measured["target"], **ASKED, train=measured["train"])
    assert "It was measured itself" in subtitle(contributions_plot(found))


@pytest.mark.parametrize("which", ["drivers", "explanation"])
def test_pictures_are_drawn(which, tmp_path, request):
    plot = {"drivers": drivers_plot, "explanation": contributions_plot}[which]
    path = save(plot(request.getfixturevalue(which)), tmp_path / "picture.png", scale=1)
    width, height, colours = pixels(path)
    assert width > 600
    assert height > 150
    assert bytes.fromhex("0072b2") in {colour[:3] for colour in colours}


def test_scores_without_a_range_are_written_out_too(explanation):
    figures = [row["figures"] for row in values(contributions_plot(replace(explanation, bounded=False)), "right")[0]]
    assert float(figures[0]) == pytest.approx(explanation.baseline, rel=1e-3)


def test_a_contribution_too_small_to_see_has_no_minus(explanation):
    groups = pl.DataFrame({"group": ["pretraining data"], "contribution": [-1e-9]})
    figures = [row["figures"] for row in values(contributions_plot(replace(explanation, groups=groups)), "right")[0]]
    assert figures[1] == "+0.000"


def test_the_number_of_a_weight_below_zero_does_not_stand_on_its_bar(explanation):
    below = explanation.neighbours.with_columns(weight=-pl.col("weight").abs() - 0.01)
    rows = values(contributions_plot(replace(explanation, neighbours=below)), "weight")[0]
    assert {row["end"] for row in rows} == {0.0}
