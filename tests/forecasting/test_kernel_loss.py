"""The kernel's parameters are learnt along the slope of their loss."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import check_grad

from isogloss.forecasting.grid import Grid, TrainingMixes
from isogloss.forecasting.peers.covariances import PRIOR, Kernels, Tongues
from isogloss.forecasting.peers.kernel_loss import Loss

SOURCES = ("eng", "deu", "hin")
TARGETS = ("eng", "deu", "nld", "hin", "urd", "swh", "fin", "jpn", "quy", "tpi")


def grid(gaps: float) -> Grid:
    chance = np.random.default_rng(1)
    sizes = chance.choice([1.0, 100.0, 1000.0], (8, len(SOURCES)))
    scores = chance.uniform(0.3, 0.9, (8, len(TARGETS)))
    scores[chance.random(scores.shape) < gaps] = np.nan
    return Grid(
        TrainingMixes(tuple(f"mix {row}" for row in range(8)), SOURCES, sizes),
        TARGETS,
        scores,
        bounded=True,
        unknown_size=1000.0,
    )


@pytest.mark.parametrize("gaps", [0.0, 0.3], ids=["complete", "with gaps"])
@pytest.mark.parametrize("seed", range(5))
def test_the_gradient_is_the_slope_of_the_loss(gaps: float, seed: int) -> None:
    some = grid(gaps)
    tongues = Tongues.of(some.targets, some.mixes)
    units = Kernels(PRIOR, tongues.factors.mean(0), tongues.factors.std(0) + 0.1, 0.6, 0.2)
    loss = Loss(units, some, tongues)
    place = PRIOR + np.random.default_rng(seed).normal(0, 0.7, len(PRIOR))

    off = check_grad(lambda at: loss(at)[0], lambda at: loss(at)[1], place, epsilon=1e-6)

    assert off < 1e-3 * np.linalg.norm(loss(place)[1])


def test_the_gradient_holds_where_distances_make_no_covariance() -> None:
    """`exp(-distance)` has negative eigenvalues where features are missing; they are held at zero."""
    some = grid(0.0)
    tongues = Tongues.of(some.targets, some.mixes)
    bare = PRIOR.copy()
    bare[[4, 5, 7]] = -20  # nothing but neighbours
    units = Kernels(PRIOR, tongues.factors.mean(0), tongues.factors.std(0) + 0.1, 0.6, 0.2)
    loss = Loss(units, some, tongues)
    chance = np.random.default_rng(0)
    crooked = chance.uniform(0, 1.5, loss._between.shape)
    loss._between = np.triu(crooked, 1) + np.triu(crooked, 1).T
    assert np.linalg.eigvalsh(np.exp(-loss._between)).min() < -0.01

    off = check_grad(lambda at: loss(at)[0], lambda at: loss(at)[1], bare, epsilon=1e-6)

    assert off < 1e-3 * np.linalg.norm(loss(bare)[1])
