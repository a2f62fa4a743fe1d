"""Two small decompositions give what one large one would: every answer is compared with the dense algebra."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import check_grad

from isogloss.forecasting.kronecker import (
    MEAN_PRECISION,
    GridProcess,
    Product,
    Side,
    leave_columns_out,
    log_likelihood,
)

ROWS, COLUMNS, TERMS = 7, 5, 2
NOISE = 0.3


@pytest.fixture(scope="module")
def chance():
    return np.random.default_rng(0)


@pytest.fixture(scope="module")
def product(chance) -> Product:
    return Product(Side.of(covariance(chance, ROWS)), Side.of(covariance(chance, COLUMNS)), NOISE)


@pytest.fixture(scope="module")
def mean(chance) -> np.ndarray:
    return np.concatenate([np.ones((1, ROWS, COLUMNS)), chance.standard_normal((TERMS - 1, ROWS, COLUMNS))])


@pytest.fixture(scope="module")
def scores(chance) -> np.ndarray:
    return 3 + chance.standard_normal((ROWS, COLUMNS))


def covariance(chance, size: int) -> np.ndarray:
    root = chance.standard_normal((size, size))
    return root @ root.T / size + 0.1 * np.eye(size)


def dense(product: Product, mean: np.ndarray) -> np.ndarray:
    """Covariance of all cells, row after row, the mean's wide prior included."""
    terms = mean.reshape(len(mean), -1)
    latent = np.kron(product.rows.matrix, product.columns.matrix)
    return latent + NOISE * np.eye(len(latent)) + terms.T @ terms / MEAN_PRECISION


def test_solving_inverts_the_covariance_of_all_cells(product, scores):
    whole = np.kron(product.rows.matrix, product.columns.matrix) + NOISE * np.eye(ROWS * COLUMNS)
    np.testing.assert_allclose(product.solve(scores).ravel(), np.linalg.solve(whole, scores.ravel()))


def test_the_likelihood_is_that_of_all_cells(product, mean, scores):
    """Up to a constant that no parameter of the covariance is in."""
    other = Product(product.rows, product.columns, 2 * NOISE)
    expected = []
    for one in (product, other):
        whole = dense(one, mean) + (one.noise - NOISE) * np.eye(ROWS * COLUMNS)
        flat = scores.ravel()
        expected.append(-0.5 * flat @ np.linalg.solve(whole, flat) - 0.5 * np.linalg.slogdet(whole)[1])
    found = [log_likelihood(one, mean, scores).value for one in (product, other)]
    assert found[1] - found[0] == pytest.approx(expected[1] - expected[0])


@pytest.mark.parametrize("gaps", [0.0, 0.2, 0.8])
def test_forecasts_are_those_of_the_measured_cells(product, mean, scores, chance, gaps):
    holed = np.where(chance.random(scores.shape) < gaps, np.nan, scores)
    known = ~np.isnan(holed).ravel()
    whole = dense(product, mean)
    latent = whole - NOISE * np.eye(len(whole))
    expected = latent[:, known] @ np.linalg.solve(whole[np.ix_(known, known)], holed.ravel()[known])
    process = GridProcess.learn(product, mean, holed)
    found = process.predict(mean, product.rows.matrix, product.columns.matrix)
    np.testing.assert_allclose(found.ravel(), expected, atol=1e-5)


def test_the_variance_is_that_of_the_process(product, mean, scores):
    process = GridProcess.learn(product, mean, scores)
    latent = np.kron(product.rows.matrix, product.columns.matrix)
    expected = np.diag(latent - latent @ np.linalg.solve(latent + NOISE * np.eye(len(latent)), latent))
    prior = np.outer(np.diag(product.rows.matrix), np.diag(product.columns.matrix))
    found = process.variance(product.rows.matrix, product.columns.matrix, prior)
    np.testing.assert_allclose(found.ravel(), expected, atol=1e-10)


def test_leaving_a_column_out_equals_learning_without_it(product, mean, scores):
    found, _ = leave_columns_out(product, mean, scores, np.arange(COLUMNS))
    whole = dense(product, mean)
    of_column = np.tile(np.arange(COLUMNS), ROWS)
    for column in range(COLUMNS):
        held, kept = of_column == column, of_column != column
        weights = np.linalg.solve(whole[np.ix_(kept, kept)], scores.ravel()[kept])
        np.testing.assert_allclose(found[:, column], whole[np.ix_(held, kept)] @ weights, atol=1e-6)


def test_negative_eigenvalues_are_held_at_zero():
    side = Side.of(np.array([[0.0, 1.0], [1.0, 0.0]]))
    np.testing.assert_allclose(side.matrix, 0.5, atol=1e-12)


def test_the_slopes_of_noise_and_mean_are_those_of_the_likelihood(product, mean, scores):
    def value(logarithms: np.ndarray) -> float:
        noise, spread = np.exp(logarithms)
        return log_likelihood(Product(product.rows, product.columns, noise), mean * np.sqrt(spread), scores).value

    def slopes(logarithms: np.ndarray) -> np.ndarray:
        noise, spread = np.exp(logarithms)
        found = log_likelihood(Product(product.rows, product.columns, noise), mean * np.sqrt(spread), scores)
        return np.array([found.noise * noise, found.mean])

    place = np.log([NOISE, 1e-5])  # where the prior of the mean is as narrow as it is wide elsewhere
    assert check_grad(value, slopes, place, epsilon=1e-6) < 1e-4 * np.linalg.norm(slopes(place))
