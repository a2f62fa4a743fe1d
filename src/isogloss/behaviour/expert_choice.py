"""Which language to ask about a topic: accuracies shrunk towards those of languages over all topics."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Places = NDArray[np.intp]


@dataclass(frozen=True)
class Outcomes:
    """Right answers of a model.

    Attributes
    ----------
    right : array of float, shape (items, languages)
        1 where right, 0 where wrong.
    of : array of int, shape (items,)
        Topic of each item.
    languages, topics : list of str
    """

    right: Array
    of: Places
    languages: list[str]
    topics: list[str]

    def rows(self, places: Places) -> Outcomes:
        """Some of the items, once or several times."""
        return Outcomes(self.right[places], self.of[places], self.languages, self.topics)

    def folds(self, count: int, rng: np.random.Generator) -> Places:
        """A fold for each item, the items of each topic spread over all folds."""
        order = np.lexsort((rng.random(len(self.of)), self.of))
        folds = np.empty(len(self.of), np.intp)
        folds[order] = (np.arange(len(order)) + rng.integers(count)) % count
        return folds

    def drawn(self, rng: np.random.Generator) -> Array:
        """How often each item comes in a sample with replacement, as many of each topic as there are."""
        times = np.zeros(len(self.of))
        for topic in range(len(self.topics)):
            at = np.flatnonzero(self.of == topic)
            times[at] = rng.multinomial(len(at), np.full(len(at), 1 / len(at)))
        return times


@dataclass(frozen=True)
class Choice:
    """What is learnt from some items.

    Attributes
    ----------
    accuracy, shrunk : array of shape (topics, languages)
        Shares of right answers, and the same with what is particular to a topic and a language shrunk; NaN in
        `accuracy` for a topic without items.
    counts : array of int, shape (topics,)
        Items of each topic.
    experts, unshrunk : array of int, shape (topics,)
        The language with the highest of `shrunk`, and of `accuracy`; without items, or of equals, the best over all.
    single : int
        The language that is best over all items.
    kept : array of shape (topics, languages)
        Share of the particular that shrinkage leaves.
    """

    accuracy: Array
    shrunk: Array
    counts: Places
    experts: Places
    unshrunk: Places
    single: int
    kept: Array

    @classmethod
    def learn(cls, outcomes: Outcomes) -> Choice:
        """Learn accuracies from items.

        Notes
        -----
        With z = y - (mean of y over languages) for each item, D[t, l] = mean of z[l] over topic t - its mean over all
        items: what is particular to language and topic, languages compared on the same items. Its sampling variance is
        V[t, l] = s[l]^2 (1 / n[t] - 1 / N), s^2 pooled within topics. The variance of the particular itself is
        T = max(0, sum of n[t] (D^2 - V) / sum of n[t]) over all cells, and D is multiplied by T / (T + V): empirical
        Bayes as of Morris (1983). Where no topic is particular, T is about 0, and one language is expert of all.
        """
        right, of = outcomes.right, outcomes.of
        topics, items = len(outcomes.topics), len(of)
        counts = np.bincount(of, minlength=topics)
        seen = np.maximum(counts, 1)[:, None]
        belongs = (np.arange(topics)[:, None] == of).astype(float)
        paired = right - right.mean(1, keepdims=True)
        accuracy, by_topic = belongs @ right / seen, belongs @ paired / seen
        overall = paired.mean(0)
        particular = np.where(counts[:, None] > 0, by_topic - overall, 0.0)
        within = ((paired - by_topic[of]) ** 2).sum(0) / max(1, items - int((counts > 0).sum()))
        variance = within * (1 / seen - 1 / items)
        spread = max(0.0, float((counts[:, None] * (particular**2 - variance)).sum() / (items * right.shape[1])))
        kept = spread / np.maximum(spread + variance, 1e-12)
        level = np.where(counts > 0, accuracy.mean(1), right.mean())[:, None]
        shrunk = level + overall + kept * particular
        single = int(np.argmax(overall))
        accuracy = np.where(counts[:, None] > 0, accuracy, np.nan)
        raw = np.where(counts[:, None] > 0, accuracy, overall)
        return cls(accuracy, shrunk.clip(0, 1), counts, _best(shrunk, overall), _best(raw, overall), single, kept)


def _best(values: Array, overall: Array) -> Places:
    """The language with the highest value; of equals, the one that is best over all."""
    order = np.argsort(-overall, kind="stable")
    return np.asarray(order[np.argmax(np.round(values[:, order], 12), axis=1)])
