"""Which sources matter to which target: ridge regressions of scores on the doses of a mix."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy

from isogloss.forecasting.grid import Array

PENALTY = 0.1
"""For each row, on the squares of the slopes of standardised doses."""
EVEN_ROWS = 30.0
"""Rows at which what was learnt weighs as much as that all sources are alike."""


def source_relevance(
    responses: Array, doses: Array, own: Array, sources: Sequence[str], targets: Sequence[str]
) -> Array:
    """How much the examples of each source matter to each target, of shape (targets, sources), rows summing to one.

    Parameters
    ----------
    responses : array of shape (rows, targets)
        Standardised scores.
    doses : array of shape (rows, sources)
    own : array of shape (rows, targets)
        Doses of each target's own examples.

    Notes
    -----
    Rows with and without own examples have slopes of their own, so that they are two regressions; what own examples
    explain is taken out first. Targets share the cross products of all rows, less those of their few own rows.
    """
    rows, width = doses.shape
    if width == 0:
        return np.ones((len(targets), 0))
    standardised = (doses - doses.mean(0)) / (doses.std(0) + 1e-9)
    products = standardised.T @ standardised
    learnt = np.empty((len(targets), width))
    for column, target in enumerate(targets):
        itself = [place for place, source in enumerate(sources) if source == target]
        rest, richer = _within_levels(responses[:, column], own[:, column]), own[:, column] > own[:, column].min()
        design, moments = standardised[richer], standardised[~richer].T @ rest[~richer]
        poorer = products - design.T @ design
        poorer[itself] = poorer[:, itself] = design[:, itself] = moments[itself] = 0
        slopes = np.stack([
            _solve(poorer, moments, PENALTY * rows),
            # Few rows have own examples, so that their products with one another are the smaller matrix.
            design.T @ _solve(design @ design.T, rest[richer], PENALTY * rows),
        ])  # fmt: skip
        importance = (slopes**2).sum(0)
        learnt[column] = importance / max(importance.sum(), 1e-12)
    trust = rows / (rows + EVEN_ROWS)
    return np.asarray(trust * learnt + (1 - trust) / width)


def _solve(products: Array, response: Array, penalty: float) -> Array:
    factor = scipy.linalg.cho_factor(products + penalty * np.eye(len(products)), lower=True, check_finite=False)
    if len(response) == 0:  # LAPACK of older scipy takes no empty system
        return np.zeros_like(response)
    return np.asarray(scipy.linalg.cho_solve(factor, response, check_finite=False))


def _within_levels(response: Array, own: Array) -> Array:
    """Responses less the mean of those with as many own examples."""
    levels, level_of = np.unique(own, return_inverse=True)
    means = np.bincount(level_of, response, len(levels)) / np.bincount(level_of, minlength=len(levels))
    return np.asarray(response - means[level_of])
