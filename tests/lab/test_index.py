"""The inverted index of test texts: what it holds, where it lies, and what it takes."""

from __future__ import annotations

import random
import tempfile
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from isogloss.errors import BadFile
from isogloss.lab import Corpus, Training
from isogloss.lab.recipe.ngram_logreg import NgramLogreg, index
from isogloss.lab.recipe.ngram_logreg.index import score_index, write_index
from isogloss.lab.recipe.ngram_logreg.ngrams import count_ngrams

LANGUAGES = st.lists(st.lists(st.text("abc ", max_size=12), max_size=4), max_size=4)
MEASURED = count_ngrams(["abba cab", "bca aa"], 2, 3, "char").ngrams
CHANCE = np.random.default_rng(3)
LEARNT = {
    "ngrams": np.arange(0, len(MEASURED), 2),
    "rarity": 1 + CHANCE.random(len(MEASURED[::2])),
    "coefficients": CHANCE.standard_normal((len(MEASURED[::2]), 3)),
    "intercepts": CHANCE.standard_normal(3),
}
"""What a training may have left of every other n-gram, for three classes."""


def scores(languages: list[list[str]], together: int) -> Any:
    """Of all texts, with so many entries to a block: (texts, 3)."""
    counted = (count_ngrams(texts, 2, 3, "char") for texts in languages)
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(index, "TOGETHER", together)
        prepared = {**write_index(counted, MEASURED), "ngrams": np.array([len(MEASURED)])}
    return np.concatenate(list(score_index(prepared, LEARNT)))


@given(languages=LANGUAGES)
def test_scores_are_the_same_to_the_last_bit_in_blocks_of_any_size(languages: list[list[str]]) -> None:
    whole = scores(languages, 2**20)
    assert np.array_equal(scores(languages, 1), whole)
    assert np.array_equal(scores(languages, 7), whole)


@given(languages=LANGUAGES)
def test_scores_are_those_of_each_text_by_itself(languages: list[list[str]]) -> None:
    """(1 + log count) * rarity of the n-grams that were learnt from, scaled to length 1, times the coefficients."""
    found = scores(languages, 7)
    texts = [text for language in languages for text in language]
    assert len(found) == len(texts)
    for text, score in zip(texts, found, strict=True):
        counted = count_ngrams([text], 2, 3, "char")
        counts = dict(zip(counted.ngrams[counted.columns].tolist(), counted.counts.tolist(), strict=True))
        weights = np.array([1 + np.log(counts[one]) if one in counts else 0.0 for one in MEASURED[::2].tolist()])
        weights *= LEARNT["rarity"]
        expected = weights / (np.linalg.norm(weights) or 1.0) @ LEARNT["coefficients"] + LEARNT["intercepts"]
        assert np.abs(score - expected).max() < 1e-6


def made_up(texts: int, seed: int) -> list[Any]:
    chance = random.Random(seed)
    return ["".join(chance.choices("abcdefghijkl ", k=60)) for _ in range(texts)]


def corpus(targets: int) -> Corpus:
    languages: list[list[Any]] = [made_up(10, 1 + target) for target in range(targets)]
    return Corpus([made_up(20, 0), *([] for _ in languages)], [[], *languages])


def measure(texts: Corpus) -> int:
    """Prepare, learn and answer; the bytes that it takes at most."""
    recipe = NgramLogreg()
    tracemalloc.start()
    prepared = recipe.prepare(texts, map)
    recipe.predict(prepared, recipe.fit(prepared, Training(np.arange(20), np.arange(20) % 2, seed=0)))
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most


def test_memory_does_not_grow_with_the_number_of_targets(monkeypatch: pytest.MonkeyPatch) -> None:
    """80 targets more, whose index is of some 500 kB, take 50 kB more at most: their answers."""
    import sklearn.linear_model  # noqa: F401 - what loading it takes is not to be counted

    monkeypatch.setattr(index, "TOGETHER", 2**10)
    measure(corpus(1))
    assert measure(corpus(100)) - measure(corpus(20)) < 50_000


def test_the_index_leaves_no_file_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It has no name from the start, so that it goes however a run ends."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    prepared = NgramLogreg().prepare(Corpus([["ab"]], [["ab"]]), map)
    assert prepared["index"].size > 0
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_to_is_named_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "none"))
    with pytest.raises(BadFile, match=r"none: n-grams cannot be written: No such file.*; set TMPDIR"):
        NgramLogreg().prepare(Corpus([["ab"]], [["ab"]]), map)
