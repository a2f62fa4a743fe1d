"""Pictures of sources: the best, what simpler rules pick, sets of sources, and sources for many targets."""

from __future__ import annotations

import polars as pl
import pytest
from drawn import rows_with

from isogloss.charts import Canvas, draw_chosen_sources, draw_source_sets, draw_sources

SOURCES = pl.DataFrame(
    {
        "source": ["cym", "gla", "eng", "tur"], "mean": [0.45, 0.41, 0.38, 0.30], "lower": [0.34, 0.30, 0.27, 0.19],
        "upper": [0.56, 0.51, 0.48, 0.40], "regret": [0.01, 0.06, 0.09, 0.17], "regret_upper": [0.05, 0.12, 0.17, 0.25],
    }
)  # fmt: skip
BASELINES = pl.DataFrame({"baseline": ["nearest", "ridge", "most data"], "source": ["cym", "cym", "tur"]})


def words(chart) -> list[str]:
    return [row["text"] for row in rows_with(chart, "text", "x")]


def test_the_best_and_what_simpler_rules_pick_are_drawn_and_told_apart():
    chart = draw_sources(SOURCES, BASELINES, target="bre", top=2)
    shapes = {row["name"]: row["shape"] for row in rows_with(chart, "value", "shape")}
    assert shapes == {"Welsh": "circle", "Scottish Gaelic": "circle", "Turkish": "diamond"}
    assert "picked by nearest, ridge" in words(chart)
    assert "picked by most data" in words(chart)


def test_scores_and_regrets_stand_on_the_same_lines():
    rows = rows_with(draw_sources(SOURCES, target="bre"), "value", "y")
    heights = {name: {row["y"] for row in rows if row["name"] == name} for name in {row["name"] for row in rows}}
    assert all(len(ys) == 1 for ys in heights.values())
    assert sorted(row["value"] for row in rows if row["name"] == "Turkish") == [0.17, 0.30]


def test_names_stand_at_the_left_edge_however_long():
    rows = [row for row in rows_with(draw_sources(SOURCES, BASELINES, target="bre"), "text", "x") if row["x"] == 0]
    assert {"Welsh", "English"} <= {row["text"] for row in rows}


def test_sources_are_in_the_scale_of_the_user():
    chart = draw_sources(SOURCES, target="bre", canvas=Canvas(percent=True))
    assert "45 (34 to 56)" in words(chart)


def test_a_set_is_named_by_its_languages():
    sets = pl.DataFrame({"sources": ["urd,jpn"], "mean": [0.7], "lower": [0.6], "upper": [0.8]})
    (row,) = rows_with(draw_source_sets(sets, target="tam"), "value")
    assert (row["name"], row["from"], row["to"]) == ("Urdu + Japanese", 0.6, 0.8)


def test_targets_stand_with_the_source_that_serves_them_beside_other_choices():
    targets = pl.DataFrame(
        {"target": ["bre", "cat"], "source": ["gle", "ita"], "mean": [0.4, 0.6], "basis": ["forecast", "measured"]}
    )
    choices = pl.DataFrame({"choice": ["random", "this choice"], "sources": ["", "gle,ita"], "mean": [0.3, 0.5]})
    chart = draw_chosen_sources(targets, choices)
    assert {"from Irish", "from Italian", "Irish + Italian"} <= set(words(chart))
    assert [row["name"] for row in rows_with(chart, "value", "begin") if row["bar"]] == ["this choice", "random"]


@pytest.mark.parametrize("question", ["Which language to train on for Breton?"])
def test_the_title_asks_until_a_finding_is_given(question):
    assert draw_sources(SOURCES, target="bre").to_dict()["title"]["text"] == [question]
    told = draw_sources(SOURCES, target="bre", canvas=Canvas("Train on Welsh for Breton"))
    assert told.to_dict()["title"]["text"] == ["Train on Welsh for Breton"]
