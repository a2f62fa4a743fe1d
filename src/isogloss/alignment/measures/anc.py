"""ANC: the correlation of each dimension across languages, averaged without and with its sign."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from isogloss.alignment.layer import Array, Layer
from isogloss.alignment.measure import Comparison, Measure
from isogloss.alignment.products import ProductMeasure


class SignedAnc(ProductMeasure):
    """Mean over dimensions k of the Pearson correlation of `x_k` and `y_k` over sentences.

    Notes
    -----
    What the second script of Del and Fishel 2022 computes under the name of ANC. Dimensions without variance count
    as uncorrelated.
    """

    lowest = -1.0
    degree = 1

    def prepare(self, rows: Array) -> Array:
        """Columns of mean 0 and length 1."""
        return standardised(rows)

    def tile(self, state: Array, rows: slice) -> Array:
        """The standardised vectors of some sentences."""
        return state[rows]


class Anc(Measure):
    """Mean over dimensions k of the absolute Pearson correlation of `x_k` and `y_k` over sentences.

    Notes
    -----
    Averaged neuron-wise correlation of Del and Fishel 2022, "Cross-lingual similarity of multilingual
    representations revisited". Shuffled sentences have `sqrt(2 / (pi (n - 1)))`, not 0.
    """

    def compare(self, layer: Layer, rows: Sequence[int]) -> Comparison:
        """Compare all at once, dimension by dimension."""
        faults = {place: reason for place, reason in layer.faults.items() if "finite" in reason}
        states = [
            standardised(np.zeros_like(vectors) if place in faults else vectors) for place, vectors in enumerate(layer)
        ]
        blocks, chosen = layer.blocks(), list(rows)
        parts = np.zeros((len(blocks), len(rows), len(states)))
        for column in range(layer.width):
            vectors = np.stack([state[:, column] for state in states]).astype(np.float64)
            products = np.stack([vectors[chosen, block] @ vectors[:, block].T for block in blocks])
            shares = np.stack([np.square(vectors[:, block]).sum(1) for block in blocks])
            correlation = products.sum(0)
            influence = products - correlation * (shares[:, chosen, None] + shares[:, None, :]) / 2
            parts += np.abs(correlation) + np.sign(correlation) * len(blocks) * influence
        parts /= layer.width
        reasons = {}
        for row, first in enumerate(rows):
            for place in range(len(states)):
                if reason := faults.get(first) or faults.get(place):
                    reasons[row, place] = reason
                    parts[:, row, place] = np.nan
        chance = np.full(parts.shape[1:], np.sqrt(2 / (np.pi * (layer.sentences - 1))))
        return Comparison(parts.mean(0), parts.astype(np.float32), chance, reasons)


def standardised(rows: Array) -> Array:
    """Columns of mean 0 and length 1; those without variance are 0."""
    centred = rows - rows.mean(0, dtype=np.float64)
    length = np.sqrt(np.square(centred).sum(0))
    alike = length <= 1e-12 * np.maximum(np.abs(rows).max(0), 1e-300) * np.sqrt(len(rows))
    return np.asarray(np.where(alike, 0.0, centred / np.where(alike, 1.0, length)), dtype=rows.dtype)
