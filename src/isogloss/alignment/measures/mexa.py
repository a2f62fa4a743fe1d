"""MEXA: the share of sentences whose translation is nearer than any other sentence, seen from both languages."""

from __future__ import annotations

import numpy as np

from isogloss.alignment.cosines import Pair
from isogloss.alignment.measure import SentenceMeasure, Values


class Mexa(SentenceMeasure):
    """Share of sentences i with `S_ii > max S_ij` and `S_ii > max S_ji` over all j other than i, both strict.

    S are cosines between the sentences of two languages.

    Notes
    -----
    Kargaran et al. 2025, "MEXA: Multilingual evaluation of English-centric LLMs via cross-lingual alignment". A tie
    is a miss. The paper takes the mean or the maximum over layers. Values fall with the number of sentences.
    """

    pooling = "weighted"
    of_retrieval = True

    def outcomes(self, pair: Pair) -> Values:
        """1 where a sentence's translation is the only nearest from both sides."""
        forward, backward = pair.nearest
        return np.asarray((forward == 1) & (backward == 1), dtype=np.float64)

    def chance_level(self, sentences: int) -> float:
        """1 / (2n - 1): the greatest of 2n - 1 equal chances."""
        return 1.0 / (2 * sentences - 1)
