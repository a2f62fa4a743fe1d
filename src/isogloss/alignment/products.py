"""Measures that are a product of one vector per language: `<v_a, v_b>` over a norm, all pairs by one matrix product.

The vector of a language is its Gram matrix, its ranks of distances or its vectors themselves. It is made in blocks of
sentences and never whole for all languages.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from isogloss.alignment.layer import Array, Layer
from isogloss.alignment.measure import Comparison, Measure, Values

ROWS = 64
"""Rows of all Gram matrices that are held at once."""


class ProductMeasure(Measure):
    """A normalised product of one vector per language.

    Attributes
    ----------
    degree : int
        Sentences that one entry of the vector is about: 2 for Gram matrices, 1 for the vectors of sentences.
    needs_cosines : bool
        Whether a zero vector is a reason for no value.
    has_interval : bool
    """

    degree: ClassVar[int] = 2
    needs_cosines: ClassVar[bool] = False
    has_interval: ClassVar[bool] = True

    @abstractmethod
    def prepare(self, rows: Array) -> Any:
        """What tiles are made from, of one language; rows of shape (sentences, width)."""

    @abstractmethod
    def tile(self, state: Any, rows: slice) -> Array:
        """The entries of the vector that belong to some sentences, of shape (rows, any)."""

    def norm(self, first: Values, second: Values) -> Values:
        """What a product is divided by, from the products of both languages with themselves."""
        return np.sqrt(first * second)

    def shuffled(self, states: Sequence[Any], rows: Sequence[int], sentences: int) -> Values:
        """The product to expect if sentences were shuffled, of shape (rows, languages); 0 by default."""
        return np.zeros((len(rows), len(states)))

    def compare(self, layer: Layer, rows: Sequence[int]) -> Comparison:
        """Compare all at once."""
        faults = {place: reason for place, reason in layer.faults.items() if self.needs_cosines or "finite" in reason}
        zeros = np.zeros_like(layer.vectors[0])
        states = [self.prepare(zeros if place in faults else vectors) for place, vectors in enumerate(layer)]
        cross, own = self._products(states, layer, rows)
        total, self_total = cross.sum(0), own.sum(0)
        faults |= {
            int(place): "all its vectors are alike" for place in np.flatnonzero(self_total <= 0) if place not in faults
        }
        reasons = {
            (row, place): faults.get(first, faults.get(place, ""))
            for row, first in enumerate(rows) for place in range(len(states)) if first in faults or place in faults
        }  # fmt: skip
        own[:, list(faults)] = np.nan
        self_total = own.sum(0)
        norm = self.norm(self_total[list(rows), None], self_total)
        values = total / norm
        chance = self.shuffled(states, rows, layer.sentences) / norm
        return Comparison(values, self._parts(cross, own, norm, values, rows), chance, reasons)

    def _products(self, states: Sequence[Any], layer: Layer, rows: Sequence[int]) -> tuple[Values, Values]:
        """Products with the languages at `rows`, and of each with itself, by block of sentences."""
        blocks = layer.blocks()
        cross, own = np.zeros((len(blocks), len(rows), len(states))), np.zeros((len(blocks), len(states)))
        every = len(rows) == len(states)
        edges = sorted({0, layer.sentences, *range(0, layer.sentences, ROWS)})
        for low, high in pairwise(edges):
            tiles = np.stack([self.tile(state, slice(low, high)) for state in states])
            for at, block in enumerate(blocks):
                part = slice(max(block.start, low) - low, min(block.stop, high) - low)
                if part.start < part.stop:
                    vectors = tiles[:, part].reshape(len(states), -1)
                    products = vectors @ vectors.T if every else vectors[list(rows)] @ vectors.T
                    cross[at] += products
                    own[at] += (
                        products.diagonal() if every else np.matmul(vectors[:, None], vectors[:, :, None])[:, 0, 0]
                    )
        return cross, own

    def _parts(
        self, cross: Values, own: Values, norm: Values, values: Values, rows: Sequence[int]
    ) -> NDArray[np.float32] | None:
        """Values, plus the first-order influence of each block of sentences; their mean is the value."""
        if not self.has_interval:
            return None
        shares = own / own.sum(0)
        influence = cross / norm - values * (shares[:, list(rows), None] + shares[:, None, :]) / 2
        return np.asarray(values + self.degree * len(cross) * influence, dtype=np.float32)
