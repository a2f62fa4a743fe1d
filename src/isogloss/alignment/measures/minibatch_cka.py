"""Minibatch CKA: unbiased CKA whose numerator and norms are summed over batches of sentences."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from isogloss.alignment.layer import FEWEST_SENTENCES, Array
from isogloss.alignment.measure import PairMeasure
from isogloss.alignment.measures.cka import Cka

BATCH = 256


class MinibatchCka(PairMeasure):
    """`sum HSIC_u(K_b, L_b) / sqrt(sum HSIC_u(K_b, K_b) sum HSIC_u(L_b, L_b))` over batches b of 256 sentences.

    Notes
    -----
    Nguyen et al. 2021, "Do wide and deep networks learn the same things?". For comparison with published values:
    `cka` needs no batches here. Batches are in the order of sentences; what is left over joins the last one if it is
    fewer than four sentences.
    """

    lowest = -1.0

    def prepare(self, rows: Array) -> Array:
        """The vectors themselves."""
        return rows

    def value(self, first: Array, second: Array) -> float:
        """Of two languages."""
        cka, count = Cka(), len(first)
        edges = [*range(0, count, BATCH), count]
        if len(edges) > 2 and edges[-1] - edges[-2] < FEWEST_SENTENCES:
            del edges[-2]
        total = np.zeros(3)
        for low, high in pairwise(edges):
            scale = (high - low) * (high - low - 3)
            left, right = (_whole(cka, rows[low:high]) for rows in (first, second))
            total += [(one * other).sum() / scale for one, other in ((left, right), (left, left), (right, right))]
        return float(total[0] / np.sqrt(total[1] * total[2])) if total[1] > 0 and total[2] > 0 else float("nan")


def _whole(cka: Cka, rows: Array) -> Array:
    """The U-centred Gram matrix of one batch, in double precision and in the scale of the vectors."""
    double = rows.astype(np.float64)
    size = np.square(double - double.mean(0)).sum(1).mean()
    return np.asarray(cka.tile(cka.prepare(double), slice(0, len(rows))) * size)
