"""Cultural transfer: gains counted by hand, planted and null worlds, and bad input."""

from __future__ import annotations

import polars as pl
import pytest
from tests.behaviour.worlds import cultures_world

import isogloss
from isogloss.errors import InputError


def test_gains_counted_by_hand():
    """Two items of one country: right without demonstrations 1; with two sets of them 2 and 1; with controls 0."""
    rows = [("", 0, "a", 1), ("", 0, "b", 0), ("Egypt", 0, "a", 1), ("Egypt", 0, "b", 1), ("Egypt", 1, "a", 1),
            ("Egypt", 1, "b", 0), ("random", 0, "a", 0), ("random", 0, "b", 0)]  # fmt: skip
    items = pl.DataFrame(rows, schema=["demonstrations_country", "draw", "item", "correct"], orient="row")
    result = isogloss.cultural_transfer(items.with_columns(country=pl.lit("Egypt"))).result
    gains = {row["demonstrations_country"]: (row["kind"], row["gain"]) for row in result.gains.to_dicts()}
    assert gains == {"Egypt": ("own", 0.25), "random": ("control", -0.5)}
    assert result.models.row(0, named=True)["other"] is None


def test_planted_gains_lie_in_their_intervals_and_other_countries_help_more_than_controls():
    answer = isogloss.cultural_transfer(cultures_world(items=400, sets=5))
    row = answer.result.models.row(0, named=True)
    for kind, truth in {"own": 0.2, "other": 0.1, "control": 0.0}.items():
        assert row[f"{kind}_lower"] <= truth <= row[f"{kind}_upper"]
    assert row["other_less_control_lower"] > 0
    assert answer.sentences[1].startswith("Demonstrations of other countries help more than controls")


def test_without_any_gain_few_intervals_leave_out_0():
    """In 60 worlds without gains, at most 7 of the 95 % intervals of other countries less controls leave out 0."""
    wrong = 0
    for seed in range(60):
        items = cultures_world(0, 0, 0, items=40, seed=seed)
        row = isogloss.behaviour.score_cultural_transfer(items, draws=300).models.row(0, named=True)
        wrong += not row["other_less_control_lower"] <= 0 <= row["other_less_control_upper"]
    assert wrong <= 7


def test_arms_are_compared_on_the_same_items_and_sets():
    """The second arm is right where the first is, and on every tenth item more: its gains are exactly that larger."""
    first = cultures_world(items=100, sets=3).with_columns(pl.col("correct").cast(pl.Boolean), arm=pl.lit("in-context"))
    number = pl.col("item").str.extract(r"(\d+)$").cast(pl.Int64)
    second = first.with_columns(arm=pl.lit("sft"), correct=pl.col("correct") | (number % 10 == 0))
    shown = second.filter(pl.col("demonstrations_country") != "none")
    result = isogloss.cultural_transfer(pl.concat([first, shown])).result
    assert result.models["arm"].to_list() == ["in-context", "sft"]
    assert (
        result.gains.filter(arm="in-context")
        .drop("arm")
        .equals(isogloss.cultural_transfer(first).result.gains.drop("arm"))
    )
    means = {row["arm"]: row for row in result.models.iter_rows(named=True)}
    for row in result.arms.iter_rows(named=True):
        assert (row["arm"], row["against"], row["items"]) == ("sft", "in-context", 300)
        assert row["difference"] == pytest.approx(means["sft"][row["kind"]] - means["in-context"][row["kind"]])
        assert 0 < row["lower"] < row["difference"] < row["upper"] < 0.1


def test_arms_without_a_difference_are_not_told_apart():
    """In 25 null worlds, at most 5 of the 95 % intervals of the difference between two arms leave out 0."""
    wrong = 0
    for seed in range(25):
        arms = [cultures_world(items=30, sets=4, seed=2 * seed + at).with_columns(arm=pl.lit(arm))
                for at, arm in enumerate(("in-context", "sft"))]  # fmt: skip
        items = pl.concat([arms[0], arms[1].filter(pl.col("demonstrations_country") != "none")])
        row = isogloss.behaviour.score_cultural_transfer(items, draws=200).arms.row(
            by_predicate=pl.col("kind") == "other", named=True
        )
        wrong += not row["lower"] <= 0 <= row["upper"]
    assert wrong <= 5


def test_one_set_of_demonstrations_is_flagged():
    flags = isogloss.cultural_transfer(cultures_world(sets=1)).flags
    assert flags["flag"].to_list() == ["one_draw"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.drop("demonstrations_country"), "no column 'demonstrations_country'"),
        (lambda t: t.filter(pl.col("demonstrations_country") != "none"), "no item is answered without demonstrations"),
        (lambda t: t.filter(pl.col("demonstrations_country") == "none"), "no item is answered with demonstrations"),
        (lambda t: t.head(-1), "item Yemen 59 is not answered under all demonstrations, nor are 0 others; .*shared"),
        (lambda t: pl.concat([t, t]), "item Egypt 0 is given twice"),
        (lambda t: t.with_columns(item=pl.lit("x"), country=pl.col("country")).unique(), "given twice|several"),
        (lambda t: t.with_columns(correct=pl.lit("perhaps")), "'perhaps' in .* is not known"),
    ],
)
def test_what_cannot_be_scored_is_said_with_what_to_do(change, message):
    with pytest.raises(InputError, match=message):
        isogloss.cultural_transfer(change(cultures_world()))


def test_items_that_are_not_answered_under_all_demonstrations_can_be_left_out():
    gains = isogloss.cultural_transfer(cultures_world().head(-1), shared=True).result.gains
    assert gains.filter(country="Yemen")["items"].unique().to_list() == [59]
