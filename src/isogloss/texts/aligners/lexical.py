"""What aligners without a model share: tables of word translations, learnt from the sentences themselves."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isogloss.parameters import Count
from isogloss.texts.aligners import Aligner, Bitext, Links, Words
from isogloss.texts.aligners.symmetrise import Method, symmetrise

Array = NDArray[Any]
Posterior = NDArray[np.float64]

NULL = 0
"""Column of the source word that stands for none."""


@dataclass(frozen=True)
class LexicalAligner(Aligner):
    """Learns in both directions which words go together, and joins the links of both.

    Parameters
    ----------
    iterations : int, default 5
        Of expectation maximisation.
    symmetrisation : {"intersection", "union", "grow-diag-final-and"}, default "intersection"
        How the two directions become one, see `isogloss.texts.aligners.symmetrise`.
    casefolded : bool, default True
        Whether words that differ in capitals alone are one.
    """

    iterations: Count = 5
    symmetrisation: Method = "intersection"
    casefolded: bool = True

    def align(self, bitext: Bitext) -> list[Links]:
        forward = self.posteriors(Occurrences.of(bitext, self.casefolded))
        backward = self.posteriors(Occurrences.of(bitext.turned, self.casefolded))
        return [self._links(one, other) for one, other in zip(forward, backward, strict=True)]

    @abstractmethod
    def posteriors(self, occurrences: Occurrences) -> list[Posterior]:
        """Of each sentence, P(source word | target word), shape (target words, 1 + source words); NULL first."""

    def _links(self, forward: Posterior, backward: Posterior) -> Links:
        ahead = {(source, target) for target, source in _best(forward)}
        back = set(_best(backward))
        linked = symmetrise(ahead, back, self.symmetrisation)
        return Links.of(
            {
                (source, target): float(np.sqrt(forward[target, source + 1] * backward[source, target + 1]))
                for source, target in linked
            }
        )


def _best(posterior: Posterior) -> list[tuple[int, int]]:
    """Each target word with its most probable source word, but for those whose most probable one is none."""
    if not posterior.size:
        return []
    best = posterior.argmax(axis=1)
    return [(target, int(source) - 1) for target, source in enumerate(best) if source != NULL]


@dataclass(frozen=True)
class Occurrences:
    """Which words stand in sentences that are translations of each other.

    Attributes
    ----------
    cells : numpy.ndarray of int64, shape (cells,)
        For each target word of each sentence, and each source word with NULL before them, the pair of word types.
    shapes : list of (int, int)
        Target words and 1 + source words of each sentence.
    sources : numpy.ndarray of int64, shape (pairs,)
        Type of the source word of each pair.
    """

    cells: NDArray[np.int64]
    shapes: list[tuple[int, int]]
    sources: NDArray[np.int64]

    @classmethod
    def of(cls, bitext: Bitext, casefolded: bool = True) -> Occurrences:
        """Of both sides of a bitext; a sentence without words on one of them has no cells."""
        sources = _numbered(bitext.sources, casefolded)
        targets = _numbered(bitext.targets, casefolded)
        width = 1 + max((int(one.max()) for one in targets if len(one)), default=0)
        keys, shapes = [np.zeros(0, np.int64)], []
        for source, target in zip(sources, targets, strict=True):
            with_null = np.concatenate([[NULL], source]) if len(source) else np.zeros(0, np.int64)
            keys.append((with_null[None, :] * width + target[:, None]).ravel())
            shapes.append((len(target), len(with_null)))
        pairs, cells = np.unique(np.concatenate(keys), return_inverse=True)
        return cls(cells.reshape(-1), shapes, pairs // width)

    def split(self, values: Array) -> list[Array]:
        """Values of cells, sentence by sentence, shape (target words, 1 + source words)."""
        ends = np.cumsum([height * width for height, width in self.shapes])
        parts = np.split(values, ends[:-1]) if len(ends) else []
        return [part.reshape(shape) for part, shape in zip(parts, self.shapes, strict=True)]

    @property
    def words(self) -> NDArray[np.int64]:
        """The number of the target word, over all sentences, that each cell is of."""
        widths = np.repeat([width for _, width in self.shapes], [height for height, _ in self.shapes])
        return np.repeat(np.arange(len(widths)), widths)

    def reestimated(self, posteriors: NDArray[np.float64]) -> NDArray[np.float64]:
        """t(target word | source word) of each pair, from how probable each cell is."""
        counts = np.bincount(self.cells, posteriors, minlength=len(self.sources))
        totals = np.bincount(self.sources, counts)
        return np.asarray(counts / np.maximum(totals[self.sources], 1e-300))


def _numbered(sentences: Sequence[Words], casefolded: bool) -> list[NDArray[np.int64]]:
    """Types of words by number, from 1."""
    numbers: dict[str, int] = {}
    return [
        np.array(
            [numbers.setdefault(word.casefold() if casefolded else word, len(numbers) + 1) for word in words], np.int64
        )
        for words in sentences
    ]
