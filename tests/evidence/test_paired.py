from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from isogloss.errors import BadValue, NotEnoughEvidence
from isogloss.evidence.paired import align, compare, standard_errors


def outcomes(both: int, only_first: int, only_second: int, neither: int) -> tuple[list[int], list[int]]:
    first = [1] * (both + only_first) + [0] * (only_second + neither)
    second = [1] * both + [0] * only_first + [1] * only_second + [0] * neither
    return first, second


def items(scores: list[float | None], names: list[str] | None = None) -> pl.DataFrame:
    return pl.DataFrame({"item": names or [str(n) for n in range(len(scores))], "score": scores}, strict=False)


def test_items_are_aligned_by_name_whatever_their_order():
    first, second, unmatched = align(items([1, 0, 1], ["a", "b", "c"]), items([0, 1, 1], ["d", "c", "a"]))
    assert (first.tolist(), second.tolist(), unmatched) == ([1, 1], [1, 1], 2)


def test_an_item_without_a_score_is_left_out_of_both():
    first, _, unmatched = align(items([1, None, 1]), items([0, 1, 1]))
    assert (first.tolist(), unmatched) == ([1, 1], 2)


def test_nothing_in_common_and_items_that_stand_twice_are_refused():
    with pytest.raises(NotEnoughEvidence, match="share no item"):
        align(items([1], ["a"]), items([1], ["b"]))
    with pytest.raises(BadValue, match="the item 'a' stands twice in the second"):
        align(items([1], ["a"]), items([1, 0], ["a", "a"]))


def test_a_comparison_has_the_paired_standard_error_not_that_of_either_alone():
    first, second = (items(scores) for scores in outcomes(40, 6, 2, 52))
    comparison = compare(first, second)
    assert (comparison.items, comparison.first, comparison.second) == (100, 0.46, 0.42)
    assert comparison.difference == pytest.approx(0.04)
    assert comparison.standard_error == pytest.approx(np.sqrt((0.08 - 0.04**2) / 99))
    assert comparison.p_value == pytest.approx(2 * (1 + 8 + 28) / 256)
    assert comparison.lower < 0.04 < comparison.upper


def test_graded_scores_are_compared_without_mcnemar():
    assert compare(items([0.5, 0.7, 0.1]), items([0.4, 0.7, 0.2])).p_value is None


def test_standard_errors_come_from_the_spread_of_the_items():
    table = pl.DataFrame({"observation": ["a"] * 4 + ["b"] + ["c"], "score": [1.0, 0.0, 1.0, 1.0, 0.5, None]})
    rows = standard_errors(table).rows()
    assert rows[0] == ("a", 4, 0.75, pytest.approx(0.25))  # sqrt(0.25) / sqrt(4)
    assert rows[1] == ("b", 1, 0.5, None)
    assert len(rows) == 2


def test_a_difference_whose_interval_holds_zero_is_a_tie():
    chance = np.random.default_rng(0)
    first, second = (chance.integers(0, 2, 200).astype(float) for _ in range(2))
    items = [
        pl.DataFrame({"item": [str(place) for place in range(200)], "score": scores}) for scores in (first, second)
    ]
    apart = compare(*items)
    assert apart.tie
    assert apart.as_dict()["smallest_difference"] == pytest.approx(2.8016 * apart.standard_error)
    assert not compare(items[0].with_columns(score=pl.lit(1.0)), items[1]).tie
