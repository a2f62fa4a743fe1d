"""Which language a text is in, told by its first token to what reads it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

Matrix = np.ndarray[Any, Any]


def marked(
    prepared: Mapping[str, Matrix], places: Sequence[int], vocabulary: int, prefixes: Sequence[str] = ("train", "test")
) -> dict[str, Matrix]:
    """Prepared arrays in which the first token of every sequence tells its language.

    Parameters
    ----------
    prepared : mapping of str to numpy.ndarray
        As `NeuralRecipe.prepare` makes them.
    places : sequence of int
        The number of each language of the corpus.
    vocabulary : int
        Tokens that the model knows.
    prefixes : sequence of str, default ("train", "test")
        Of the arrays.

    Notes
    -----
    Token t in a language with the number k becomes v (1 + k) + t, with v tokens in the vocabulary.
    """
    found = dict(prepared)
    for prefix in prefixes:
        tokens = np.array(found[f"{prefix}_ids"], np.int64)
        rows = np.concatenate([[0], np.cumsum(found[f"{prefix}_rows_of"])])
        for place, (first, last) in zip(places, pairwise(rows), strict=True):
            sequences = range(found[f"{prefix}_rows"][first], found[f"{prefix}_rows"][last])
            tokens[found[f"{prefix}_starts"][list(sequences)]] += vocabulary * (1 + place)
        found[f"{prefix}_ids"] = tokens
    return found
