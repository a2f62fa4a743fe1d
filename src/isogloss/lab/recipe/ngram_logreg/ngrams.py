"""What is counted in texts: character n-grams, the same as scikit-learn's but by numpy, and the words of sentences."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Literal

import numpy as np

from isogloss.lab.recipe import Corpus

Analyzer = Literal["char", "char_wb"]

_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_SPACES = re.compile(r"\s\s+")


@dataclass(frozen=True)
class NgramCounts:
    """How often each n-gram stands in each text, row after row.

    Attributes
    ----------
    ngrams : numpy.ndarray of uint64, shape (distinct n-grams,)
        A 64-bit hash of each n-gram, ascending.
    starts : numpy.ndarray of int64, shape (texts + 1,)
        Where each text's entries begin.
    columns : numpy.ndarray of int32, shape (entries,)
        Position in `ngrams`; ascending within a text.
    counts : numpy.ndarray of int32, shape (entries,)
    """

    ngrams: np.ndarray[Any, Any]
    starts: np.ndarray[Any, Any]
    columns: np.ndarray[Any, Any]
    counts: np.ndarray[Any, Any]


def count_ngrams(texts: Sequence[str], shortest: int, longest: int, analyzer: str) -> NgramCounts:
    """Count the character n-grams of lower-cased texts.

    Parameters
    ----------
    texts : sequence of str
    shortest, longest : int
        Lengths of n-grams, in code points.
    analyzer : {"char", "char_wb"}
        Over the whole text, or within words that have a space put at either end, as scikit-learn's
        `CountVectorizer` means them (save that a word shorter than `shortest` gives none).

    Notes
    -----
    N-grams are told apart by a polynomial in their code points modulo 2**64. Among 20 million n-grams, as
    many as 205 languages have, the odds of any two falling together are about 1 in 100,000.
    """
    pieces, text_of_piece = _pieces(texts, analyzer)
    encoded = "".join(pieces).encode("utf-32-le", "surrogatepass")
    points = np.frombuffer(encoded, dtype="<u4").astype(np.uint64) + np.uint64(1)
    piece_of_point = np.repeat(np.arange(len(pieces)), [len(piece) for piece in pieces])
    hashes, owners = [], []
    rolling = points
    for length in range(1, min(longest, len(points)) + 1):
        if length > 1:
            rolling = rolling[:-1] * _MULTIPLIER + points[length - 1 :]
        if length >= shortest:
            begins = piece_of_point[: len(rolling)]
            whole = begins == piece_of_point[length - 1 :]  # an n-gram does not cross from one piece into the next
            hashes.append(rolling[whole])
            owners.append(text_of_piece[begins[whole]])
    if not hashes:
        hashes, owners = [np.empty(0, np.uint64)], [np.empty(0, np.int64)]
    ngrams, columns = np.unique(np.concatenate(hashes), return_inverse=True)
    cells, counts = np.unique(np.concatenate(owners) * max(len(ngrams), 1) + columns, return_counts=True)
    rows, columns = np.divmod(cells, max(len(ngrams), 1))
    return NgramCounts(
        ngrams=ngrams,
        starts=np.searchsorted(rows, np.arange(len(texts) + 1)),
        columns=columns.astype(np.int32),
        counts=counts.astype(np.int32),
    )


def _pieces(texts: Sequence[str], analyzer: str) -> tuple[list[str], np.ndarray[Any, Any]]:
    """What n-grams are taken from, and the text each piece belongs to."""
    lowered = [text.lower() for text in texts]
    if analyzer == "char":
        return [_SPACES.sub(" ", text) for text in lowered], np.arange(len(texts))
    words = [text.split() for text in lowered]
    owners = np.repeat(np.arange(len(texts)), [len(found) for found in words])
    return [f" {word} " for found in words for word in found], owners


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
