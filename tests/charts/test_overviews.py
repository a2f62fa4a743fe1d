"""Pictures of evidence and of distances between languages hold what the tables say."""

from __future__ import annotations

import altair as alt
import polars as pl
import pytest
from drawn import rows_with

import isogloss
from isogloss.charts import Canvas, draw_distances, draw_evidence, draw_nearest

SCORES = pl.DataFrame(
    {
        "model": ["a", "a", "a", "b", "b"], "target": ["deu", "fra", "deu", "deu", "yor"],
        "score": [0.8, 0.6, 0.6, 0.5, 0.1],
    }
)  # fmt: skip
PAIRS = pl.DataFrame({"language": ["deu", "deu", "nld"], "other": ["nld", "zul", "zul"], "combined": [0.2, 0.9, None]})


def test_every_model_and_language_has_a_cell_with_its_mean_score():
    cells = {
        (row["model"], row["language"]): row["score"] for row in rows_with(draw_evidence(SCORES), "model", "score")
    }
    assert cells == pytest.approx(
        {("a", "German"): 0.7, ("a", "French"): 0.6, ("b", "German"): 0.5, ("b", "Yoruba"): 0.1}
    )


def test_languages_are_in_the_order_of_their_scores_and_what_is_missing_is_blank():
    cells = rows_with(draw_evidence(SCORES), "model", "score")
    order = sorted(
        {row["language"] for row in cells}, key=lambda name: min(c["x"] for c in cells if c["language"] == name)
    )
    assert order == ["German", "French", "Yoruba"]
    assert (
        "4 mean scores, 67 % of the cells; blank: not measured." in draw_evidence(SCORES).to_dict()["title"]["subtitle"]
    )


def test_without_a_title_the_line_below_it_takes_its_place():
    titled, untitled = (draw_evidence(SCORES, canvas=Canvas(titled=shown)).to_dict() for shown in (True, False))
    assert untitled["title"]["text"] == titled["title"]["subtitle"]
    assert "subtitle" not in untitled["title"]
    assert "title" not in Canvas(titled=False).page("Anything").finish(alt.Chart().mark_point(), "").to_dict()


def test_each_model_says_how_many_languages_it_has():
    words = {row["text"] for row in rows_with(draw_evidence(SCORES), "text")}
    assert "2 of 3" in words


def test_models_without_room_are_counted():
    many = pl.DataFrame({"model": [f"m{k}" for k in range(30)], "target": ["deu"] * 30, "score": [0.5] * 30})
    subtitle = draw_evidence(many).to_dict()["title"]["subtitle"]
    assert "Not drawn, with fewer languages: 6 models." in subtitle


def test_distances_are_drawn_both_ways_and_an_unknown_one_is_blank():
    cells = rows_with(draw_distances(PAIRS), "distance")
    assert len(cells) == 4
    drawn = {frozenset((row["language"], row["other"])): row["distance"] for row in cells}
    assert drawn == {frozenset({"German", "Dutch"}): 0.2, frozenset({"German", "Zulu"}): 0.9}


def test_distances_of_more_languages_than_can_be_named_are_one_image_and_the_nearest_pairs():
    codes = [f"l{number}" for number in range(60)]
    rows = [(one, other, 0.2 + 0.01 * abs(at - place)) for at, one in enumerate(codes)
            for place, other in enumerate(codes) if at < place]  # fmt: skip
    pairs = pl.DataFrame(rows, ["language", "other", "combined"], orient="row")
    chart = draw_distances(pairs, canvas=Canvas(names={one: one.upper() for one in codes}))
    assert len(rows_with(chart, "url")) == 1
    assert "L0 and L1 0.21" in {row["text"] for row in rows_with(chart, "text")}
    assert len(str(chart.to_dict())) < 60_000


def test_relatives_stand_beside_each_other():
    rows = [row["text"] for row in rows_with(draw_distances(PAIRS), "text", "x", "y", "colour") if row["x"] == 0]
    assert abs(rows.index("German") - rows.index("Dutch")) == 1


def test_the_nearest_are_bars_on_an_axis_up_to_one():
    table = pl.DataFrame({"language": ["ful", "eng"], "name": ["Fulah", "English"], "distance": [0.35, 0.39]})
    chart = draw_nearest(table, language="wol", canvas=Canvas(names={"ful": "Pulaar"}))
    bars = rows_with(chart, "value", "begin")
    assert [(row["name"], row["value"]) for row in bars] == [("Pulaar", 0.35), ("English", 0.39)]
    assert chart.to_dict()["title"]["text"] == ["The languages nearest to Wolof"]


def test_the_picture_of_one_model_that_learnt_from_one_language_at_a_time_is_sources_by_targets():
    spec = isogloss.show_evidence("isogloss:udpos-ngram").picture().to_dict()
    panels = [panel["title"]["text"] for panel in spec["hconcat"]]
    assert panels == ["char-ngram · 100 examples", "char-ngram · 1000 examples"]
    assert {"source", "target", "score"} <= set(next(iter(spec["datasets"].values()))[0])
