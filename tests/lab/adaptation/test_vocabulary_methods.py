"""Methods that make rows of new tokens from similar or translated ones, in worlds where the right rows are known."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from tests.lab.adaptation.conftest import WORDS, sentences
from tests.lab.adaptation.test_vocabulary_extend import GREEK
from tests.lab.adaptation.test_vocabulary_transplant import EMBEDDINGS, rows, tokens_of

from isogloss.errors import BadValue, UnknownName
from isogloss.lab import adapt, adaptation_card, adaptations

pytest.importorskip("torch", reason="needs the extra lab")

TRANSPLANT, EXTEND = "vocabulary-transplant", "vocabulary-extend"
HEAD = "lm_head.weight"


@pytest.fixture(scope="module")
def learnt(checkpoints, tmp_path_factory) -> Path:
    """The decoder with some tokens more, of English words."""
    folder = tmp_path_factory.mktemp("learnt") / "made"
    return adapt(checkpoints["decoder"], EXTEND, corpus={"ell": GREEK}, tokens=60, into=folder)


@pytest.fixture(scope="module")
def words_known(checkpoints, tmp_path_factory) -> Path:
    """The decoder with a token for each word of both languages."""
    folder = tmp_path_factory.mktemp("words") / "made"
    corpus = {language: sentences(language, 60) for language in WORDS}
    return adapt(checkpoints["decoder"], EXTEND, corpus=corpus, into=folder)


def helper_of(learnt: Path, folder: Path, old: set[str], parts: int) -> dict[str, list[str]]:
    """A helper in which the vector of each new token is the sum of those of some old ones, and which these are."""
    from safetensors.torch import load_file, save_file

    shutil.copytree(learnt, folder)
    ids, weights = tokens_of(folder), load_file(folder / "model.safetensors")
    chance = np.random.default_rng(4)
    # Far apart, so that a sum has one way to be made; as wide as the model, in a space of its own.
    for name in (EMBEDDINGS["decoder"], HEAD):
        weights[name] += 10 * weights[name].new_tensor(chance.normal(size=weights[name].shape))
    fresh = sorted(ids.keys() - old)
    shared = sorted(token for token in ids.keys() & old if not token.startswith("<"))
    made = {token: list(chance.choice(shared, parts, replace=False)) for token in fresh}
    for name in (EMBEDDINGS["decoder"], HEAD):
        for token, some in made.items():
            weights[name][ids[token]] = sum(weights[name][ids[one]] for one in some)
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    return made


@pytest.mark.parametrize(("method", "parts"), [("overlap", 1), ("omp", 1), ("omp", 2)])
def test_rows_are_those_that_a_helper_tells(method, parts, checkpoints, learnt, tmp_path):
    """The planted world: what a new token is made of in the helper, it is made of in the model."""
    old = tokens_of(checkpoints["decoder"]).keys()
    made = helper_of(learnt, tmp_path / "helper", {*old}, parts)
    folder = adapt(
        checkpoints["decoder"], TRANSPLANT, tokenizer=str(learnt), helper=str(tmp_path / "helper"), method=method,
        neighbours=parts, into=tmp_path / "made",
    )  # fmt: skip
    for name in (EMBEDDINGS["decoder"], HEAD):
        before, after = (rows(one, name) for one in (checkpoints["decoder"], folder))
        right = [np.allclose(after[token], sum(before[one] for one in some), atol=1e-5) for token, some in made.items()]
        assert np.mean(right) >= 0.9


def test_sparsemax_is_the_closest_point_of_the_simplex():
    from isogloss.lab.adaptation.vocabulary.neighbours import sparsemax

    found = sparsemax(np.array([[0.1, 1.0, 0.9, -3.0], [5.0, 0.0, 0.0, 0.0], [0.2, 0.2, 0.2, 0.2]]))
    np.testing.assert_allclose(found, [[0, 0.55, 0.45, 0], [1, 0, 0, 0], [0.25] * 4], atol=1e-12)


@pytest.mark.parametrize("method", ["overlap", "focus", "omp"])
def test_words_that_stand_in_the_same_places_get_the_rows_of_each_other(method, words_known, tmp_path):
    """The planted world, told by texts alone: each new word stands between the same neighbours as one old word."""
    old = whole_words(words_known)
    frames = [old[place : place + 3] for place in range(0, len(old) - 2, 3)]
    chance = np.random.default_rng(0)
    texts = []
    for _ in range(300):
        chosen = [frames[place] for place in chance.choice(len(frames), 3)]
        swapped = [(left, word[::-1] * 2 if chance.random() < 0.5 else word, right) for left, word, right in chosen]
        texts.append(" ".join(word for frame in swapped for word in frame))
    folder = adapt(words_known, EXTEND, corpus={"eng": texts}, method=method, into=tmp_path / "made",
                   neighbours=2)  # fmt: skip
    new = rows(folder, EMBEDDINGS["decoder"])
    words = [word for _, word, _ in frames]
    closest = []
    for word in words:
        row = new[f"\u0120{word[::-1] * 2}"]
        cosines = [row @ new[f"\u0120{one}"] / np.linalg.norm(new[f"\u0120{one}"]) for one in old]
        closest.append(old[int(np.argmax(cosines))] == word)
    assert len(words) >= 4
    assert np.mean(closest) >= 0.75


def whole_words(checkpoint: Path) -> list[str]:
    """English words that are one token."""
    tokens = tokens_of(checkpoint)
    return [word for word in dict.fromkeys(WORDS["eng"] + WORDS["nld"]) if f"\u0120{word}" in tokens]


@pytest.mark.parametrize("aligner", ["ibm1", "hmm"])
def test_translations_get_the_rows_of_words_that_they_are_translations_of(aligner, words_known, tmp_path):
    """The planted world: the same sentences, word by word, in other letters."""
    corpus = {"eng": [" ".join(text.split()[:6]) for text in sentences("eng", 60)], "ell": GREEK}
    folder = adapt(words_known, EXTEND, corpus=corpus, method="aligned", pivot="eng", aligner=aligner,
                   into=tmp_path / "made")  # fmt: skip
    words = [word for word in whole_words(words_known) if word in WORDS["eng"] and len(word) > 2]
    assert len(words) >= 4
    for name in (EMBEDDINGS["decoder"], HEAD):
        new = rows(folder, name)
        for word in words:
            greek = "".join(chr(ord(letter) - ord("a") + ord("α")) for letter in word)
            token = "\u0120" + "".join(_letters()[value] for value in greek.encode())
            np.testing.assert_allclose(new[token], new[f"\u0120{word}"], atol=0.005)
    assert adaptation_card(folder)["facts"]["rows_filled"] == 0


def _letters() -> list[str]:
    from isogloss.lab.byte_tokenizer import byte_letters

    return byte_letters()


class TestRefused:
    """The thing, the reason, what to do."""

    @pytest.mark.parametrize(
        ("given", "match"),
        [
            ({"method": "aligned"}, "pivot: method 'aligned' needs texts of a language that the model knows"),
            ({"pivot": "eng"}, "pivot: method 'pieces' aligns no texts"),
            ({"method": "aligned", "pivot": "eng", "languages": ("eng",)}, "languages: a language is aligned with its"),
            ({"method": "focus", "shared": False}, "shared: method 'focus' makes rows from those of shared tokens"),
        ],
    )
    def test_parameters_that_do_not_agree(self, given, match):
        with pytest.raises(BadValue, match=match):
            adaptations.get(TRANSPLANT).read(given)

    def test_texts_of_one_language_alone(self, checkpoints):
        with pytest.raises(BadValue, match="corpus: there are no texts but those of 'eng'"):
            adapt(checkpoints["decoder"], EXTEND, corpus={"eng": GREEK}, method="aligned", pivot="eng")

    def test_a_pivot_without_texts(self, checkpoints):
        with pytest.raises(UnknownName, match="eng"):
            adapt(checkpoints["decoder"], EXTEND, corpus={"ell": GREEK}, method="aligned", pivot="eng")

    def test_texts_that_are_no_translations(self, checkpoints):
        corpus = {"ell": GREEK, "eng": sentences("eng", 12)}
        with pytest.raises(BadValue, match="no translations"):
            adapt(checkpoints["decoder"], EXTEND, corpus=corpus, method="aligned", pivot="eng")
