"""Examples that are translations of one another, and how much bringing them together counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

Pairs = np.ndarray[Any, Any]
"""Places of two examples that are translations of one another, shape (pairs, 2)."""


@dataclass(frozen=True)
class PosteriorWeights:
    """What counts how much in `Posterior`, see `isogloss.lab.recipe.posterior.Seq2SeqPosterior`."""

    transport: float
    discrepancy: float
    prior: float
    prior_discrepancy: float
    every: int
