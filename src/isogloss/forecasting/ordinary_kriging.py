"""Kriging: a language scores as a weighted mean of those measured, in which languages that are like it count most.

    likeness = sum of covariance_terms in web text, in script, in descent, in writing without spaces and in all together

The variances are fixed, for where a dozen languages were measured nothing can be learnt about them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from isogloss.forecasting.contributions import Contribution, of_languages
from isogloss.forecasting.grid import Array
from isogloss.forecasting.space import space

VARIANCES = {"resources": 1.0, "near": 1.0, "spaces": 0.5, "script": 0.5, "family": 0.3, "own": 0.2}
"""Of what makes languages alike, before they are scaled to one together."""
REACH = 0.3
"""Combined distance over which likeness falls by a factor e."""
NOISE = 0.05
"""Variance of what a score does not tell about its language."""


def language_covariance(rows: Sequence[str], columns: Sequence[str]) -> Array:
    """Covariance of the levels of languages by what is known of them, 1 with themselves; (rows, columns)."""
    parts = covariance_terms(rows, columns)
    whole = sum(variance * parts[name] for name, variance in VARIANCES.items())
    return np.asarray(whole / sum(VARIANCES.values()))


def near(rows: Sequence[str], columns: Sequence[str]) -> Array:
    """Likeness of languages by their combined distance, 1 with themselves; (rows, columns)."""
    return np.asarray(np.exp(-space(rows, columns).between("combined", rows, columns) / REACH))


def covariance_terms(rows: Sequence[str], columns: Sequence[str]) -> dict[str, Array]:
    """What makes languages alike, by the names of `VARIANCES`: covariances, 1 with themselves; (rows, columns)."""
    known = space(rows, columns)
    text, unspaced = ([values[known.at(names)] for names in (rows, columns)]
                      for values in (known.web_text, known.unspaced))  # fmt: skip
    return {
        "resources": np.exp(-0.5 * np.subtract.outer(*text) ** 2),
        "near": near(rows, columns),
        "spaces": np.equal.outer(*unspaced).astype(float),
        "script": 1 - known.between("script", rows, columns),
        "family": 1 - known.between("genetic", rows, columns),
        "own": np.equal.outer(np.array(rows, dtype=object), np.array(columns, dtype=object)).astype(float),
    }


def kriging_weights(asked: Sequence[str], measured: Sequence[str]) -> Array:
    """What each measured language counts for each one asked about: rows of (asked, measured) that sum to one.

    Notes
    -----
    Ordinary kriging: the mean is unknown, and estimated by generalised least squares (Cressie 1993, section 3.2).
    """
    covariance = language_covariance(measured, measured) + NOISE * np.eye(len(measured))
    towards, ones = language_covariance(asked, measured), np.ones((len(measured), 1))
    solved = np.linalg.solve(covariance, np.hstack([towards.T, ones]))
    simple, of_mean = solved[:, :-1], solved[:, -1:]
    return np.asarray((simple + of_mean * (1 - simple.sum(0)) / of_mean.sum()).T)


def krige(known: Array, measured: Sequence[str], asked: Sequence[str]) -> Array:
    """Scores of languages that were not measured.

    Parameters
    ----------
    known : array of shape (rows, measured)
        NaN where there is no score.
    measured, asked : sequences of str

    Returns
    -------
    array of shape (rows, asked)
        NaN in rows without any score.
    """
    found = np.full((len(known), len(asked)), np.nan)
    patterns, pattern_of = np.unique(~np.isnan(known), axis=0, return_inverse=True)
    for number, there in enumerate(patterns):
        if there.any():
            rows = np.flatnonzero(pattern_of.ravel() == number)
            names = [name for name, one in zip(measured, there, strict=True) if one]
            found[rows] = known[np.ix_(rows, there)] @ kriging_weights(asked, names).T
    return found


def kriging_contributions(known: Array, measured: Sequence[str], target: str, baseline: float) -> list[Contribution]:
    """Contributions of the measured languages to a forecast of `krige`, less a baseline.

    Parameters
    ----------
    known : array of shape (measured,)
        NaN where there is no score.
    measured : sequence of str
    target : str
    baseline : float
    """
    there = ~np.isnan(known)
    names = [name for name, one in zip(measured, there, strict=True) if one]
    weights = kriging_weights([target], names)[0]
    return of_languages(names, weights, weights * (known[there] - baseline))
