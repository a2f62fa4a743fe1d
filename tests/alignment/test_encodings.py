"""Encodings: vectors in a folder, matched by the ids of sentences, with every way in which a folder can be wrong."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from isogloss.alignment import Encodings, write_encodings
from isogloss.errors import BadFile, BadValue, UnknownLanguage, UnknownName

CHANCE = np.random.default_rng(3)
VECTORS = {language: CHANCE.normal(size=(3, 5, 4)).astype(np.float32) for language in ("eng_Latn", "deu_Latn", "yor")}
IDS = {"eng_Latn": [1, 2, 3, 4, 5], "deu_Latn": [5, 4, 3, 2, 1], "yor": [2, 3, 4, 5, 9]}


@pytest.fixture
def encodings(tmp_path: Path) -> Encodings:
    """Three languages, three layers."""
    return write_encodings(tmp_path / "reps", VECTORS, IDS, model="mine", pooling="last")


def test_vectors_come_back_as_they_were_given(encodings: Encodings) -> None:
    assert encodings.languages == ("eng_Latn", "deu_Latn", "yor")
    assert (encodings.model, encodings.layers, encodings.poolings) == ("mine", (0, 1, 2), ("last",))
    assert encodings.dimension == 4
    np.testing.assert_array_equal(encodings.vectors("eng_Latn", 1, "last"), VECTORS["eng_Latn"][1])
    np.testing.assert_array_equal(encodings.vectors("yor", -1, "last"), VECTORS["yor"][2])
    assert encodings.ids("yor") == ["2", "3", "4", "5", "9"]


def test_sentences_are_matched_by_id_and_not_by_place(encodings: Encodings) -> None:
    """German was given backwards; one sentence each of English, German and Yoruba has no translation."""
    both = encodings.parallel(["eng_Latn", "deu_Latn"], 0, "last")
    assert (both.ids, both.left_out) == (["1", "2", "3", "4", "5"], 0)
    np.testing.assert_array_equal(both.vectors["deu_Latn"], VECTORS["deu_Latn"][0, ::-1])
    three = encodings.parallel(encodings.languages, 2, "last")
    assert (three.ids, three.left_out) == (["2", "3", "4", "5"], 2)
    np.testing.assert_array_equal(three.vectors["yor"], VECTORS["yor"][2, :4])
    np.testing.assert_array_equal(three.vectors["eng_Latn"], VECTORS["eng_Latn"][2, 1:])


def test_languages_are_found_as_anybody_writes_them(encodings: Encodings) -> None:
    assert encodings.find("English") == "eng_Latn"
    assert encodings.find("yor_Latn") == "yor"
    with pytest.raises(BadValue, match="pivot: no sentences in 'fra'; there are eng_Latn, deu_Latn, yor"):
        encodings.find("fra", "pivot")
    with pytest.raises(UnknownLanguage):
        encodings.find("no language")


def test_a_language_in_two_scripts_is_asked_for_by_its_script(tmp_path: Path) -> None:
    """`arb` can be both; a script that is not there is not taken for the one that is."""
    vectors = {"arb_Arab": VECTORS["eng_Latn"], "arb_Latn": VECTORS["deu_Latn"]}
    ids = {"arb_Arab": IDS["eng_Latn"], "arb_Latn": IDS["deu_Latn"]}
    both = write_encodings(tmp_path / "both", vectors, ids, model="mine")
    assert [both.find(name) for name in ("arb-Latn", "arb-Arab", "arb_Latn")] == ["arb_Latn", "arb_Arab", "arb_Latn"]
    with pytest.raises(BadValue, match="pivot: 'arb' can be arb_Arab or arb_Latn; write pivot='arb_Arab'"):
        both.find("arb", "pivot")
    latin = {"arb_Latn": VECTORS["yor"]}
    only = write_encodings(tmp_path / "one", latin, {"arb_Latn": IDS["yor"]}, model="mine")
    assert only.find("arb") == "arb_Latn"
    with pytest.raises(BadValue, match="no sentences in 'arb_Arab'"):
        only.find("arb_Arab")


def test_one_vector_per_sentence_is_one_layer(tmp_path: Path) -> None:
    flat = {language: array[0] for language, array in VECTORS.items()}
    assert write_encodings(tmp_path / "reps", flat, IDS, model="mine").layers == (1,)


def test_the_identity_is_that_of_the_content(tmp_path: Path) -> None:
    def identity(name: str, vectors: dict[str, np.ndarray], ids: dict[str, list[int]]) -> str:
        return write_encodings(tmp_path / name, vectors, ids, model=name).identity

    first = identity("a", VECTORS, IDS)
    assert identity("b", VECTORS, IDS) == first
    assert identity("c", VECTORS | {"yor": VECTORS["yor"] + 1}, IDS) != first
    assert identity("d", VECTORS, IDS | {"yor": [2, 3, 4, 5, 8]}) != first


def test_what_is_not_there_is_named(encodings: Encodings) -> None:
    with pytest.raises(BadValue, match="layer: there is no layer 3; there are 0 to 2"):
        encodings.vectors("yor", 3, "last")
    with pytest.raises(UnknownName, match="unknown pooling 'mean'"):
        encodings.vectors("yor", 0, "mean")
    with pytest.raises(UnknownName, match="unknown language 'fra'"):
        encodings.ids("fra")


def test_vectors_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    def write(vectors: dict[str, np.ndarray], ids: dict[str, list[int]]) -> None:
        write_encodings(tmp_path / "reps", vectors, ids, model="mine")

    with pytest.raises(BadValue, match="yor: 5 vectors and 4 ids"):
        write(VECTORS, IDS | {"yor": [1, 2, 3, 4]})
    with pytest.raises(BadValue, match="yor: two sentences have the id '2'"):
        write(VECTORS, IDS | {"yor": [1, 2, 2, 4, 5]})
    with pytest.raises(BadValue, match="give all languages the same"):
        write(VECTORS | {"yor": VECTORS["yor"][:2]}, IDS)
    with pytest.raises(BadValue, match="not finite"):
        write(VECTORS | {"yor": VECTORS["yor"] * np.nan}, IDS)
    assert not (tmp_path / "reps").exists()


def test_sentences_that_nobody_shares_are_not_parallel(tmp_path: Path) -> None:
    apart = write_encodings(tmp_path / "reps", VECTORS, IDS | {"yor": [11, 12, 13, 14, 15]}, model="mine")
    with pytest.raises(BadValue, match="share no sentence; give parallel sentences the same id"):
        apart.parallel(apart.languages, 0, "mean")


def test_damaged_folders_are_refused(encodings: Encodings, tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="holds no encodings"):
        Encodings.read(tmp_path)
    facts = encodings.folder / "encodings.json"
    content = json.loads(facts.read_text())
    for change in ({"layers": "x"}, {"poolings": ["../../secret"]}, {"layout": 99}, {"dimension": None}):
        facts.write_text(json.dumps(content | change))
        with pytest.raises(BadFile):
            Encodings.read(encodings.folder)
    facts.write_text(json.dumps(content | {"dimension": 5}))
    with pytest.raises(BadFile, match="is damaged"):
        Encodings.read(encodings.folder).vectors("yor", 0, "last")


def test_a_pickle_in_place_of_vectors_is_never_opened(encodings: Encodings) -> None:
    np.save(encodings.folder / "last.npy", np.array([print], dtype=object), allow_pickle=True)
    with pytest.raises(BadFile, match="is damaged"):
        encodings.vectors("yor", 0, "last")


def test_unfinished_encodings_are_read_only_where_wanted(encodings: Encodings) -> None:
    """The first three sentences, in the order in which ids first came, are there in every language."""
    (encodings.folder / "unfinished.json").write_text('{"sentences": 3}')
    with pytest.raises(BadFile, match="is not finished"):
        Encodings.read(encodings.folder)
    begun = Encodings.read(encodings.folder, unfinished=True)
    assert begun.ids("deu_Latn") == ["1", "2", "3"]
    assert begun.ids("yor") == ["2", "3"]
