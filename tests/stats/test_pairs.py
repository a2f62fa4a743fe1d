"""A response of pairs is tested against distance by permuting what the pairs are made of."""

from __future__ import annotations

import numpy as np
import pytest

from isogloss.errors import BadValue, NotEnoughEvidence
from isogloss.stats import regress_pairs


def places(seed, things=8):
    points = np.random.default_rng(seed).normal(size=(things, 2))
    return np.linalg.norm(points[:, None] - points, axis=2)


def test_a_response_that_falls_with_distance_has_its_slope_and_a_small_p_value():
    distance = places(0)
    result = regress_pairs(1 - 0.3 * distance, distance, permutations=999)
    assert result.slope == pytest.approx(-0.3)
    assert result.correlation == pytest.approx(-1)
    assert result.p_value <= 0.01
    assert (result.things, result.pairs) == (8, 56)


def test_where_things_differ_but_pairs_do_not_p_is_below_a_twentieth_no_more_often_than_promised():
    """100 null worlds: the response is a sum of effects of the two things, which makes pairs depend on each other."""
    below = 0
    for seed in range(100):
        effects = np.random.default_rng(1000 + seed).normal(size=8)
        below += regress_pairs(effects[:, None] + effects, places(seed), permutations=99, seed=seed).p_value <= 0.05
    assert below <= 10


def test_an_order_of_the_things_changes_nothing_but_the_draws():
    distance, order = places(1), np.random.default_rng(0).permutation(8)
    response = np.random.default_rng(2).normal(size=(8, 8))
    one, other = (regress_pairs(r, d, permutations=99) for r, d in (
        (response, distance), (response[np.ix_(order, order)], distance[np.ix_(order, order)])))  # fmt: skip
    assert one.correlation == pytest.approx(other.correlation)
    assert one.slope == pytest.approx(other.slope)


@pytest.mark.parametrize(
    ("response", "distance", "error"),
    [
        (np.zeros((3, 3)), np.zeros((3, 3)), NotEnoughEvidence),
        (np.zeros((6, 6)), places(0, 6), NotEnoughEvidence),
        (np.zeros((6, 5)), places(0, 6), BadValue),
        (np.full((6, 6), np.nan), places(0, 6), BadValue),
    ],
)
def test_what_cannot_be_tested_is_refused(response, distance, error):
    with pytest.raises(error):
        regress_pairs(response, distance)
