"""Batches of sequences of like lengths, so that next to nothing is padding."""

from __future__ import annotations

from typing import Any

import numpy as np

Integers = np.ndarray[Any, Any]

ENOUGH = 512
"""From how many tokens on a batch ends where padding would grow, rather than at its budget."""

SLACK = 0.03
"""How much of a batch may be padding once it has enough tokens."""


def by_length(lengths: Integers, budget: int) -> list[Integers]:
    """Sequences in batches, short ones first.

    Parameters
    ----------
    lengths : numpy.ndarray of int, shape (sequences,)
        Tokens of each.
    budget : int
        Tokens that a batch may have, padding counted; a sequence that has more stands alone.

    Returns
    -------
    list of numpy.ndarray of int
        Each sequence in exactly one of them; sequences of one length keep their order.
    """
    order = np.argsort(lengths, kind="stable")
    found: list[Integers] = []
    first, total = 0, 0
    for place, length in enumerate(lengths[order]):
        size = place - first
        padded = (size + 1) * length
        if size and (
            padded > budget or (size * lengths[order[place - 1]] >= ENOUGH and padded - total - length > SLACK * padded)
        ):
            found.append(order[first:place])
            first, total = place, 0
        total += length
    if len(order):
        found.append(order[first:])
    return found


def padding(lengths: Integers, batches: list[Integers]) -> int:
    """How many tokens of the batches are padding."""
    return int(sum(len(batch) * lengths[batch].max() - lengths[batch].sum() for batch in batches))
