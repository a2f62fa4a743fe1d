"""What every recipe does, what it is given and what comes of it: prepare all texts, learn from some, answer for others.

The recipes that come with isogloss have a file or a folder here.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self

import numpy as np

from isogloss.errors import BadValue
from isogloss.lab.recipe.training import Rows, Stage, Training
from isogloss.parameters import Parameterized, labelled
from isogloss.registry import Registry

if TYPE_CHECKING:
    from isogloss.lab.task import TaskKind

__all__ = [
    "ALL", "ANY", "EACH", "Answers", "Apply", "Arrays", "Corpus", "Estimate", "Fitted", "Outcome", "Recipe", "Rows",
    "Stage", "Training", "recipes",
]  # fmt: skip


recipes: Registry[type[Recipe]] = Registry(
    "recipe",
    {
        "ngram-logreg": "isogloss.lab.recipe.ngram_logreg:NgramLogreg",
        "linear-probe": "isogloss.lab.recipe.linear_probe:LinearProbe",
        "fine-tune": "isogloss.lab.recipe.fine_tune:FineTune",
        "lora": "isogloss.lab.recipe.fine_tune:Lora",
        "routed-lora": "isogloss.lab.recipe.routed_lora:RoutedLora",
        "bitfit": "isogloss.lab.recipe.fine_tune:BitFit",
        "checkpoint-average": "isogloss.lab.recipe.fine_tune:CheckpointAverage",
        "run-average": "isogloss.lab.recipe.fine_tune:RunAverage",
        "entailment": "isogloss.lab.recipe.entailment:Entailment",
        "label-encoder": "isogloss.lab.recipe.label_encoder:LabelEncoder",
        "masked-prompt": "isogloss.lab.recipe.masked_prompt:MaskedPrompt",
        "cosine": "isogloss.lab.recipe.cosine:Cosine",
        "bi-encoder": "isogloss.lab.recipe.bi_encoder:BiEncoder",
        "late-interaction": "isogloss.lab.recipe.bi_encoder:LateInteraction",
        "prompt-tuning": "isogloss.lab.recipe.prompt_tuning:PromptTuning",
        "hyper-adapter": "isogloss.lab.recipe.hyper_adapter:HyperAdapter",
        "mad-x": "isogloss.lab.recipe.language_adapters:MadX",
        "modular-late-interaction": "isogloss.lab.recipe.language_adapters:ModularLateInteraction",
        "lottery-ticket": "isogloss.lab.recipe.lottery_ticket:LotteryTicket",
        "template-prompt": "isogloss.lab.recipe.template_prompt:TemplatePrompt",
        "domain-invariant": "isogloss.lab.recipe.domain_invariant:DomainInvariant",
        "layer-distil": "isogloss.lab.recipe.distillation.layers:LayerDistil",
        "parallel-distil": "isogloss.lab.recipe.distillation.parallel:ParallelDistil",
        "prototype-distil": "isogloss.lab.recipe.distillation.prototype:PrototypeDistil",
        "self-distil": "isogloss.lab.recipe.distillation.self_distil:SelfDistil",
        "sequential-transfer": "isogloss.lab.recipe.sequential_transfer:SequentialTransfer",
        "in-context": "isogloss.lab.recipe.in_context:InContext",
        "context-tuning": "isogloss.lab.recipe.context_tuning:ContextTuning",
        "robust-prompt": "isogloss.lab.recipe.robust_prompt:RobustPrompt",
        "instruction-tune": "isogloss.lab.recipe.instructions:InstructionTune",
        "instruction-lora": "isogloss.lab.recipe.instructions:InstructionLora",
        "instruction-prompt": "isogloss.lab.recipe.instruction_prompt:InstructionPrompt",
        "stacked-encoder": "isogloss.lab.recipe.stacked_encoder:StackedEncoder",
        "mapped-encoder": "isogloss.lab.recipe.mapped_encoder:MappedEncoder",
        "seq2seq-tune": "isogloss.lab.recipe.encoder_decoder:Seq2SeqTune",
        "seq2seq-back-parsed": "isogloss.lab.recipe.back_parsed:Seq2SeqBackParsed",
        "seq2seq-back-translated": "isogloss.lab.recipe.back_translated:Seq2SeqBackTranslated",
        "seq2seq-lora": "isogloss.lab.recipe.encoder_decoder:Seq2SeqLora",
        "seq2seq-prompt": "isogloss.lab.recipe.encoder_decoder:Seq2SeqPrompt",
        "seq2seq-posterior": "isogloss.lab.recipe.posterior:Seq2SeqPosterior",
        "translate-train": "isogloss.lab.recipe.translate:TranslateTrain",
        "translate-test": "isogloss.lab.recipe.translate:TranslateTest",
        "project-test": "isogloss.lab.recipe.project_test:ProjectTest",
        "transform": "isogloss.lab.recipe.transform:Transform",
    },
    "isogloss.recipes",
    base="isogloss.lab.recipe:Recipe",
)
"""Recipes by name; other packages announce theirs in the entry-point group `isogloss.recipes`."""

ANY, EACH, ALL = "any", "each", "all"
"""What a training may be for, see `Recipe.learns_for`."""

Arrays = Mapping[str, np.ndarray[Any, Any]]
"""Prepared texts: named arrays and nothing else, so that worker processes can map them from disk."""


class Apply(Protocol):
    """Applies a function to each of many values, perhaps in several processes; results in their order."""

    def __call__(self, function: Callable[[Any], Any], values: Iterable[Any]) -> Iterator[Any]: ...


@dataclass(frozen=True)
class Corpus:
    """The texts of a task, language by language.

    Attributes
    ----------
    train : list of list
        Per language, what may be trained on or chosen on; empty for a language that is only a target.
    test : list of list
        Per language, in the same order, what is answered; empty for a language that is only a source.
    languages : list of str
        The file's own codes, for what is said to users.
    kind : TaskKind
        Of the task; by default text classification.
    labels : list of str
        All labels, or different answers, of the task, by position.
    ids : list of str
        The canonical languages.
    train_items, test_items : list of list of str
        Item ids, in the order of the texts.
    learnt : numpy.ndarray of bool, or None
        Which training rows some job learns from or chooses on; None if that is not known.
    input_ids, answer_ids : list of str
        The canonical languages of inputs and answers, where either is another than `ids` says.
    tags : list of list of tuple of (str or None)
        Per language, the tags of the words of each training text, where words have tags; else empty.
    task : str
        The name of the task.

    Notes
    -----
    Recipes count rows through: the training rows of the first language, then those of the second, and
    so on; test rows likewise.
    """

    train: list[list[Any]]
    test: list[list[Any]]
    languages: list[str] = field(default_factory=list)
    kind: TaskKind = field(default_factory=lambda: _text_classification())
    labels: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    train_items: list[list[str]] = field(default_factory=list)
    test_items: list[list[str]] = field(default_factory=list)
    learnt: np.ndarray[Any, Any] | None = None
    input_ids: list[str] = field(default_factory=list)
    answer_ids: list[str] = field(default_factory=list)
    tags: list[list[tuple[str | None, ...]]] = field(default_factory=list)
    task: str = ""


def _text_classification() -> TaskKind:
    from isogloss.lab.kinds import tasks

    return tasks.get("text-classification")()


@dataclass(frozen=True)
class Fitted:
    """What was learnt, in a form that can be saved without running anybody's code when it is read.

    Attributes
    ----------
    arrays : dict of str to numpy.ndarray
        Weights, by names of the recipe's own.
    settings : dict
        Plain values.
    notes : dict
        What the observation is to say of the training: what was selected, on what; not needed to predict.
    """

    arrays: dict[str, np.ndarray[Any, Any]]
    settings: dict[str, Any] = field(default_factory=dict)
    notes: dict[str, Any] = field(default_factory=dict)


Answers = Mapping[str, np.ndarray[Any, Any]]
"""The answer to every test unit, by variant of the recipe: `{"": ...}`, or `{"layer=0": ..., "layer=1": ...}`.

Positions in the task's labels, or numbers of choices; where answers are texts, an array of `str`, one per row; where
a row may have several labels, a score of each, (rows, labels), above 0 for those that are given; where answers are
numbers, an array of `float`, (rows,); where choices are ranked, a score of each, (units,)."""


@dataclass(frozen=True)
class Estimate:
    """What jobs would take on this machine.

    Attributes
    ----------
    shared_seconds : float
        Of work that all jobs share, by one worker.
    job_seconds : float
        Of a job, on average.
    shared_bytes, worker_bytes : float
        Memory that all workers share, and that each has for itself.
    disk_bytes : float
        Of features that are kept, or of what lies there while jobs run.
    basis : str
        What it rests on.
    """

    shared_seconds: float
    job_seconds: float
    shared_bytes: float
    worker_bytes: float
    disk_bytes: float
    basis: str


@dataclass(frozen=True)
class Recipe(Parameterized, ABC):
    """A way of adapting a model to a task.

    Attributes
    ----------
    name : str
        Name in the registry and in observations.
    answers : tuple of str
        The answers that it can give, see `isogloss.lab.task.TaskKind`.
    version : int
        Raised whenever the same texts would get other answers, so that measured jobs are run again.
    continues : bool
        Whether it can go on learning from further examples where it stopped.
    packages : tuple of str
        What it computes with; observations give their versions.
    takes_shots : bool
        Whether it can learn from examples of a target beside those of the source.
    takes_mixes : bool
        Whether it can learn from several languages in one training.
    reads_unlabelled : bool
        Whether it reads the training examples of targets without what is right in them.
    zero_shot : bool
        Whether it can answer without any training example, that is, with a size of 0.
    takes_gaps : bool
        Whether it can learn from sentences of which some words have no tag, see `isogloss.lab.task.NO_LABEL`.
    unfit : str or None
        Why it is for no other kinds, if that is not plain.
    """

    answers: ClassVar[tuple[str, ...]] = ("label",)
    version: ClassVar[int] = 1
    continues: ClassVar[bool] = False
    packages: ClassVar[tuple[str, ...]] = ("numpy", "scipy", "scikit-learn")
    takes_shots: ClassVar[bool] = True
    takes_mixes: ClassVar[bool] = True
    reads_unlabelled: ClassVar[bool] = False
    zero_shot: ClassVar[bool] = False
    takes_gaps: ClassVar[bool] = False
    unfit: ClassVar[str | None] = None

    @property
    @abstractmethod
    def model(self) -> str:
        """The model that is adapted, as observations name it."""

    @property
    def revision(self) -> str | None:
        """Which state of the model, if there are several."""
        return None

    @property
    def label(self) -> str:
        return self.variant("")

    def variant(self, chosen: str) -> str:
        """The label of one of several answers of the recipe."""
        return labelled(self.name, [*self.changed(*chosen.split("=")[:1]), *([chosen] if chosen else [])])

    @property
    def identity(self) -> dict[str, Any]:
        """What, beside texts and seed, decides the answers, as plain values; jobs are named by it."""
        return {"recipe": self.name, "version": self.version, "parameters": self.parameters}

    @property
    def preparation(self) -> tuple[Any, ...]:
        """Recipes alike in this prepare texts alike, so that it is done once."""
        return (self.name, *self.parameters.items())

    @property
    def selects(self) -> bool:
        """Whether it chooses among models, and so wants validation data of the source."""
        return False

    @property
    def sequential(self) -> bool:
        """Whether examples of the target are learnt from after those of the source, not together with them."""
        return False

    @property
    def learns_for(self) -> str:
        """What a training is for: any target, as it knows of none; each its own target; or all of the grid together."""
        return ANY

    @property
    def computes_with(self) -> tuple[str, ...]:
        """The packages whose versions observations give."""
        return self.packages

    @classmethod
    def fits(cls, kind: TaskKind) -> bool:
        """Whether the recipe is for a kind of task."""
        return kind.answer in cls.answers

    def check_kind(self, kind: TaskKind) -> None:
        """Raise BadValue if the recipe is not for a kind of task."""
        from isogloss.lab.kinds import tasks

        if not self.fits(kind):
            able = [name for name, one in tasks.items() if self.fits(one())]
            raise BadValue(f"recipe '{self.name}' is for {', '.join(able)}, not for {kind.name}", hint=self.unfit)

    def learnt_from(self, sizes: Mapping[str, int], targets: Sequence[str]) -> dict[str, int]:
        """What a mix says of a training on so many examples of each source, for some targets, all canonical."""
        return dict(sizes)

    @property
    def plain(self) -> Self:
        """Itself on the checkpoint that an adapted one is made of, for estimates; itself where it has no such."""
        return self

    @property
    def learner(self) -> Recipe:
        """The recipe that learns and answers; itself where it is not around another one."""
        return self

    @property
    def details(self) -> dict[str, Any]:
        """What observations say of the checkpoint, as plain values; nothing by default."""
        return {}

    def facts(self) -> dict[str, Any]:
        """What is known of the model, with columns of `isogloss.evidence.schema.MODEL`; nothing by default."""
        return {}

    @abstractmethod
    def prepare(self, corpus: Corpus, apply: Apply) -> Arrays:
        """What all jobs share, computed once from every text."""

    @abstractmethod
    def fit(self, prepared: Arrays, training: Training) -> Fitted:
        """What is learnt from the training rows."""

    @abstractmethod
    def predict(self, prepared: Arrays, fitted: Fitted) -> Answers:
        """The answer to every test unit, see `Answers`."""

    @abstractmethod
    def estimate(self, corpus: Corpus, trainings: Sequence[Training]) -> Estimate:
        """What some jobs would take, after a small part of the work was tried."""


@dataclass(frozen=True)
class Outcome:
    """What came of a job.

    Attributes
    ----------
    answers : mapping of str to numpy.ndarray of int or str, or None
        The answer to every test unit, by variant of the recipe, see `Answers`; None if the
        job failed.
    seconds : dict of str to float
        CPU seconds by stage, fit and predict; "wall" is the wall time of both.
    error : str or None
        Why it failed.
    counts : dict of str to float
        Tokens and floating-point operations.
    notes : dict
        What was selected, on what; under "by_target", by the file's own codes, what is to be said of one target only.
    transient : bool
        Whether trying again may help.
    """

    answers: dict[str, Rows] | None
    seconds: dict[str, float]
    error: str | None = None
    counts: dict[str, float] = field(default_factory=dict)
    notes: dict[str, Any] = field(default_factory=dict)
    transient: bool = False
