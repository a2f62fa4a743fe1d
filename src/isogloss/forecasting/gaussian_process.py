"""Gaussian processes: how parameters are learnt by marginal likelihood, kernels, and regression with heavy tails.

All parameters are positive and searched for as logarithms (Rasmussen and Williams 2006, section 5.4.1).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from types import SimpleNamespace

import numpy as np
import scipy  # whose packages load when they are first used: forecasts of what was learnt before may need none
from numpy.linalg import LinAlgError

from isogloss.forecasting.grid import Array

TOO_FAR = 1e10
"""Loss of a step of the search that cannot be computed, as where all scores are alike."""
TOLERANCE = 1e7 * np.finfo(float).eps
"""Gain at which a search ends, unless another is given."""
STEP = 1e-4
"""Logarithmic units by which parameters are moved to see the curvature of their density."""
LogLikelihoods = Callable[[Array], Iterable[tuple[float, Array | float]]]


class Prior:
    """Log-normal prior of the parameters of a covariance.

    Parameters
    ----------
    width : float or array of shape (parameters,)
        Standard deviation of the logarithms.
    medians : mapping of str to float, or float, by group
        Of each parameter, such as `weights={"own": 0.15, "total": 0.15}, noise=0.15`.

    Attributes
    ----------
    centre, width : arrays of shape (parameters,)
        Of the logarithms.
    """

    def __init__(self, width: float | Array, **medians: Mapping[str, float] | float):
        self._groups = {
            group: tuple(values) if isinstance(values, Mapping) else None for group, values in medians.items()
        }
        flat = [list(values.values()) if isinstance(values, Mapping) else [values] for values in medians.values()]
        self.centre = np.log(np.concatenate(flat))
        self.width = np.broadcast_to(np.asarray(width, dtype=float), self.centre.shape)

    def __len__(self) -> int:
        return len(self.centre)

    def read(self, parameters: Array) -> SimpleNamespace:
        """Values by group: a dictionary by name, or one number."""
        values, groups, at = list(np.exp(parameters)), {}, 0  # of numpy, whose 1 / 0 is infinite
        for group, names in self._groups.items():
            count = 1 if names is None else len(names)
            groups[group] = values[at] if names is None else dict(zip(names, values[at : at + count], strict=True))
            at += count
        return SimpleNamespace(**groups)

    def flat(self, **slopes: Mapping[str, float] | float) -> Array:
        """Slopes in the logarithms of the parameters, given by group as `read` returns them; of shape (parameters,)."""
        parts: list[float] = []
        for group, names in self._groups.items():
            slope = slopes[group]
            parts += [slope[name] for name in names or ()] if isinstance(slope, Mapping) else [slope]
        return np.array(parts, dtype=float)


def maximise(
    log_likelihoods: LogLikelihoods,
    prior: Prior,
    *,
    steps: int,
    bounds: tuple[Array | float, Array | float] | None = None,
    start: Array | None = None,
    tolerance: float = TOLERANCE,
    by_differences: bool = False,
) -> Array:
    """Logarithms of the parameters of the largest posterior density, by L-BFGS-B.

    Parameters
    ----------
    log_likelihoods : callable
        From the logarithms to the log marginal likelihood of each independent response, with its slope in them.
    steps : int
        Most iterations of the search.
    start : array of shape (parameters,), optional
        Where the search starts; by default at the prior's centre.
    tolerance : float
        Gain in the log density, against its size where that is above one, at which the search ends.
    by_differences : bool, default False
        Whether slopes are taken by finite differences, those given being of no use.

    Returns
    -------
    array of shape (parameters,)
    """

    def loss(parameters: Array) -> tuple[float, Array] | float:
        value, slope = negative_log_posterior(log_likelihoods, prior, parameters)
        return value if by_differences else (value, slope)

    limits = None
    if bounds is not None:
        lowest, highest = (np.broadcast_to(end, prior.centre.shape).tolist() for end in bounds)
        limits = list(zip(lowest, highest, strict=True))
    first = prior.centre if start is None else start
    options = {"maxiter": steps, "ftol": tolerance}
    result = scipy.optimize.minimize(
        loss, first, jac=not by_differences, method="L-BFGS-B", bounds=limits, options=options
    )
    return np.asarray(result.x)


def negative_log_posterior(log_likelihoods: LogLikelihoods, prior: Prior, parameters: Array) -> tuple[float, Array]:
    """Negative log density of parameters given the responses, but for a constant, and its slope in the logarithms."""
    away = (parameters - prior.centre) / prior.width
    value, slope = 0.5 * float((away**2).sum()), away / prior.width
    try:
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            for one, slope_of_one in log_likelihoods(parameters):
                value, slope = value - one, slope - slope_of_one
    except LinAlgError:
        return TOO_FAR, np.zeros(len(parameters))
    return value, slope


def laplace_deviations(log_likelihoods: LogLikelihoods, prior: Prior, parameters: Array) -> Array:
    """Standard deviations of the parameters' logarithms by Laplace's approximation around the largest density."""
    slope = negative_log_posterior(log_likelihoods, prior, parameters)[1]
    moves = parameters + STEP * np.eye(len(prior))
    curvature = np.array([(negative_log_posterior(log_likelihoods, prior, moved)[1] - slope) / STEP for moved in moves])
    # A search cut short may end where the curvature is not positive; the prior's is the least there is.
    values, vectors = np.linalg.eigh((curvature + curvature.T) / 2)
    inverse = (vectors / np.maximum(values, 1 / prior.width.max() ** 2)) @ vectors.T
    return np.sqrt(np.diag(inverse))


def log_likelihood(covariance: Array, response: Array) -> float:
    """Log marginal likelihood of a response, but for a constant (Rasmussen and Williams 2006, equation 5.8).

    Parameters
    ----------
    covariance : array of shape (rows, rows)
        Noise included.
    response : array of shape (rows,)

    Raises
    ------
    LinAlgError
        If the covariance is not finite or not positive definite.
    """
    factor = _factor(covariance)
    return _value(factor, scipy.linalg.cho_solve(factor, response, check_finite=False), response)


def log_likelihood_slope(covariance: Array, response: Array, *, solve: bool = False) -> tuple[float, Array]:
    """The same, with its slope in each cell of the covariance (Rasmussen and Williams 2006, equation 5.9).

    `solve` takes the weights of the response from a solution instead of from the inverse, which differs in rounding.
    """
    factor = _factor(covariance)
    if solve:
        weights = scipy.linalg.cho_solve(factor, response, check_finite=False)
        # Written in one expression, numpy keeps the solution's order in memory, by which later sums are rounded.
        slope = -0.5 * (
            scipy.linalg.cho_solve(factor, np.eye(len(response)), check_finite=False) - np.outer(weights, weights)
        )
    else:
        inverse = scipy.linalg.lapack.dpotri(factor[0], lower=1)[0]  # with zeros above the diagonal
        inverse = inverse + inverse.T
        inverse[np.diag_indices_from(inverse)] /= 2
        weights = inverse @ response
        slope = 0.5 * (np.outer(weights, weights) - inverse)
    return _value(factor, weights, response), slope


def _factor(covariance: Array) -> tuple[Array, bool]:
    if not np.isfinite(covariance).all():
        raise LinAlgError("a covariance that is not finite")
    return _lower_factor(covariance)


def _value(factor: tuple[Array, bool], weights: Array, response: Array) -> float:
    return -(0.5 * float(response @ weights) + float(np.log(np.diag(factor[0])).sum()))


def squared_distances(rows: Array, columns: Array) -> Array:
    """Squared Euclidean distances, of shape (rows, columns)."""
    squares = (rows**2).sum(1)[:, None] + (columns**2).sum(1) - 2 * rows @ columns.T
    return np.maximum(squares, 0)


def matern(squares: Array) -> tuple[Array, Array]:
    """The Matérn kernel of order 3/2 of squared distances, and -2 times its derivative by them.

    Rasmussen and Williams 2006, equation 4.17.
    """
    root = np.sqrt(3 * squares)
    decay = np.exp(-root)
    return (1 + root) * decay, 3 * decay


NOISES = np.geomspace(1e-3, 100, 40)
"""Noises that are tried, against the variance of what mixes do."""
FEW_ROWS = 150
"""Rows up to which a decomposition for all noises at once is cheap."""
MEDIAN_SQUARE = 0.455
"""Median of the square of a standard normal variable."""
TAILS = 4.0
"""Degrees of freedom of the noise: as with Student's t, a run that came out far from the others counts for less."""
SMALLEST_DOUBT = TAILS / (TAILS + 1)
"""Factor of the noise of a run that came out just as foretold."""
ROUNDS = 2
"""Times that what a run counts for is found anew."""


def likely_noise(covariance: Array, response: Array, noise: float, start: float) -> float:
    """The noise of one language, by marginal likelihood, drawn to what all languages have.

    Of many rows it is searched for from where it may be, which takes a few factors and no decomposition. Where
    distances are no metric a covariance may have negative eigenvalues, which the noise must outweigh.

    Parameters
    ----------
    noise : float
        What all languages have.
    start : float
        Where the search starts.
    """
    if len(response) <= FEW_ROWS:
        return float(NOISES[int(_noise_losses(covariance, response, noise).argmin())])
    at = int(np.abs(np.log(NOISES / start)).argmin())
    lowest, losses = 0, dict[int, float]()
    while at < len(NOISES) - 1:
        near = range(max(at - 1, lowest), at + 2)
        for one in near:
            if one not in losses:
                losses[one] = _noise_loss(covariance, response, float(NOISES[one]), noise)
        best = min(near, key=losses.__getitem__)
        if best != at and np.isfinite(losses[best]):
            at = best
        elif np.isfinite(losses.get(at - 1, np.inf)) or _outweighs(covariance, SMALLEST_DOUBT * float(NOISES[at])):
            break  # NOISES[at - 1] is less than that, and was enough
        else:
            lowest = at = at + 1
    return float(NOISES[at])


def _noise_losses(covariance: Array, response: Array, usual: float) -> Array:
    """Loss of each of `NOISES`, from one decomposition."""
    values, vectors = np.linalg.eigh(covariance)
    spectra = np.maximum(values, 0) + NOISES[:, None]  # (noises, rows)
    scales = ((vectors.T @ response) ** 2 / spectra).mean(1)
    loss = 0.5 * len(response) * np.log(scales + 1e-12) + 0.5 * np.log(spectra).sum(1)
    loss += 0.5 * (np.log(NOISES / usual) / 2) ** 2
    return np.where(-values[0] < SMALLEST_DOUBT * NOISES, loss, np.inf)


def _noise_loss(covariance: Array, response: Array, noise: float, usual: float) -> float:
    """The same of one noise, by Cholesky's decomposition."""
    try:
        factor = _noisy_factor(covariance, noise)
    except LinAlgError:
        return np.inf
    scale = float(response @ scipy.linalg.cho_solve(factor, response, check_finite=False)) / len(response)
    loss = 0.5 * len(response) * np.log(max(scale, 0.0) + 1e-12) + float(np.log(np.diag(factor[0])).sum())
    return float(loss + 0.5 * (np.log(noise / usual) / 2) ** 2)


def _outweighs(covariance: Array, noise: float) -> bool:
    try:
        _noisy_factor(covariance, noise)
    except LinAlgError:
        return False
    return True


def _noisy_factor(covariance: Array, noise: Array | float) -> tuple[Array, bool]:
    """Lower Cholesky factor of a covariance with noise, zero above the diagonal, as `cho_solve` takes it."""
    noisy = np.array(covariance.T, order="F")  # symmetric: so it is copied as it lies in memory
    noisy[np.diag_indices_from(noisy)] += noise
    return _lower_factor(noisy, overwrite_a=1)


def _lower_factor(covariance: Array, **options: int) -> tuple[Array, bool]:
    factor, failed = scipy.linalg.lapack.dpotrf(covariance, lower=1, clean=1, **options)
    if failed:
        raise LinAlgError("a covariance that is not positive definite")
    return factor, True


class StudentProcess:
    """A Gaussian process with a scale of its own, by marginal likelihood.

    The noise is larger in runs that the others do not foretell, as for a Student's t with TAILS degrees of freedom,
    by expectation and maximisation over the standardised residuals of leaving each run out (Rasmussen and Williams
    2006, section 5.4.2).

    Parameters
    ----------
    factor : callable
        To the lower Cholesky factor of the covariance with its noise, of shape (rows, rows).
    noise, scale : float
    doubt, weights : arrays of shape (rows,)
        What the noise of each run is multiplied by, and the weight of its response in a mean.
    """

    def __init__(self, factor: Callable[[], Array], noise: float, doubt: Array, weights: Array, scale: float):
        self._factor, self.noise = factor, noise
        self.doubt, self.weights, self.scale = doubt, weights, scale

    @classmethod
    def fit(cls, covariance: Array, response: Array, noise: float) -> StudentProcess:
        """Learn from the covariance of all runs and their responses, of shape (rows,)."""
        doubt = np.ones(len(response))
        factor, weights = _solved(covariance, response, noise * doubt)
        for _ in range(ROUNDS):
            surprise = weights**2 / _precision(factor[0])
            usual = float(np.median(surprise)) / MEDIAN_SQUARE
            if usual <= 0:
                break
            doubt = (TAILS + surprise / usual) / (TAILS + 1)
            factor, weights = _solved(covariance, response, noise * doubt)
        return cls(lambda: factor[0], noise, doubt, weights, float(response @ weights) / len(response))

    @classmethod
    def learnt(
        cls, covariance: Callable[[], Array], noise: float, doubt: Array, weights: Array, scale: float
    ) -> StudentProcess:
        """One that was fitted before; its covariance is computed where a deviation is first asked for."""
        return cls(lambda: _noisy_factor(covariance(), noise * doubt)[0], noise, doubt, weights, scale)

    @cached_property
    def factor(self) -> Array:
        """Lower Cholesky factor of the covariance with its noise, of shape (rows, rows)."""
        return self._factor()

    def mean(self, across: Array) -> Array:
        """Mean of new responses; `across` is their covariance with the old, of shape (new, rows)."""
        return np.asarray(across @ self.weights)

    def deviation(self, across: Array, prior: float) -> Array:
        """Standard deviation of new responses, whose variance is `prior` where nothing is known."""
        reached = scipy.linalg.solve_triangular(self.factor, across.T, lower=True, check_finite=False)
        variance = self.scale * (np.maximum(prior - (reached**2).sum(0), 0) + self.noise)
        return np.asarray(np.sqrt(variance + 1e-12))


def _solved(covariance: Array, response: Array, noise: Array) -> tuple[tuple[Array, bool], Array]:
    """Factor of a covariance with noise, and the weights of a response."""
    factor = _noisy_factor(covariance, noise)
    return factor, scipy.linalg.cho_solve(factor, response, check_finite=False)


def _precision(factor: Array) -> Array:
    """Diagonal of the inverse of a covariance, from its lower Cholesky factor."""
    half = len(factor) // 2
    upper, lower = (
        scipy.linalg.lapack.dtrtri(block, lower=1)[0] for block in (factor[:half, :half], factor[half:, half:])
    )
    # The factor's inverse has this, times -1, below its two blocks.
    across = scipy.linalg.blas.dtrmm(1.0, lower, factor[half:, :half], lower=1)
    across = scipy.linalg.blas.dtrmm(1.0, upper, across, side=1, lower=1)
    first = np.einsum("ij,ij->j", upper, upper) + np.einsum("ij,ij->j", across, across)
    return np.concatenate([first, np.einsum("ij,ij->j", lower, lower)])
