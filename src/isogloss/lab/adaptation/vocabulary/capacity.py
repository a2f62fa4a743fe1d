"""How many tokens of a shared vocabulary each language should get, by how much they help to tell its text."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import polars as pl
from sklearn.isotonic import IsotonicRegression

from isogloss.errors import BadValue
from isogloss.lab.adaptation import Texts
from isogloss.lab.adaptation.texts import check_texts, divide, size
from isogloss.lab.adaptation.vocabulary.learning import Merges, words_of
from isogloss.lab.byte_tokenizer import BYTES, byte_letters
from isogloss.progress import Progress, steps

WORD = r" ?[^\s\p{P}]+|\p{P}+|\s+"
"""What pairs are merged within: a word with the space before it, punctuation, or space."""
MIN_COUNT = 2
Unit = Literal["byte", "sentence"]


@dataclass(frozen=True)
class VocabularyCapacity:
    """How many tokens each language should get.

    Attributes
    ----------
    table : polars.DataFrame
        `language`, `bytes` of text, `tokens` allocated beside single bytes, `share` of the sum of these, and mean
        `log_probability` of the texts held out with them, and `without` them, of single bytes alone.
    curves : polars.DataFrame
        `language`, `tokens`, `log_probability` (in nats by byte or sentence, held out), and `smoothed`, with increments
        that fall.
    tokens : int
        Of all languages together, those that they share counted once, bytes among them.
    """

    table: pl.DataFrame
    curves: pl.DataFrame
    tokens: int


def vocabulary_capacity(
    texts: Texts, tokens: int, *, step: int = 100, beta: float = 0.7, unit: Unit = "byte",
    progress: Progress | None = None,
) -> VocabularyCapacity:  # fmt: skip
    """Divide a vocabulary among languages.

    Parameters
    ----------
    texts : mapping of str to sequence of str
        By language; a tenth of each, 100 at most, is held out to measure on.
    tokens : int
        Of all languages together, the 256 single bytes among them.
    step : int, default 100
        Tokens that a language gets at once; the first step is always given.
    beta : float, default 0.7
        Languages count in proportion to (bytes of their text)^beta.
    unit : {"byte", "sentence"}, default "byte"
        What log probability is counted by. By sentence, languages of long sentences get more.
    progress : Progress, optional

    Notes
    -----
    After VoCap (Zheng et al. 2021, Allocating large vocabulary capacity for cross-lingual language model pre-training):
    ALP(V) is the mean of the sum of log f(token) over the tokens of a text cut by a vocabulary of V tokens. Its
    increments are made to fall by isotonic regression; those of all languages, times q^beta / sum of q^beta with q the
    share of text, are taken from the largest on, as long as the union of the vocabularies fits. Increments that are not
    above 0 are never taken. Tokens are byte pairs, so that one run gives all sizes, not unigram models, one for each; f
    is counted on the texts learnt from, one added to each token, and ALP is that of the texts held out.

    Raises
    ------
    BadValue
        If the texts do not suit, or the first steps do not fit.
    """
    if tokens <= BYTES or step <= 0 or beta < 0:
        raise BadValue(
            f"tokens={tokens}, step={step}, beta={beta:g}", hint="give more than 256, more than 0, and not below 0"
        )
    learnt, held_out = divide(check_texts(texts))
    curves = {
        language: _curve(learnt[language], held_out[language], tokens, step, unit)
        for language in steps("Languages", list(learnt), progress)
    }
    sizes = {language: size(some) for language, some in texts.items()}
    weights = {language: number**beta for language, number in sizes.items()}
    gains = [
        (-float(gain) * weights[language] / sum(weights.values()), place, language)
        for language, one in curves.items() for place, gain in enumerate(np.diff(one.smoothed)[1:]) if gain > 0
    ]  # fmt: skip
    order = [language for *_, language in sorted(gains)]
    fitting = _most(curves, order, tokens)
    allocated = {language: 1 + fitting.count(language) for language in curves}
    return VocabularyCapacity(
        _table(curves, allocated, sizes),
        pl.concat([one.table(language) for language, one in curves.items()]),
        BYTES + len(_union(curves, allocated)),
    )


@dataclass(frozen=True)
class _Curve:
    """Log probability of a language by its tokens.

    Attributes
    ----------
    made : list of str
        Tokens in the order in which they are learnt.
    ends : list of int
        How many of them there are after each step, from 0.
    values, smoothed : numpy.ndarray, shape (steps + 1,)
    """

    made: list[str]
    ends: list[int]
    values: Any
    smoothed: Any

    def end(self, steps: int) -> int:
        """Tokens after so many steps."""
        return self.ends[min(steps, len(self.ends) - 1)]

    def table(self, language: str) -> pl.DataFrame:
        """A row for each step."""
        return pl.DataFrame(
            {"tokens": self.ends, "log_probability": self.values, "smoothed": self.smoothed}
        ).select(pl.lit(language).alias("language"), pl.all())  # fmt: skip


def _curve(learnt: Sequence[str], held_out: Sequence[str], most: int, step: int, unit: Unit) -> _Curve:
    """Learn byte pairs, and measure after each step."""
    tokenizer = _bytes_tokenizer()
    own, other = words_of(tokenizer, learnt), words_of(tokenizer, held_out)
    merges = Merges(tokenizer, Counter({**dict.fromkeys(other, 0), **own}), MIN_COUNT)
    tested = [other[word] for word in sorted(own | other)]
    units = size(held_out) if unit == "byte" else len(held_out)
    ends, values = [0], [_log_probability(merges, tested) / units]
    while len(merges.made) < most - BYTES:
        merges.learn(ends[-1] + step)
        if len(merges.made) == ends[-1]:
            break
        ends.append(len(merges.made))
        values.append(_log_probability(merges, tested) / units)
    increments = np.diff(values)
    falling = IsotonicRegression(increasing=False).fit_transform(np.arange(len(increments)), increments) if len(
        increments) else increments  # fmt: skip
    return _Curve(list(merges.made), ends, np.array(values), values[0] + np.concatenate([[0.0], np.cumsum(falling)]))


def _log_probability(merges: Merges, tested: Sequence[int]) -> float:
    """Sum of log f over the tokens of words that are tested so often."""
    counts: Counter[str | None] = Counter()
    for tokens, count in zip(merges.words, merges.counts, strict=True):
        for token in tokens:
            counts[token] += count
    total = counts.total() + BYTES + len(merges.made)
    return sum(
        count * math.log((counts[token] + 1) / total)
        for tokens, count in zip(merges.words, tested, strict=True) if count for token in tokens
    )  # fmt: skip


def _union(curves: Mapping[str, _Curve], allocated: Mapping[str, int]) -> set[str]:
    """Tokens of all languages after so many steps each."""
    return {token for language, one in curves.items() for token in one.made[: one.end(allocated[language])]}


def _most(curves: Mapping[str, _Curve], order: list[str], tokens: int) -> list[str]:
    """As many of the steps as fit, one of each language before them."""

    def needed(number: int) -> int:
        counts = Counter(order[:number])
        return BYTES + len(_union(curves, {language: 1 + counts[language] for language in curves}))

    if needed(0) > tokens:
        raise BadValue(
            f"the first steps of {len(curves)} languages take {needed(0)} tokens", where="tokens",
            hint="give more tokens, or a smaller step",
        )  # fmt: skip
    low, high = 0, len(order)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if needed(middle) <= tokens else (low, middle - 1)
    return order[:low]


def _table(curves: Mapping[str, _Curve], allocated: Mapping[str, int], sizes: Mapping[str, int]) -> pl.DataFrame:
    numbers = {language: one.end(allocated[language]) for language, one in curves.items()}
    return pl.DataFrame(
        {
            "language": list(curves), "bytes": [sizes[language] for language in curves],
            "tokens": list(numbers.values()),
            "share": [number / max(1, sum(numbers.values())) for number in numbers.values()],
            "log_probability": [
                float(one.values[min(allocated[language], len(one.ends) - 1)]) for language, one in curves.items()
            ],
            "without": [float(one.values[0]) for one in curves.values()],
        }
    )  # fmt: skip


def _bytes_tokenizer() -> dict[str, Any]:
    """A tokenizer of single bytes."""
    parts = [
        {"type": "Split", "pattern": {"Regex": WORD}, "behavior": "Isolated", "invert": False},
        {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False},
    ]
    return {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": [], "normalizer": None,
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": parts}, "post_processor": None, "decoder": None,
        "model": {
            "type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None,
            "end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False,
            "vocab": {letter: place for place, letter in enumerate(byte_letters())}, "merges": [],
        },
    }  # fmt: skip
