"""Students that learn from a teacher, where the truth is known; of a teacher that knows nothing nothing comes."""

from __future__ import annotations

import math

import pytest

from isogloss.errors import BadValue
from isogloss.lab import adapt, adaptation_card

pytest.importorskip("torch", reason="needs the extra lab")

import torch
from tests.lab.adaptation.test_continued_pretraining import Impatient, Interrupted, files
from tests.lab.adaptation.worlds import COPY, copied, sentences, trained, untrained

from isogloss.lab.adaptation.losses import measure_texts
from isogloss.lab.adaptation.objectives.teaching import Lesson, TeacherShare, attention, interpolated, responses, states
from isogloss.lab.adaptation.weights import Weights

FEW = sentences(24, 4)
CORPUS = {"eng": FEW, COPY: [*map(copied, FEW)]}
TEST = sentences(40, 77)
TRAINED = {"tokens": 16 * 32 * 150, "length": 32, "batch_size": 16, "learning_rate": 5e-3, "parts": 1, "measured": 0,
           "measure": False}  # fmt: skip
SHORT = {"tokens": 256, "length": 16, "batch_size": 4, "measured": 0}


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A decoder that has read both languages, one that has read nothing, and a student of one layer."""
    folder = tmp_path_factory.mktemp("world")
    return {
        "teacher": trained("decoder", folder, steps=200), "random": untrained("decoder", folder / "random", seed=8),
        "student": untrained("decoder", folder / "student", layers=1, seed=9),
    }  # fmt: skip


def loss(folder):
    """Mean bits per byte of other sentences in both languages."""
    return measure_texts(folder, {"eng": TEST, COPY: [*map(copied, TEST)]})["loss"].mean()


@pytest.fixture(scope="module")
def alone(world, tmp_path_factory):
    """The loss of the student that read a few sentences alone."""
    into = tmp_path_factory.mktemp("alone") / "made"
    return loss(adapt(world["student"], "continued-pretraining", corpus=CORPUS, into=into, **TRAINED))


@pytest.mark.parametrize("name", ["distil", "distil-interpolated"])
def test_a_student_with_a_teacher_learns_more_than_alone(name, world, alone, tmp_path):
    """In as many steps on the same sentences."""
    into = tmp_path / "made"
    taught = adapt(world["student"], name, corpus=CORPUS, teacher=str(world["teacher"]), into=into, **TRAINED)
    assert loss(taught) < alone - 0.1


def test_from_a_random_teacher_nothing_is_learnt(world, alone, tmp_path):
    into = tmp_path / "made"
    misled = adapt(world["student"], "distil", corpus=CORPUS, teacher=str(world["random"]), into=into, **TRAINED)
    assert loss(misled) > alone - 0.05


def test_states_and_attention_of_every_kth_layer_come_nearer(world, tmp_path):
    """A student of half of the layers, without any loss of tokens."""
    half = adapt(world["teacher"], "layer-drop", drop=1, order="even", into=tmp_path / "half")
    how = {"own": 0.0, "responses": 0.0, "states": 1.0, "attention": 1.0}
    made = adapt(
        half, "distil", corpus=CORPUS, teacher=str(world["teacher"]), into=tmp_path / "made", **how,
        **{**TRAINED, "tokens": 16 * 32 * 40},
    )  # fmt: skip
    assert distance(world["teacher"], made) < 0.5 * distance(world["teacher"], half)


def distance(teacher, student):
    """Mean squared distance of the last states."""
    import transformers

    tokenizer = transformers.AutoTokenizer.from_pretrained(teacher)
    given = tokenizer(TEST[:10], padding=True, return_tensors="pt")
    found = []
    for folder in (teacher, student):
        model = transformers.AutoModel.from_pretrained(folder).eval()
        with torch.no_grad():
            found.append(model(given["input_ids"], given["attention_mask"]).last_hidden_state)
    return float(((found[0] - found[1]) ** 2).mean(-1)[given["attention_mask"].bool()].mean())


def test_every_kth_layer_stays(checkpoints, tmp_path):
    """Of three blocks the third is every third one; two of three are not every k-th."""
    folder = adapt(checkpoints["decoder"], "layer-drop", drop=2, order="even", into=tmp_path / "third")
    assert adaptation_card(folder)["facts"]["dropped_blocks"] == [0, 1]
    name = "model.layers.{}.self_attn.q_proj.weight"
    before, after = Weights(checkpoints["decoder"]), Weights(folder)
    assert torch.equal(before[name.format(2)], after[name.format(0)])
    with pytest.raises(BadValue, match="drop is 1: 2 of 3 blocks are not every k-th one"):
        adapt(checkpoints["decoder"], "layer-drop", drop=1, order="even", into=tmp_path / "other")


@pytest.mark.parametrize("kind", ["decoder", "masked"])
def test_a_run_that_was_stopped_goes_on_to_the_same_bytes(kind, checkpoints, corpus, tmp_path):
    """With the share of the teacher that it had reached."""
    given = {"corpus": corpus, "teacher": str(checkpoints[kind]), "rate": 0.5, "momentum": 0.5, **SHORT}
    whole = adapt(checkpoints[kind], "distil-interpolated", into=tmp_path / "whole", **given)
    with pytest.raises(Interrupted):
        adapt(checkpoints[kind], "distil-interpolated", into=tmp_path / "parts", progress=Impatient(3), **given)
    assert files(adapt(checkpoints[kind], "distil-interpolated", into=tmp_path / "parts", **given)) == files(whole)
    assert 0.4 < adaptation_card(whole)["facts"]["teacher_share"] <= 1


class Output:
    """What a model puts out."""

    def __init__(self, **given):
        vars(self).update(given)


def lesson(student, teacher, temperature=1.0, there=((1, 1),)):
    return Lesson(Output(**student), Output(**teacher), torch.tensor(there), torch.tensor([[-100, 1]]), temperature)


class TestFormulas:
    def test_responses_are_the_divergence_times_the_squared_temperature(self):
        ours, theirs = torch.tensor([[[9.0, 9.0], [0.0, 0.0]]]), torch.tensor([[[1.0, 5.0], [2 * math.log(3), 0.0]]])
        found = float(responses(lesson({"logits": ours}, {"logits": theirs}, temperature=2.0)))
        assert found == pytest.approx(4 * (0.75 * math.log(0.75 / 0.5) + 0.25 * math.log(0.25 / 0.5)), rel=1e-5)

    def test_states_are_compared_with_every_kth_layer_and_padding_is_left_out(self):
        ours = [torch.zeros(1, 2, 3)] * 2
        theirs = [torch.full((1, 2, 3), 7.0), torch.full((1, 2, 3), 7.0), torch.full((1, 2, 3), 2.0)]
        theirs[2][0, 1] = 100.0
        found = states(lesson({"hidden_states": ours}, {"hidden_states": theirs}, there=((1, 0),)))
        assert float(found) == pytest.approx(4.0)

    def test_attention_is_compared_where_there_are_tokens(self):
        ours, theirs = torch.zeros(1, 2, 2, 2), torch.full((1, 2, 2, 2), 0.5)
        theirs[:, :, 1], theirs[:, :, :, 1] = 9.0, 9.0
        found = attention(lesson({"attentions": [ours]}, {"attentions": [theirs]}, there=((1, 0),)))
        assert float(found) == pytest.approx(0.25)

    def test_between_both_the_target_is_that_of_mixed_logits(self):
        student, teacher = torch.tensor([[0.0, 2.0]]), torch.tensor([[4.0, 0.0]])
        share = torch.softmax(torch.tensor([2.0, 1.0]), 0)
        expected = -(share * torch.log_softmax(student[0], 0)).sum()
        assert float(interpolated(student, teacher, 0.5)) == pytest.approx(float(expected))

    def test_with_the_students_own_target_there_is_no_gradient(self):
        student = torch.tensor([[0.3, 2.0]], requires_grad=True)
        interpolated(student, torch.tensor([[4.0, 0.0]]), 0.0).backward()
        assert float(student.grad.abs().max()) == pytest.approx(0, abs=1e-6)

    def test_the_share_of_the_teacher_follows_its_formula(self):
        share = TeacherShare(start=0.4, end=1.0, rate=0.5, momentum=0.5, steps=100)
        share.update(2.0, 0)
        assert share.value == 0.4  # the first step only keeps its loss
        share.update(1.0, 1)
        fall = 0.5 * (2.0 - 1.0) / 2.0
        assert share.value == pytest.approx(0.4 + 0.5 / (1 + math.exp(-fall)) * 0.6)

    def test_the_share_rises_in_a_straight_line_at_least_and_never_above_its_end(self):
        share = TeacherShare(start=0.2, end=0.8, rate=0.0, momentum=0.99, steps=10)
        for step in range(10):
            share.update(1.0, step)
        assert share.value == pytest.approx(0.8)


@pytest.mark.parametrize(
    ("name", "given", "match"),
    [
        ("distil", {"teacher": ""}, "no checkpoint to learn from"),
        ("distil", {"responses": 0.0}, "nothing is learnt from the teacher"),
        ("distil-interpolated", {"start": 0.9, "end": 0.5}, "end is 0.5, and start 0.9"),
    ],
)
def test_parameters_that_do_not_agree_are_refused(name, given, match, checkpoints, corpus, tmp_path):
    with pytest.raises(BadValue, match=match):
        adapt(
            checkpoints["decoder"], name, corpus=corpus, into=tmp_path / "made",
            **{"teacher": str(checkpoints["decoder"]), **given},
        )  # fmt: skip


def test_teachers_that_do_not_fit_are_refused(world, checkpoints, corpus, tmp_path):
    def refused(student, teacher, match, **given):
        with pytest.raises(BadValue, match=match):
            adapt(student, "distil", corpus=corpus, teacher=str(teacher), into=tmp_path / "made", **SHORT, **given)

    refused(world["student"], checkpoints["decoder"], "has other tokens than")
    refused(checkpoints["masked"], checkpoints["encoder"], "is an encoder without a head, which expects nothing")
    refused(checkpoints["encoder"], checkpoints["encoder"], "is an encoder without a head for hidden words")
    shallow = adapt(checkpoints["decoder"], "layer-drop", drop=1, order="last", into=tmp_path / "shallow")
    refused(shallow, checkpoints["decoder"], "3 layers, which is no multiple of the student's 2", states=1.0)


def test_an_encoder_without_a_head_learns_states(checkpoints, corpus, tmp_path):
    folder = adapt(
        checkpoints["encoder"], "distil", corpus=corpus, teacher=str(checkpoints["encoder"]), own=0.0, responses=0.0,
        states=1.0, into=tmp_path / "made", **SHORT,
    )  # fmt: skip
    assert adaptation_card(folder)["facts"]["curve"][-1]["tokens"] == 256
