"""Words of sentences, each looked at by itself: a word that stands many times is counted and learnt from once."""

from __future__ import annotations

from itertools import chain
from typing import Any

import numpy as np

from isogloss.lab.recipe import Corpus

Integers = np.ndarray[Any, Any]


def distinct_words(corpus: Corpus) -> tuple[list[list[str]], list[list[str]], dict[str, Integers]]:
    """The distinct words of each language, and where each word of each sentence stands among them.

    Returns
    -------
    train, test : list of list of str
        By language.
    places : dict of str to numpy.ndarray of int64
        train_words and test_words, which of the distinct words each word of the corpus is, (words,); train_heights,
        where the words of each training sentence begin among these, (sentences + 1,).
    """
    words_in = corpus.kind.input_type.texts
    places: dict[str, Integers] = {}
    distinct: dict[str, list[list[str]]] = {}
    for split, languages in (("train", corpus.train), ("test", corpus.test)):
        texts: list[list[str]] = []
        rows, first = [np.empty(0, np.int64)], 0
        for sentences in languages:
            spelt = list(chain.from_iterable(map(words_in, sentences)))
            place = {word: number for number, word in enumerate(dict.fromkeys(spelt))}
            rows.append(first + np.array([place[word] for word in spelt], dtype=np.int64))
            texts.append(list(place))
            first += len(place)
        distinct[split], places[f"{split}_words"] = texts, np.concatenate(rows)
    lengths = [len(words_in(sentence)) for sentences in corpus.train for sentence in sentences]
    places["train_heights"] = np.cumsum([0, *lengths])
    return distinct["train"], distinct["test"], places


def words_of(rows: Integers, heights: Integers) -> Integers:
    """Which words some sentences have, in their order."""
    return np.concatenate([np.arange(heights[row], heights[row + 1]) for row in rows])


def counted(words: Integers, labels: Integers) -> tuple[Integers, Integers, Integers]:
    """Each word with each label that it has, and how often it has it."""
    pairs, counts = np.unique(np.stack([words, labels]), axis=1, return_counts=True)
    return pairs[0], pairs[1], counts
