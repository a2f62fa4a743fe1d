"""The parameters of the kernel's covariances are learnt along the slope of their likelihood."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import check_grad

from isogloss import read_evidence
from isogloss.forecasting.grid import Grid, TrainingMixes
from isogloss.forecasting.kernel_covariance import PRIOR, GridCovariance, GridLikelihood, LanguageCovariates

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


def likelihood_of(some: Grid, distances: np.ndarray | None = None) -> GridLikelihood:
    languages = LanguageCovariates.of(some.targets, some.mixes)
    units = GridCovariance(PRIOR.centre, languages.factors.mean(0), languages.factors.std(0) + 0.1, 0.6, 0.2)
    return GridLikelihood(units, some, languages, distances)


def relative_error_of_the_slope(likelihood: GridLikelihood, place: np.ndarray) -> float:
    off = check_grad(lambda at: next(likelihood(at))[0], lambda at: next(likelihood(at))[1], place, epsilon=1e-6)
    return off / np.linalg.norm(next(likelihood(place))[1])


@pytest.mark.parametrize("gaps", [0.0, 0.3], ids=["complete", "with gaps"])
@pytest.mark.parametrize("seed", range(5))
def test_the_slope_of_the_likelihood_is_that_of_its_differences(gaps: float, seed: int) -> None:
    place = PRIOR.centre + np.random.default_rng(seed).normal(0, 0.7, len(PRIOR))
    assert relative_error_of_the_slope(likelihood_of(grid(gaps)), place) < 1e-3


def test_the_slope_holds_where_distances_make_no_covariance() -> None:
    """`exp(-distance)` has negative eigenvalues where features are missing; they are held at zero."""
    only_neighbours = PRIOR.centre.copy()
    only_neighbours[[4, 5, 7]] = -20
    crooked = np.random.default_rng(0).uniform(0, 1.5, (len(TARGETS), len(TARGETS)))
    crooked = np.triu(crooked, 1) + np.triu(crooked, 1).T
    assert np.linalg.eigvalsh(np.exp(-crooked)).min() < -0.01
    assert relative_error_of_the_slope(likelihood_of(grid(0.0), crooked), only_neighbours) < 1e-3


def test_the_covariance_of_languages_is_one_where_features_are_missing() -> None:
    """Over 205 languages, of many of which typology says little, exp(-distance) alone has negative eigenvalues."""
    names = tuple(read_evidence("isogloss:sib200-ngram").targets)
    without_own = np.where(np.arange(len(PRIOR)) == 7, PRIOR.centre - 9, PRIOR.centre)
    bare = GridCovariance(without_own, np.zeros(1), np.ones(1), 0.5, 0.1)
    languages = LanguageCovariates(names, np.zeros((len(names), 1)))
    lowest = [
        np.linalg.eigvalsh(covariance.of_languages(languages, languages)).min()
        for covariance in (bare, bare.with_floor(names))
    ]
    assert lowest[0] < -0.01
    assert lowest[1] > -1e-9
