"""How many tokens each language should get, in worlds where that is known."""

from __future__ import annotations

import random

import numpy as np
import pytest

from isogloss.errors import BadValue
from isogloss.lab import vocabulary_capacity

pytest.importorskip("tokenizers", reason="needs the extra lab")


def words(count: int, seed: int, first: str = "a") -> list[str]:
    """Different words of six letters."""
    chance = random.Random(seed)
    letters = [chr(ord(first) + place) for place in range(20)]
    return ["".join(chance.choices(letters, k=6)) for _ in range(count)]


def texts(own: list[str], count: int = 200, seed: int = 0) -> list[str]:
    """Sentences of eight words each, the n-th word with a frequency in proportion to 1 / n."""
    chance = random.Random(seed)
    weights = [1 / (1 + place) for place in range(len(own))]
    return [" ".join(chance.choices(own, weights, k=8)) for _ in range(count)]


def allocated(**languages: list[str]) -> dict[str, int]:
    result = vocabulary_capacity(languages, 1000, step=20)
    assert result.tokens <= 1000
    return dict(zip(result.table["language"], result.table["tokens"], strict=True))


def test_a_language_of_more_words_gets_more_tokens():
    """The planted world: as much text, of 200 words and of 10."""
    tokens = allocated(many=texts(words(200, 1)), few=texts(words(10, 2, "α")))
    assert tokens["many"] > 5 * tokens["few"]
    assert 50 <= tokens["few"] <= 120  # a space and six letters of two bytes take twelve merges at most


def test_a_language_in_other_letters_gets_as_many():
    """The null world: the same sentences letter by letter, in letters of as many bytes."""
    own = texts(words(150, 1, "α"))
    other = [text.translate({ord("α") + place: ord("а") + place for place in range(20)}) for text in own]
    tokens = allocated(one=own, other=other)
    assert abs(tokens["one"] - tokens["other"]) <= 20


def test_letters_without_order_get_the_first_steps_alone():
    """The null world: whatever is merged, text held out is told no better."""
    chance = random.Random(3)
    noise = [" ".join("".join(chance.choices("abcdefghijklmnopqrst", k=6)) for _ in range(8)) for _ in range(200)]
    tokens = allocated(noise=noise, language=texts(words(100, 1, "α"), 200))
    assert tokens["noise"] <= 60 < tokens["language"]


def test_tokens_that_languages_share_are_counted_once():
    own = words(120, 1)
    one, other = texts(own, seed=1), texts(own, seed=2)
    together = vocabulary_capacity({"one": one, "other": other}, 1000, step=20)
    assert together.table["tokens"].sum() > 1.5 * (together.tokens - 256)


def test_a_language_of_more_text_gets_more_by_beta():
    one, other = texts(words(100, 1, "α"), 300), texts(words(100, 1, "а"), 100)
    shares = [
        vocabulary_capacity({"one": one, "other": other}, 700, step=20, beta=beta).table["tokens"].to_list()
        for beta in (0.0, 0.7, 2.0)
    ]
    assert shares[0][0] <= shares[1][0] <= shares[2][0]
    assert shares[2][0] > shares[0][0]


def test_smoothed_log_probability_rises_ever_more_slowly():
    result = vocabulary_capacity({"one": texts(words(200, 1))}, 1000, step=20)
    smoothed = result.curves["smoothed"].to_numpy()
    assert np.all(np.diff(np.diff(smoothed)) <= 1e-12)
    assert result.table["log_probability"][0] > result.table["without"][0]


def test_what_does_not_fit_is_refused():
    with pytest.raises(BadValue, match="tokens: the first steps of 2 languages take 4"):
        vocabulary_capacity({"one": texts(words(200, 1)), "other": texts(words(200, 2, "α"))}, 300)
    with pytest.raises(BadValue, match="tokens=200, step=100"):
        vocabulary_capacity({"one": texts(words(9, 1))}, 200)
