"""A student that reads an encoder's states: what it takes from its teacher to a language unknown to the teacher."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs the extra lab")
pytest.importorskip("peft", reason="needs the extra lab")

from tests.lab.letters import halves_task, make_world

from isogloss.errors import InputError
from isogloss.lab import Fitted, Training, recipes
from isogloss.models.encoder import shared_encoder_model

TESTED = 60


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_world(tmp_path_factory.mktemp("world"))


def learn(world: Path, name: str = "stacked-encoder", encoder: str = "aligned", **more: Any) -> tuple[Any, Fitted]:
    """Share of right answers in English, which 32 examples are of, and in the copy; and what was learnt."""
    corpus, shown, asked = halves_task(32, TESTED)
    plain: dict[str, Any] = {"checkpoint": str(world / "decoder"), "batch_size": 8, "epochs": 10}
    if name == "stacked-encoder":
        plain |= {"encoder": str(world / encoder), "learning_rate": 0.005}
    if "file" in more:
        more["file"] = str(world / more["file"])
    recipe = recipes.get(name).read({**plain, **more})
    prepared = recipe.prepare(corpus, map)
    fitted = recipe.fit(prepared, Training(np.arange(32), np.array(shown), 0, labels_count=2))
    return (recipe.predict(prepared, fitted)[""].reshape(2, -1) == asked).mean(axis=1).tolist(), fitted


def test_a_student_answers_in_a_language_that_its_teacher_does_not_know(world: Path) -> None:
    teacher, _ = learn(world, "lora")
    assert teacher[0] > 0.9
    assert 0.3 < teacher[1] < 0.7
    student, _ = learn(world)
    assert min(student) > 0.9


def test_nothing_reaches_the_copy_where_the_encoder_does_not_know_it(world: Path) -> None:
    apart, _ = learn(world, encoder="apart")
    assert apart[0] > 0.9
    assert 0.2 < apart[1] < 0.8


def test_states_of_other_texts_teach_nothing(world: Path) -> None:
    shuffled, _ = learn(world, states="shuffled")
    assert all(0.3 < one < 0.7 for one in shuffled)


def test_general_texts_without_labels_are_learnt_first(world: Path) -> None:
    """They alone bring the student near the language model as it is; what they teach is kept for jobs beside."""
    found = [learn(world, file="texts.tsv", first_epochs=1, epochs=1, learning_rate=0.02)[0] for _ in range(2)]
    assert found[0] == found[1]
    assert min(found[0]) > min(learn(world, epochs=1, learning_rate=0.02)[0])


def test_encoder_and_language_model_stay_as_they_are(world: Path) -> None:
    """Map, additions and the teacher's head are all that is kept."""
    models = [shared_encoder_model(world / name, "float32") for name in ("decoder", "aligned")]
    before = [{name: one.clone() for name, one in model.state_dict().items()} for model in models]
    fitted = learn(world, epochs=1)[1]
    for model, kept in zip(models, before, strict=True):
        assert all(bool((kept[name] == one).all()) for name, one in model.state_dict().items())
    shared = shared_encoder_model(world / "aligned", "float32")
    assert all(one.requires_grad for one in shared.parameters())  # others that learn it begin with a copy
    others = {name for name in fitted.arrays if "lora_" not in name}
    assert others == {"encoder.map.weight", "encoder.map.bias", "head.weight", "head.bias"}


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"states": "none"}, "unknown states 'none'"),
        ({"file": "none.tsv"}, "none.tsv: no such file; correct `file`"),
        ({"file": "alike.tsv"}, "all rows have the same text; give more of them"),
        ({"pooling": "pooler"}, "this model has no pooler"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(world: Path, more: dict[str, Any], said: str) -> None:
    (world / "alike.tsv").write_text("text\na\na\n")
    with pytest.raises(InputError) as caught:
        learn(world, **more)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
