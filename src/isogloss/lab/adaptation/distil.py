"""`distil`, `distil-interpolated`, `distil-fused`: a student learns from teachers, on texts of chosen languages."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from annotated_types import Ge, Gt, Le, Lt

from isogloss.errors import BadValue
from isogloss.lab.adaptation.continued_pretraining import ContinuedPretraining
from isogloss.lab.adaptation.losses import load_with_head
from isogloss.lab.adaptation.merge import check_tokens
from isogloss.lab.adaptation.mixing import Mix
from isogloss.lab.adaptation.objectives import Objective
from isogloss.lab.adaptation.objectives.fusion import Fusion
from isogloss.lab.adaptation.objectives.prediction import MOST_LOGITS, OwnLoss, Prediction, own_loss
from isogloss.lab.adaptation.objectives.teaching import (
    InterpolatedPrediction,
    InterpolatedTeaching,
    TeacherShare,
    Teaching,
)
from isogloss.lab.adaptation.training import has_head
from isogloss.lab.adaptation.weights import Weights
from isogloss.models.checkpoints import is_encoder_decoder, load_model, locate
from isogloss.parameters import NotNegative, Positive


@dataclass(frozen=True)
class TaughtPretraining(ContinuedPretraining):
    """Continued pretraining with teachers: other checkpoints with the same tokens."""

    partners: ClassVar[tuple[str, ...]] = ("teacher",)

    @property
    @abstractmethod
    def taught_by(self) -> tuple[str, ...]:
        """The teachers' checkpoints."""

    def __post_init__(self) -> None:
        super().__post_init__()
        (key,) = self.partners
        if not all(self.taught_by):
            raise BadValue("no checkpoint to learn from", where=key, hint=f'give {key}="folder"')

    def changed(self, *left_out: str) -> list[str]:
        """What differs from the defaults; of teachers, the names of their folders."""
        named = "+".join(Path(one).name for one in self.taught_by)
        return [*super().changed(*left_out, *self.partners), f"{self.partners[0]}={named}"]

    def memory(self, source: Weights) -> int:
        theirs = sum(4 * Weights(locate(one)).parameters + 8 * MOST_LOGITS for one in self.taught_by)
        return super().memory(source) + theirs

    def objective(self, source: Weights, mix: Mix, model: Any) -> Objective:
        teachers = [self._teacher(source, Weights(locate(one)), model) for one in self.taught_by]
        return self.taught(own_loss(source.folder, model, self.hidden, self.length), mix, model, *teachers)

    def _teacher(self, source: Weights, teacher: Weights, model: Any) -> Any:
        if is_encoder_decoder(teacher.folder):
            raise BadValue(
                "is an encoder-decoder", where=f"teacher {teacher.folder}", hint="give a teacher of one kind"
            )
        check_tokens(source.folder, teacher.folder)
        if self.needs_head and not has_head(teacher):
            raise BadValue("is an encoder without a head, which expects nothing", where=f"teacher {teacher.folder}")
        with_head = has_head(source) and has_head(teacher)
        theirs = load_with_head(teacher.folder) if with_head else load_model("AutoModel", teacher.folder, "float32")
        _check_vocabulary(model, theirs, teacher.folder)
        return theirs

    @abstractmethod
    def taught(self, own: OwnLoss, mix: Mix, model: Any, *teachers: Any) -> Objective:
        """What training lowers, of a student and its teachers."""


@dataclass(frozen=True)
class TeacherPretraining(TaughtPretraining):
    """Continued pretraining with one teacher.

    Parameters
    ----------
    teacher : str, default ""
        The checkpoint that is learnt from, as `isogloss.models.locate` takes it; it is not changed.
    """

    teacher: str = ""

    @property
    def taught_by(self) -> tuple[str, ...]:
        return (self.teacher,)


def _check_vocabulary(student: Any, teacher: Any, folder: Path) -> None:
    """Make sure that both tell as many tokens; some models have room for more than their tokenizer has."""
    sizes = [one.config.get_text_config().vocab_size for one in (student, teacher)]
    if sizes[0] != sizes[1]:
        raise BadValue(
            f"tells {sizes[1]} tokens, and the student {sizes[0]}", where=f"teacher {folder}",
            hint="trim both vocabularies alike",
        )  # fmt: skip


@dataclass(frozen=True)
class Distil(TeacherPretraining):
    """Trains a student to expect what a teacher expects, and, if wanted, to have its states and its attention.

    Parameters
    ----------
    own : float, default 1
        Weight of the student's own loss, of next or of hidden tokens.
    responses : float, default 1
        Weight of the divergence of what the student expects from what the teacher does.
    states : float, default 0
        Weight of the mean squared distance of states, layer i of the student from layer i k of the teacher, which is k
        times as deep.
    attention : float, default 0
        Weight of the mean squared distance of attention, head by head, of the same layers.
    temperature : float, default 2
        That logits are divided by, for `responses`.

    Notes
    -----
    `responses` is T^2 KL(teacher || student) (Hinton, Vinyals and Dean 2015, Distilling the knowledge in a neural
    network). A student made of every k-th layer (`layer-drop`, `order = "even"`) with `states` and `attention` alone,
    on all languages and then on the target, is the first phase of Ansell et al. (2023, BiStil). The other parameters
    are those of continued pretraining.
    """

    name: ClassVar[str] = "distil"

    own: NotNegative = 1.0
    responses: NotNegative = 1.0
    states: NotNegative = 0.0
    attention: NotNegative = 0.0
    temperature: Positive = 2.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not (self.responses or self.states or self.attention):
            raise BadValue("nothing is learnt from the teacher", hint="give responses, states or attention above 0")

    @property
    def needs_head(self) -> bool:
        return bool(self.own or self.responses)

    def taught(self, own: OwnLoss, mix: Mix, model: Any, *teachers: Any) -> Objective:
        (teacher,) = teachers
        shapes = [one.config.get_text_config() for one in (model, teacher)]
        if self.states or self.attention:
            self._check_shapes(*shapes)
        for one in (model, teacher) if self.attention else ():
            one.set_attn_implementation("eager")  # the only one that shows attention
        weights = {name: getattr(self, name) for name in ("own", "responses", "states", "attention")}
        return Prediction(Teaching(own, teacher, weights, self.temperature), mix, self.batch_size)

    def _check_shapes(self, student: Any, teacher: Any) -> None:
        """Make sure that layers can be compared."""
        depths = student.num_hidden_layers, teacher.num_hidden_layers
        if depths[1] % depths[0]:
            raise BadValue(
                f"the teacher has {depths[1]} layers, which is no multiple of the student's {depths[0]}",
                where="teacher", hint="compare responses alone, or make a student of every k-th layer",
            )  # fmt: skip
        for weight, what in (("states", "hidden_size"), ("attention", "num_attention_heads")):
            ours, theirs = getattr(student, what), getattr(teacher, what)
            if getattr(self, weight) and ours != theirs:
                raise BadValue(
                    f"{what} of the teacher is {theirs}, and of the student {ours}", where="teacher",
                    hint=f"give {weight}=0",
                )  # fmt: skip


@dataclass(frozen=True)
class DistilInterpolated(TeacherPretraining):
    """Trains a student on a target between what it expects itself and what a teacher does, which moves to the teacher.

    Parameters
    ----------
    start : float, default 0.4
        Share of the teacher in the beginning.
    end : float, default 1
        And at most.
    rate : float, default 0.0005
        Most that a step adds to the share beside a rise in a straight line: rate x (1 - share) x sigmoid(m), m being
        how fast the loss falls.
    momentum : float, default 0.99
        Of the moving mean m.

    Notes
    -----
    The target is softmax((1 - t) student + t teacher), logits being mixed and the student's without gradient; its cross
    entropy is lowered (Shing et al. 2025, TAID: temporally adaptive interpolated distillation). m is small, so that
    sigmoid(m) stays near 0.5: below some thousand steps the straight line rules. The other parameters are those of
    continued pretraining.
    """

    name: ClassVar[str] = "distil-interpolated"

    start: Annotated[float, Ge(0), Lt(1)] = 0.4
    end: Annotated[float, Gt(0), Le(1)] = 1.0
    rate: NotNegative = 5e-4
    momentum: Annotated[float, Ge(0), Lt(1)] = 0.99

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.end < self.start:
            raise BadValue(f"end is {self.end}, and start {self.start}", hint="let the share of the teacher rise")

    def taught(self, own: OwnLoss, mix: Mix, model: Any, *teachers: Any) -> Objective:
        share = TeacherShare(self.start, self.end, self.rate, self.momentum, self.steps)
        return InterpolatedPrediction(InterpolatedTeaching(own, teachers[0], share), mix, self.batch_size)


@dataclass(frozen=True)
class DistilFused(TaughtPretraining):
    """Trains a student on what several teachers expect, each on the texts that it knows best.

    Parameters
    ----------
    teachers : tuple of str
        Two or more checkpoints that are learnt from, as `isogloss.models.locate` takes them; they are not changed.
    own : float, default 1
        Weight of the student's own loss, of next or of hidden tokens.
    responses : float, default 1
        Weight of the divergence of what the student expects from what the teacher does.
    sorted : float, default 0
        Weight of the distance of the probabilities of both, each in falling order, whichever tokens they are of.
    graph : float, default 0
        Weight of the distance of the graphs of tokens that are expected together in a text.
    temperature : float, default 2
        That logits are divided by, for `responses`.
    kept : int, default 10
        Largest logits of each token's place that make up a graph.
    choice : {"best", "mean"}, default "best"
        Whether each text is learnt from the teacher with the least loss there, or from the mean of their logits.

    Notes
    -----
    `own`, `sorted` and `graph` above 0 and `responses` at 0 is the loss of InfiGFusion (Wang et al. 2025); its weights
    were not read. The distance of graphs is an approximation of that of Gromov and Wasserstein, see
    `isogloss.lab.adaptation.objectives.fusion`. Neither of the two says which tokens are meant: `responses` does. The
    other parameters are those of continued pretraining.
    """

    name: ClassVar[str] = "distil-fused"
    partners: ClassVar[tuple[str, ...]] = ("teachers",)

    teachers: tuple[str, ...] = ()
    own: NotNegative = 1.0
    responses: NotNegative = 1.0
    sorted: NotNegative = 0.0
    graph: NotNegative = 0.0
    temperature: Positive = 2.0
    kept: Annotated[int, Ge(2)] = 10
    choice: Literal["best", "mean"] = "best"

    @property
    def taught_by(self) -> tuple[str, ...]:
        return self.teachers

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self.teachers) < 2:
            raise BadValue(
                f"{len(self.teachers)} checkpoints to fuse", where="teachers",
                hint='name two or more, or use name = "distil"',
            )  # fmt: skip
        if not (self.responses or self.sorted or self.graph):
            raise BadValue("nothing is learnt from the teachers", hint="give responses, sorted or graph above 0")

    def taught(self, own: OwnLoss, mix: Mix, model: Any, *teachers: Any) -> Objective:
        weights = {name: getattr(self, name) for name in ("own", "responses", "sorted", "graph")}
        fusion = Fusion(own, teachers, weights, self.temperature, kept=self.kept, choice=self.choice)
        return Prediction(fusion, mix, self.batch_size)
