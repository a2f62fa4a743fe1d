"""Students that learn a task from a teacher: what they learn in planted worlds, and what they refuse."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.lab.taught import LEARNT, documents, parallel, sentences_of, students, tagging

from isogloss.errors import BadValue
from isogloss.lab import Corpus, Training, recipes, tasks
from isogloss.lab.recipe import Recipe, Stage
from isogloss.lab.recipe.distillation import network_of
from isogloss.metrics.ranking import average_precision, ranked
from isogloss.models.inputs import Question

PLAIN = {key: value for key, value in LEARNT.items() if key != "checkpoint"}


def test_translations_teach_words_that_the_source_has_not(checkpoint: Path) -> None:
    """The teacher alone is at chance with them; with wrong pairs the student is too."""
    assert parallel(checkpoint, "parallel-distil", 0).mean() > 0.9
    assert parallel(checkpoint, "fine-tune", 0).mean() < 0.75
    assert parallel(checkpoint, "parallel-distil", 0, is_null=True).mean() < 0.75


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A teacher, and students of half its layers."""
    return students(tmp_path_factory.mktemp("planted"), 1)


class TestStudentsOfHalfTheLayers:
    """First they learn the teacher's states on texts, then the task from the teacher, on the source alone."""

    def taught(self, models: dict[str, Path], student: str, **more: Any) -> float:
        teacher = {"checkpoint": str(models["teacher"])}
        return float(parallel(models[student], "layer-distil", 1, teacher=teacher, **more).mean())

    def test_they_do_the_task_in_a_language_that_only_texts_showed_them(self, planted: dict[str, Path]) -> None:
        """A student that has not read texts beside the teacher is at chance."""
        assert self.taught(planted, "taught") > 0.9
        assert self.taught(planted, "untaught") < 0.7

    def test_states_come_nearer_to_those_of_the_teacher(self, planted: dict[str, Path]) -> None:
        with_states, without = (self.apart(planted, states=states) for states in (1.0, 0.0))
        assert with_states < 0.5 * without

    def apart(self, models: dict[str, Path], **more: Any) -> float:
        """Mean squared distance of the last states of student and teacher after learning the task."""
        torch = pytest.importorskip("torch", reason="needs the extra lab")
        from isogloss.models.inputs import Tokens
        from isogloss.models.runtime import padded

        (source, target), labels = sentences_of(1, 40)
        teacher = {"checkpoint": str(models["teacher"])}
        recipe = recipe_of("layer-distil", models["taught"], teacher=teacher, **more)
        prepared = recipe.prepare(Corpus([source], [target], ["eng"], labels=["A", "B"]), map)
        training = Training(np.arange(40), labels, 0, labels_count=2)
        tokens = Tokens.of(prepared, "train")
        ids, there = padded([tokens.sequence(row) for row in range(40)], 0)
        states = []
        for one in (recipe, recipe.taught_by):
            network = network_of(one, prepared, one.fit(prepared, training))
            with torch.no_grad():
                states.append(network.encoder(input_ids=ids, attention_mask=there).last_hidden_state)
        return float(((states[0] - states[1]) ** 2).mean())

    def test_layers_that_cannot_be_compared_are_refused(self, checkpoint: Path, planted: dict[str, Path]) -> None:
        """Of a teacher that is shallower than the student."""
        (source, target), labels = sentences_of(0, 8)
        recipe = recipe_of("layer-distil", checkpoint, teacher={"checkpoint": str(planted["taught"])})
        prepared = recipe.prepare(Corpus([source], [target], ["eng"], labels=["A", "B"]), map)
        with pytest.raises(BadValue, match="teacher has 1 layers, which is no multiple of the student's 2"):
            recipe.fit(prepared, Training(np.arange(8), labels, 0, labels_count=2))


def test_answers_are_ranked_as_the_teacher_ranks_the_originals(checkpoint: Path) -> None:
    (source, target), grades = documents(0, 60)
    (_, tested), wanted = documents(1, 30)
    items = [str(one) for one in range(60)]
    kind = tasks.get("ranking")()
    corpus = Corpus([source, target], [[], tested], ["eng", "nld"], kind, train_items=[items, items])
    recipe = recipe_of("parallel-distil", checkpoint, epochs=6)
    prepared = recipe.prepare(corpus, map)
    fitted = recipe.fit(prepared, Training(np.arange(60), grades, 0, target=1))
    scores = recipe.predict(prepared, fitted)[""]
    assert ranked(average_precision, wanted, scores, np.arange(0, 91, 3)).mean() > 0.9
    assert fitted.notes["texts_of_target"] == 60


def test_numbers_are_learnt_from_the_teacher(checkpoint: Path) -> None:
    """A student of numbers answers in their unit."""
    (source, target), labels = sentences_of(0, 60)
    (_, tested), wanted = sentences_of(1, 40)
    items = [str(one) for one in range(60)]
    corpus = Corpus([source, target], [[], tested], ["eng", "nld"], tasks.get("similarity")(), train_items=[items] * 2)
    corpus = replace(corpus, kind=tasks.get("text-classification")())
    recipe = recipe_of("parallel-distil", checkpoint, epochs=6)
    prepared = recipe.prepare(corpus, map)
    found = recipe.predict(prepared, recipe.fit(prepared, Training(np.arange(60), 10.0 * labels, 0, target=1)))[""]
    assert np.corrcoef(found, wanted)[0, 1] > 0.9
    assert found.max() > 6


def test_aligned_classes_teach_words_of_the_target(checkpoint: Path) -> None:
    """The class of these words is told by a cue in other texts alone; what is learnt from the source is at chance."""
    short = {"epochs": 12, "teacher": {"epochs": 20}, "self_training": 0.0}
    assert tagging(checkpoint, "prototype-distil", 0, **short).mean() > 0.85
    assert tagging(checkpoint, "fine-tune", 0).mean() < 0.7


def test_prototypes_are_moving_means_by_class() -> None:
    """A class without a unit stays where it was, and one that never had any is nobody's nearest."""
    torch = pytest.importorskip("torch", reason="needs the extra lab")
    from isogloss.lab.recipe.distillation.prototypes import Prototypes, contrast

    prototypes = Prototypes(momentum=0.75)
    prototypes.update(
        torch.tensor([[2.0, 0.0], [4.0, 0.0], [0.0, 8.0]]), torch.tensor([[1.0, 0, 0], [1, 0, 0], [0, 1, 0]])
    )
    assert prototypes.means.tolist() == [[3.0, 0.0], [0.0, 8.0], [0.0, 0.0]]
    moved = prototypes.update(torch.tensor([[7.0, 4.0]]), torch.tensor([[1.0, 0, 0]]))
    assert moved.tolist() == [[4.0, 1.0], [0.0, 8.0], [0.0, 0.0]]
    near = prototypes.nearness(torch.tensor([[4.0, 1.0]]), temperature=1.0)
    share = 1 / (1 + np.exp(-1))  # the other prototype is as far away as both are from each other
    assert near[0].tolist() == pytest.approx([share, 1 - share, 0.0], abs=1e-6)
    known = torch.tensor([True, True, False])
    assert float(contrast(moved, moved, known, 0.01)) < 1e-6
    assert float(contrast(moved, moved[[1, 0, 2]], known, 0.01)) > 50
    assert float(contrast(moved, moved, torch.tensor([True, False, False]), 0.01)) == 0.0


def test_a_teacher_of_its_own_is_told_by_label_and_identity(checkpoint: Path) -> None:
    plain, other = (recipe_of("parallel-distil", checkpoint, teacher=more) for more in ({}, {"epochs": 9}))
    assert (plain.label, other.label) == tuple(
        f"parallel-distil(batch_size=8,learning_rate=0.003,dropout=0.0{more})" for more in ("", ",teacher=epochs=9")
    )
    assert plain.identity != other.identity
    named = recipe_of("parallel-distil", checkpoint, teacher={"checkpoint": str(checkpoint)})
    assert named.identity == plain.identity


def test_what_cannot_be_taught_is_refused(checkpoint: Path) -> None:
    (source, target), labels = sentences_of(0, 8)
    items = [str(one) for one in range(8)]
    recipe = recipe_of("parallel-distil", checkpoint)
    corpus = Corpus([source, target], [[], target], ["eng", "nld"], train_items=[items, [f"x{one}" for one in items]])
    with pytest.raises(BadValue, match="source and target share no item"):
        recipe.fit(recipe.prepare(corpus, map), Training(np.arange(8), labels, 0, labels_count=2, target=1))
    with pytest.raises(BadValue, match="no labels of the target to select a student by"):
        recipe_of("parallel-distil", checkpoint, select="best")
    with pytest.raises(BadValue, match="learns for one target at a time"):
        recipe.fit(recipe.prepare(corpus, map), Training(np.arange(8), labels, 0, labels_count=2))


CONTEXT, ANSWERS, WRONG = ["football", "match", "plays", "sees"], ["doctor", "hospital"], "river"


def questions(seed: int, count: int, *, wrong: bool = False) -> tuple[list[Question], Any]:
    """Contexts of six words, of which one answers, and between which characters it stands, or a wrong one does."""
    chance = np.random.default_rng(seed)
    rows, ends = [], []
    for _ in range(count):
        words = [str(one) for one in chance.permutation([*chance.choice(CONTEXT, 4), chance.choice(ANSWERS), WRONG])]
        marked = next(place for place, word in enumerate(words) if (word == WRONG if wrong else word in ANSWERS))
        begin = len(" ".join([*words[:marked], ""]))
        rows.append(Question("who cures", " ".join(words)))
        ends += [begin, begin + len(words[marked])]
    return rows, np.array(ends)


def answered(name: str, checkpoint: Path, **more: Any) -> tuple[float, Any]:
    """Share of right answers after 40 contexts of the source and 32 of the target with wrong answers, and weights."""
    source, right = questions(0, 40)
    few, wrong = questions(1, 32, wrong=True)
    tested, wanted = questions(2, 40)
    corpus = Corpus([source, few], [[], tested], ["eng", "nld"], tasks.get("extractive-qa")())
    recipe = recipes.get(name).read({"checkpoint": str(checkpoint), "max_length": 64, **more})
    prepared = recipe.prepare(corpus, map)
    training = Training(np.arange(40), right, 0, then=(Stage(np.arange(40, 72), wrong),))
    fitted = recipe.fit(prepared, training)
    found = recipe.predict(prepared, fitted)[""].reshape(-1, 2)
    return float((found == wanted.reshape(-1, 2)).all(1).mean()), fitted.arrays


def test_a_teacher_that_was_right_keeps_wrong_examples_from_undoing_it(checkpoint: Path) -> None:
    """With a constant weight of 10; without any, it is sequential transfer to the last bit."""
    settings = {**PLAIN, "epochs": 10}
    kept, _ = answered("self-distil", checkpoint, strength=10.0, weighting="constant", **settings)
    none, without = answered("self-distil", checkpoint, strength=0.0, **settings)
    plain, weights = answered("sequential-transfer", checkpoint, settings=settings)
    assert kept > plain + 0.2
    assert none == plain
    assert all(np.array_equal(without[name], weights[name]) for name in weights)


def test_the_weight_is_how_precise_the_teacher_is() -> None:
    """Hits within one token of the right one, of the first three: ranks 1 and 3 of two, or none."""
    from isogloss.lab.recipe.distillation.self_distil import mean_precision

    likely = np.log(np.array([[0.1, 0.4, 0.05, 0.25, 0.2], [0.05, 0.05, 0.5, 0.2, 0.2]]).T)[None]
    likely[0, 4] = -np.inf  # no answer can be there
    assert mean_precision(likely, np.array([[0, 0]]), top=3, within=1) == pytest.approx(
        np.mean([(1 + 2 / 3) / 2, 1 / 3 / 2])
    )
    assert mean_precision(likely, np.array([[1, 2]]), top=1, within=0) == 1.0
    assert mean_precision(likely, np.array([[2, 0]]), top=1, within=0) == 0.0


def test_the_divergence_is_that_of_shares() -> None:
    torch = pytest.importorskip("torch", reason="needs the extra lab")
    from isogloss.lab.recipe.distillation.self_distil import divergence

    one = torch.tensor([[0.5, 0.3], [0.25, 0.3], [0.25, 0.4], [0.0, 0.0]]).log()[None]
    other = torch.tensor([[0.25, 0.3], [0.5, 0.3], [0.25, 0.4], [0.0, 0.0]]).log()[None]
    assert float(divergence(one, one, 2.0)) == 0.0
    known = (0.5 * np.log(2) - 0.25 * np.log(2)) / 2
    assert float(divergence(other, one, 1.0)) == pytest.approx(known)


def recipe_of(name: str, checkpoint: Path, **more: Any) -> Recipe:
    return recipes.get(name).read({**LEARNT, "checkpoint": str(checkpoint), **more})
