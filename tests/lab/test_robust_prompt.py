"""Prompts learnt from a related task: a world in which they serve other labels too, and one in which they cannot."""

from __future__ import annotations

import random
import string
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from tests.lab.checkpoints import make_taught

from isogloss.errors import InputError
from isogloss.lab import Corpus, Fitted, Recipe, Training, recipes, tasks
from isogloss.lab.recipe.prompted.neighbours import Neighbours, neighbours_of
from isogloss.models.decoder import load_decoder

pytest.importorskip("torch", reason="needs the extra lab")

FIRST, OTHER = ("abcdefgh", "ny"), ("klmnopqr", "uv")
"""The letters of two tasks, and their labels: the second one for the second half of the letters."""

SIGNS = string.digits + string.ascii_uppercase + "-*/#%&!?;:()"


@pytest.fixture(scope="module")
def decoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that sorts the letters of both tasks after a +, and gives all the first label after another sign."""

    def draw(chance: random.Random) -> tuple[str, str]:
        letters, labels = chance.choice([FIRST, OTHER])
        mode, letter = chance.choice(f"+{chance.choice(SIGNS)}"), chance.choice(letters)
        return f"{mode}{letter}=", labels[int(letter in letters[4:]) * (mode == "+")]

    return make_taught(tmp_path_factory.mktemp("decoder") / "bytes", draw, steps=200)


def write(folder: Path, labels: Any = None) -> str:
    letters, names = FIRST
    right = [names[int(letter in letters[4:])] for letter in letters] if labels is None else labels
    pl.DataFrame({"text": [*letters], "label": right}).write_csv(folder / "first.csv")
    return str(folder / "first.csv")


def make(decoder: Path, first: str, **more: Any) -> Recipe:
    plain = {"template": "{text}={label}", "checkpoint": str(decoder), "length": 1, "neighbours": 0, "epochs": 30,
             "learning_rate": 3e-2}  # fmt: skip
    return recipes.get("robust-prompt").read({**plain, "first": first, **more})


def answers(recipe: Recipe) -> tuple[float, Fitted]:
    """Right answers in the other task, whose labels were never learnt from."""
    letters, labels = OTHER
    corpus = Corpus([[]], [[*letters]], ["deu"], tasks.get("text-classification")(), [*labels], ["deu"])
    prepared = recipe.prepare(corpus, map)
    fitted = recipe.fit(prepared, Training(np.empty(0, np.int64), np.empty(0, np.int64), 0))
    return float((recipe.predict(prepared, fitted)[""] == np.arange(8) // 4).mean()), fitted


def test_a_prompt_that_is_learnt_from_one_task_sorts_another(decoder: Path, tmp_path: Path) -> None:
    right, fitted = answers(make(decoder, write(tmp_path)))
    assert right == 1.0
    assert fitted.notes["loss_after"] < fitted.notes["loss_before"]
    assert fitted.notes["learnt_examples"] == 8
    assert fitted.notes["shots"] == 0


def test_labels_that_say_nothing_teach_nothing(decoder: Path, tmp_path: Path) -> None:
    """Null: half of the letters of either kind have the label of the other."""
    assert answers(make(decoder, write(tmp_path, [*"nynynyny"])))[0] < 0.7


def test_a_penalty_keeps_vectors_where_they_begin(decoder: Path, tmp_path: Path) -> None:
    first = write(tmp_path)
    free, held = (answers(make(decoder, first, penalty=penalty))[1].notes["moved"] for penalty in (0.0, 100.0))
    assert held < free / 2


def test_words_near_a_name_stand_for_its_label(decoder: Path) -> None:
    near = Neighbours(["yes", "sure", "no"], np.array([0, 0, 1]), np.array([0.75, 0.25, 1.0]))
    scores = near.of_labels(np.log([0.2, 0.4, 0.3]))
    assert np.exp(scores) == pytest.approx([0.75 * 0.2 + 0.25 * 0.4, 0.3])
    found = neighbours_of(load_decoder(str(decoder)), ["good", "bad"], 5)
    assert found.words[0] == "good"
    assert [found.weights[found.owners == one].sum() for one in (0, 1)] == pytest.approx([1.0, 1.0])


def test_neighbours_do_not_change_how_many_labels_there_are(decoder: Path, tmp_path: Path) -> None:
    assert answers(make(decoder, write(tmp_path), neighbours=3))[0] == 1.0  # no byte is a word of two letters


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"first": "none.csv"}, "none.csv: no such file of examples"),
        ({"smoothing": 1.0}, "smoothing must be"),
        ({"chat": True}, "robust-prompt has the same vectors before every question; leave out chat"),
    ],
)
def test_what_cannot_be_is_refused(decoder: Path, tmp_path: Path, more: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError) as caught:
        make(decoder, **{"first": write(tmp_path), **more})
    assert said in str(caught.value)


def test_files_and_sizes_that_cannot_be_are_refused(decoder: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="its examples have one label; give examples of two or more"):
        answers(make(decoder, write(tmp_path, ["n"] * 8)))
    with pytest.raises(InputError, match="robust-prompt has nothing to learn from; add first"):
        answers(make(decoder, ""))
    recipe = make(decoder, write(tmp_path))
    corpus = Corpus([["k"]], [["k"]], ["deu"], tasks.get("text-classification")(), ["u", "v"], ["deu"])
    prepared = recipe.prepare(corpus, map)
    with pytest.raises(InputError, match=r"learns from the file `first` alone; set sizes = \[0\]"):
        recipe.fit(prepared, Training(np.array([0]), np.array([0]), 0))
