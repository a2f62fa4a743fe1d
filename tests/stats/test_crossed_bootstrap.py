"""The bootstrap over rows and columns of a table."""

from __future__ import annotations

import numpy as np
import pytest

from isogloss.stats import crossed_bootstrap, percentile_interval


def test_of_one_row_it_is_the_bootstrap_over_columns():
    values = np.random.default_rng(0).normal(1.0, 2.0, (1, 80))
    sample = crossed_bootstrap(values)
    assert sample.mean() == pytest.approx(values.mean(), abs=0.02)
    assert sample.std() == pytest.approx(values.std() / np.sqrt(80), rel=0.03)


def test_what_rows_share_widens_the_interval():
    """Two tables with the same spread of all numbers: in one, each row has a level of its own."""
    chance = np.random.default_rng(1)
    free = chance.normal(0, np.sqrt(2), (6, 40))
    shared = chance.normal(0, 1, (6, 1)) + chance.normal(0, 1, (6, 40))
    widths = [np.ptp(percentile_interval(crossed_bootstrap(values))) for values in (free, shared)]
    assert widths[1] > 2 * widths[0]


def test_intervals_hold_the_mean_of_both():
    """95 % intervals over 200 worlds with effects of 8 rows and 30 columns."""
    held = 0
    for world in range(200):
        chance = np.random.default_rng(world)
        effects = chance.normal(0, 1, (8, 1)) + chance.normal(0, 1, (1, 30)) + chance.normal(0, 1, (8, 30))
        low, high = percentile_interval(crossed_bootstrap(effects, draws=500))
        held += low <= 0 <= high
    assert 0.88 <= held / 200 <= 0.99
