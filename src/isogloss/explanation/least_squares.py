"""Least squares over pairs: robust errors, how much each factor explains, and which cannot be told apart."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from isogloss.forecasting.grid import Array

SAME = 1e-8
"""Share of a factor's variance that the others must leave, or it is a combination of them."""
MOST_FACTORS = 16
"""Factors whose shares are computed over all subsets."""
CHUNK = 4096


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
    """Fit, with errors clustered two ways (see `two_way`)."""
    full = np.column_stack([np.ones(len(design)), design])
    bread = np.linalg.inv(full.T @ full)
    coefficients = bread @ (full.T @ response)
    rest = response - full @ coefficients
    pairs, width = full.shape
    robust = bread @ two_way(full * rest[:, None], rows, columns) @ bread * (pairs - 1) / max(pairs - width, 1)
    squares = float(rest @ rest)
    total = float(((response - response.mean()) ** 2).sum())
    t_squared = coefficients**2 / (np.diag(bread) * squares / max(pairs - width, 1))
    partial = t_squared / (t_squared + max(pairs - width, 1))
    return LeastSquares(coefficients[1:], np.sqrt(np.diag(robust))[1:], partial[1:], 1 - squares / total)


def two_way(scores: Array, rows: NDArray[np.intp], columns: NDArray[np.intp]) -> Array:
    """Covariance of a sum over pairs whose terms are alike by source and by target.

    Parameters
    ----------
    scores : array of shape (pairs, factors)
        What each pair adds to the sum.
    rows, columns : arrays of int of shape (pairs,)

    Returns
    -------
    array of shape (factors, factors)

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


def combinations_among(design: Array, names: Sequence[str]) -> dict[str, str]:
    """Factors that are combinations of those before them, and of which.

    Parameters
    ----------
    design : array of shape (pairs, factors)
        Standardised.
    """
    found: dict[str, str] = {}
    kept: list[int] = []
    for place, name in enumerate(names):
        own = design[:, place]
        slopes = np.linalg.lstsq(design[:, kept], own, rcond=None)[0] if kept else np.zeros(0)
        if float(((own - design[:, kept] @ slopes) ** 2).mean()) > SAME:
            kept.append(place)
            continue
        of = [names[other] for other, slope in zip(kept, slopes, strict=True) if abs(slope) > 1e-3]
        found[name] = f"a combination of {', '.join(of)}" if of else "the same in all pairs"
    return found


def inflation(design: Array) -> Array:
    """Variance inflation factors, of shape (factors,): 1 / (1 - R2 of each factor on the others)."""
    if design.shape[1] < 2:
        return np.ones(design.shape[1])
    return np.diag(np.linalg.inv(np.corrcoef(design.T)))


def shares_of_r2(design: Array, response: Array) -> Array:
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


def left_out_r2(design: Array, response: Array, rows: Sequence[str], columns: Sequence[str]) -> float:
    """R2 of languages that were left out, both as source and as target, from the fit to the others.

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
    sources, targets = np.array(rows, dtype=object), np.array(columns, dtype=object)
    information, moments = full.T @ full, full.T @ response
    errors = of_mean = 0.0
    for language in sorted(set(columns)):
        asked = targets == language
        hidden = asked | (sources == language)
        fitted = len(response) - int(hidden.sum())
        if fitted <= full.shape[1]:
            return float("nan")
        gone, its = full[hidden], response[hidden]
        # A factor may become constant without a language, so that the equations have many solutions: the least.
        slopes = np.linalg.lstsq(information - gone.T @ gone, moments - gone.T @ its, rcond=1e-10)[0]
        errors += float(((response[asked] - full[asked] @ slopes) ** 2).sum())
        of_mean += float(((response[asked] - (response.sum() - its.sum()) / fitted) ** 2).sum())
    return 1 - errors / of_mean if of_mean else float("nan")
