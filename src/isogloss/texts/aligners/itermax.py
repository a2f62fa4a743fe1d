"""`itermax`: argmax, then once more among what is left (Sabet et al. 2020, SimAlign)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge, Le

from isogloss.texts.aligners.vectors import EncoderAligner, Similarity, Vectors, as_weight, cosines, mutual

FEWEST = 2
"""Units of a side up to which there is one round only."""


@dataclass(frozen=True)
class Itermax(EncoderAligner):
    """Link nearest words as `argmax`, then words that are each other's nearest among those still free.

    Parameters
    ----------
    rounds : int, default 2
        The first of them is argmax.
    discount : float, default 0.9
        Weight of a free row, and of a free column, in later rounds: (1 + cosine) / 2 is multiplied by their sum, at
        most 1, so that words without a link are preferred.

    Notes
    -----
    The others are those of `EncoderAligner`. More links than `argmax`, less sure ones.
    """

    name: ClassVar[str] = "itermax"

    rounds: Annotated[int, Ge(1)] = 2
    discount: Annotated[float, Ge(0), Le(1)] = 0.9

    def connect(self, source: Vectors, target: Vectors) -> dict[tuple[int, int], float]:
        similarity = cosines(source, target)
        pairs = itermax((1.0 + similarity) / 2.0, self.rounds, self.discount)
        return {pair: as_weight(similarity[pair]) for pair in pairs}


def itermax(similarity: Similarity, rounds: int = 2, discount: float = 0.9) -> set[tuple[int, int]]:
    """The pairs that are linked, of similarities that are 0 or more."""
    linked = {*mutual(similarity)}
    if min(similarity.shape) <= FEWEST:
        return linked
    for _ in range(rounds - 1):
        rows, columns = (np.ones(length) for length in similarity.shape)
        for row, column in linked:
            rows[row] = columns[column] = 0.0
        if not rows.any() or not columns.any():
            break
        masked = similarity * np.clip(discount * rows[:, None] + discount * columns, 0.0, 1.0)
        linked |= {pair for pair in mutual(masked) if masked[pair] > 0}
    return linked
