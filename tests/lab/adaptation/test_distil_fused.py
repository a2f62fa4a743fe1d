"""What a student learns from several teachers: formulas on numbers worked out by hand, and what is refused."""

from __future__ import annotations

import pytest

from isogloss.errors import BadValue
from isogloss.lab import adapt, adaptation_card
from isogloss.lab.adaptation import adaptations

pytest.importorskip("torch", reason="needs the extra lab")

import torch
from tests.lab.adaptation.test_distil import lesson

from isogloss.lab.adaptation.objectives.fusion import best, graph_distance, sorted_probabilities

SHORT = {"tokens": 128, "length": 16, "batch_size": 4, "parts": 1, "measured": 0}


def test_each_text_is_learnt_from_the_teacher_that_knows_it():
    """The first of two teachers is sure of the first text, the second of the other; padding is no matter."""
    answers = torch.tensor([[0, 1, -100], [1, 1, 0]])
    first, second = torch.zeros(2, 3, 2), torch.zeros(2, 3, 2)
    first[0, 0, 0] = first[0, 1, 1] = 2.0
    second[1, :2, 1] = second[1, 2, 0] = 2.0
    second[0, 2, 0] = 9.0
    found = best(torch.stack([first, second]), answers)
    assert found.tolist() == [first[0].tolist(), second[1].tolist()]


def test_graphs_are_the_same_whichever_tokens_and_wherever_logits_begin():
    """Permuted tokens, and another constant at each place, have distance 0; twice the logits have not."""
    logits = torch.randn(5, 12, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    order = torch.randperm(12, generator=torch.Generator().manual_seed(1))
    moved = logits[:, order] + torch.arange(5.0)[:, None]
    assert float(graph_distance(logits, moved, kept=4)) == pytest.approx(0, abs=1e-12)
    assert float(graph_distance(logits, 2 * logits, kept=4)) > 0.1


def test_the_distance_of_graphs_is_that_of_sums_of_rows():
    """Of one place and two of three tokens kept: z = (2, 0, 0), C 1 / kept = (2, 0, 0); and (1, 1, 0), (1, 1, 0)."""
    first, second = torch.tensor([[4.0, 1.0, 1.0]]), torch.tensor([[2.0, 2.0, -1.0]])
    assert float(graph_distance(first, second, kept=1)) == pytest.approx(abs(4 - 1) + abs(0 - 1))
    both = torch.cat([first, first])
    assert float(graph_distance(both, first, kept=1)) == pytest.approx(0)


def test_sorted_probabilities_tell_how_sure_a_teacher_is_and_not_of_what():
    sure, other = torch.tensor([[[0.0, 0.0], [2.0, 0.0]]]), torch.tensor([[[0.0, 0.0], [0.0, 2.0]]])
    even = torch.zeros(1, 2, 2)
    share = float(torch.tensor([2.0, 0.0]).softmax(0)[0])
    assert float(sorted_probabilities(lesson({"logits": sure}, {"logits": other}))) == pytest.approx(0)
    assert float(sorted_probabilities(lesson({"logits": sure}, {"logits": even}))) == pytest.approx(2 * (share - 0.5))


@pytest.mark.parametrize("kind", ["decoder", "masked"])
def test_all_parts_train_a_student(kind, checkpoints, corpus, tmp_path):
    two = (str(checkpoints[kind]),) * 2
    made = adapt(
        checkpoints[kind], "distil-fused", corpus=corpus, teachers=two, sorted=1.0, graph=0.1, into=tmp_path / "made",
        **SHORT,
    )  # fmt: skip
    assert adaptation_card(made)["facts"]["tokens"] == 128


@pytest.mark.parametrize(
    ("given", "match"),
    [
        ({"teachers": ("one",)}, "1 checkpoints to fuse"),
        ({"teachers": ("one", "two"), "responses": 0.0}, "nothing is learnt from the teachers"),
        ({"teachers": ("one", "")}, "no checkpoint to learn from"),
    ],
)
def test_what_cannot_be_fused_is_refused(given, match):
    with pytest.raises(BadValue, match=match):
        adaptations.get("distil-fused")(**given)


def test_teachers_stand_in_the_name_by_their_folders():
    assert adaptations.get("distil-fused")(teachers=("models/one", "two")).label == "distil-fused(teachers=one+two)"
