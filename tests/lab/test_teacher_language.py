"""What is expected of answers after a question in one language, taught to the same question in another, as in xCoT."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs the extra lab")
pytest.importorskip("peft", reason="needs the extra lab")

from tests.lab.checkpoints import make_decoder, make_seq2seq

from isogloss.errors import InputError
from isogloss.lab import Corpus, Training, recipes, tasks
from isogloss.lab.recipe import Fitted
from isogloss.lab.tuning.instructions import Schedule, in_tokens, train_compared
from isogloss.lab.tuning.training import expectations, log_likelihoods
from isogloss.models import load_decoder

ENGLISH, GERMAN, ANSWERS = (
    ["sun", "ice", "cat", "tree"],
    ["SONNE", "EIS", "KATZE", "BAUM"],
    ["hot", "cold", "soft", "tall"],
)
ITEMS = ["0", "1", "2", "3"]


def corpus(items: list[str] = ITEMS, answers: list[str] = ANSWERS) -> tuple[Corpus, Training]:
    """Questions in two languages, with the items and the answers of the second."""
    labels = sorted({*ANSWERS, *answers})
    made = Corpus([ENGLISH, GERMAN], [ENGLISH, GERMAN], ["eng", "deu"], tasks.get("generation")(), labels,
                  ["eng", "deu"], [ITEMS, items], [ITEMS, ITEMS])  # fmt: skip
    return made, Training(np.arange(8), np.array([labels.index(one) for one in [*ANSWERS, *answers]]), 0)


def settings(name: str, folder: Path, **more: Any) -> dict[str, Any]:
    make = make_seq2seq if name.startswith("seq2seq") else make_decoder
    return {
        "checkpoint": str(make(folder)),
        "epochs": 12,
        "batch_size": 4,
        "learning_rate": 0.01,
        "max_length": 64,
        "max_new": 8,
        **more,
    }


def divergence(recipe: Any, fitted: Fitted) -> float:
    """Mean over tokens of KL(after the English question || after the German one), taken one by one."""
    ready, found = recipe.decoder(fitted), []
    template = "{}" if ready.is_seq2seq else "Question: {}\nAnswer:"
    for answer, *asked in zip(ANSWERS, ENGLISH, GERMAN, strict=True):
        first, second = (expectations(ready, [in_tokens(ready, template.format(one), answer)])[0][0].detach().numpy()
                         for one in asked)  # fmt: skip
        found += [float(np.sum(np.exp(one) * (one - other))) for one, other in zip(first, second, strict=True)]
    return float(np.mean(found))


@pytest.mark.parametrize("name", ["seq2seq-tune", "instruction-tune"])
def test_what_is_expected_after_one_question_is_expected_after_the_other(name: str, tmp_path: Path) -> None:
    found = {}
    for arm, more in {"plain": {}, "taught": {"teacher_language": "en", "teacher_weight": 5.0}}.items():
        recipe: Any = recipes.get(name).read(settings(name, tmp_path / "model", **more))
        made, training = corpus()
        prepared = recipe.prepare(made, map)
        fitted = recipe.fit(prepared, training)
        found[arm] = divergence(recipe, fitted)
        assert fitted.notes.get("with_teacher") == (4 if more else None)
    assert found["taught"] < 0.5 * found["plain"]


def test_the_model_before_training_teaches_what_it_knew(tmp_path: Path) -> None:
    """It expects no answer more than others; with a great weight German answers stay as likely as they were."""
    likely = {}
    for teacher in ("current", "before"):
        more = {"teacher_language": "eng", "teacher_weight": 50.0, "teacher": teacher}
        recipe: Any = recipes.get("instruction-tune").read(settings("instruction-tune", tmp_path / "model", **more))
        made, training = corpus()
        prepared = recipe.prepare(made, map)
        for arm, fitted in (("none", Fitted({}, {}, {})), (teacher, recipe.fit(prepared, training))):
            ready = recipe.decoder(fitted)
            asked = [
                in_tokens(ready, f"Question: {one}\nAnswer:", f" {right}")
                for one, right in zip(GERMAN, ANSWERS, strict=True)
            ]
            likely[arm] = float(log_likelihoods(ready, asked).detach().mean())
    assert likely["before"] - likely["none"] < 0.5 * (likely["current"] - likely["none"])


@pytest.mark.parametrize("is_taught", [True, False])
def test_no_gradient_goes_through_the_teacher(is_taught: bool, tmp_path: Path) -> None:
    """Vectors of letters that the teacher's questions alone have stay as they are, and else do not."""
    decoder = load_decoder(make_decoder(tmp_path / "model"))
    own, others = ([in_tokens(decoder, asked, answer) for asked, answer in zip(some, ANSWERS, strict=True)]
                   for some in (GERMAN, ENGLISH))  # fmt: skip
    letters = sorted({*"".join(ENGLISH)} - {*"".join(ANSWERS)})
    table = decoder.model.requires_grad_(True).get_input_embeddings().weight
    before = table.detach().clone()
    teacher = decoder if is_taught else None
    train_compared(decoder, own, others, np.ones(4), Schedule(1, 4, 0.01, 0.0, 0.0), 0, teacher=teacher)
    change = (table.detach() - before).abs().sum(dim=1)
    assert float(change[ord("S")]) > 0
    assert [float(change[ord(letter)]) == 0 for letter in letters] == [is_taught] * len(letters)


def test_the_teacher_is_asked_the_same_item(tmp_path: Path) -> None:
    """The first and the last German question have an English one."""
    recipe: Any = recipes.get("instruction-tune").read(
        settings("instruction-tune", tmp_path / "model", teacher_language="eng", template="{question}>{answer}")
    )
    made, training = corpus(["3", "x", "y", "0"], [ANSWERS[3], *ANSWERS[1:3], ANSWERS[0]])
    prepared = recipe.prepare(made, map)
    lesson = recipe.lesson(prepared, training)
    assert lesson.originals.tolist() == [-1, -1, -1, -1, 3, -1, -1, 0]
    asked = [one.prompt for one in lesson.others(recipe.examples(prepared, training))]
    assert asked == [f"{one}>" for one in [*ENGLISH, "tree", "EIS", "KATZE", "sun"]]
    assert recipe.fit(prepared, training).notes["with_teacher"] == 2


def test_jobs_without_a_teacher_keep_their_names(tmp_path: Path) -> None:
    plain = recipes.get("instruction-tune").read(settings("instruction-tune", tmp_path / "model"))
    taught = recipes.get("instruction-tune").read({**plain.parameters, "teacher_language": "eng"})
    assert "teacher_language" not in plain.identity["parameters"]
    assert taught.identity["parameters"]["teacher_language"] == "eng"


@pytest.mark.parametrize(
    ("name", "more", "said"),
    [
        ("instruction-tune", {"teacher_language": "xx"}, "teacher_language: unknown language 'xx'"),
        ("instruction-tune", {"teacher_weight": 2.0}, "teacher_weight: no language teaches; add teacher_lang"),
        ("instruction-tune", {"teacher_language": "eng", "consistency": 1.0}, "consistency: one thing is learnt"),
        ("seq2seq-posterior", {"teacher_language": "eng"}, "teacher_language: is not learnt with random states; use"),
        ("seq2seq-back-parsed", {"teacher_language": "eng"}, "teacher_language: utterances are made, and parsed, as"),
    ],
)  # fmt: skip
def test_what_cannot_be_taught_is_refused(name: str, more: dict[str, Any], said: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        recipes.get(name).read(settings(name, tmp_path / "model", **more))
    assert said in str(caught.value)


def test_questions_without_a_pair_or_with_two_answers_are_refused(tmp_path: Path) -> None:
    recipe: Any = recipes.get("instruction-tune").read(
        settings("instruction-tune", tmp_path / "model", teacher_language="eng")
    )
    made, training = corpus(["a", "b", "c", "d"])
    with pytest.raises(InputError, match="no item is learnt from in eng and in another language; name the column"):
        recipe.fit(recipe.prepare(made, map), training)
    made, training = corpus(answers=["heiß", *ANSWERS[1:]])
    with pytest.raises(InputError, match="an item is answered 'hot' in one language and 'heiß' in another; give both"):
        recipe.fit(recipe.prepare(made, map), training)
