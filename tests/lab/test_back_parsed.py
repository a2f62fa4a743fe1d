"""Parsing of a language without labelled utterances, from utterances that are made of meanings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs the extra lab")

from tests.lab.checkpoints import make_seq2seq

from isogloss.errors import BadFile, BadValue
from isogloss.lab import Corpus, Training, clone_text, recipes, tasks

PHRASES = ["a sun", "my sun", "a cat", "my cat"]
MEANINGS = ["SUN(a)", "SUN(my)", "CAT(a)", "CAT(my)"]


def parsing() -> tuple[Corpus, Training]:
    labels = sorted(MEANINGS)
    corpus = Corpus(
        [PHRASES, []], [PHRASES, [clone_text(one) for one in PHRASES]], ["eng", "deu"], tasks.get("generation")(),
        labels, ["eng", "deu"],
    )  # fmt: skip
    return corpus, Training(np.arange(4), np.array([labels.index(one) for one in MEANINGS]), 0)


def recipe(folder: Path, language: str = "deu", **more: Any) -> Any:
    texts = folder / "texts.csv"
    texts.write_text("language,text\n" + "".join(f"{language},{clone_text(one)}\n" for one in PHRASES))
    settings = {"epochs": 2, "max_length": 64, "max_new": 8, "texts": str(texts), "generator_epochs": 2, **more}
    model = make_seq2seq(folder / "model", copies=1, is_aligned=False)
    return recipes.get("seq2seq-back-parsed").read({"checkpoint": str(model), **settings})


def test_where_nothing_made_is_parsed_back_the_parser_learns_from_the_source_alone(tmp_path: Path) -> None:
    """A null world: to the model the copy is like nothing, so that none of its utterances is kept."""
    corpus, training = parsing()
    made = recipe(tmp_path)
    prepared = made.prepare(corpus, map)
    fitted = made.fit(prepared, training)
    assert (fitted.notes["made"], fitted.notes["kept"]) == (4, {"deu": 0})
    plain = recipes.get("seq2seq-tune").read({"checkpoint": made.parameters["checkpoint"], "epochs": 2,
                                              "max_length": 64, "max_new": 8})  # fmt: skip
    alone = plain.fit(prepared, training)
    assert all((fitted.arrays[name] == alone.arrays[name]).all() for name in alone.arrays)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"tag": "prompt"}, "tag: utterances are made, and parsed, as they stand"),
        ({"template": "{question} is {answer}"}, "template"),
        ({"texts": ""}, "names no texts"),
        ({"language": "eng"}, "no text in a language that is not learnt from"),
    ],
)
def test_what_cannot_be_learnt_from_is_refused(more: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(BadValue, match=message):
        recipe(tmp_path, **more).prepare(parsing()[0], map)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="no such file of texts"):
        recipe(tmp_path, texts="nowhere.csv").prepare(parsing()[0], map)
