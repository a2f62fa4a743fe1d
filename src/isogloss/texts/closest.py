"""Sentences of one language whose words are closest to the words of another."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
import polars as pl

from isogloss.errors import BadValue
from isogloss.extras import need
from isogloss.texts.words import cut_words


def closest_sentences(sentences: Sequence[str], target: Sequence[str]) -> pl.DataFrame:
    """How far each sentence is from a target language by its words, the closest first.

    Parameters
    ----------
    sentences : sequence of str
        Of the source.
    target : sequence of str
        Sentences of the target; they need not be translations.

    Returns
    -------
    polars.DataFrame
        number (of the sentence, from 1), text, words and distance, 0 to 1; sentences without letters are left out.

    Raises
    ------
    BadValue
        If a side has no words with letters.
    MissingExtra
        Without the library `rapidfuzz`.

    Notes
    -----
    The distance of a sentence is the mean over its words of the smallest Levenshtein distance to a word of the target,
    over the length of the longer of the two, letters alike in capitals or not. Swahili sentences that are lexically
    close to Comorian were mixed into training in arXiv 2412.12143, which does not give its formula; this one is ours.
    """
    need("rapidfuzz")
    from rapidfuzz import process
    from rapidfuzz.distance import Levenshtein

    own, other = ([_lettered(text) for text in texts] for texts in (sentences, target))
    vocabulary = sorted({word for words in other for word in words})
    wanted = sorted({word for words in own for word in words})
    if not vocabulary or not wanted:
        raise BadValue("has no words", where="target" if wanted else "sentences", hint="give sentences, one a line")
    nearest = partial(process.extract, choices=vocabulary, scorer=Levenshtein.normalized_distance, limit=1)
    distances = {word: nearest(word)[0][1] for word in wanted}
    rows = []
    for number, (text, words) in enumerate(zip(sentences, own, strict=True), start=1):
        if words:
            mean = float(np.mean([distances[word] for word in words]))
            rows.append({"number": number, "text": text, "words": len(words), "distance": mean})
    return pl.DataFrame(rows).sort("distance", "number")


def controls(table: pl.DataFrame, keep: int, seed: int = 0) -> dict[str, list[int]]:
    """Other sentences to compare the closest with: places in the table, drawn at random, and of like length.

    Returns
    -------
    dict of str to list of int
        `random`, and `length`: for each of the closest the sentence beyond them with the nearest number of words that
        is not taken yet; as far as there are any.
    """
    generator = np.random.default_rng(seed)
    lengths = table["words"].to_numpy()
    others = generator.permutation(np.arange(keep, len(lengths)))
    free, matched = lengths[others].astype(float), []
    for length in lengths[: min(keep, len(others))]:
        at = int(np.abs(free - length).argmin())
        matched.append(int(others[at]))
        free[at] = np.inf
    return {"random": generator.permutation(len(lengths))[:keep].tolist(), "length": matched}


def _lettered(text: str) -> list[str]:
    words = (word.casefold() for word in cut_words(text))
    return [word for word in words if any(map(str.isalpha, word))]
