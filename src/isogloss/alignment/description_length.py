"""Minimum description length of labels given vectors, by online coding (Voita and Titov 2020)."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isogloss.alignment.linear_probe import STRENGTH, LinearProbe

PORTIONS = (0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.0625, 0.125, 0.25, 0.5, 1.0)
"""Shares of the sentences after which the probe learns anew."""
Array = NDArray[Any]


def code_lengths(
    vectors: Array, labels: Array, sentences: Array, classes: int, *, strength: float = STRENGTH, seed: int = 0
) -> NDArray[np.float64]:
    """Bits that each label takes in an online code.

    Parameters
    ----------
    vectors : array of shape (rows, dimension)
    labels, sentences : arrays of int of shape (rows,)
        Rows of a sentence are sent together.
    classes : int
    strength : float
        See `LinearProbe`.
    seed : int
        Of the order in which sentences are sent.

    Returns
    -------
    array of shape (rows,)

    Notes
    -----
    The first portion takes log2(classes) bits a label; each later one -log2 of what a probe that learnt from all
    before it gives the label. A probability p after t sentences counts as (t p + 1) / (t + classes), so that a label
    that has not been seen can be sent. A uniform code takes log2(classes) bits for every label.
    """
    count = int(sentences.max()) + 1
    rank = np.random.default_rng(seed).permutation(count)[sentences]
    ends = sorted({max(1, round(share * count)) for share in PORTIONS})
    bits = np.full(len(labels), np.log2(classes))
    for learnt, end in pairwise(ends):
        before, sent = rank < learnt, (rank >= learnt) & (rank < end)
        probe = LinearProbe(vectors[before], labels[before], classes, strength)
        given = probe.probabilities(vectors[sent])[np.arange(int(sent.sum())), labels[sent]]
        bits[sent] = -np.log2((learnt * given + 1) / (learnt + classes))
    return bits
