"""P@1: the share of sentences whose translation is the nearest sentence of the other language."""

from __future__ import annotations

from isogloss.alignment.cosines import Pair
from isogloss.alignment.measure import SentenceMeasure, Values


class Retrieval(SentenceMeasure):
    """Mean of `argmax_j S_ij = i` and of `argmax_j S_ji = i` over sentences i; S are cosines.

    Notes
    -----
    The accuracy of Tatoeba and BUCC (Artetxe and Schwenk 2019). In a tie of k sentences a translation counts 1/k,
    what breaking ties at random gives on average.
    """

    of_retrieval = True

    def outcomes(self, pair: Pair) -> Values:
        """Mean of both directions."""
        return (pair.nearest.forward + pair.nearest.backward) / 2

    def chance_level(self, sentences: int) -> float:
        """1 / n."""
        return 1.0 / sentences


class ForwardRetrieval(Retrieval):
    """Share of sentences i of the first language with `argmax_j S_ij = i`."""

    symmetric = False

    def outcomes(self, pair: Pair) -> Values:
        """From the first language, or the pivot, to the second."""
        return pair.nearest.forward


class BackwardRetrieval(Retrieval):
    """Share of sentences i of the second language with `argmax_j S_ji = i`."""

    symmetric = False

    def outcomes(self, pair: Pair) -> Values:
        """From the second language to the first, or to the pivot."""
        return pair.nearest.backward
