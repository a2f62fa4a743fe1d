"""Vectors of parallel sentences in several languages, at one layer: what every measure reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isogloss.errors import BadValue, NotEnoughEvidence

Array = NDArray[np.floating[Any]]

FEWEST_SENTENCES = 4
"""Fewer leave nothing to be wrong about: an unbiased HSIC divides by n - 3."""
BLOCKS = 50
"""Blocks of neighbouring sentences that are resampled where single sentences would take too much memory."""


class Layer:
    """Vectors of the same sentences in several languages.

    Parameters
    ----------
    languages : sequence of str
    vectors : sequence of array of shape (sentences, width)
        float32 or float64; row i of all of them is the same sentence.

    Attributes
    ----------
    faults : dict of int to str
        Language by its place -> why its cosines do not exist.

    Raises
    ------
    BadValue
        If shapes differ, or numbers are no floats of 32 or 64 bits.
    NotEnoughEvidence
        For fewer than four sentences.
    """

    def __init__(self, languages: Sequence[str], vectors: Sequence[Array]):
        self.languages, self.vectors = tuple(languages), tuple(vectors)
        if not vectors:
            raise NotEnoughEvidence("no language has vectors", where="languages", hint="encode some sentences first")
        for language, rows in zip(languages, vectors, strict=True):
            _check(language, rows, vectors[0].shape, languages[0])

    @property
    def sentences(self) -> int:
        """Number of sentences."""
        return int(self.vectors[0].shape[0])

    @property
    def width(self) -> int:
        """Number of dimensions."""
        return int(self.vectors[0].shape[1])

    @cached_property
    def faults(self) -> dict[int, str]:
        """Languages whose cosines do not exist, and why."""
        reasons = {place: fault(rows) for place, rows in enumerate(self.vectors)}
        return {place: reason for place, reason in reasons.items() if reason}

    def blocks(self) -> list[slice]:
        """Up to 50 blocks of neighbouring sentences, as even as can be."""
        edges = np.linspace(0, self.sentences, min(BLOCKS, self.sentences) + 1).astype(int)
        return [slice(int(low), int(high)) for low, high in pairwise(edges)]

    def __iter__(self) -> Iterator[Array]:
        return iter(self.vectors)


def unit(rows: Array) -> NDArray[np.float64]:
    """Rows of length one, in double precision; equal rows stay equal to the last bit. A row of zeros becomes NaN."""
    double = np.asarray(rows, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(double / np.sqrt((double * double).sum(1, keepdims=True)))


def fault(rows: Array) -> str:
    """Why cosines between these rows do not exist; empty where they do."""
    if not np.isfinite(rows).all():
        sentence = int(np.flatnonzero(~np.isfinite(rows).all(1))[0])
        return f"the vector of sentence {sentence} is not finite"
    if (zero := ~rows.any(1)).any():
        return f"the vector of sentence {int(np.flatnonzero(zero)[0])} is zero"
    return ""


def _check(language: str, rows: Array, shape: tuple[int, ...], first: str) -> None:
    if rows.ndim != 2 or rows.shape != shape:
        found, other = (" x ".join(map(str, one)) for one in (rows.shape, shape))
        hint = "give the same sentences in all languages, of the same model"
        raise BadValue(f"{language} has vectors of {found}, {first} of {other}", where="encodings", hint=hint)
    if rows.shape[0] < FEWEST_SENTENCES:
        raise NotEnoughEvidence(
            f"{rows.shape[0]} sentences tell nothing", where="encodings", hint=f"give {FEWEST_SENTENCES} or more"
        )
    if rows.dtype not in (np.float32, np.float64):
        raise BadValue(
            f"the vectors of {language} are of type {rows.dtype}, in which many cosines are equal by rounding",
            where="encodings", hint="encode in float32",
        )  # fmt: skip
