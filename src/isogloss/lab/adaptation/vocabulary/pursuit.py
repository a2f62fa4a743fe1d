"""Vectors of tokens as sums of few others: orthogonal matching pursuit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from isogloss.lab.adaptation.vocabulary.neighbours import TokenVectors, Weights, blocks

ENOUGH = 1e-6
"""Length of what is left of a vector, which ends the pursuit."""


def pursued(vectors: TokenVectors, tokens: Sequence[int], among: Sequence[int], most: int) -> Weights:
    """For each of some tokens a sum of few others that comes closest to its vector.

    Notes
    -----
    Orthogonal matching pursuit (Pati, Rezaiifar and Krishnaprasad 1993): of the vectors not taken yet, take the one
    whose cosine with the rest is largest, fit all that are taken by least squares, and go on with what is left.
    Choosing by inner products instead of cosines, as a release does, favours long vectors.
    """
    atoms = vectors.vectors[list(among)]
    most = min(most, *atoms.shape)
    found = {}
    for block in blocks(tokens, among):
        for token, (chosen, coefficients) in zip(block, _block(vectors.vectors[block], atoms, most), strict=True):
            scale = vectors.lengths[token] / vectors.lengths[[among[place] for place in chosen]]
            found[token] = {
                among[place]: float(weight) for place, weight in zip(chosen, coefficients * scale, strict=True)
            }
    return found


def _block(targets: Any, atoms: Any, most: int) -> list[tuple[list[int], Any]]:
    """Atoms of each target, and their coefficients."""
    chosen: list[list[int]] = [[] for _ in targets]
    coefficients = [np.zeros(0) for _ in targets]
    rest = targets.copy()
    for _ in range(most):
        closeness = np.abs(rest @ atoms.T)
        for row, taken in enumerate(chosen):
            if np.linalg.norm(rest[row]) < ENOUGH:
                continue
            closeness[row, taken] = -1
            taken.append(int(closeness[row].argmax()))
            coefficients[row] = np.linalg.lstsq(atoms[taken].T, targets[row], rcond=None)[0]
            rest[row] = targets[row] - coefficients[row] @ atoms[taken]
    return list(zip(chosen, coefficients, strict=True))
