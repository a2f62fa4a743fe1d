"""Wins of one system against another, by judges who are known: they see quality, place, length or nothing."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

import isogloss
from isogloss.behaviour import score_wins
from isogloss.errors import BadValue, NotEnoughEvidence, UnknownName
from isogloss.stats import wilson_interval, win_interval

LANGUAGES = ("eng", "swh", "hin")
PAIRS = ["item", "language", "model_a", "model_b", "winner"]


def votes(
    seed: int, *, quality: float = 0.0, place: float = 0.0, length: float = 0.0, items: int = 100, both: bool = False
) -> pl.DataFrame:
    """Votes of a judge on `new`, whose answers are longer on average, against `old`, in logits of what it favours."""
    chance, rows = np.random.default_rng(seed), []
    for language in LANGUAGES:
        for item in range(items):
            longer = chance.normal(20, 40)
            for first in (("new", "old"), ("old", "new")) if both else (("new", "old"),):
                sign = 1 if first[0] == "new" else -1
                liking = quality + length * np.tanh(longer / np.sqrt(20**2 + 40**2)) + sign * place
                won = "new" if chance.random() < 1 / (1 + np.exp(-liking)) else "old"
                vote = "tie" if chance.random() < 0.1 else "model_a" if won == first[0] else "model_b"
                sizes = (100 + longer, 100.0)[::sign]
                rows.append((item, language, *first, vote, *sizes))
    names = ["question_id", "language", "model_a", "model_b", "winner", "length_a", "length_b"]
    return pl.DataFrame(rows, schema=names, orient="row")


def wins(table: pl.DataFrame, **given):
    return isogloss.win_rates(table, against="old", **given).result


def test_quality_is_shown_in_every_language_and_at_equal_length():
    result = wins(votes(0, quality=1.0))
    assert (result.wins["p"] < 0.01).all()
    assert (result.wins["p_holm"].drop_nulls() < 0.01).all()
    assert (result.wins["lower"] > 0.5).all()
    assert result.wins.row(0, named=True)["equal_lower"] > 0.5
    assert result.lengths["lower"][0] < 1 < result.lengths["upper"][0]


def test_in_the_null_world_nothing_is_shown():
    """Of 24 worlds with a judge who throws a coin, about one in twenty has a language shown."""
    found = [wins(votes(seed, items=40)).wins for seed in range(24)]
    assert sum((one["p_holm"].drop_nulls() < 0.05).any() for one in found) <= 4
    assert sum(one["p"][0] < 0.05 for one in found) <= 4


def test_a_judge_who_favours_length_gives_wins_that_equal_length_takes_back():
    found = [wins(votes(seed, length=2.0, items=160)) for seed in range(12)]
    assert sum(one.wins["p"][0] < 0.05 for one in found) >= 10
    assert all(one.lengths["lower"][0] > 1 for one in found)
    held = [row for one in found for row in one.wins.select("equal_lower", "equal_upper").rows()]
    assert sum(low <= 0.5 <= high for low, high in held) >= 0.9 * len(held)


def test_a_judge_who_favours_the_first_answer_is_found_out_and_does_not_win():
    result = wins(votes(1, place=1.0, both=True))
    assert (result.orders["p_holm"] < 0.01).all()
    assert (result.orders["first"] > 3 * result.orders["second"]).all()
    assert result.wins["p"][0] > 0.05
    fair = wins(votes(1, quality=1.0, both=True)).orders
    assert (fair["p_holm"] > 0.05).all()


def test_an_item_judged_in_both_orders_counts_once():
    given = {"a": ("a", "b"), "b": ("a", "a"), "c": ("tie", "a")}
    rows = [(item, "eng", *order, vote) for item, both in given.items()
            for order, vote in zip((("new", "old"), ("old", "new")), both, strict=True)]  # fmt: skip
    table = pl.DataFrame(rows, schema=PAIRS, orient="row")
    row = score_wins(as_read(table), against="old").wins.row(1, named=True)
    assert (row["items"], row["wins"], row["ties"], row["losses"], row["rate"]) == (3, 1, 1, 1, 0.5)


ALPACA = "language instruction output_1 generator_1 output_2 generator_2 preference"


def as_read(table: pl.DataFrame) -> pl.DataFrame:
    from isogloss.behaviour import read_items
    from isogloss.behaviour.judgements import ROLES

    return read_items(table, roles=ROLES)


@pytest.mark.parametrize(
    ("columns", "row", "outcome"),
    [
        (ALPACA, ["no", "base", "yes!", "m", 2.0], 1.0),
        (ALPACA, ["no", "base", "yes!", "m", 1.03], 0.0),
        ("language question_id model_a model_b winner", ["m", "base", "tie (bothbad)"], 0.5),
        ("language question_id model_a model_b winner", ["m", "base", "model_a"], 1.0),
        ("language item system_a system_b preferred", ["m", "base", "base"], 0.0),
    ],
)  # fmt: skip
def test_tables_of_other_tools_are_read(columns, row, outcome):
    names = columns.split()
    table = pl.DataFrame([["English", "q1", *row]], schema=names, orient="row")
    result = isogloss.win_rates(table).result
    assert result.wins.select("model", "against", "language", "rate").rows()[1] == ("m", "base", "eng", outcome)


def test_scores_of_a_reward_are_votes_for_the_higher():
    rows = [("eng", "1", "a", 0.5, "long"), ("eng", "1", "b", 0.2, "no"), ("eng", "2", "a", 0.1, "yes"),
            ("eng", "2", "b", 0.1, "no!")]  # fmt: skip
    table = pl.DataFrame(rows, schema=["language", "item", "model", "score", "response"], orient="row")
    answer = isogloss.win_rates(table, against="b")
    row = answer.result.wins.row(1, named=True)
    assert (row["model"], row["wins"], row["ties"], row["losses"], row["longer"]) == ("a", 1, 1, 0, 0.75)
    assert answer.result.orders.is_empty()
    assert answer.notes[0].startswith("No pair was judged in both orders")


def test_several_systems_are_compared_with_the_one_in_every_pair():
    rows = [(item, "eng", model, "base", "a" if model == "x" else "b") for item in range(12) for model in "xy"]
    table = pl.DataFrame(rows, schema=PAIRS, orient="row")
    answer = isogloss.win_rates(table)
    assert answer.verdict.startswith("Most wins of 2 systems: x against base, win rate 1.00")
    assert answer.result.wins.filter(language="eng")["rate"].to_list() == [1.0, 0.0]
    assert answer.result.wins.filter(language="eng")["upper"].to_list()[0] == pytest.approx(1.0)


@pytest.mark.parametrize("level", [0.8, 0.95])
def test_the_interval_of_wins_with_ties_holds_the_truth(level):
    drawn = np.random.default_rng(0).multinomial(25, [0.5, 0.3, 0.2], size=400)
    ends = [win_interval(int(one), int(other), 25, level) for one, _, other in drawn]
    assert level - 0.05 <= np.mean([low <= 0.65 <= high for low, high in ends]) <= level + 0.04


@pytest.mark.parametrize("won", [0, 7, 20])
def test_without_ties_the_interval_is_wilsons_and_it_is_symmetric(won):
    assert win_interval(won, 20 - won, 20) == pytest.approx(wilson_interval(won / 20, 20), abs=1e-6)
    low, high = win_interval(won, 5, 30)
    assert win_interval(5, won, 30) == pytest.approx((1 - high, 1 - low))


@pytest.mark.parametrize(
    ("names", "rows", "error", "said"),
    [
        (PAIRS, [("1", "eng", "x", "y", "perhaps")], BadValue, "vote 'perhaps' is unknown.*write a, b or tie"),
        (PAIRS, [("1", "eng", "x", "y", "3")], BadValue, "vote 3 is not between 1 and 2"),
        (PAIRS, [("1", "eng", "x", "x", "a")], BadValue, "'x' against itself"),
        (PAIRS, [("1", "eng", "x", None, "a")], BadValue, "a system without a name"),
        (PAIRS, [(None, "eng", "x", "y", "a")], BadValue, "a row without an item"),
        (PAIRS, [("1", "eng", "x", "y", "a"), ("1", "eng", "x", "y", "b")], BadValue,
         "'x' and 'y' were judged twice in one order.*column 'judge'"),
        (PAIRS, [("1", "eng", "x", "y", None)], NotEnoughEvidence, "no row has a vote"),
        (PAIRS, [("1", "eng", "x", "y", "a"), ("1", "eng", "y", "z", "a"), ("1", "eng", "x", "z", "a")], BadValue,
         "3 systems, and none stands in every pair.*against='x'"),
        (PAIRS[:4], [("1", "eng", "x", "y")], BadValue, "has no column 'vote'"),
        (PAIRS[:2], [("1", "eng")], BadValue, "neither votes nor scores"),
        (["item", "model_a", "model_b", "winner"], [("1", "x", "y", "a")], BadValue, "has no column 'language'"),
        (["item", "language", "model", "score"], [("1", "eng", "x", 0.1), ("1", "eng", "x", 0.2)], BadValue,
         "'x' has two scores"),
    ],
)  # fmt: skip
def test_what_is_no_vote_is_refused(names, rows, error, said):
    with pytest.raises(error, match=said):
        isogloss.win_rates(pl.DataFrame(rows, schema=names, orient="row"))


def test_a_system_that_there_is_not_is_refused():
    with pytest.raises(UnknownName, match="unknown system 'older'"):
        isogloss.win_rates(votes(0, items=3), against="older")
    with pytest.raises(UnknownName, match="unknown system 'newer'"):
        isogloss.win_rates(votes(0, items=3), against="old", model="newer")
