"""`softmax`: words that are probable translations in both directions (Dou and Neubig 2021, awesome-align)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge, Lt
from scipy.special import softmax

from isogloss.parameters import Positive
from isogloss.texts.aligners.vectors import EncoderAligner, Vectors


@dataclass(frozen=True)
class Softmax(EncoderAligner):
    """Link words whose probability is above a threshold in both directions.

    Parameters
    ----------
    threshold : float, default 0.001
        Of both probabilities, p over source words and q over target words.
    temperature : float, default 1.0
        Dot products are divided by it.

    Notes
    -----
    The others are those of `EncoderAligner`. Dot products of states are compared, not cosines; the weight of a link
    is 2pq / (p + q). awesome-align itself, before it is trained, is `layers = [8]`, `centred = false`,
    `units = "subwords"`. How sharp a softmax is depends on the length of a model's vectors.
    """

    name: ClassVar[str] = "softmax"

    threshold: Annotated[float, Ge(0), Lt(1)] = 0.001
    temperature: Positive = 1.0

    def connect(self, source: Vectors, target: Vectors) -> dict[tuple[int, int], float]:
        products = np.asarray(source @ target.T, np.float64) / self.temperature
        forward, backward = softmax(products, axis=1), softmax(products, axis=0)
        linked = np.argwhere((forward > self.threshold) & (backward > self.threshold))
        weights = 2.0 * forward * backward / np.maximum(forward + backward, 1e-12)
        return {(row, column): float(weights[row, column]) for row, column in linked.tolist()}
