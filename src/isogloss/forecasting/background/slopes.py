"""Slope priors: how scores of tables slope on the features of languages, learnt across tables.

The slope of a table on the features is `b omega` with `omega' Sigma omega = 1`, so that `b` is the size of the slope
and `omega` its direction; `nu` is the size of what is left.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from isogloss.forecasting.background.factors import LanguageFactors
from isogloss.forecasting.background.features import FEATURES, read_features
from isogloss.forecasting.background.link import ChanceLink
from isogloss.forecasting.background.tables import ScoreTable
from isogloss.forecasting.grid import Array, two_way

FEWEST_LANGUAGES, FEWEST_ROWS = 12, 4
"""Languages of a table, and rows for what is learnt of differences between rows."""
RIDGE, ROW_RIDGE = 2.0, 1.5
USED_FREEDOM = 0.7
"""Share of the features that a ridge regression uses up as degrees of freedom."""
SHARING = 0.7
"""Tables of the same test texts and kind count as `count ** -SHARING` each."""
SLOPE_CORRECTION = 0.3
"""Ridge regression on uncertain features makes slopes look smaller: what is added to the logarithm of their size."""
FLOOR, SIZE_FLOOR, ROW_FLOOR = 0.01, 0.01, 0.002


@dataclass(frozen=True)
class SlopePriors:
    """What is known of a table's slopes before its scores.

    Attributes
    ----------
    direction : array of shape (6,)
        Mean of `omega`.
    direction_covariance : array of shape (6, 6)
    size : array of shape (2,)
        Mean of `(log b, log nu)`.
    size_covariance : array of shape (2, 2)
    row_covariance : array of shape (7, 7)
        Of a row's own intercept and slopes, in units of `b^2 + nu^2`.
    row_residual : float
        Variance of what is left of a row, in the same units.
    """

    direction: Array
    direction_covariance: Array
    size: Array
    size_covariance: Array
    row_covariance: Array
    row_residual: float


@dataclass(frozen=True)
class _TableFit:
    direction: Array
    size: Array
    rows: Array  # (rows, 1 + features)
    row_residual: float


def learn_slopes(tables: Sequence[ScoreTable], factors: LanguageFactors) -> SlopePriors:
    """Priors of slopes from tables of at least `FEWEST_LANGUAGES` languages.

    The unit of features is their spread over all languages of the background.
    """
    used = [table for table in tables if len(table.languages) >= FEWEST_LANGUAGES]
    spread = np.cov(read_features(factors, factors.languages).values.T)
    fits = [_fit(table, factors, spread) for table in used]
    count = Counter((table.corpus, table.kind) for table in used)
    weights = np.array([count[table.corpus, table.kind] ** -SHARING for table in used])
    direction, direction_covariance = _moments(np.array([fit.direction for fit in fits]), weights)
    size, size_covariance = _moments(np.array([fit.size for fit in fits]), weights)
    several = [(fit, weight) for fit, weight in zip(fits, weights, strict=True) if len(fit.rows) >= FEWEST_ROWS]
    total = sum(weight for _, weight in several)
    row_covariance = sum(weight * fit.rows.T @ fit.rows / len(fit.rows) for fit, weight in several) / total
    return SlopePriors(
        direction,
        direction_covariance + FLOOR * np.eye(len(FEATURES)),
        size + np.array([SLOPE_CORRECTION, 0.0]),
        size_covariance + SIZE_FLOOR * np.eye(2),
        row_covariance + ROW_FLOOR * np.eye(1 + len(FEATURES)),
        float(sum(weight * fit.row_residual for fit, weight in several) / total),
    )


def _moments(values: Array, weights: Array) -> tuple[Array, Array]:
    """Weighted mean and covariance of rows."""
    mean = weights @ values / weights.sum()
    centred = values - mean
    return mean, (centred.T * weights) @ centred / weights.sum()


def _fit(table: ScoreTable, factors: LanguageFactors, spread: Array) -> _TableFit:
    """Slopes of one table and of its rows, by ridge regression."""
    values = ChanceLink(table.chance).forward(table.scores)
    mean, row_effects, levels = two_way(values)
    features = read_features(factors, table.languages).values
    centred = features - features.mean(0)
    width = len(FEATURES)
    slopes = np.linalg.solve(centred.T @ centred + RIDGE * np.eye(width), centred.T @ levels)
    residual = levels - centred @ slopes
    variance = residual @ residual / max(len(levels) - USED_FREEDOM * width, 1)
    size = np.sqrt(slopes @ spread @ slopes)
    unit = np.sqrt(size**2 + variance)
    deviations, squares = [], []
    for row in values - mean - row_effects[:, None] - levels:
        measured = ~np.isnan(row)
        design = np.column_stack([np.ones(measured.sum()), features[measured]])
        ridge = ROW_RIDGE * np.eye(1 + width)
        weights = np.linalg.solve(design.T @ design + ridge, design.T @ row[measured])
        deviations.append(weights / unit)
        squares.append(np.mean(((row[measured] - design @ weights) / unit) ** 2))
    return _TableFit(slopes / size, np.log([size, np.sqrt(variance)]), np.array(deviations), float(np.mean(squares)))
