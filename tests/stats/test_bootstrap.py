"""The bootstrap of means, of ratios over clusters, and of paired differences."""

from __future__ import annotations

import numpy as np
import pytest

from isogloss.errors import BadValue, NotEnoughEvidence
from isogloss.stats import (
    bootstrap_interval,
    bootstrap_means,
    bootstrap_p_value,
    bootstrap_ratios,
    paired_bootstrap,
    percentile_interval,
)


def outcomes(both: int, only_first: int, only_second: int, neither: int) -> tuple[list[int], list[int]]:
    first = [1] * (both + only_first) + [0] * (only_second + neither)
    second = [1] * both + [0] * only_first + [1] * only_second + [0] * neither
    return first, second


def test_the_bootstrap_interval_is_that_of_the_normal_where_items_are_many():
    """By the central limit theorem: mean 0.1, standard error sqrt(0.49) / sqrt(5000)."""
    first, second = outcomes(2000, 1500, 1000, 500)
    lower, upper = paired_bootstrap(first, second)
    error = np.sqrt((2500 / 5000 - 0.1**2) / 5000)
    assert (lower, upper) == pytest.approx((0.1 - 1.96 * error, 0.1 + 1.96 * error), abs=6e-4)


def test_the_bootstrap_covers_the_true_difference_as_often_as_it_says():
    random = np.random.default_rng(1)
    covered = 0
    for seed in range(300):
        easy = random.random(200)  # what both find easy makes them alike, which pairing takes out
        first, second = (easy + random.normal(shift, 0.3, 200) > 0.6 for shift in (0.1, 0.0))
        lower, upper = paired_bootstrap(first, second, draws=500, seed=seed, level=0.9)
        covered += lower <= _true_difference() <= upper
    assert 0.85 <= covered / 300 <= 0.95


def _true_difference() -> float:
    from scipy.integrate import quad
    from scipy.stats import norm

    shares = [quad(lambda easy, shift=shift: norm.sf(0.6, easy + shift, 0.3), 0, 1)[0] for shift in (0.1, 0.0)]
    return shares[0] - shares[1]


def test_the_same_seed_gives_the_same_interval():
    pair = np.random.default_rng(0).random((2, 50))
    assert paired_bootstrap(*pair, seed=3) == paired_bootstrap(*pair, seed=3)
    assert paired_bootstrap(*pair, seed=3) != paired_bootstrap(*pair, seed=4)


def test_two_that_agree_everywhere_do_not_differ():
    assert paired_bootstrap([1, 0, 1], [1, 0, 1]) == (0.0, 0.0)


@pytest.mark.parametrize(("level", "scores", "error"), [(1.5, [1, 0], BadValue), (0.9, [1], NotEnoughEvidence)])
def test_a_level_that_is_no_probability_and_a_single_item_are_refused(level, scores, error):
    with pytest.raises(error):
        paired_bootstrap(scores, scores, level=level)


def test_no_difference_is_found_between_equals_and_a_clear_one_is():
    assert bootstrap_interval(np.zeros(30)) == (0.0, 0.0)
    low, high = bootstrap_interval(np.linspace(0.9, 1.1, 30))
    assert 0.9 < low < 1.0 < high < 1.1


def test_the_interval_of_a_mean_is_that_of_scipy():
    from scipy.stats import bootstrap

    values = np.random.default_rng(0).gamma(2, size=60)
    theirs = bootstrap((values,), np.mean, method="percentile", n_resamples=20_000, rng=np.random.default_rng(1))
    assert bootstrap_interval(values, draws=20_000) == pytest.approx(tuple(theirs.confidence_interval), abs=0.02)


def test_rows_are_drawn_whole():
    values = np.random.default_rng(0).random((20, 2))
    means = bootstrap_means(np.column_stack([values, values.sum(1)]), draws=50, seed=3)
    assert means[:, 2] == pytest.approx(means[:, 0] + means[:, 1])


def test_clusters_vary_as_much_as_they_say():
    """Clusters of alike members have the deviation of their means, whatever the number of members."""
    chance = np.random.default_rng(0)
    means = chance.normal(size=200)
    ratios = bootstrap_ratios(means * 7, np.full(200, 7))
    assert ratios.std() == pytest.approx(means.std() / np.sqrt(200), rel=0.05)


def test_clusters_counted_together_are_clusters_drawn_apart():
    values, times = np.unique(np.random.default_rng(0).integers(0, 3, 90), return_counts=True)
    together = bootstrap_ratios(values * 1.0, np.ones(len(values)), times, seed=1)
    apart = bootstrap_ratios(np.repeat(values * 1.0, times), np.ones(90), seed=1)
    assert percentile_interval(together) == pytest.approx(percentile_interval(apart), abs=0.02)


def test_in_a_world_without_a_difference_the_p_value_is_small_as_seldom_as_it_says():
    chance = np.random.default_rng(0)
    small = [bootstrap_p_value(bootstrap_means(chance.normal(size=40), draws=400)) <= 0.05 for _ in range(800)]
    assert np.mean(small) == pytest.approx(0.055, abs=0.02)


def test_no_number_of_draws_claims_certainty():
    assert bootstrap_p_value(np.ones(999)) == 2 / 1000
    assert bootstrap_p_value(np.zeros(9)) == 1.0
