"""Features that lie on disk in blocks, seen as one matrix of rows."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import numpy as np

from isogloss.lab.recipe import Arrays

Matrix = np.ndarray[Any, Any]


class Features:
    """The features of all training or all test rows, read block by block.

    Parameters
    ----------
    prepared : Arrays
        As `LinearProbe.prepare` gives them.
    prefix : str
        train or test.
    """

    def __init__(self, prepared: Arrays, prefix: str):
        self._paths = [str(path) for path in prepared[f"{prefix}_blocks"]]
        # Heights: where each row begins among the vectors; several vectors per row are words or choices.
        self.heights = prepared[f"{prefix}_heights"]
        self._first = np.concatenate([[0], np.cumsum(prepared[f"{prefix}_rows_of"])])

    def blocks(self, layer: int) -> Iterator[Matrix]:
        """One layer, (vectors, width) per block, as float32."""
        for path in self._paths:
            if path:
                yield np.asarray(_mapped(path)[layer], np.float32)

    def layers(self) -> int:
        """How many layers there are, the embeddings among them."""
        return len(_mapped(next(path for path in self._paths if path)))

    def of(self, rows: Matrix, layer: int) -> Matrix:
        """One layer of some rows, in their order: (vectors, width), as float32."""
        block = np.searchsorted(self._first, rows, side="right") - 1
        found = []
        for row, place in zip(rows, block, strict=True):
            begin = self.heights[self._first[place]]
            found.append(_mapped(self._paths[place])[layer, self.heights[row] - begin : self.heights[row + 1] - begin])
        return np.concatenate(found).astype(np.float32)


@lru_cache(maxsize=1024)
def _mapped(path: str) -> Matrix:
    return np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))
