"""Pictures of drivers and of one forecast's contributions hold what the tables say."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest
from drawn import pixels, rows_with
from tests.explanation.worlds import transfer_evidence

from isogloss.charts import draw_contributions, draw_result, save
from isogloss.explanation import Drivers, Explanation, explain_forecast, find_drivers

ASKED = {"task": "topics", "model": "toy"}


@pytest.fixture(scope="module")
def drivers() -> Drivers:
    evidence = transfer_evidence(1, 12, {"syntactic": 0.04})
    return find_drivers(evidence, **ASKED, factors=["syntactic", "genetic", "script"], permutations=199)


@pytest.fixture(scope="module")
def explanation() -> Explanation:
    return explain_forecast(transfer_evidence(1, 6), "yue", **ASKED)


def effects(chart) -> dict[str, dict]:
    return {row["name"]: row for row in rows_with(chart, "value", "from") if not row["bar"]}


def bars(chart) -> dict[str, dict]:
    return {row["name"]: row for row in rows_with(chart, "value", "begin") if row["bar"]}


def subtitle(chart) -> str:
    return " ".join(chart.to_dict()["title"]["subtitle"])


def test_every_factor_is_drawn_with_its_interval_in_the_order_of_the_table(drivers):
    drawn = effects(draw_result(drivers))
    assert list(drawn) == drivers.table["factor"].to_list()
    assert [row["from"] for row in drawn.values()] == pytest.approx(drivers.table["lower"].to_list())


def test_what_is_shown_to_go_with_the_scores_is_filled(drivers):
    filled = {name for name, row in effects(draw_result(drivers)).items() if row["fill"] == row["stroke"]}
    assert filled == {"syntactic"}


def test_shares_are_bars_on_an_axis_up_to_the_whole(drivers):
    chart = draw_result(drivers)
    shares = {name: row["value"] for name, row in bars(chart).items()}
    assert shares == dict(drivers.table.select("factor", "share").iter_rows())


def test_a_share_that_is_not_known_is_not_drawn(drivers):
    without = replace(drivers, table=drivers.table.with_columns(share=pl.lit(None, dtype=pl.Float64)))
    assert bars(draw_result(without)) == {}


def test_factors_that_tell_nothing_of_languages_left_out_are_not_given_a_negative_share(drivers):
    said = subtitle(draw_result(replace(drivers, held_out_r2=-1.44)))
    assert "-144" not in said
    assert "for languages left out, none" in said


def test_steps_lead_from_the_baseline_to_the_forecast(explanation):
    chart = draw_result(explanation)
    steps = [row for row in rows_with(chart, "value", "begin", "step") if row["bar"] and row["step"] is not None]
    ends = {row["name"]: row["value"] for row in rows_with(chart, "value", "begin", "step") if not row["bar"]}
    assert steps[0]["step"] == ends["start"] == explanation.baseline
    assert [step["step"] for step in steps[1:]] == [step["value"] for step in steps[:-1]]
    assert steps[-1]["value"] == pytest.approx(ends["forecast"], abs=1e-9)


def test_the_axis_reaches_over_the_interval_so_that_small_steps_look_small(explanation):
    chart = draw_result(explanation)
    forecast = next(row for row in rows_with(chart, "value", "from") if row["name"] == "forecast")
    assert (forecast["from"], forecast["to"]) == pytest.approx((explanation.lower, explanation.upper))


def test_a_language_that_was_measured_is_said_to_need_no_explanation():
    evidence = transfer_evidence(1, 6)
    measured = evidence.observations.row(0, named=True)
    found = explain_forecast(evidence, measured["target"], **ASKED, train=measured["train"])
    assert "it was measured itself" in subtitle(draw_result(found))


def test_a_contribution_too_small_to_see_has_no_sign():
    groups = pl.DataFrame({"group": ["pretraining data", "kin"], "contribution": [-1e-9, 0.02]})
    chart = draw_contributions(groups, baseline=0.5, mean=0.52, lower=0.4, upper=0.6)
    figures = {row["name"]: row["figures"] for row in rows_with(chart, "value", "figures")}
    assert (figures["pretraining data"], figures["kin"]) == ("0.000", "+0.020")


def test_measured_languages_it_leans_on_are_named_with_their_scores():
    found = explain_forecast(transfer_evidence(1, 6), "yue", **ASKED, forecaster="base-learners")
    drawn = bars(draw_result(found))
    top = found.neighbours.row(0, named=True)
    assert drawn[top["name"]]["value"] == top["weight"]
    assert drawn[top["name"]]["figures"].startswith("scored ")


@pytest.mark.parametrize("which", ["drivers", "explanation"])
def test_pictures_are_drawn(which, tmp_path, request):
    path = save(draw_result(request.getfixturevalue(which)), tmp_path / "picture.png", scale=0.5)
    width, height, colours = pixels(path)
    assert (width, height) == (800, 450)
    assert bytes.fromhex("0072b2") in {colour[:3] for colour in colours}


def test_near_languages_without_weights_are_drawn_by_their_scores(explanation):
    near = pl.DataFrame({"language": ["eng", "deu"], "weight": [None, None], "score": [0.8, 0.4]})
    near = near.with_columns(pl.col("weight").cast(pl.Float64))
    chart = draw_contributions(explanation.groups, near, baseline=0.5, mean=0.6, lower=0.4, upper=0.8)
    drawn = bars(chart)
    assert [drawn[name]["value"] for name in ("English", "German")] == [0.8, 0.4]
    assert "Measured near it: English, German." in chart.to_dict()["description"]
