"""Pictures of fairness and of recipes hold what their tables say."""

from __future__ import annotations

import json

import polars as pl
import pytest

from isogloss import read_evidence
from isogloss.charts.compare import compare_picture, fair_picture
from isogloss.planning import compare_fairness, compare_recipes
from isogloss.planning.costs import parse_costs

USUAL = {"task": "qa", "metric": "f1", "train": ""}
COSTS = {
    "compute": {"hour": 3.6, "seconds_per_translation": 1.0},
    "recipes": {"a": {"train_hours": 12}, "b": {"translated_per_query": 1}, "c": {"train_hours": 20}},
}


def values(chart) -> list[list[dict]]:
    """All rows of data in a chart."""
    return [rows for rows in chart.to_dict()["datasets"].values() if rows]


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
    cells = next(rows for rows in values(fair_picture(found)) if "picked" in rows[0])
    picked = {(cell["rule"], cell["candidate"]) for cell in cells if cell["picked"]}
    assert picked == {(rule.name, name) for rule in found.rules for name in rule.winners}
    assert len(cells) == len(found.rules) * 3


def test_the_worst_off_language_of_each_candidate_is_named(evidence):
    found = compare_fairness(evidence, task="qa")
    named = [rows for rows in values(fair_picture(found)) if {*rows[0]} == {"candidate", "score", "language"}]
    worst = min(named, key=len)  # the other one has every language
    assert {row["candidate"]: (row["language"], row["score"]) for row in worst}["a"] == ("Yoruba", 0.2)


def test_circles_stand_where_two_recipes_cost_the_same(evidence):
    found = compare_recipes(evidence, parse_costs(COSTS, "costs"), task="qa")
    circles = next(rows for rows in values(compare_picture(found)) if {*rows[0]} == {"queries", "total"})
    assert [circle["queries"] for circle in circles] == pytest.approx([43_200, 72_000])
    assert [circle["total"] for circle in circles] == pytest.approx([43.2, 72.0])


def test_which_way_quality_is_better_and_what_is_free_is_said(evidence):
    worse = evidence.observations.with_columns(higher_is_better=pl.lit(False))
    free = COSTS | {"recipes": COSTS["recipes"] | {"a": {}}}
    drawn = json.dumps(compare_picture(
        compare_recipes(evidence.with_observations(worse), parse_costs(free, "costs"), task="qa")
    ).to_dict())  # fmt: skip
    assert "f1 (less is better)" in drawn
    assert "free, not drawn: a" in drawn
