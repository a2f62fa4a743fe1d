"""Gaussian processes on a grid whose covariance is a product: of its rows' and of its columns'.

With K = R (x) C the covariance of all cells and s the variance of the noise, the eigenvectors of R and C are
all that the inverse of K + s I takes: two small decompositions instead of one of every cell with every other
(Saatci 2012, chapter 5). A linear mean with a wide prior is carried along (Rasmussen and Williams 2006, 2.7).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from isogloss.forecasting.grid import Array

MEAN_PRECISION = 1e-4
"""Of the coefficients of the mean, in units of one over the variance of the scores: they are free."""
TOLERANCE = 1e-7
"""Size of what is left, against the scores, at which conjugate gradients stop."""
STEPS = 1000


@dataclass(frozen=True)
class Side:
    """One factor of a product covariance with its eigenvectors; negative eigenvalues are held at zero.

    Attributes
    ----------
    eigenvalues : array of shape (n,)
        As they are, negative ones too.
    vectors : array of shape (n, n)
    """

    eigenvalues: Array
    vectors: Array

    @classmethod
    def of(cls, covariance: Array) -> Side:
        """Decompose a covariance."""
        values, vectors = np.linalg.eigh(covariance)
        return cls(values, vectors)

    @property
    def values(self) -> Array:
        """Eigenvalues, none negative."""
        return np.maximum(self.eigenvalues, 0)

    @property
    def matrix(self) -> Array:
        """The covariance, without what was negative in it."""
        return (self.vectors * self.values) @ self.vectors.T

    def slope(self, of_matrix: Array) -> Array:
        """How something changes with the covariance that was decomposed, from how it changes with `matrix`.

        Daleckii and Krein's derivative of a function of a symmetric matrix (Higham 2008, theorem 3.11).
        """
        values, held = self.eigenvalues, self.values
        gaps = values[:, None] - values
        with np.errstate(invalid="ignore", divide="ignore"):
            shares = (held[:, None] - held) / gaps
        shares = np.where((values[:, None] > 0) & (values > 0), 1.0, np.where(gaps == 0, 0.0, shares))
        return np.asarray(self.vectors @ (self.vectors.T @ of_matrix @ self.vectors * shares) @ self.vectors.T)

    def rotate(self, across: Array) -> Array:
        """Covariances (new, n) with the old in the eigenvectors' coordinates; what was held at zero says nothing."""
        return across @ self.vectors * (self.values > 0)


@dataclass(frozen=True)
class Product:
    """Covariance of the cells of a grid: rows times columns, plus noise.

    Attributes
    ----------
    rows, columns : Side
    noise : float
        Variance.
    """

    rows: Side
    columns: Side
    noise: float

    @property
    def spectrum(self) -> Array:
        """Eigenvalues, of shape (rows, columns)."""
        return np.outer(self.rows.values, self.columns.values) + self.noise

    def rotate(self, cells: Array) -> Array:
        """`cells` (..., rows, columns) in the eigenvectors' coordinates."""
        return self.rows.vectors.T @ cells @ self.columns.vectors

    def back(self, rotated: Array) -> Array:
        """The inverse of `rotate`."""
        return self.rows.vectors @ rotated @ self.columns.vectors.T

    def solve(self, cells: Array) -> Array:
        """The inverse of the covariance, times `cells` (..., rows, columns)."""
        return self.back(self.rotate(cells) / self.spectrum)

    def solve_measured(self, cells: Array, measured: np.ndarray) -> Array:
        """The same over the measured cells only, by conjugate gradients; elsewhere zero.

        The inverse for the complete grid is the preconditioner, so that few gaps take few steps
        (Wilson et al. 2014, arXiv 1309.6811, fill gaps with endless noise instead).
        """
        if measured.all():
            return self.solve(cells)
        rows, columns = self.rows.matrix, self.columns.matrix
        answer = np.zeros_like(cells)
        left = np.where(measured, cells, 0.0)
        enough = TOLERANCE * np.sqrt((left**2).sum((-2, -1)))
        step = ready = np.where(measured, self.solve(left), 0.0)
        size = _dot(left, ready)
        for _ in range(STEPS):
            if (np.sqrt((left**2).sum((-2, -1))) <= enough).all():
                break
            image = np.where(measured, rows @ step @ columns + self.noise * step, 0.0)
            length = size / np.maximum(_dot(step, image), np.finfo(float).tiny)
            answer = answer + length * step
            left = left - length * image
            ready = np.where(measured, self.solve(left), 0.0)
            size, before = _dot(left, ready), size
            step = ready + size / np.maximum(before, np.finfo(float).tiny) * step
        return answer


@dataclass(frozen=True)
class GridProcess:
    """A process conditioned on the scores of some cells.

    Attributes
    ----------
    covariance : Product
    weights : array of shape (rows, columns)
        What each cell says about others; zero where nothing was measured.
    coefficients : array of shape (terms,)
        Of the mean.
    """

    covariance: Product
    weights: Array
    coefficients: Array

    @classmethod
    def learn(cls, covariance: Product, mean: Array, scores: Array) -> GridProcess:
        """From scores (rows, columns), NaN where nothing was measured, and terms of the mean (terms, rows, columns)."""
        measured = ~np.isnan(scores)
        known = np.where(measured, scores, 0.0)
        terms = np.where(measured, mean, 0.0)
        solved = covariance.solve_measured(np.concatenate([terms, known[None]]), measured)
        coefficients = np.linalg.solve(_information(terms, solved[:-1]), np.tensordot(terms, solved[-1], 2))
        return cls(
            covariance, solved[-1] - np.tensordot(coefficients, solved[:-1], 1), np.asarray(coefficients, np.float64)
        )

    def predict(self, mean: Array, rows: Array, columns: Array) -> Array:
        """Means of new cells.

        Parameters
        ----------
        mean : array of shape (terms, new rows, new columns)
        rows : array of shape (new rows, rows)
            Covariance of the new with the old ones.
        columns : array of shape (new columns, columns)
        """
        weights = self.covariance.rotate(self.weights)
        sides = self.covariance.rows.rotate(rows), self.covariance.columns.rotate(columns)
        return np.tensordot(self.coefficients, mean, 1) + sides[0] @ weights @ sides[1].T

    def variance(self, rows: Array, columns: Array, prior: Array, measured: float = 1.0) -> Array:
        """Variances of new cells around the mean, of shape (new rows, new columns); a share of the cells was measured.

        With gaps the noise is taken for as much larger as cells are fewer, which is right only on average.
        """
        shares = self.covariance.rows.rotate(rows) ** 2, self.covariance.columns.rotate(columns) ** 2
        spectrum = self.covariance.spectrum + self.covariance.noise * (1 / measured - 1)
        return np.maximum(prior - shares[0] @ (1 / spectrum) @ shares[1].T, 0)


@dataclass(frozen=True)
class Likelihood:
    """Log marginal likelihood of a complete grid of scores, but for a constant, and how it changes.

    Attributes
    ----------
    value : float
    rows, columns : arrays of shape (rows, rows) and (columns, columns)
        Its slope in each cell of the two covariances.
    noise : float
        Its slope in the variance of the noise.
    mean : float
        Its slope in the logarithm of the variance of the mean's coefficients.
    """

    value: float
    rows: Array
    columns: Array
    noise: float
    mean: float


def log_likelihood(covariance: Product, mean: Array, scores: Array) -> Likelihood:
    """Log marginal likelihood of a complete grid of scores, the mean integrated out, and its slopes.

    Rasmussen and Williams 2006, equation 5.9, with K + mean' mean / MEAN_PRECISION in the place of K.
    """
    solved = covariance.solve(np.concatenate([mean, scores[None]]))
    terms = solved[:-1]
    information = _information(mean, terms)
    towards = np.tensordot(mean, solved[-1], 2)
    spread = np.linalg.inv(information)
    coefficients = spread @ towards
    fit = float((scores * solved[-1]).sum()) - float(towards @ coefficients)
    determinant = np.log(covariance.spectrum).sum() + np.linalg.slogdet(information)[1]
    residual = solved[-1] - np.tensordot(coefficients, terms, 1)
    of_mean = MEAN_PRECISION * float(coefficients @ coefficients + np.trace(spread)) - len(mean)
    # Of the mean there is a sum over the inverse information, here as squares of its root's columns.
    parts = np.concatenate([residual[None], np.tensordot(np.linalg.cholesky(spread).T, terms, 1)])
    rows, columns, inverse = covariance.rows, covariance.columns, 1 / covariance.spectrum
    of_rows = np.tensordot(parts @ columns.matrix, parts, ([0, 2], [0, 2]))
    of_rows -= (rows.vectors * (inverse @ columns.values)) @ rows.vectors.T
    of_columns = np.tensordot(rows.matrix @ parts, parts, ([0, 1], [0, 1]))
    of_columns -= (columns.vectors * (rows.values @ inverse)) @ columns.vectors.T
    of_noise = float((parts**2).sum() - inverse.sum())
    return Likelihood(
        -0.5 * (fit + float(determinant)), rows.slope(0.5 * of_rows), columns.slope(0.5 * of_columns), 0.5 * of_noise,
        0.5 * of_mean,
    )  # fmt: skip


def leave_columns_out(covariance: Product, mean: Array, scores: Array, columns: np.ndarray) -> tuple[Array, Array]:
    """Forecasts of whole columns of a complete grid from all other columns, without refitting any.

    Parameters
    ----------
    mean : array of shape (terms, rows, columns)
    scores : array of shape (rows, columns)
    columns : array of int
        Which to forecast, each from all others.

    Returns
    -------
    forecasts : array of shape (rows, len(columns))
    variances : array of shape (rows, len(columns))
        Of the process around its mean, the noise not counted.

    Notes
    -----
    What a block B of cells is off is `inverse(Q[B, B]) (Q y)[B]`, with Q the inverse covariance of all cells
    (Rasmussen and Williams 2006, 5.4.2, for blocks). Of a product, Q[B, B] has the rows' eigenvectors; the mean
    takes from it a matrix of as low a rank as it has terms.
    """
    solved = covariance.solve(np.concatenate([mean, scores[None]]))
    terms = solved[:-1]
    information = np.linalg.inv(_information(mean, terms))
    residuals = solved[-1] - np.tensordot(information @ np.tensordot(mean, solved[-1], 2), terms, 1)
    vectors = covariance.rows.vectors
    forecasts, variances = np.empty((2, len(scores), len(columns)))
    for place, column in enumerate(columns):
        diagonal = (covariance.columns.vectors[column] ** 2) @ (1 / covariance.spectrum).T  # (rows,)
        rotated = vectors.T @ np.column_stack([residuals[:, column], terms[:, :, column].T])
        # Q[B, B] = vectors diagonal vectors' - terms information terms', inverted by Woodbury's identity.
        scaled = rotated / diagonal[:, None]
        inner = np.linalg.inv(np.linalg.inv(information) - rotated[:, 1:].T @ scaled[:, 1:])
        off = scaled[:, 0] + scaled[:, 1:] @ (inner @ (rotated[:, 1:].T @ scaled[:, 0]))
        forecasts[:, place] = scores[:, column] - vectors @ off
        spread = (vectors**2) @ (1 / diagonal)
        variances[:, place] = np.maximum(spread - covariance.noise, 0)
    return forecasts, variances


def _information(terms: Array, solved: Array) -> Array:
    return np.tensordot(terms, solved, ([1, 2], [1, 2])) + MEAN_PRECISION * np.eye(len(terms))


def _dot(left: Array, right: Array) -> Array:
    """Inner product over the cells of each grid of a stack."""
    return (left * right).sum((-2, -1), keepdims=True)
