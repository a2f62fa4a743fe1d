"""How alike training mixes are, for every language and for one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import check_grad

from isogloss.forecasting.features import dose
from isogloss.forecasting.grid import TrainingMixes
from isogloss.forecasting.mix_covariance import PRIOR, MixCovariance
from isogloss.forecasting.mix_kernels import SOURCE_LENGTH, MixKernels, WeightedProducts

SOURCES = ("deu", "eng", "nld", "swe")


def mixes(seed: int, rows: int, share: float) -> TrainingMixes:
    """Mixes of which a share of the sources holds examples."""
    chance = np.random.default_rng(seed)
    sizes = chance.choice([50.0, 100.0, 1000.0], (rows, len(SOURCES))) * (chance.uniform(size=(rows, 4)) < share)
    return TrainingMixes(tuple(f"{seed}-{row}" for row in range(rows)), SOURCES, sizes)


@given(seed=st.integers(0, 2**32 - 1), share=st.sampled_from([0.0, 0.3, 1.0]))
@settings(max_examples=20, deadline=None)
def test_relevance_weights_the_squared_distances_of_doses(seed, share):
    measured, asked = mixes(seed, 12, share), mixes(seed + 1, 3, 1.0)
    relevance = np.random.default_rng(seed).dirichlet(np.ones(len(SOURCES)))
    kernels = MixKernels(measured, ["ita"], relevance[None])
    squares = kernels.between(kernels.see(asked), kernels.measured).of_target(0)
    gaps = dose(asked.sizes)[:, None] - dose(measured.sizes)
    assert squares["relevant"] == pytest.approx((gaps**2 * relevance).sum(2), abs=1e-9)


def test_the_kernel_of_sources_adds_up_over_them():
    measured = mixes(1, 15, 0.6)
    relevance = np.array([0.1, 0.2, 0.3, 0.4])
    kernels = MixKernels(measured, ["ita"], relevance[None])
    kernel = kernels.between(kernels.measured, kernels.measured).of_target(0)["sources"]
    gaps = dose(measured.sizes)[:, None] - dose(measured.sizes)
    assert kernel == pytest.approx((np.exp(-0.5 * gaps**2 / SOURCE_LENGTH**2) * relevance).sum(2), abs=1e-9)


@given(seed=st.integers(0, 2**32 - 1), share=st.sampled_from([0.0, 0.02, 0.1, 1.0]))
@settings(max_examples=30, deadline=None)
def test_products_of_what_is_mostly_zero_are_those_of_all(seed, share):
    chance = np.random.default_rng(seed)
    rows, columns = (chance.normal(size=(count, 30)) * (chance.uniform(size=(count, 30)) < share) for count in (9, 7))
    weight_of, weights = chance.integers(0, 5, 30), chance.uniform(size=5)
    products = WeightedProducts(rows, columns, weight_of).of(weights)
    assert products == pytest.approx((rows * weights[weight_of]) @ columns.T, abs=1e-12)


def test_the_slope_of_the_likelihood_is_that_of_its_differences():
    measured = mixes(2, 12, 0.6)
    kernels = MixKernels(measured, ["deu"], np.array([[0.1, 0.2, 0.3, 0.4]]))
    pairs = kernels.between(kernels.measured, kernels.measured)
    chance = np.random.default_rng(1)
    start, response = PRIOR.centre + chance.normal(0, 0.2, len(PRIOR)), chance.normal(size=12)

    def value(parameters):
        return MixCovariance(parameters, pairs.common).log_likelihood(pairs.of_target(0), response)[0]

    def slope(parameters):
        return MixCovariance(parameters, pairs.common).log_likelihood(pairs.of_target(0), response)[1]

    assert check_grad(value, slope, start) < 1e-3


def test_the_covariance_of_a_mix_with_itself_is_its_variance():
    measured = mixes(3, 10, 0.6)
    kernels = MixKernels(measured, ["deu"], np.array([[0.1, 0.2, 0.3, 0.4]]))
    pairs = kernels.between(kernels.measured, kernels.measured)
    covariance = MixCovariance(PRIOR.centre, pairs.common)
    assert np.diag(covariance.of(pairs.of_target(0))) == pytest.approx(np.full(10, covariance.variance))
