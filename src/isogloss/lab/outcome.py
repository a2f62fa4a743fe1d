"""What goes into a worker and what comes out of it: arrays and numbers, nothing heavier."""

from __future__ import annotations

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
        Training rows, counted as `isogloss.lab.recipe.Corpus` does.
    labels : numpy.ndarray of int64, shape (units,)
        What is right, unit by unit, in the order of the rows.
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
    """

    rows: Rows
    labels: Rows
    seed: int
    dev_rows: Rows = field(default_factory=_no_rows)
    dev_labels: Rows = field(default_factory=_no_rows)
    labels_count: int | None = None
    then: tuple[Stage, ...] = ()
    target: int | None = None


@dataclass(frozen=True)
class Outcome:
    """What came of a job.

    Attributes
    ----------
    answers : mapping of str to numpy.ndarray of int or str, or None
        The answer to every test unit, by variant of the recipe, see `isogloss.lab.recipe.Answers`; None if the
        job failed.
    seconds : dict of str to float
        CPU seconds by stage, fit and predict; "wall" is the wall time of both.
    error : str or None
        Why it failed.
    counts : dict of str to float
        Tokens and floating-point operations.
    notes : dict
        What was selected, on what; under "by_target", by the file's own codes, what is to be said of one target only.
    transient : bool
        Whether trying again may help.
    """

    answers: dict[str, Rows] | None
    seconds: dict[str, float]
    error: str | None = None
    counts: dict[str, float] = field(default_factory=dict)
    notes: dict[str, Any] = field(default_factory=dict)
    transient: bool = False
