"""What a student learns from a teacher: its answers, its states, its attention, or answers between both models'."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from isogloss.lab.adaptation.mixing import Mix
from isogloss.lab.adaptation.objectives.prediction import OwnLoss, Prediction
from isogloss.models.runtime import start_torch


@dataclass(frozen=True)
class Lesson:
    """What student and teacher make of one batch.

    Attributes
    ----------
    student, teacher : transformers.modeling_outputs.ModelOutput
    there : torch.Tensor, shape (sequences, tokens)
        1 where there is a token.
    answers : torch.Tensor, shape (sequences, tokens)
        The tokens that are to be told; -100 for all others.
    temperature : float
    kept : int
        Largest logits that make up a graph.
    """

    student: Any
    teacher: Any
    there: Any
    answers: Any
    temperature: float
    kept: int = 10

    @property
    def logits(self) -> tuple[Any, Any]:
        """Of student and teacher, for the tokens that are to be told; shape (told, vocabulary)."""
        told = self.answers != -100
        return self.student.logits[told].float(), self.teacher.logits[told].float()


def own(lesson: Lesson) -> Any:
    """Mean cross entropy of the right tokens."""
    ours, _ = lesson.logits
    return start_torch().nn.functional.cross_entropy(ours, lesson.answers[lesson.answers != -100])


def responses(lesson: Lesson) -> Any:
    """T^2 times the mean divergence KL(teacher || student) of what both expect, logits being divided by T."""
    ours, theirs = (one / lesson.temperature for one in lesson.logits)
    functional = start_torch().nn.functional
    ours, theirs = functional.log_softmax(ours, -1), functional.log_softmax(theirs, -1)
    return lesson.temperature**2 * functional.kl_div(ours, theirs, log_target=True, reduction="batchmean")


def states(lesson: Lesson) -> Any:
    """Mean squared distance of the states of layer i from those of layer i k of the teacher, k times as deep."""
    there = lesson.there.bool()
    pairs = matched(lesson.student.hidden_states[1:], lesson.teacher.hidden_states[1:])
    return sum(((ours - theirs) ** 2).mean(-1)[there].mean() for ours, theirs in pairs) / len(pairs)


def attention(lesson: Lesson) -> Any:
    """Mean squared distance of the attention of each head of layer i from that of layer i k, padding left out."""
    there = lesson.there.bool()
    seen = there[:, None, :, None] & there[:, None, None, :]
    pairs = matched(lesson.student.attentions, lesson.teacher.attentions)
    return sum(((ours - theirs) ** 2)[seen.expand_as(ours)].mean() for ours, theirs in pairs) / len(pairs)


def matched(ours: Any, theirs: Any) -> list[tuple[Any, Any]]:
    """What belongs to layer i of the student, and to layer i k of the teacher."""
    every = len(theirs) // len(ours)
    return list(zip(ours, theirs[every - 1 :: every], strict=True))


COMPARISONS: Mapping[str, Callable[[Lesson], Any]] = {
    "own": own, "responses": responses, "states": states, "attention": attention,
}  # fmt: skip
"""Parts of the loss by the name of their weight."""


class Teaching(OwnLoss):
    """A weighted sum of comparisons with a teacher.

    Parameters
    ----------
    own : OwnLoss
        Of the student; decides what is hidden, and how much is read at once.
    teacher : transformers.PreTrainedModel
    weights : mapping of str to float
        Of `COMPARISONS`; what has 0 is not computed.
    temperature : float
    """

    def __init__(self, own: OwnLoss, teacher: Any, weights: Mapping[str, float], temperature: float):
        super().__init__(own.tokenizer, masked=own.masked, hidden=own.hidden, at_once=own.at_once)
        self.teacher, self.temperature = teacher, temperature
        self.weights = {name: weight for name, weight in weights.items() if weight}
        self.shown = {
            "output_hidden_states": "states" in self.weights,
            "output_attentions": "attention" in self.weights,
        }

    def total(self, model: Any, given: Any, there: Any, answers: Any) -> Any:
        student, teacher = both(model, self.teacher, given, there, **self.shown)
        lesson = Lesson(student, teacher, there, answers, self.temperature)
        loss = sum(weight * COMPARISONS[name](lesson) for name, weight in self.weights.items())
        return loss * (answers != -100).sum()


def both(model: Any, teacher: Any, given: Any, there: Any, **shown: bool) -> tuple[Any, Any]:
    """What a model and its teacher make of a batch; the teacher has no gradient."""
    batch = {"input_ids": given, "attention_mask": there, **shown}
    with start_torch().no_grad():
        theirs = teacher(**batch)
    return model(**batch), theirs


@dataclass
class TeacherShare:
    """How much of the target is the teacher's: from `start` to `end`, the faster the more the loss falls.

    Attributes
    ----------
    start, end : float
    rate : float
        Most that a step adds beside the rise in a straight line.
    momentum : float
    steps : int
        Of training.
    value : float
        The share now.
    fall : float
        Moving mean of the relative fall of the loss.
    loss : float
        Of the step before; below 0 before the first.

    Notes
    -----
    m <- momentum m + (1 - momentum) (L_before - L) / L_before; t <- min(end, max(start + (end - start) step / steps,
    t + rate sigmoid(m) (1 - t))) (Shing et al. 2025, TAID). The first step only keeps its loss.
    """

    start: float
    end: float
    rate: float
    momentum: float
    steps: int
    value: float = 0.0
    fall: float = 0.0
    loss: float = -1.0

    def __post_init__(self) -> None:
        self.value = self.value or self.start

    def update(self, loss: float, step: int) -> None:
        """After a step, from 0, that had some loss."""
        if self.loss >= 0:
            relative = (self.loss - loss) / (self.loss + 1e-15)
            self.fall = self.momentum * self.fall + (1 - self.momentum) * relative
            risen = self.value + self.rate / (1 + np.exp(-self.fall)) * (1 - self.value)
            straight = self.start + (self.end - self.start) * (step + 1) / self.steps
            self.value = float(min(self.end, max(straight, risen)))
        self.loss = loss


class InterpolatedTeaching(OwnLoss):
    """The cross entropy of what student and teacher expect between them: softmax((1 - t) student + t teacher).

    Parameters
    ----------
    own : OwnLoss
    teacher : transformers.PreTrainedModel
    share : TeacherShare
    """

    def __init__(self, own: OwnLoss, teacher: Any, share: TeacherShare):
        super().__init__(own.tokenizer, masked=own.masked, hidden=own.hidden, at_once=own.at_once)
        self.teacher, self.share = teacher, share

    def total(self, model: Any, given: Any, there: Any, answers: Any) -> Any:
        ours, theirs = Lesson(*both(model, self.teacher, given, there), there, answers, 1.0).logits
        return interpolated(ours, theirs, self.share.value)


def interpolated(student: Any, teacher: Any, share: float) -> Any:
    """Sum over tokens of the cross entropy of softmax((1 - share) student + share teacher) under the student.

    Parameters
    ----------
    student, teacher : torch.Tensor, shape (tokens, vocabulary)
        Logits; in the target, the student's have no gradient.
    share : float
        Of the teacher, 0 to 1.
    """
    torch = start_torch()
    target = torch.softmax((1 - share) * student.detach() + share * teacher, -1)
    return -(target * torch.log_softmax(student, -1)).sum()


class InterpolatedPrediction(Prediction):
    """Steps on an interpolated teacher, whose share follows the loss."""

    def __init__(self, own: InterpolatedTeaching, mix: Mix, batch_size: int):
        super().__init__(own, mix, batch_size)
        self.share = own.share

    def terms(self, model: Any, step: int, chance: np.random.Generator) -> Iterator[Any]:
        loss = 0.0
        for term in super().terms(model, step, chance):
            loss += float(term.detach())
            yield term
        self.share.update(loss, step)

    @property
    def state(self) -> dict[str, float]:
        return {"value": self.share.value, "fall": self.share.fall, "loss": self.share.loss}

    def take_up(self, state: dict[str, float]) -> None:
        for name, one in state.items():
            setattr(self.share, name, one)

    @property
    def facts(self) -> dict[str, Any]:
        return {**super().facts, "teacher_share": self.share.value}
