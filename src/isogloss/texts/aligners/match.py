"""`match`: the pairing of words with the highest sum of similarities (Sabet et al. 2020, SimAlign)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from scipy.optimize import linear_sum_assignment

from isogloss.texts.aligners.vectors import EncoderAligner, Vectors, as_weight, cosines


@dataclass(frozen=True)
class Match(EncoderAligner):
    """Link every word of the shorter side to a word of its own, so that the sum of cosines is highest.

    Notes
    -----
    The parameters are those of `EncoderAligner`. Words that have no translation are linked, too: few are right.
    """

    name: ClassVar[str] = "match"

    def connect(self, source: Vectors, target: Vectors) -> dict[tuple[int, int], float]:
        similarity = cosines(source, target)
        rows, columns = linear_sum_assignment(similarity, maximize=True)
        return {
            (row, column): as_weight(similarity[row, column])
            for row, column in zip(rows.tolist(), columns.tolist(), strict=True)
        }
