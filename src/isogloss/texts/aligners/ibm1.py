"""`ibm1`: which words go together, whatever their order (Brown et al. 1993, model 1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from isogloss.texts.aligners.lexical import LexicalAligner, Occurrences, Posterior


@dataclass(frozen=True)
class Ibm1(LexicalAligner):
    """Link words that stand in each other's sentences more often than chance has it.

    Notes
    -----
    The parameters are those of `LexicalAligner`. It needs no model, and hundreds of sentences: from few, words that
    occur once are linked by chance.
    """

    name: ClassVar[str] = "ibm1"

    def posteriors(self, occurrences: Occurrences) -> list[Posterior]:
        table = translation_table(occurrences, self.iterations)
        return occurrences.split(expected(occurrences, table))


def translation_table(occurrences: Occurrences, iterations: int) -> NDArray[np.float64]:
    """t(target word | source word) of each pair of types after some iterations from a uniform start.

    Notes
    -----
    delta(i | j) = t(f_j | e_i) / sum_i' t(f_j | e_i'), and t(f | e) is the sum of delta over all places of the pair,
    over that of all pairs of e.
    """
    table = np.ones(len(occurrences.sources))
    for _ in range(iterations):
        table = occurrences.reestimated(expected(occurrences, table))
    return table


def expected(occurrences: Occurrences, table: NDArray[np.float64]) -> NDArray[np.float64]:
    """delta of each cell."""
    values, words = table[occurrences.cells], occurrences.words
    totals = np.bincount(words, values)
    return np.asarray(values / np.maximum(totals[words], 1e-300))
