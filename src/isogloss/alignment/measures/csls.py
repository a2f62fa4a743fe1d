"""CSLS: retrieval by cosines from which it is taken how near both sentences are to everything."""

from __future__ import annotations

from isogloss.alignment.cosines import Pair
from isogloss.alignment.measure import SentenceMeasure, Values

NEIGHBOURS = 10


class Csls(SentenceMeasure):
    """P@1 in both directions by `2 cos(x, y) - r(x) - r(y)`.

    r is the mean cosine of a sentence and its 10 nearest ones in the other language.

    Notes
    -----
    Conneau et al. 2018, "Word translation without parallel data". With fewer than 10 sentences r is over all.
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
    return 2 * cosines - first - second
