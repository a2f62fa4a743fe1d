"""`argmax`: words that are each other's nearest (Sabet et al. 2020, SimAlign)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from isogloss.texts.aligners.vectors import EncoderAligner, Vectors, as_weight, cosines, mutual


@dataclass(frozen=True)
class Argmax(EncoderAligner):
    """Link words that are each other's nearest by cosine.

    Notes
    -----
    The parameters are those of `EncoderAligner`. SimAlign itself is `layers = [8]`, `centred = false`,
    `units = "subwords"`.
    """

    name: ClassVar[str] = "argmax"

    def connect(self, source: Vectors, target: Vectors) -> dict[tuple[int, int], float]:
        similarity = cosines(source, target)
        return {pair: as_weight(similarity[pair]) for pair in mutual(similarity)}
