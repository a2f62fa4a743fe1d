"""Links: from scores to a scale without ends, on which forecasts are normal, and back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from isogloss.forecasting.grid import Array

MARGIN = 0.03
"""By how much the link reaches below chance and above the best score, so that both stay finite."""
EDGE = 0.005
"""Shares nearer to 0 or 1 than this count as this near."""
SMALLEST, LARGEST = 1e-9, 700.0
"""Scores nearer to their lower end count as this near; logarithms above have no number."""


class Link(Protocol):
    """A monotone function from scores to an unbounded scale on which a higher value is better."""

    def forward(self, scores: Array) -> Array:
        """Scores on the unbounded scale; NaN stays NaN."""

    def inverse(self, values: Array) -> Array:
        """Values of the unbounded scale as scores."""


@dataclass(frozen=True)
class ChanceLink:
    """`1/4 logit p` with `p = (score - chance + .03) / (1 - chance + .06)`.

    A quarter of a logit is about the score itself in the middle of the range.

    Parameters
    ----------
    chance : float, default 0
        Score of a uniform guess; 0 where it is not known.
    higher_is_better : bool, default True
        Otherwise scores are taken from 1 first.
    lowest : float, default 0
        Score of the worst answers: -1 for correlations.
    """

    chance: float = 0.0
    higher_is_better: bool = True
    lowest: float = 0.0

    def forward(self, scores: Array) -> Array:
        upward = scores if self.higher_is_better else 1 - scores
        share = np.clip((upward - self.chance + MARGIN) / (1 - self.chance + 2 * MARGIN), EDGE, 1 - EDGE)
        return np.log(share / (1 - share)) / 4

    def inverse(self, values: Array) -> Array:
        share = 1 / (1 + np.exp(-4 * values))
        upward = np.clip(share * (1 - self.chance + 2 * MARGIN) + self.chance - MARGIN, self.lowest, 1)
        return upward if self.higher_is_better else 1 - upward


@dataclass(frozen=True)
class AffineLink:
    """`(score - centre) / scale` for scores without a best one, negated where lower is better.

    Parameters
    ----------
    centre, scale : float
        In the unit of the score, or of its logarithm; `scale` is positive.
    higher_is_better : bool, default True
    lowest : float, optional
        Where scores end below; then `log(score - lowest)` stands for the score.
    """

    centre: float
    scale: float
    higher_is_better: bool = True
    lowest: float | None = None

    def forward(self, scores: Array) -> Array:
        return (1 if self.higher_is_better else -1) * (self.unscaled(scores) - self.centre) / self.scale

    def unscaled(self, scores: Array) -> Array:
        """Scores, or the logarithms that stand for them."""
        return scores if self.lowest is None else np.log(np.maximum(scores - self.lowest, SMALLEST))

    def inverse(self, values: Array) -> Array:
        scores = self.centre + (1 if self.higher_is_better else -1) * self.scale * values
        return scores if self.lowest is None else self.lowest + np.exp(np.minimum(scores, LARGEST))
