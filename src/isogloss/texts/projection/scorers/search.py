"""The most probable places of a pair of markers in a sentence, found without trying all of them."""

from __future__ import annotations

import heapq
from abc import ABC, abstractmethod
from enum import IntEnum

from isogloss.texts.projection.scorers import Floats, Marking


class MarkedSentence(ABC):
    """The log-probability of a sentence, read from its beginning, with a pair of markers in it.

    What is read later only makes a sentence less probable, so that the log-probability of its beginning bounds that of
    the whole.
    """

    @abstractmethod
    def opened(self) -> Floats:
        """For each word, no less than the log-probability of any marking that opens before it, shape (words,)."""

    @abstractmethod
    def closed(self, first: int) -> Floats:
        """The same with the marker open before a word, for closing after it or a later one, shape (words - first,)."""

    @abstractmethod
    def marked(self, first: int, last: int) -> float:
        """The log-probability with markers round these words."""


class _Stage(IntEnum):
    """How much of a marking is settled; of those with one bound, the most is taken first."""

    MARKED = 0
    CLOSED = 1
    OPENED = 2


def most_probable(sentence: MarkedSentence, kept: int = 1) -> list[Marking]:
    """The most probable markings, best first: the same that a search through all of them finds.

    Parameters
    ----------
    sentence : MarkedSentence
    kept : int, default 1
        How many are wanted.

    Notes
    -----
    Branch and bound, best first (Land and Doig 1960). Markings with one beginning wait in a queue under its bound. The
    beginning with the highest bound is parted by where the marker closes, then settled; a marking that comes out of
    the queue settled is no less probable than any that is left. CODEC (Le et al. 2024) goes depth first and leaves out
    openings at which the probability of the translation hardly changes when its source is marked, which is not exact.
    """
    queue = [(-float(bound), _Stage.OPENED, first, first) for first, bound in enumerate(sentence.opened())]
    heapq.heapify(queue)
    found: list[Marking] = []
    while queue and len(found) < kept:
        bound, stage, first, last = heapq.heappop(queue)
        if stage is _Stage.MARKED:
            found.append(Marking(first, last, -bound))
        elif stage is _Stage.CLOSED:
            heapq.heappush(queue, (-sentence.marked(first, last), _Stage.MARKED, first, last))
        else:
            for further, value in enumerate(sentence.closed(first)):
                heapq.heappush(queue, (-float(value), _Stage.CLOSED, first, first + further))
    return found
