"""Anisotropy: how alike the sentences of one language are to each other, whatever they say."""

from __future__ import annotations

import numpy as np

from isogloss.alignment.measure import LanguageMeasure, Values


class Anisotropy(LanguageMeasure):
    """Mean cosine of two different sentences of a language: `mean S_ij`, i other than j.

    Notes
    -----
    Ethayarajh 2019, "How contextual are contextualized word representations?". 0 where directions are spread evenly;
    the floor on which mean cosines of translations stand.
    """

    lowest = -1.0

    def outcomes(self, rows: Values) -> Values:
        """Mean cosine of a sentence and all others, twice its difference from the mean: it stands in two sums."""
        means = (rows @ rows.sum(0) - (rows * rows).sum(1)) / (len(rows) - 1)
        return np.asarray(2 * means - means.mean())
