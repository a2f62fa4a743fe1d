"""Consistency of answers: identities, values counted by hand, chance, and bad input."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.behaviour.worlds import candidates_world

import isogloss
from isogloss.behaviour import behaviour_metrics
from isogloss.behaviour.metrics.rankc import WEIGHTS, chance_of, softmax_weights
from isogloss.errors import InputError

WEIGHTINGS = [*WEIGHTS]


@pytest.mark.parametrize("name", WEIGHTINGS)
@given(st.permutations(range(7)), st.permutations(range(7)))
def test_rankc_is_the_weighted_overlap_of_the_best(name, first, second):
    """By its definition, place by place."""
    weights = WEIGHTS[name](7)
    tops = [[{c for c in range(7) if ranks[c] <= j} for ranks in (first, second)] for j in range(7)]
    defined = sum(weights[j] * len(a & b) / (j + 1) for j, (a, b) in enumerate(tops))
    metric = behaviour_metrics.get(name)
    assert metric(first, second) == pytest.approx(defined)
    assert metric(first, second) == metric(second, first)
    assert metric(first, first) == pytest.approx(1)


def test_rankc_of_reversed_rankings_and_of_very_many_candidates():
    rankc = behaviour_metrics.get("rankc")
    assert rankc(np.arange(10), np.arange(10)[::-1]) == pytest.approx(0.003, abs=5e-4)
    assert rankc(np.arange(2000), np.arange(2000)) == pytest.approx(1)  # the release overflows


@pytest.mark.parametrize(("count", "chance"), [(5, 0.31), (10, 0.16), (50, 0.03)])
def test_rankc_of_random_rankings_is_the_chance_level(count, chance):
    rng = np.random.default_rng(0)
    first, second = (rng.permuted(np.tile(np.arange(count), (20_000, 1)), axis=1) for _ in range(2))
    expected = chance_of(softmax_weights(count))
    assert behaviour_metrics.get("rankc")(first, second).mean() == pytest.approx(expected, abs=0.006)
    assert expected == pytest.approx(chance, abs=0.006)


def test_agreement_of_right_answers_counted_by_hand():
    """Ten items: both right 4, only one 2, only the other 1, neither 3."""
    first = [1] * 4 + [1] * 2 + [0] * 1 + [0] * 3
    second = [1] * 4 + [0] * 2 + [1] * 1 + [0] * 3
    assert behaviour_metrics.get("jaccard")(first, second) == pytest.approx(4 / 7)
    assert behaviour_metrics.get("agreement")(first, second) == pytest.approx(0.7)
    assert behaviour_metrics.get("kappa")(first, second) == pytest.approx((0.7 - 0.5) / 0.5)


def test_agreement_that_does_not_exist_is_no_number():
    assert np.isnan(behaviour_metrics.get("jaccard")([0, 0], [0, 0]))
    assert np.isnan(behaviour_metrics.get("kappa")([1, 1], [1, 1]))


def test_a_table_of_candidates_gives_every_pair():
    """English and German rank alike; Hindi the other way round, with another best candidate."""
    result = isogloss.factual_consistency(candidates_world()).result
    rows = {(row["language"], row["other"]): row for row in result.pairs.to_dicts()}
    alike, reversed_ = rows["deu", "eng"], rows["eng", "hin"]
    assert (alike["rankc"], alike["rankc_corrected"], alike["same_best"], alike["jaccard"]) == pytest.approx(
        (1, 1, 1, 1)
    )
    assert (reversed_["same_best"], reversed_["jaccard"], reversed_["agreement"]) == (0, 0, 0)
    assert reversed_["rankc"] == pytest.approx(float(behaviour_metrics.get("rankc")(range(3), range(3)[::-1])))
    assert reversed_["rankc_corrected"] < 0
    accuracy = dict(result.languages.select("language", "accuracy").iter_rows())
    assert accuracy == {"deu": 1.0, "eng": 1.0, "hin": 0.0}


def test_random_scores_are_at_chance_and_inside_their_intervals():
    rng = np.random.default_rng(3)
    table = candidates_world(items=400).with_columns(score=pl.Series(rng.normal(size=400 * 9)))
    result = isogloss.factual_consistency(table).result
    assert (result.pairs["rankc_lower"] <= result.pairs["rankc_chance"]).all()
    assert (result.pairs["rankc_upper"] >= result.pairs["rankc_chance"]).all()


def test_ties_are_no_agreement():
    """Candidates that all have the same score are ranked at random, in each language by itself."""
    pairs = isogloss.factual_consistency(candidates_world(items=400).with_columns(score=pl.lit(0.0))).result.pairs
    assert pairs["rankc_corrected"].abs().max() < 0.1


def test_right_and_wrong_answers_alone_give_kappa_with_english():
    right = {"en": (0, 1, 2), "de": (0, 1), "hi": (3,)}
    rows = [(language, item, int(item in those)) for language, those in right.items() for item in range(4)]
    table = pl.DataFrame(rows, schema=["language", "item", "correct"], orient="row")
    answer = isogloss.factual_consistency(table)
    languages = {row["language"]: row for row in answer.result.languages.to_dicts()}
    assert languages["deu"]["agreement_with_english"] == 0.75
    assert languages["deu"]["kappa_with_english"] == pytest.approx(0.5)
    assert languages["hin"]["kappa_with_english"] == pytest.approx((0 - 0.375) / 0.625)
    assert languages["eng"]["kappa_with_english"] is None
    assert "rankc" not in answer.result.pairs.columns


def test_the_right_candidate_may_be_marked_in_words():
    table = candidates_world()
    words = table.with_columns(correct=pl.when("correct").then(pl.lit("Right")).otherwise(pl.lit("wrong")))
    assert isogloss.factual_consistency(words).result.pairs.equals(isogloss.factual_consistency(table).result.pairs)


def test_the_picture_is_of_the_most_consistent_model():
    worse = candidates_world()
    better = worse.filter(pl.col("language") != "Hindi")
    hindi = better.filter(language="English").with_columns(language=pl.lit("Hindi"))
    better = pl.concat([better, hindi]).with_columns(model=pl.lit("theirs"))
    answer = isogloss.factual_consistency(pl.concat([worse, better]))
    assert answer.verdict.startswith("Most consistent of 2 models: theirs")
    subtitle = answer.picture().to_dict()["title"]["subtitle"]
    assert "theirs" in subtitle


def test_items_may_have_different_numbers_of_candidates():
    table = candidates_world(items=2).filter(~((pl.col("item") == 1) & (pl.col("candidate") == 2)))
    pairs = isogloss.factual_consistency(table).result.pairs
    expected = np.mean([chance_of(softmax_weights(count)) for count in (3, 2)])
    assert pairs["rankc_chance"].to_list() == pytest.approx([expected] * 3)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.filter(pl.col("language") == "English"), "1 language is too few"),
        (lambda t: t.head(-3), "hin: lacks item 3; 1 of 4 items are not the same .* shared=True"),
        (lambda t: t.head(-1), "has other candidates of item 3; 1 of 4 items"),
        (lambda t: t.filter(pl.col("candidate") == 0), "item 0 has one candidate"),
        (lambda t: t.with_columns(score=pl.lit(None, pl.Float64)), "a candidate of item 0 has no score"),
        (lambda t: t.with_columns(candidate=pl.lit("Paris")), "candidate 'Paris' is no number; number candidates 0, 1"),
        (lambda t: pl.concat([t, t.head(1)]), "item 0 is given twice"),
        (lambda t: t.with_columns(correct=pl.lit("maybe")), "'maybe' in 36 rows is not known; write 1 or 0"),
        (lambda t: t.drop("candidate", "correct").group_by("language", "item").first(), "is not known; write 1 or 0"),
    ],
)
def test_what_cannot_be_compared_is_said_with_what_to_do(change, message):
    with pytest.raises(InputError, match=message):
        isogloss.factual_consistency(change(candidates_world(items=4)))


def test_items_that_differ_can_be_left_out():
    assert (
        isogloss.factual_consistency(candidates_world(items=4).head(-1), shared=True).table["items"].to_list()
        == [3] * 3
    )
