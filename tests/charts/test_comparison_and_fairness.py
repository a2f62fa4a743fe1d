"""Pictures of recipes and of fairness hold what their tables say."""

from __future__ import annotations

import json

import polars as pl
import pytest
from drawn import rows_with

from isogloss import read_evidence
from isogloss.charts import Canvas, draw_result
from isogloss.planning import compare_fairness, compare_ranks, compare_recipes
from isogloss.planning.costs import parse_costs

USUAL = {"task": "qa", "metric": "f1", "train": ""}
COSTS = {
    "compute": {"hour": 3.6, "seconds_per_translation": 1.0},
    "recipes": {"a": {"train_hours": 12}, "b": {"translated_per_query": 1}, "c": {"train_hours": 20}},
}


@pytest.fixture(scope="module")
def evidence():
    scores = {"a": (0.9, 0.2), "b": (0.5, 0.5), "c": (0.8, 0.1)}
    rows = [
        USUAL | {"model": name, "recipe": name, "target": target, "score": score}
        for name, pair in scores.items()
        for target, score in zip(("deu", "yor"), pair, strict=True)
    ]
    return read_evidence(pl.DataFrame(rows))


def test_every_rule_marks_the_candidates_it_picks(evidence):
    found = compare_fairness(evidence, task="qa")
    cells = rows_with(draw_result(found), "rule", "picked")
    picked = {(cell["rule"], cell["candidate"]) for cell in cells if cell["picked"]}
    assert picked == {(rule.name, name) for rule in found.rules for name in rule.winners}
    assert len(cells) == len(found.rules) * 3


def test_candidates_are_in_the_order_of_their_means_and_the_worst_off_language_is_named(evidence):
    chart = draw_result(compare_fairness(evidence, task="qa"), canvas=Canvas(percent=True))
    means = rows_with(chart, "value", "figures")
    assert [row["name"] for row in means if row["value"] is not None] == ["a", "b", "c"]
    notes = [row["text"] for row in rows_with(chart, "text") if row["text"].startswith("worst: ")]
    assert "worst: Yoruba 20" in notes


def test_training_mixes_are_written_in_words():
    rows = [USUAL | {"model": "m", "train": mix, "target": target, "score": score}
            for mix, scores in (("eng:700", (0.5, 0.6)), ("hin:300,eng:100", (0.4, 0.7)))
            for target, score in zip(("deu", "yor"), scores, strict=True)]  # fmt: skip
    chart = draw_result(compare_fairness(read_evidence(pl.DataFrame(rows)), task="qa", by="train"))
    assert {"English 700", "English 100 + Hindi 300"} <= {row["text"] for row in rows_with(chart, "text")}


def test_ticks_of_ranks_are_whole_numbers(evidence):
    chart = json.dumps(draw_result(compare_ranks(evidence, task="qa")).to_dict())
    assert '"title": "rank", "values": [1, 2, 3]' in chart


def test_circles_stand_where_two_recipes_cost_the_same(evidence):
    chart = draw_result(compare_recipes(evidence, parse_costs(COSTS, "costs"), task="qa"))
    circles = [row for row in rows_with(chart, "queries", "total") if {*row} == {"queries", "total"}]
    assert [circle["queries"] for circle in circles] == pytest.approx([43_200, 72_000])
    assert [circle["total"] for circle in circles] == pytest.approx([43.2, 72.0])


def test_recipes_that_nothing_beats_are_filled(evidence):
    found = compare_recipes(evidence, parse_costs(COSTS, "costs"), task="qa")
    dots = {row["recipe"]: row for row in rows_with(draw_result(found), "cost", "fill")}
    filled = {name for name, row in dots.items() if row["fill"] == row["stroke"]}
    assert filled == set(found.recipes.filter("efficient")["recipe"])


def test_which_way_quality_is_better_and_what_is_free_is_said(evidence):
    worse = evidence.observations.with_columns(higher_is_better=pl.lit(False))
    free = COSTS | {"recipes": COSTS["recipes"] | {"a": {}}}
    found = compare_recipes(evidence.with_observations(worse), parse_costs(free, "costs"), task="qa")
    spec = draw_result(found).to_dict()
    assert "f1, less is better" in str(spec["hconcat"])
    assert "Free: a." in spec["description"]


def test_below_the_ranks_of_two_stands_what_one_is_ahead_of_the_other_in_each_language():
    table = pl.DataFrame(
        {"language": ["German", "French", "Hindi"], "Rook": [0.8, 0.7, 0.6], "Knight": [0.7, 0.75, 0.3]}
    )
    spec = draw_result(compare_ranks(read_evidence(table, task="t", metric="accuracy", train=""), task="t")).to_dict()
    columns = [row for rows in spec["datasets"].values() for row in rows if "difference" in row and "language" in row]
    assert [(row["language"], round(row["difference"], 6)) for row in columns] == [
        ("Hindi", 0.3), ("German", 0.1), ("French", -0.05),
    ]  # fmt: skip
