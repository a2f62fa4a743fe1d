"""What goes into a worker and what comes out of it: arrays and numbers, nothing heavier."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Training:
    """What a recipe is to learn from.

    Attributes
    ----------
    rows : numpy.ndarray of int64
        Training rows, counted as `isogloss.lab.recipe.Corpus` does.
    labels : numpy.ndarray of int64
        Their labels, as positions in the task's labels.
    seed : int
    """

    rows: np.ndarray[Any, Any]
    labels: np.ndarray[Any, Any]
    seed: int


@dataclass(frozen=True)
class Outcome:
    """What came of a job.

    Attributes
    ----------
    predicted : numpy.ndarray of int or None
        The answer to every test row; None if the job failed.
    seconds : dict of str to float
        CPU seconds by stage: fit and predict.
    error : str or None
        Why it failed.
    """

    predicted: np.ndarray[Any, Any] | None
    seconds: dict[str, float]
    error: str | None = None
