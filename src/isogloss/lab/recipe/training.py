"""What a recipe learns from.

Training rows are counted as `isogloss.lab.recipe.Corpus` counts them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Rows = np.ndarray[Any, Any]


def _no_rows() -> Rows:
    return np.empty(0, np.int64)


@dataclass(frozen=True)
class Stage:
    """Examples that are learnt from together.

    Attributes
    ----------
    rows : numpy.ndarray of int64
        Training rows, counted as `Corpus` does.
    labels : numpy.ndarray of int64, shape (units,), or of uint8, shape (rows, labels), or of float64, shape (rows,)
        What is right, unit by unit, in the order of the rows; see `isogloss.lab.examples.Examples`.
    """

    rows: Rows
    labels: Rows


@dataclass(frozen=True)
class Training:
    """What a recipe is to learn from.

    Attributes
    ----------
    rows, labels : numpy.ndarray of int64
        See `Stage`.
    seed : int
    dev_rows, dev_labels : numpy.ndarray of int64
        The source's validation data, empty where it has none.
    labels_count : int or None
        How many labels the task has; None for as many as the training data show.
    then : tuple of Stage
        What to go on with, once the rows have been learnt from.
    target : int or None
        The language that the training is for, by its place in the corpus, where it is for one alone.
    unlabelled : numpy.ndarray of int64
        Training rows that are read without what is right, counted as `Corpus` does.
    teacher : callable or None
        Gives the fitted network that a student learns from.
    keep : str
        Folder to write what is learnt to, see `isogloss.lab.save`; nothing for none.
    """

    rows: Rows
    labels: Rows
    seed: int
    dev_rows: Rows = field(default_factory=_no_rows)
    dev_labels: Rows = field(default_factory=_no_rows)
    labels_count: int | None = None
    then: tuple[Stage, ...] = ()
    target: int | None = None
    unlabelled: Rows = field(default_factory=_no_rows)
    teacher: Callable[[], Any] | None = None
    keep: str = ""
