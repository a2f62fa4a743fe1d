"""Cosines between all sentences of two languages, in blocks: who is nearest to whom, with ties settled exactly.

Cosines are screened in single precision. Where the margin is within the rounding error of that, they are computed
again in double precision by a sum whose order depends on nothing, so that equal vectors have equal cosines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
Block = tuple[slice, NDArray[Any]]
Places = NDArray[np.intp]

CELLS = 1 << 22
"""Cosines that are held at once."""
PAIRS = 1 << 13
"""Pairs of sentences whose exact cosines are computed at once."""
TIE = 1e-12
"""Adjusted cosines nearer than this are equal: they are sums of cosines, each rounded."""


class Hits(NamedTuple):
    """Of each sentence, whether its translation is the nearest: 1, 0 if another is nearer, 1/k in a tie of k.

    Attributes
    ----------
    forward : array of shape (sentences,)
        Among the sentences of the second language.
    backward : array of shape (sentences,)
        Of each sentence of the second, among those of the first.
    """

    forward: Values
    backward: Values


class Pair:
    """Two languages.

    Parameters
    ----------
    first, second : array of shape (sentences, width)
        Rows of length one, float64.
    """

    def __init__(self, first: Values, second: Values):
        self.first, self.second = first, second

    @cached_property
    def translations(self) -> Values:
        """Cosine of each sentence and its translation."""
        return np.asarray((self.first * self.second).sum(1))

    @cached_property
    def nearest(self) -> Hits:
        """Whose translation has the greatest cosine."""
        left, right = self.first.astype(np.float32), self.second.astype(np.float32)
        band = 2 * (left.shape[1] + 2) * 2.0**-24  # bound of the error of a difference of two products

        def settle(sentences: Places, *, backward: bool) -> Values:
            one, others = (self.second, self.first) if backward else (self.first, self.second)
            if whole is None:
                screened = right[sentences] @ left.T if backward else left[sentences] @ right.T
            else:
                screened = whole[:, sentences].T if backward else whole[sentences]
            rows, rivals = np.nonzero(screened >= self.translations[sentences, None] - band)
            return _shares(one, others, sentences, rows, rivals)

        blocks = list(_products(left, right)) if len(left) ** 2 <= CELLS else _products(left, right)
        whole = blocks[0][1] if isinstance(blocks, list) else None
        return _hits(blocks, self.translations, band, settle)

    def nearest_adjusted(self, neighbours: int, adjust: Callable[[Values, Values, Values], Values]) -> Hits:
        """Whose translation has the greatest cosine, adjusted for how near sentences are to everything.

        Parameters
        ----------
        neighbours : int
            Nearest sentences whose mean cosine says how near one is to everything.
        adjust : callable
            From cosines, that mean of the sentences of the first language, and of the second.
        """
        count = min(neighbours, len(self.first))
        ahead, back = self._neighbourhoods(count)
        own = adjust(self.translations, ahead, back)

        def settle(sentences: Places, *, backward: bool) -> Values:
            if backward:
                values = adjust(self.second[sentences] @ self.first.T, back[sentences, None], ahead)
            else:
                values = adjust(self.first[sentences] @ self.second.T, ahead[sentences, None], back)
            margins = values - own[sentences, None]
            margins[np.arange(len(sentences)), sentences] = 0.0
            tied = (np.abs(margins) <= TIE).sum(1)
            return np.where((margins > TIE).any(1), 0.0, 1.0 / tied)

        blocks = ((rows, adjust(block, ahead[rows, None], back)) for rows, block in self._cosines)
        return _hits(blocks, own, TIE, settle)

    @property
    def _cosines(self) -> Iterator[Block]:
        """In double precision; kept where they fit."""
        if len(self.first) ** 2 > CELLS:
            return _products(self.first, self.second)
        return iter([(slice(0, len(self.first)), self._all_cosines)])

    @cached_property
    def _all_cosines(self) -> Values:
        return self.first @ self.second.T

    def _neighbourhoods(self, count: int) -> tuple[Values, Values]:
        """Mean cosine of each sentence and its nearest ones in the other language."""
        ahead = np.empty(len(self.first))
        best = np.empty((0, len(self.second)))
        for rows, block in self._cosines:
            ahead[rows] = np.partition(block, -count, axis=1)[:, -count:].mean(1)
            best = np.concatenate([best, block])
            best = np.partition(best, -count, axis=0)[-count:] if len(best) > count else best
        return ahead, best.mean(0)


def _products(left: NDArray[Any], right: NDArray[Any]) -> Iterator[Block]:
    step = max(1, CELLS // len(right))
    for start in range(0, len(left), step):
        rows = slice(start, min(start + step, len(left)))
        yield rows, left[rows] @ right.T


def _hits(blocks: Iterable[Block], own: Values, band: float, settle: Callable[..., Values]) -> Hits:
    """Who is nearest, given all values in blocks of rows, those of translations, and what settles a close margin."""
    best_in_row, best_in_column = np.empty(len(own)), np.full(len(own), -np.inf)
    for rows, block in blocks:
        block[np.arange(len(block)), np.arange(rows.start, rows.stop)] = -np.inf
        best_in_row[rows] = block.max(1)
        best_in_column = np.maximum(best_in_column, block.max(0))
    shares = []
    for backward, best in ((False, best_in_row), (True, best_in_column)):
        share = (own > best).astype(np.float64)
        close = np.flatnonzero(np.abs(own - best) <= band)
        step = max(1, CELLS // len(own))
        for start in range(0, len(close), step):
            sentences = close[start : start + step]
            share[sentences] = settle(sentences, backward=backward)
        shares.append(share)
    return Hits(*shares)


def _shares(one: Values, others: Values, sentences: Places, rows: Places, rivals: Places) -> Values:
    """1 where all rivals are lower, 0 where one is higher, else 1 over those that are equal, from exact cosines."""
    own = (one[sentences] * others[sentences]).sum(1)
    margins = np.empty(len(rows))
    for start in range(0, len(rows), PAIRS):
        part = slice(start, start + PAIRS)
        margins[part] = (one[sentences[rows[part]]] * others[rivals[part]]).sum(1) - own[rows[part]]
    count, rival = len(sentences), rivals != sentences[rows]
    beaten = np.bincount(rows, rival & (margins > 0), minlength=count) > 0
    tied = np.bincount(rows, rival & (margins == 0), minlength=count)
    return np.where(beaten, 0.0, 1.0 / (1.0 + tied))
