"""`hmm`: which words go together, where neighbours go to neighbours (Vogel, Ney and Tillmann 1996)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge, Lt
from numpy.typing import NDArray

from isogloss.texts.aligners.ibm1 import translation_table
from isogloss.texts.aligners.lexical import LexicalAligner, Occurrences, Posterior

FARTHEST = 100
"""Words from which jumps are as probable as those that are farther."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Hmm(LexicalAligner):
    """Link words as `ibm1`, with a probability for the jump from one linked source word to the next.

    Parameters
    ----------
    null : float, default 0.2
        Probability that a target word has no source word.

    Notes
    -----
    The others are those of `LexicalAligner`. It begins with `iterations` of model 1. Jumps have one distribution for
    all words; a target word without a source word keeps the place of the one before.
    """

    name: ClassVar[str] = "hmm"

    null: Annotated[float, Ge(0), Lt(1)] = 0.2

    def posteriors(self, occurrences: Occurrences) -> list[Posterior]:
        table = translation_table(occurrences, self.iterations)
        jumps = np.ones(2 * FARTHEST + 1)
        found = np.zeros(len(occurrences.cells))
        for _ in range(self.iterations):
            found, jumps = _expect(occurrences, table, jumps, self.null)
            table = occurrences.reestimated(found)
        return occurrences.split(found)


def _expect(occurrences: Occurrences, table: Floats, jumps: Floats, null: float) -> tuple[Floats, Floats]:
    """Posterior of each cell, and how often each jump is expected."""
    values = occurrences.split(np.maximum(table[occurrences.cells], 1e-12))
    by_shape: dict[tuple[int, int], list[int]] = {}
    for place, shape in enumerate(occurrences.shapes):
        by_shape.setdefault(shape, []).append(place)
    found: list[Floats] = [np.zeros(shape) for shape in occurrences.shapes]
    counts = np.zeros_like(jumps)
    for (height, width), places in by_shape.items():
        if not height * width:
            continue
        posteriors, jumped = forward_backward(np.stack([values[place] for place in places]), jumps, null)
        counts += jumped
        for place, posterior in zip(places, posteriors, strict=True):
            found[place] = posterior
    flat = np.concatenate([one.ravel() for one in found]) if found else np.zeros(0)
    return flat, counts + 1e-3  # no jump is impossible because it has not been seen


def forward_backward(values: Floats, jumps: Floats, null: float) -> tuple[Floats, Floats]:
    """Posteriors of sentences of one shape.

    Parameters
    ----------
    values : numpy.ndarray, shape (sentences, target words, 1 + source words)
        t(target word | source word), NULL first.
    jumps : numpy.ndarray, shape (jumps,)
        Weight of each jump, that of 0 in the middle.
    null : float

    Returns
    -------
    posteriors : numpy.ndarray, shape as `values`
    counts : numpy.ndarray, shape as `jumps`
    """
    sentences, height, width = values.shape
    source = width - 1
    offsets = np.arange(source)[None, :] - np.arange(source)[:, None]
    offsets = np.clip(offsets, -FARTHEST, FARTHEST) + len(jumps) // 2
    moves = jumps[offsets] / jumps[offsets].sum(axis=1, keepdims=True)  # (from, to)
    real, none = (1.0 - null) * values[:, :, 1:], null * values[:, :, :1]  # (sentences, target, source), (..., 1)
    linked, unlinked = np.zeros((height, sentences, source)), np.zeros((height, sentences, source))
    scales = np.zeros((height, sentences, 1))
    for word in range(height):
        before = np.full((sentences, source), 1.0 / source) if word == 0 else linked[word - 1] + unlinked[word - 1]
        reached = before if word == 0 else before @ moves
        linked[word], unlinked[word] = reached * real[:, word], before * none[:, word]
        scales[word] = (linked[word] + unlinked[word]).sum(axis=1, keepdims=True)
        linked[word], unlinked[word] = linked[word] / scales[word], unlinked[word] / scales[word]
    posteriors = np.zeros_like(values)
    expected = np.zeros((source, source))
    later = np.ones((sentences, source))
    for word in range(height - 1, -1, -1):
        posteriors[:, word, 1:] = linked[word] * later
        posteriors[:, word, 0] = (unlinked[word] * later).sum(axis=1)
        if word:
            arriving = real[:, word] * later / scales[word]
            expected += (linked[word - 1] + unlinked[word - 1]).T @ arriving
            later = arriving @ moves.T + none[:, word] * later / scales[word]
    counts = np.bincount(offsets.ravel(), (expected * moves).ravel(), minlength=len(jumps))
    return posteriors, counts.astype(np.float64)
