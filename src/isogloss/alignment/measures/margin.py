"""Margin retrieval: retrieval by cosines relative to how near both sentences are to everything."""

from __future__ import annotations

from isogloss.alignment.cosines import Pair
from isogloss.alignment.measure import SentenceMeasure, Values

NEIGHBOURS = 4


class Margin(SentenceMeasure):
    """P@1 in both directions by `cos(x, y) / ((r(x) + r(y)) / 2)`.

    r is the mean cosine of a sentence and its 4 nearest ones in the other language.

    Notes
    -----
    The ratio of Artetxe and Schwenk 2019, "Margin-based parallel corpus mining with multilingual sentence
    embeddings". A ratio means little where r is not positive, as it may be in centred spaces: see `csls`.
    """

    of_retrieval = True

    def outcomes(self, pair: Pair) -> Values:
        """Mean of both directions."""
        hits = pair.nearest_adjusted(NEIGHBOURS, _adjust)
        return (hits.forward + hits.backward) / 2

    def chance_level(self, sentences: int) -> float:
        """1 / n."""
        return 1.0 / sentences


def _adjust(cosines: Values, first: Values, second: Values) -> Values:
    return 2 * cosines / (first + second)
