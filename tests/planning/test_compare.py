"""What recipes cost, and which is worth it, on figures that can be checked by hand."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.planning.costs import COSTS

from isogloss import read_evidence
from isogloss.errors import InputError, NotEnoughEvidence, UnknownName
from isogloss.planning import compare_recipes
from isogloss.planning.compare import cheapest_by_volume
from isogloss.planning.costs import parse_costs

SCORES = {"zero-shot": 0.6, "translate-train": 0.7, "translate-test": 0.65}


def make_evidence(scores=SCORES, model="toy", metric="f1"):
    rows = [
        {
            "model": model,
            "recipe": recipe,
            "target": target,
            "score": score + lift,
            "task": "qa",
            "metric": metric,
            "train": "",
        }
        for recipe, score in scores.items()
        for target, lift in (("deu", 0.1), ("yor", -0.1))
    ]
    return read_evidence(pl.DataFrame(rows))


def test_costs_and_latency_are_summed_as_said():
    found = compare_recipes(make_evidence(), parse_costs(COSTS, "costs"), task="qa")
    rows = {row["recipe"]: row for row in found.recipes.iter_rows(named=True)}
    assert rows["zero-shot"]["development"] == pytest.approx(3.6)
    assert rows["translate-train"]["development"] == pytest.approx((10 + 2) * 3.6)
    assert rows["translate-test"]["latency"] == pytest.approx(1.1)
    assert rows["translate-test"]["serving"] == pytest.approx(1000 * 1.1 * 0.001)
    assert found.recipes["recipe"].to_list() == ["translate-train", "translate-test", "zero-shot"]


def test_the_break_even_volume_is_where_both_cost_the_same():
    found = compare_recipes(make_evidence(), parse_costs(COSTS, "costs"), task="qa")
    row = found.break_even.row(0, named=True)
    assert (row["dearer_to_make"], row["dearer_to_run"]) == ("translate-train", "translate-test")
    assert row["queries"] == pytest.approx((43.2 - 3.6) / 0.001)
    assert row["quality_gained"] == pytest.approx(0.05)


def test_where_less_is_better_the_lower_score_is_the_gain():
    worse = {"zero-shot": 40.0, "translate-train": 30.0, "translate-test": 35.0}
    found = compare_recipes(make_evidence(worse, metric="perplexity"), parse_costs(COSTS, "costs"), task="qa")
    assert found.recipes["recipe"].to_list() == ["translate-train", "translate-test", "zero-shot"]
    assert found.break_even["quality_gained"].to_list() == pytest.approx([5.0])
    assert any(line.endswith("and 5 perplexity better.") for line in found.words())
    assert any("less is better" in line for line in found.words())


def test_labels_that_have_no_price_are_not_free():
    for said in ({"labelled": {"yor": 1}}, {}):
        costs = parse_costs(said | {"recipes": {name: {"labels": 10} for name in SCORES}}, "costs")
        with pytest.raises(InputError, match=r"labels have no price; add 'default' to \[labelled\]"):
            compare_recipes(make_evidence(), costs, task="qa")


def test_what_is_worse_in_everything_is_off_the_front():
    found = compare_recipes(make_evidence(SCORES | {"zero-shot": 0.66}), parse_costs(COSTS, "costs"), task="qa")
    front = dict(found.recipes.select("recipe", "efficient").iter_rows())
    assert front == {"translate-train": True, "zero-shot": True, "translate-test": False}


def test_totals_at_a_volume_are_what_is_made_and_served():
    found = compare_recipes(make_evidence(), parse_costs(COSTS, "costs"), task="qa", volume=100_000)
    assert dict(found.totals.select("recipe", "total").iter_rows())["translate-test"] == pytest.approx(3.6 + 110)
    assert any(line.startswith("At 100,000 queries") for line in found.words())


def test_a_language_that_one_recipe_lacks_counts_for_none():
    evidence = make_evidence()
    fewer = evidence.with_observations(
        evidence.observations.filter(~((pl.col("recipe") == "zero-shot") & (pl.col("target") == "yor")))
    )
    found = compare_recipes(fewer, parse_costs(COSTS, "costs"), task="qa")
    assert (found.targets, found.left_out) == (("deu",), 1)


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=1, max_size=6))
def test_the_cheapest_recipe_at_a_volume_is_the_one_said(costs):
    made, served = (np.array(side, dtype=float) for side in zip(*costs, strict=True))
    table = cheapest_by_volume([str(place) for place in range(len(costs))], made, served)
    assert table["from"][0] == 0
    for row in table.iter_rows(named=True):
        end = row["to"] if row["to"] is not None else row["from"] + 1000
        volume = (row["from"] + end) / 2
        totals = made + volume * served
        assert totals[int(row["recipe"])] == pytest.approx(totals.min(), abs=1e-6)


def test_what_cannot_be_compared_is_refused():
    costs = parse_costs(COSTS, "costs")
    with pytest.raises(UnknownName, match=r"unknown recipe 'zeroshot'.*did you mean 'zero-shot'"):
        compare_recipes(make_evidence(), costs, task="qa", recipes=["zeroshot", "translate-test"])
    with pytest.raises(NotEnoughEvidence, match="only one recipe has scores and costs"):
        compare_recipes(make_evidence({"zero-shot": 0.5}), costs, task="qa")
    with pytest.raises(NotEnoughEvidence, match="only one recipe is named"):
        compare_recipes(make_evidence(), costs, task="qa", recipes=["zero-shot", "zero-shot"])
    with pytest.raises(InputError, match="recipe 'lora' has no costs"):
        compare_recipes(make_evidence({"zero-shot": 0.5, "lora": 0.5}), costs, task="qa", recipes=["zero-shot", "lora"])
    both = make_evidence()
    two = pl.concat([both.observations, make_evidence(model="other").observations])
    with pytest.raises(InputError, match="measured with several models: other, toy"):
        compare_recipes(both.with_observations(two), costs, task="qa")
