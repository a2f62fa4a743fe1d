"""Pictures of trust and of benchmarks: guesses against the truth, coverage, errors by stratum and by forecaster."""

from __future__ import annotations

import polars as pl
import pytest
from drawn import rows_with

from isogloss.charts import Canvas, draw_benchmark, draw_trust

GUESSES = pl.DataFrame(
    {
        "target": ["deu", "fra", "yor"], "score": [0.8, 0.7, 0.2], "mean": [0.75, 0.7, 0.5], "lower": [0.7, 0.6, 0.4],
        "upper": [0.85, 0.8, 0.6],
    }
)  # fmt: skip
CALIBRATION = pl.DataFrame(
    {"level": [0.9, 0.5], "coverage": [0.6, 0.5], "coverage_low": [0.4, 0.3], "coverage_high": [0.8, 0.7]}
)
STRATA = pl.DataFrame(
    {
        "stratum": ["resources", "nearness", "script"], "value": ["1 no web text", "2 over 0.40", "Latn"],
        "groups": [5, 4, 2], "mae": [9.0, 4.0, 20.0], "mae_low": [6.0, 3.0, None], "mae_high": [12.0, 5.0, None],
    }
)  # fmt: skip


def lines(chart) -> dict[str, dict]:
    return {row["name"]: row for row in rows_with(chart, "value", "from")}


def test_a_guess_outside_its_interval_is_drawn_differently():
    shapes = {row["name"]: row["shape"] for row in rows_with(draw_trust(GUESSES, CALIBRATION), "score", "shape")}
    assert shapes == {"German": "circle", "French": "circle", "Yoruba": "diamond"}


def test_guesses_stand_against_the_truth_on_equal_axes():
    chart = draw_trust(GUESSES, CALIBRATION, canvas=Canvas(percent=True))
    dots = {row["name"]: (row["score"], row["mean"]) for row in rows_with(chart, "score", "shape")}
    assert dots["Yoruba"] == pytest.approx((20, 50))
    square = chart.to_dict()["hconcat"][0]
    assert square["width"] == square["height"]


def test_coverage_stands_beside_what_is_promised():
    drawn = lines(draw_trust(GUESSES, CALIBRATION))
    assert list(drawn) == ["50 % intervals", "90 % intervals"]
    assert (drawn["90 % intervals"]["value"], drawn["90 % intervals"]["reference"]) == pytest.approx((60, 90))
    assert drawn["90 % intervals"]["stroke"] != drawn["50 % intervals"]["stroke"]  # the first is too narrow


def test_strata_with_enough_languages_are_drawn_the_worst_first():
    drawn = lines(draw_trust(GUESSES, CALIBRATION, STRATA))
    assert [name for name in drawn if "intervals" not in name] == ["no web text", "nearest at over 0.40"]


def test_of_very_many_guesses_each_language_is_one_dot():
    many = pl.concat([GUESSES] * 100)
    dots = rows_with(draw_trust(many, CALIBRATION), "score", "shape")
    assert len(dots) == 3


def test_the_description_says_how_far_off_and_how_often_intervals_held():
    words = draw_trust(GUESSES, CALIBRATION).to_dict()["description"]
    assert "3 scores in 3 languages forecast without them: off by 0.12 on average" in words
    assert "90 % intervals held 60 %" in words


def summary(*rows: tuple[str, str, str, float]) -> pl.DataFrame:
    table = [
        {"protocol": protocol, "condition": condition, "table": "t", "forecaster": name, "unit": "points", "mae": mae,
         "mae_low": mae - 1, "mae_high": mae + 1, "coverage": 0.9}
        for protocol, condition, name, mae in rows
    ]  # fmt: skip
    return pl.DataFrame(table)


def test_forecasters_are_in_the_order_of_their_errors_and_the_candidate_stands_out():
    chart = draw_benchmark(summary(("lolo", "", "ours", 3.0), ("lolo", "", "mean", 2.0)), candidate="ours")
    drawn = lines(chart)
    assert list(drawn) == ["mean", "ours"]
    assert (drawn["ours"]["shape"], drawn["mean"]["shape"]) == ("circle", "diamond")
    assert (drawn["ours"]["from"], drawn["ours"]["to"]) == (2.0, 4.0)


def test_several_conditions_are_averaged_without_an_interval():
    rows = summary(("anchors", "0", "ours", 3.0), ("anchors", "9", "ours", 1.0))
    (row,) = rows_with(draw_benchmark(rows, candidate="ours"), "value", "from")
    assert (row["value"], row["from"]) == (2.0, None)


def test_protocols_stand_beside_each_other_and_coverage_is_said():
    rows = summary(("lolo", "", "ours", 3.0), ("models", "", "ours", 5.0))
    spec = draw_benchmark(rows, candidate="ours", level=0.9, titles={"lolo": "languages"}).to_dict()
    assert len(spec["hconcat"]) == 2
    assert spec["title"]["subtitle"] == ["90 % intervals of ours held 90 % (lolo), 90 % (models)."]
