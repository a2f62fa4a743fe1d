"""Pictures of plans: what is bought, scores before and after, other ways to spend, and kinds of examples."""

from __future__ import annotations

import polars as pl
import pytest
from drawn import rows_with

from isogloss.charts import Canvas, draw_kinds, draw_plan
from isogloss.forecasting.curves.laws import Bought

PURCHASES = pl.DataFrame(
    {"language": ["tam", "eus"], "kind": ["labelled", "labelled"], "examples": [250, 353], "cost": [250.0, 353.0]}
)
FORECASTS = pl.DataFrame(
    {
        "target": ["tam", "tur", "eus"], "before": [0.66, 0.80, 0.82], "after": [0.77, 0.80, 0.88],
        "lower": [0.74, 0.79, 0.86], "upper": [0.80, 0.80, 0.89], "guarantee": [0.75, None, None],
    }
)  # fmt: skip
RIVALS = pl.DataFrame({"plan": ["this plan", "equal split", "nothing"], "gain": [0.38, 0.371, 0.0]})


def plan(forecasts: pl.DataFrame = FORECASTS, **options):
    return draw_plan(PURCHASES, forecasts, RIVALS, budget=2000, canvas=Canvas(percent=True, score="F1"), **options)


def words(chart) -> list[str]:
    return [row["text"] for row in rows_with(chart, "text", "x")]


def test_languages_are_in_the_order_of_what_is_spent_and_those_without_follow():
    names = [row["name"] for row in rows_with(plan(), "value", "step")]
    assert list(dict.fromkeys(names)) == ["Basque", "Tamil", "Turkish"]


def test_bars_are_what_is_spent_and_figures_how_many_examples():
    bars = {row["name"]: row for row in rows_with(plan(), "value", "begin") if row["bar"]}
    assert {name: (row["value"], row["figures"]) for name, row in bars.items()} == {
        "Basque": (353.0, "353"),
        "Tamil": (250.0, "250"),
    }
    assert "none" in words(plan())


def test_a_step_leads_from_the_forecast_before_to_that_after():
    steps = {row["name"]: row for row in rows_with(plan(), "value", "step") if not row["bar"]}
    assert (steps["Tamil"]["step"], steps["Tamil"]["value"]) == pytest.approx((66, 77))
    assert steps["Tamil"]["figures"] == "66.0 → 77.0"


def test_the_same_budget_spent_otherwise_is_one_line_of_text():
    assert plan().to_dict()["title"]["subtitle"] == ["This plan gains 38.0 points in mean; equal split +37.1."]


def test_a_guarantee_is_said():
    assert "75 guaranteed" in words(plan())


def test_a_forecast_that_is_a_guess_is_said_to_be_one():
    guessed = plan(FORECASTS.with_columns(trust=pl.Series(["guess", "solid", "fair"])))
    rows = {row["name"]: row for row in rows_with(guessed, "value", "step") if not row["bar"]}
    assert rows["Tamil"]["figures"].endswith(" guess")
    assert rows["Tamil"]["fill"] != rows["Tamil"]["stroke"]
    assert rows["Basque"]["fill"] == rows["Basque"]["stroke"]


def test_the_description_says_what_is_bought_and_what_it_does():
    described = plan().to_dict()["description"]
    assert "353 of Basque; 250 of Tamil" in described
    assert "Tamil from 66.0 to 77.0" in described


def test_kinds_are_drawn_as_lines_with_what_is_bought():
    lines = pl.DataFrame(
        {
            "line": ["same score", "same score", "best buys", "best buys"], "level": [0.7, 0.7, None, None],
            "translated": [0.0, 500.0, 0.0, 500.0], "labelled": [300.0, 200.0, 0.0, 900.0],
        }
    )  # fmt: skip
    bought = Bought(translated=400.0, labelled=220.0, cost=60.0)
    chart = draw_kinds(lines, target="swa", best=bought, currency="USD")
    assert "220 labelled + 400 translated: 60 USD" in {row["said"] for row in rows_with(chart, "said")}
    assert {"same score", "best buys"} <= set(words(chart))
    assert "same cost" not in words(chart)
