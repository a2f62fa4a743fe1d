"""Definitions written as plain loops in double precision, to compare with."""

from __future__ import annotations

import numpy as np


def cosines(first, second):
    """Cosine of every two rows, one at a time."""
    first, second = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    table = np.empty((len(first), len(second)))
    for i, x in enumerate(first):
        for j, y in enumerate(second):
            table[i, j] = float((x * y).sum()) / (float((x * x).sum()) ** 0.5 * float((y * y).sum()) ** 0.5)
    return table


def mexa(first, second):
    """Strict in both directions."""
    table = cosines(first, second)
    count = len(table)
    hits = 0
    for i in range(count):
        row = max(table[i, j] for j in range(count) if j != i)
        column = max(table[j, i] for j in range(count) if j != i)
        hits += table[i, i] > row and table[i, i] > column
    return hits / count


def biased_cka(first, second):
    """Kornblith et al. 2019, on features."""
    x, y = (np.asarray(rows, dtype=np.float64) - np.mean(rows, 0, dtype=np.float64) for rows in (first, second))
    return np.linalg.norm(y.T @ x) ** 2 / (np.linalg.norm(x.T @ x) * np.linalg.norm(y.T @ y))


def debiased_cka(first, second):
    """The debiased numerator and norms of the authors' notebook."""
    x, y = (np.asarray(rows, dtype=np.float64) - np.mean(rows, 0, dtype=np.float64) for rows in (first, second))
    return _inner(x, y) / np.sqrt(_inner(x, x) * _inner(y, y))


def _inner(x, y):
    count = len(x)
    squares_x, squares_y = (x**2).sum(1), (y**2).sum(1)
    return (
        np.linalg.norm(y.T @ x) ** 2
        - count / (count - 2) * (squares_x * squares_y).sum()
        + squares_x.sum() * squares_y.sum() / ((count - 1) * (count - 2))
    )
