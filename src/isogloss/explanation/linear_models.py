"""Linear models of pairs: least squares with clustered errors, crossed random effects, and shares of the variance.

Some sources give more than others, and some targets are easier, whatever the factors:

    y = X b + a[source] + c[target] + e,    a ~ N(0, s2 p),  c ~ N(0, s2 q),  e ~ N(0, s2)

by restricted maximum likelihood (Patterson and Thompson 1971). With V = I + Z D Z' only matrices with a row for
each source and target are decomposed (Henderson 1975), never one with a row for each pair.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve
from scipy.optimize import minimize
from scipy.sparse import csr_matrix

from isogloss.forecasting.grid import Array

SAME = 1e-8
"""Share of a factor's variance that the others must leave, or it is a combination of them."""
MOST_FACTORS = 16
"""Factors whose shares are computed over all subsets."""
CHUNK = 4096
START = (1.0, 1.0)
LARGEST_RATIO = 1e3
"""Of the standard deviation of an effect to that of the residuals."""


@dataclass(frozen=True)
class LeastSquares:
    """An ordinary least-squares fit with a constant.

    Attributes
    ----------
    coefficients : array of shape (factors,)
    errors : array of shape (factors,)
        Robust to clusters by source and by target.
    partial : array of shape (factors,)
        Partial R2: share of what the others leave unexplained.
    r2 : float
    """

    coefficients: Array
    errors: Array
    partial: Array
    r2: float


def fit_least_squares(
    design: Array, response: Array, rows: NDArray[np.intp], columns: NDArray[np.intp]
) -> LeastSquares:
    """Fit, with errors clustered two ways (see `two_way_covariance`)."""
    full = np.column_stack([np.ones(len(design)), design])
    bread = np.linalg.inv(full.T @ full)
    coefficients = bread @ (full.T @ response)
    rest = response - full @ coefficients
    pairs, width = full.shape
    clustered = two_way_covariance(full * rest[:, None], rows, columns)
    robust = bread @ clustered @ bread * (pairs - 1) / max(pairs - width, 1)
    squares = float(rest @ rest)
    total = float(((response - response.mean()) ** 2).sum())
    t_squared = coefficients**2 / (np.diag(bread) * squares / max(pairs - width, 1))
    partial = t_squared / (t_squared + max(pairs - width, 1))
    return LeastSquares(coefficients[1:], np.sqrt(np.diag(robust))[1:], partial[1:], 1 - squares / total)


def two_way_covariance(scores: Array, rows: NDArray[np.intp], columns: NDArray[np.intp]) -> Array:
    """Covariance of a sum over pairs whose terms are alike by source and by target, of shape (factors, factors).

    Parameters
    ----------
    scores : array of shape (pairs, factors)
        What each pair adds to the sum.
    rows, columns : arrays of int of shape (pairs,)

    Notes
    -----
    Cameron, Gelbach and Miller (2011): clustered by source, plus by target, minus by pair, the first two each with
    its factor G / (G - 1); negative eigenvalues are held at zero. A way with a single cluster is left out.
    """
    ways = [by for by in (rows, columns) if by.min() != by.max()]
    covariance = sum((_clustered(scores, by) for by in ways), np.zeros((scores.shape[1],) * 2))
    if len(ways) == 2:
        covariance = covariance - scores.T @ scores
    values, vectors = np.linalg.eigh(covariance)
    return np.asarray((vectors * np.maximum(values, 0)) @ vectors.T)


def _clustered(scores: Array, by: NDArray[np.intp]) -> Array:
    clusters, place = np.unique(by, return_inverse=True)
    sums = np.zeros((len(clusters), scores.shape[1]))
    np.add.at(sums, place, scores)
    return sums.T @ sums * len(clusters) / (len(clusters) - 1)


def collinear_factors(design: Array, names: Sequence[str]) -> dict[str, str]:
    """Factors that are linear combinations of those before them, and of which.

    Parameters
    ----------
    design : array of shape (pairs, factors)
        Standardised.
    """
    collinear: dict[str, str] = {}
    kept: list[int] = []
    for place, name in enumerate(names):
        own = design[:, place]
        slopes = np.linalg.lstsq(design[:, kept], own, rcond=None)[0] if kept else np.zeros(0)
        if float(((own - design[:, kept] @ slopes) ** 2).mean()) > SAME:
            kept.append(place)
            continue
        of = [names[other] for other, slope in zip(kept, slopes, strict=True) if abs(slope) > 1e-3]
        collinear[name] = f"a combination of {', '.join(of)}" if of else "the same in all pairs"
    return collinear


def variance_inflation(design: Array) -> Array:
    """Variance variance_inflation factors, of shape (factors,): 1 / (1 - R2 of each factor on the others)."""
    if design.shape[1] < 2:
        return np.ones(design.shape[1])
    return np.diag(np.linalg.inv(np.corrcoef(design.T)))


def lmg_shares(design: Array, response: Array) -> Array:
    """Share of the variance that each factor explains, averaged over all orders of adding factors.

    LMG (Lindeman, Merenda and Gold 1980), which is the Shapley value of R2. The shares add up to R2.

    Returns
    -------
    array of shape (factors,)
        NaN where there are more than `MOST_FACTORS` factors.
    """
    width = design.shape[1]
    if width > MOST_FACTORS:
        return np.full(width, np.nan)
    if width == 0:
        return np.zeros(0)
    together = np.atleast_2d(np.corrcoef(np.column_stack([design, response]).T))
    among, towards = together[:-1, :-1], together[:-1, -1]
    explained = _r2_of_subsets(among, towards)
    subsets = np.arange(2**width)
    sizes = ((subsets[:, None] >> np.arange(width)) & 1).sum(1)
    weights = _order_weights(width)
    shares = np.zeros(width)
    for place in range(width):
        without = subsets[(subsets >> place) & 1 == 0]
        gain = explained[without | (1 << place)] - explained[without]
        shares[place] = weights[sizes[without]] @ gain
    return shares


def _order_weights(width: int) -> Array:
    """Share of the orders in which just one set of each size comes before a factor: s! (k - s - 1)! / k!."""
    return np.array([1.0 / (width * math.comb(width - 1, size)) for size in range(width)])


def _r2_of_subsets(among: Array, towards: Array) -> Array:
    """R2 of every subset of factors, subsets numbered by their bits."""
    width = len(towards)
    explained = np.zeros(2**width)
    for start in range(0, 2**width, CHUNK):
        subsets = np.arange(start, min(start + CHUNK, 2**width))
        inside = ((subsets[:, None] >> np.arange(width)) & 1).astype(bool)
        # What is not in a subset becomes uncorrelated with everything, so that all have the same shape.
        matrices = np.where(inside[:, :, None] & inside[:, None, :], among, np.eye(width))
        right = np.where(inside, towards, 0.0)
        explained[subsets] = (np.linalg.solve(matrices, right[:, :, None])[:, :, 0] * right).sum(1)
    return explained


def held_out_r2(design: Array, response: Array, rows: Sequence[str], columns: Sequence[str]) -> float:
    """R2 for held-out languages, both as source and as target, from the fit to the others.

    Parameters
    ----------
    design : array of shape (pairs, factors)
    response : array of shape (pairs,)
    rows, columns : sequences of str of shape (pairs,)
        Source (or mix, which is no language and stays) and target of each pair.

    Returns
    -------
    float
        1 less the squared errors of the pairs into each left-out target over those of the mean of the pairs that
        were fitted. Negative where the mean tells more.
    """
    full = np.column_stack([np.ones(len(design)), design])
    _, places = np.unique([*rows, *columns], return_inverse=True)
    sources, targets = places[: len(rows)], places[len(rows) :]
    information, moments = full.T @ full, full.T @ response
    errors = of_mean = 0.0
    for language in np.unique(targets):
        held_out = targets == language
        hidden = held_out | (sources == language)
        fitted = len(response) - int(hidden.sum())
        if fitted <= full.shape[1]:
            return float("nan")
        gone, its = full[hidden], response[hidden]
        # A factor may become constant without a language, so that the equations have many solutions: the least.
        slopes = np.linalg.lstsq(information - gone.T @ gone, moments - gone.T @ its, rcond=1e-10)[0]
        errors += float(((response[held_out] - full[held_out] @ slopes) ** 2).sum())
        of_mean += float(((response[held_out] - (response.sum() - its.sum()) / fitted) ** 2).sum())
    return 1 - errors / of_mean if of_mean else float("nan")


class CrossedDesign:
    """The source and the target of each pair.

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


class RandomEffects:
    """Random effects of sources and targets, of given sizes.

    Parameters
    ----------
    ratios : (float, float)
        Standard deviations of the effects of rows and columns over that of the residuals.
    """

    def __init__(self, crossing: CrossedDesign, ratios: tuple[float, float]):
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
    random_effects : RandomEffects
        At the estimated ratios.
    """

    coefficients: Array
    errors: Array
    robust: Array
    variances: tuple[float, float, float]
    random_effects: RandomEffects


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
    crossing, ratios = CrossedDesign(rows, columns), (0.0, 0.0)
    if effects:
        likelihood = _Likelihood(crossing, np.column_stack([full, response / float(response.std())]))
        fit = minimize(likelihood, START, method="L-BFGS-B", bounds=[(0.0, LARGEST_RATIO)] * 2)
        ratios = (float(fit.x[0]), float(fit.x[1]))
    random_effects = RandomEffects(crossing, ratios)
    weighed = random_effects.weigh(full)
    inverse = np.linalg.inv(full.T @ weighed)
    coefficients = inverse @ (weighed.T @ response)
    rest = response - full @ coefficients
    residual = float(rest @ random_effects.weigh(rest)) / (len(response) - full.shape[1])
    meat = two_way_covariance(weighed * rest[:, None], rows, columns)
    robust = np.sqrt(np.diag(inverse @ meat @ inverse))
    variances = (ratios[0] ** 2 * residual, ratios[1] ** 2 * residual, residual)
    return CrossedFit(coefficients, np.sqrt(np.diag(inverse) * residual), robust, variances, random_effects)


class _Likelihood:
    """Minus twice the restricted log likelihood, the residual variance profiled out, up to a constant.

    Parameters
    ----------
    table : array of shape (pairs, factors + 2)
        A constant, the factors and the response.
    """

    def __init__(self, crossing: CrossedDesign, table: Array):
        self._crossing, self._pairs = crossing, len(table)
        # All that depends on the pairs is summed up once.
        self._sums, self._products = crossing.sums(table), table.T @ table

    def __call__(self, ratios: Array) -> float:
        random_effects = RandomEffects(self._crossing, (float(ratios[0]), float(ratios[1])))
        products = self._products - self._sums.T @ random_effects.shared(self._sums)
        information, projected = products[:-1, :-1], products[:-1, -1]
        rest = float(products[-1, -1] - projected @ np.linalg.solve(information, projected))
        determinant = float(np.linalg.slogdet(information)[1])
        degrees = self._pairs - len(information)
        return random_effects.log_determinant + determinant + degrees * float(np.log(max(rest, 1e-300)))
