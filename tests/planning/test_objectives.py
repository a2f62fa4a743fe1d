"""What a good outcome is: the published definitions, on values whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from isogloss.errors import BadFile, BadValue, InputError, UnknownName
from isogloss.planning.objectives import Objective, demand, gini, objective, prioritarian, read_weights, spread

SCORES = st.lists(st.floats(0, 1), min_size=1, max_size=8)


def test_gini_of_one_who_has_everything_among_three_is_two_thirds():
    assert gini(np.array([1.0, 0, 0])) == pytest.approx(2 / 3)
    assert gini(np.full(5, 0.4)) == pytest.approx(0)
    assert gini(np.zeros(3)) == 0


@given(scores=SCORES, data=st.data())
def test_the_spread_is_the_mean_difference_of_all_pairs(scores, data):
    weights = np.array(data.draw(st.lists(st.floats(0.01, 9), min_size=len(scores), max_size=len(scores))))
    shares, values = weights / weights.sum(), np.array(scores)
    parts = list(zip(shares, values, strict=True))
    pairs = sum(p * q * abs(a - b) for p, a in parts for q, b in parts)
    assert spread(values, shares) == pytest.approx(pairs, abs=1e-12)


@given(scores=SCORES, factor=st.floats(0.1, 10))
def test_gini_does_not_depend_on_the_unit_and_lies_between_0_and_1(scores, factor):
    values = np.array(scores) + 0.01
    assert gini(values * factor) == pytest.approx(gini(values))
    assert 0 <= gini(values) < 1


def test_demand_counts_speakers_at_tau_1_and_languages_at_tau_0():
    speakers = np.array([900.0, 90, 10])
    assert demand(speakers, 1.0).tolist() == pytest.approx([0.9, 0.09, 0.01])
    assert demand(speakers, 0.0).tolist() == pytest.approx([1 / 3] * 3)
    assert demand(1e305 * speakers, 1.0).tolist() == pytest.approx([0.9, 0.09, 0.01])
    assert demand(np.array([5.0, 0]), 0.5).tolist() == [1.0, 0.0]


def test_a_gain_of_the_worst_off_counts_more_by_priority():
    low_up, high_up = np.array([0.3, 0.8]), np.array([0.2, 0.9])
    assert low_up.mean() == pytest.approx(high_up.mean())
    assert prioritarian(low_up) > prioritarian(high_up)


@given(scores=SCORES, rise=st.floats(0, 1), at=st.integers(0, 7))
def test_no_objective_but_gini_falls_when_one_language_rises(scores, rise, at):
    values = np.array(scores)
    higher = values.copy()
    higher[at % len(values)] += rise
    for name in ("mean", "min", "welfare"):
        goal = Objective(name, np.full(len(values), 1 / len(values)))
        assert goal.value(higher) >= goal.value(values) - 1e-12


def test_welfare_is_the_mean_less_what_inequality_takes():
    scores, shares = np.array([0.2, 0.5, 0.9]), np.array([0.5, 0.3, 0.2])
    assert Objective("welfare", shares).value(scores) == pytest.approx(shares @ scores * (1 - gini(scores, shares)))


def test_what_an_objective_lacks_is_said():
    with pytest.raises(UnknownName, match="unknown objective 'median'"):
        objective("median", ["yor"])
    with pytest.raises(InputError, match="needs the number of speakers"):
        objective("speakers", ["yor"])
    with pytest.raises(InputError, match="no weight for wol"):
        objective("speakers", ["yor", "wol"], weights={"yor": 1})
    with pytest.raises(BadValue, match="tau 2 is not between 0 and 1"):
        objective("demand", ["yor"], weights={"yor": 1}, tau=2)
    with pytest.raises(BadValue, match="belongs to objective 'demand'"):
        objective("mean", ["yor"], tau=0.5)
    with pytest.raises(BadValue, match="weight 0"):
        objective("speakers", ["yor"], weights={"yor": 0})


def test_weights_are_read_from_a_table(tmp_path):
    path = tmp_path / "speakers.csv"
    path.write_text("language,speakers\nyo,45000000\nWolof,5.5e6\n\n")
    assert read_weights(path) == {"yor": 45_000_000, "wol": 5_500_000}


def test_a_first_line_that_is_no_header_is_not_passed_over(tmp_path):
    path = tmp_path / "speakers.csv"
    path.write_text("yor,45000000\nwol,5500000\n")
    with pytest.raises(BadFile, match="has no header"):
        read_weights(path)


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        ("language,speakers\nyor,-1\n", BadValue, "row 1: weight '-1'"),
        ("language,speakers\nyor,many\n", BadValue, "weight 'many'"),
        ("language,speakers\nyor\n", BadFile, "no second column"),
        ("language,speakers\nyor,1\nyo,2\n", BadValue, "'yor' stands there twice"),
        ("language,speakers\n", BadFile, "holds no weight"),
    ],
)
def test_weights_that_are_none_are_refused_with_their_row(tmp_path, text, error, words):
    path = tmp_path / "speakers.csv"
    path.write_text(text)
    with pytest.raises(error, match=words):
        read_weights(path)
