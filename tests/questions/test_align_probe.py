"""Which layer a probe reads a label from: the verdict, the languages, and what is refused."""

from __future__ import annotations

import polars as pl
import pytest
from tests.questions import worlds
from tests.questions.asked import with_sentences

from isogloss.errors import BadValue, InputError, NotEnoughEvidence, UnknownName
from isogloss.questions.align_probe import ProbeQuestion
from isogloss.questions.question import read_question


@pytest.fixture
def world(tmp_path):
    return worlds.labelled(tmp_path)


def ask(fields, **more):
    return read_question(ProbeQuestion, {**fields, **more}).answer()


def test_the_verdict_names_the_layer_that_holds_the_label(world):
    answer = ask(world)
    assert answer.verdict.startswith("A linear probe reads topic best from layer 1 of planted: accuracy 0.8")
    assert answer.table["present"].to_list() == [False, True, False]
    assert answer.sentences[-1].endswith("Worst: Egyptian Arabic (0.77).")


def test_labels_that_no_layer_holds_are_said_to_be_in_none(tmp_path):
    answer = ask(worlds.labelled(tmp_path, step=0.0))
    assert answer.verdict == "No layer of planted lets a linear probe read topic better than random labels."


def test_languages_are_told_apart_without_a_table(world):
    answer = ask(world | {"task": "language"})
    assert answer.result.labels.classes == ("arb_Arab", "ary_Arab", "arz_Arab")
    assert "language" in answer.verdict


def test_probes_learn_from_some_languages_and_are_tested_in_all(world):
    languages = ask(world, train=["arb"], layers=[1]).tables["languages"].frame
    assert dict(languages.select("language", "trained").rows()) == {"arb": True, "ary": False, "arz": False}
    assert languages.filter(language="ary")["accuracy"][0] > 0.7


def test_a_model_is_encoded_and_probed_in_one_go(tmp_path):
    fields = with_sentences(tmp_path)
    table = pl.DataFrame({"id": [str(number) for number in range(5)], "label": list("ababa")})
    with pytest.raises(NotEnoughEvidence, match="5 labelled sentences"):
        ask({**fields, "task": table})
    with pytest.raises(InputError, match="corpus"):
        ask({"model": fields["model"], "task": table})
    with pytest.raises(InputError, match="encodings"):
        ask({"task": table})


def test_layers_and_columns_are_named_as_they_are(world):
    with pytest.raises(UnknownName, match="layer"):
        ask(world, layers=[9])
    with pytest.raises(UnknownName, match="topics"):
        ask(world, label="topics")
    with pytest.raises(BadValue, match="train"):
        ask(world, train=["German"])
