"""One network of adapters for several tasks and languages: pairs of these without training data, refusals, vectors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from tests.lab.cells import BY_GRAMMAR, HELD_OUT, held_out_accuracy
from tests.lab.checkpoints import make_masked

from isogloss.errors import InputError
from isogloss.lab import Corpus, Recipe, Training, recipes

pytest.importorskip("torch", reason="needs the extra lab")
pytest.importorskip("transformers", reason="needs the extra lab")

SETTINGS: dict[str, Any] = {"name": "hyper-adapter", "epochs": 12, "learning_rate": 5e-3}
TOPICS = 'name = "topics"\nfile = "topics.csv"\n'


@pytest.fixture
def tasks(tmp_path: Path) -> Path:
    """A file of two tasks: topics in English and German, and whether a text is long, in English and Swahili."""
    for name, codes in (("topics", ("eng", "deu")), ("length", ("eng", "swh"))):
        rows = [
            {"language": code, "split": split, "text": f"{name} {split} {code} {place}", "label": str(place % 2)}
            for code in codes for split in ("train", "test") for place in range(4)
        ]  # fmt: skip
        pl.DataFrame(rows).write_csv(tmp_path / f"{name}.csv")
        (tmp_path / f"{name}.toml").write_text(f'name = "{name}"\nfile = "{name}.csv"\n')
    (tmp_path / "tasks.toml").write_text('[[task]]\nuse = "topics.toml"\n[[task]]\nuse = "length.toml"\nmost = 3\n')
    return tmp_path / "tasks.toml"


def corpus(target: str, text: str = "the doctor plays") -> Corpus:
    """Four English texts with topics to learn from, and one of a target."""
    return Corpus([["a", "b", "c", "d"], []], [[], [text]], ["eng", target], ids=["eng", target], task="topics")


TRAINING = Training(np.arange(4), np.array([0, 1, 0, 1]), 0, labels_count=2)


def read(checkpoint: Path, **given: Any) -> Recipe:
    return recipes.get("hyper-adapter").read({"checkpoint": str(checkpoint), "max_length": 16, "epochs": 1, **given})


def refused(act: Any) -> str:
    with pytest.raises(InputError) as caught:
        act()
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_another_task_in_a_language_tells_how_to_answer_the_first_one_in_it(checkpoint: Path, tmp_path: Path) -> None:
    """Vectors of languages are learnt; in a null world the other task says the opposite, and so do answers."""
    against = BY_GRAMMAR | {code: 1 - kind for code, kind in HELD_OUT.items()}
    for other, right in ((BY_GRAMMAR, 1.0), (against, 0.0)):
        found = held_out_accuracy(
            checkpoint=checkpoint, folder=tmp_path, seed=0, other=other, vectors="learnt", **SETTINGS
        )
        assert found == pytest.approx([right, right], abs=0.1)


def test_the_catalogue_tells_of_which_kind_a_language_is(checkpoint: Path, tmp_path: Path) -> None:
    """One task and no file: Catalan is answered as Spanish is, Uzbek as Turkish; one adapter for all tells neither."""
    given = SETTINGS | {"checkpoint": checkpoint, "folder": tmp_path, "seed": 0}
    assert held_out_accuracy(**given) == pytest.approx([1.0, 1.0], abs=0.1)
    assert np.mean(held_out_accuracy(**given | {"name": "lora"})) == pytest.approx(0.5, abs=0.15)


def test_hidden_words_tell_of_which_kind_a_language_is(tmp_path: Path) -> None:
    """Texts without labels are all that there is of Catalan and Uzbek."""
    found = held_out_accuracy(
        checkpoint=make_masked(tmp_path / "masked"), folder=tmp_path, seed=0, unlabelled=BY_GRAMMAR, vectors="learnt",
        count=32,
        **SETTINGS,
    )  # fmt: skip
    assert found == pytest.approx([1.0, 1.0], abs=0.1)


def test_the_task_of_the_grid_is_left_out_and_notes_say_what_is_learnt_beside(checkpoint: Path, tasks: Path) -> None:
    """Examples of topics in German stand in the file, and are not learnt from."""
    recipe = read(checkpoint, tasks=str(tasks))
    prepared = recipe.prepare(corpus("deu"), map)
    assert recipe.fit(prepared, TRAINING).notes["learnt_beside"] == {"length": {"eng": 3, "swh": 3}}
    assert recipe.label == "hyper-adapter(max_length=16,epochs=1,tasks=tasks)"


def test_jobs_are_others_where_examples_of_another_task_are(checkpoint: Path, tasks: Path) -> None:
    before = read(checkpoint, tasks=str(tasks)).identity
    table = tasks.with_name("length.csv")
    table.write_text(table.read_text().replace("length train swh 0", "other train swh 0"))
    assert read(checkpoint, tasks=str(tasks)).identity != before


def test_test_texts_in_another_task_are_refused(checkpoint: Path, tasks: Path) -> None:
    recipe = read(checkpoint, tasks=str(tasks))
    said = refused(lambda: recipe.prepare(corpus("swh", "length train swh 0"), map))
    assert "task 'length' has 1 of 1 test texts of 'swh' among its training examples; divide both" in said


def test_a_vector_of_a_language_without_anything_to_learn_it_from_is_refused(checkpoint: Path, tasks: Path) -> None:
    """Swahili has examples of the other task; Hausa has nothing."""
    recipe = read(checkpoint, tasks=str(tasks), vectors="learnt")
    recipe.fit(recipe.prepare(corpus("swh"), map), TRAINING)
    prepared = recipe.prepare(corpus("hau"), map)
    assert "nothing to learn a vector of 'hau' from" in refused(lambda: recipe.fit(prepared, TRAINING))


def test_learnt_vectors_answer_in_their_languages_alone(checkpoint: Path, tasks: Path) -> None:
    recipe = read(checkpoint, tasks=str(tasks), vectors="learnt")
    fitted = recipe.fit(recipe.prepare(corpus("swh"), map), TRAINING)
    others = recipe.prepare(corpus("deu"), map)
    assert "vectors are of the languages eng, swh" in refused(lambda: recipe.predict(others, fitted))


def test_vectors_of_the_catalogue_are_the_same_beside_any_languages(checkpoint: Path) -> None:
    """And relatives are nearer; a language of which nothing is known is refused."""
    recipe = read(checkpoint)
    eng, deu = recipe.prepare(corpus("deu"), map)["vectors"]
    again, tam = recipe.prepare(corpus("tam"), map)["vectors"]
    np.testing.assert_array_equal(eng, again)
    assert eng @ deu > eng @ tam + 0.2
    assert "nothing is known of 'tok'" in refused(lambda: recipe.prepare(corpus("tok"), map))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"file": "none.csv"}, "no such file of vectors of languages"),
        ({"tasks": "none.toml"}, "no such file of tasks"),
        ({"texts": "none.csv"}, "no such file of texts"),
        ({"vectors": "learnt", "shuffled": True}, "vectors are learnt, so shuffled has no use"),
    ],
)
def test_parameters_that_cannot_be_are_refused(checkpoint: Path, given: dict[str, Any], said: str) -> None:
    assert said in refused(lambda: read(checkpoint, **given))


def test_sequential_transfer_is_not_for_texts_that_tell_their_language(checkpoint: Path) -> None:
    """It would hand them over without."""
    read_it = recipes.get("sequential-transfer").read
    said = refused(lambda: read_it({"checkpoint": str(checkpoint), "base": "hyper-adapter"}))
    assert "hyper-adapter prepares texts in a way of its own; set base" in said


def test_tasks_whose_answers_are_texts_are_refused(checkpoint: Path, tasks: Path) -> None:
    tasks.with_name("length.toml").write_text(
        'name = "length"\nkind = "generation"\nfile = "length.csv"\n[columns]\nquestion = "text"\nanswer = "label"\n'
    )
    recipe = read(checkpoint, tasks=str(tasks))
    assert "learnt beside others from tasks of the kind" in refused(lambda: recipe.prepare(corpus("swh"), map))
