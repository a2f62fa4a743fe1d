"""Crossed random effects: some sources give more than others, and some targets are easier, whatever the factors.

    y = X b + a[source] + c[target] + e,    a ~ N(0, s2 p),  c ~ N(0, s2 q),  e ~ N(0, s2)

by restricted maximum likelihood (Patterson and Thompson 1971). With V = I + Z D Z' only matrices with a row for
each source and target are decomposed (Henderson 1975), never one with a row for each pair.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve
from scipy.optimize import minimize
from scipy.sparse import csr_matrix

from isogloss.explanation.least_squares import two_way
from isogloss.forecasting.grid import Array

START = (1.0, 1.0)
LARGEST_RATIO = 1e3
"""Of the standard deviation of an effect to that of the residuals."""


class Crossing:
    """Which source and which target each pair has.

    Parameters
    ----------
    rows, columns : arrays of int of shape (pairs,)
    """

    def __init__(self, rows: NDArray[np.intp], columns: NDArray[np.intp]):
        self.rows, self.columns = rows, columns
        self.counts = int(rows.max()) + 1, int(columns.max()) + 1
        places = np.concatenate([rows, self.counts[0] + columns])
        ones, pairs = np.ones(2 * len(rows)), np.tile(np.arange(len(rows)), 2)
        self._incidence = csr_matrix((ones, (places, pairs)), (sum(self.counts), len(rows)))
        self.together: Array = (self._incidence @ self._incidence.T).toarray()

    def sums(self, values: Array) -> Array:
        """Sums over each row and each column of the table, of shape (rows + columns, ...) from (pairs, ...)."""
        return np.asarray(self._incidence @ values)


class Groups:
    """Pairs whose sources and targets have effects of a certain size.

    Parameters
    ----------
    crossing : Crossing
    ratios : (float, float)
        Standard deviations of the effects of rows and columns over that of the residuals.
    """

    def __init__(self, crossing: Crossing, ratios: tuple[float, float]):
        self.crossing = crossing
        self._root = np.repeat(ratios, crossing.counts)  # (rows + columns,)
        inner = np.eye(len(self._root)) + self._root[:, None] * crossing.together * self._root
        self._factor = cho_factor(inner, lower=True, check_finite=False)

    @property
    def log_determinant(self) -> float:
        """Of V."""
        return 2 * float(np.log(np.diag(self._factor[0])).sum())

    def shared(self, sums: Array) -> Array:
        """What the effects take away from a quadratic form, given `sums`: D^1/2 (I + D^1/2 Z'Z D^1/2)^-1 D^1/2 sums."""
        scaled = (self._root * sums.T).T
        return np.asarray((self._root * cho_solve(self._factor, scaled, check_finite=False).T).T)

    def weigh(self, values: Array) -> Array:
        """V^-1 times `values` (pairs, ...)."""
        crossing = self.crossing
        taken = self.shared(crossing.sums(values))
        return values - taken[crossing.rows] - taken[crossing.counts[0] + crossing.columns]


@dataclass(frozen=True)
class CrossedFit:
    """A fitted model with crossed random effects.

    Attributes
    ----------
    coefficients : array of shape (factors + 1,)
        The constant first.
    errors : array of shape (factors + 1,)
        Standard errors if the model is right.
    robust : array of shape (factors + 1,)
        Standard errors clustered by source and by target, which also hold where a factor matters more for some
        languages than for others.
    variances : (float, float, float)
        Of sources, of targets and of the residuals, in squared units of the response.
    groups : Groups
        At the ratios found.
    """

    coefficients: Array
    errors: Array
    robust: Array
    variances: tuple[float, float, float]
    groups: Groups


def fit_crossed(
    design: Array, response: Array, rows: NDArray[np.intp], columns: NDArray[np.intp], *, effects: bool = True
) -> CrossedFit:
    """Fit by restricted maximum likelihood.

    Parameters
    ----------
    design : array of shape (pairs, factors)
        Without a constant, which is added.
    response : array of shape (pairs,)
    rows, columns : arrays of int of shape (pairs,)
        Source and target of each pair, numbered from 0.
    effects : bool, default True
        False: without random effects, which is least squares.
    """
    full = np.column_stack([np.ones(len(design)), design])
    crossing, ratios = Crossing(rows, columns), (0.0, 0.0)
    if effects:
        likelihood = _Likelihood(crossing, np.column_stack([full, response / float(response.std())]))
        found = minimize(likelihood, START, method="L-BFGS-B", bounds=[(0.0, LARGEST_RATIO)] * 2)
        ratios = (float(found.x[0]), float(found.x[1]))
    groups = Groups(crossing, ratios)
    weighed = groups.weigh(full)
    inverse = np.linalg.inv(full.T @ weighed)
    coefficients = inverse @ (weighed.T @ response)
    rest = response - full @ coefficients
    residual = float(rest @ groups.weigh(rest)) / (len(response) - full.shape[1])
    meat = two_way(weighed * rest[:, None], rows, columns)
    robust = np.sqrt(np.diag(inverse @ meat @ inverse))
    variances = (ratios[0] ** 2 * residual, ratios[1] ** 2 * residual, residual)
    return CrossedFit(coefficients, np.sqrt(np.diag(inverse) * residual), robust, variances, groups)


class _Likelihood:
    """Minus twice the restricted log likelihood, the residual variance profiled out, up to a constant.

    Parameters
    ----------
    crossing : Crossing
    table : array of shape (pairs, factors + 2)
        A constant, the factors and the response.
    """

    def __init__(self, crossing: Crossing, table: Array):
        self._crossing, self._pairs = crossing, len(table)
        # All that depends on the pairs is summed up once.
        self._sums, self._products = crossing.sums(table), table.T @ table

    def __call__(self, ratios: Array) -> float:
        groups = Groups(self._crossing, (float(ratios[0]), float(ratios[1])))
        products = self._products - self._sums.T @ groups.shared(self._sums)
        information, projected = products[:-1, :-1], products[:-1, -1]
        rest = float(products[-1, -1] - projected @ np.linalg.solve(information, projected))
        determinant = float(np.linalg.slogdet(information)[1])
        degrees = self._pairs - len(information)
        return groups.log_determinant + determinant + degrees * float(np.log(max(rest, 1e-300)))
