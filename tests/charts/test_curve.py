from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from isogloss import read_evidence
from isogloss.charts import Canvas, draw_curve
from isogloss.errors import BadValue
from isogloss.forecasting.curves import Curve, fit_curve

LANGUAGES = "deu fra spa ita nld pol rus hin tur fin hun tam".split()


@pytest.fixture(scope="module")
def curve() -> Curve:
    """German's, measured with four sizes beside 1000 English examples, and once beside others."""
    rows = [
        (name, f"eng:1000,{name}:{size}" if size else "eng:1000", 0.4 + 0.01 * place + 0.04 * step)
        for place, name in enumerate(LANGUAGES)
        for step, size in enumerate((0, 100, 500, 2000))
    ]
    rows += [("deu", "eng:9000,deu:100", 0.45), ("deu", "eng:10,deu:500", 0.05)]
    table = pl.DataFrame(rows, schema=["target", "train", "score"], orient="row")
    evidence = read_evidence(table.with_columns(task=pl.lit("T"), model=pl.lit("M"), metric=pl.lit("accuracy")))
    return fit_curve(evidence, task="T", model="M", target="deu", train="eng:1000")


def layers(chart: Any) -> dict[str, list[dict[str, Any]]]:
    """The rows of each kind of mark."""
    spec = chart.to_dict()
    found: dict[str, list[dict[str, Any]]] = {}
    for layer in spec["layer"]:
        data = layer.get("data", {})
        rows = data.get("values") or spec["datasets"][data["name"]]
        mark = layer["mark"]["type"]
        found[mark] = found.get(mark, []) + list(rows)
    return found


def test_the_band_reaches_from_lower_to_upper_at_every_size(curve):
    drawn = layers(draw_curve(curve, end=2000))["area"]
    table = curve.predict([row["size"] for row in drawn])
    assert [row["lower"] for row in drawn] == table["lower"].to_list()
    assert [drawn[0]["size"], drawn[-1]["size"]] == [0, 2000]


def test_scores_beside_the_same_and_another_mix_are_told_apart(curve):
    dots = [row for row in layers(draw_curve(curve))["point"] if "kind" in row]
    assert sum(row["kind"] == "measured" for row in dots) == 4
    assert [row["mean"] for row in dots if row["kind"] != "measured"] == [0.45]


def test_what_lies_outside_the_picture_is_counted(curve):
    said = draw_curve(curve).to_dict()["title"]["subtitle"]
    assert said[1] == "1 score measured beside other mixes lies above or below the picture"


def test_the_goal_says_how_many_examples_reach_it(curve):
    needed = curve.needed(0.5)
    drawn = layers(draw_curve(curve, goal=0.5))
    interval = f"90 % interval: {needed.lower:,} to {needed.upper:,}"
    assert drawn["text"][0]["said"] == f"0.5 needs about {needed.expected:,} labelled examples ({interval})"
    assert {"size": needed.expected, "mean": 0.5} in drawn["point"]


def test_the_line_is_dashed_where_sizes_are_far(curve):
    def dashes(chart: Any) -> list[list[int]]:
        lines = [layer["mark"] for layer in chart.to_dict()["layer"] if layer["mark"]["type"] == "line"]
        return [line["strokeDash"] for line in lines]

    assert dashes(draw_curve(curve, end=4000)) == [[1, 0]]
    assert dashes(draw_curve(curve, end=40_000)) == [[1, 0], [6, 4]]


def test_without_enough_evidence_there_is_no_band_and_the_subtitle_says_so(curve):
    chart = draw_curve(curve, level=0.999)
    assert "area" not in layers(chart)
    assert "too little evidence for a 99.9 % band" in chart.to_dict()["title"]["subtitle"][0]


def test_zero_has_a_place_on_the_axis(curve):
    across = draw_curve(curve).to_dict()["layer"][0]["encoding"]["x"]
    assert across["scale"]["type"] == "symlog"
    assert across["axis"]["values"][:2] == [0, 10]


def test_sizes_that_are_no_range_are_refused(curve):
    with pytest.raises(BadValue, match="sizes from 50 to 20 are no range"):
        draw_curve(curve, start=50, end=20)


def test_scores_and_the_goal_are_in_the_scale_that_is_asked_for(curve):
    drawn = layers(draw_curve(curve, goal=0.5, canvas=Canvas(score="accuracy", percent=True)))
    assert drawn["area"][0]["lower"] == pytest.approx(100 * curve.predict([0])["lower"][0])
    assert drawn["text"][0]["said"].startswith("50 needs about ")


def test_the_description_says_the_curve_at_its_ends_and_the_goal(curve):
    words = draw_curve(curve, end=2000, goal=0.5).to_dict()["description"]
    assert "0 examples" in words
    assert "2,000 examples" in words
    assert f"0.5 needs about {curve.needed(0.5).expected:,} labelled examples" in words
