"""Cosine gap: by how much translations are nearer to each other than other sentences are."""

from __future__ import annotations

import numpy as np

from isogloss.alignment.cosines import Pair
from isogloss.alignment.measure import SentenceMeasure, Values


class CosineGap(SentenceMeasure):
    """Mean cosine of translations less the mean cosine of all other pairs: `mean S_ii - mean S_ij`, i other than j.

    Notes
    -----
    The gap takes away what anisotropy adds to all cosines, which a mean cosine of translations does not. A language
    has 1 less its own anisotropy with itself.
    """

    lowest, highest = -2.0, 2.0
    one_with_itself = False

    def outcomes(self, pair: Pair) -> Values:
        """Cosine of a sentence and its translation, less the mean cosine of either with others."""
        others = pair.first @ pair.second.sum(0) + pair.second @ pair.first.sum(0) - 2 * pair.translations
        return np.asarray(pair.translations - others / (2 * (len(pair.translations) - 1)))

    def chance_level(self, sentences: int) -> float:
        """0."""
        return 0.0
