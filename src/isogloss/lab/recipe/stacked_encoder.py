"""`stacked-encoder`: a multilingual encoder, a linear map and a language model learn the language model's own vectors.

Schmidt et al. 2024, Self-distillation for model stacking unlocks cross-lingual NLU in 200+ languages (MT-LLM).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from isogloss.errors import BadValue
from isogloss.lab.recipe import Answers, Apply, Arrays, Corpus, Estimate, Fitted, Training
from isogloss.lab.recipe.encoder_texts import content_hash, last_part, read_texts, shuffled
from isogloss.lab.recipe.fine_tune import Lora
from isogloss.lab.recipe.neural.trained import Weights
from isogloss.lab.recipe.remembered import Remembered
from isogloss.models.checkpoints import fingerprint, locate
from isogloss.models.encoder import shared_encoder_model
from isogloss.models.inputs import Tokens, join, tokenize
from isogloss.models.runtime import device, start_torch
from isogloss.models.tokenizers import Tokenizer
from isogloss.parameters import Count

if TYPE_CHECKING:
    from isogloss.lab.recipe.stacked_network import StackedNetwork

Integers = np.ndarray[Any, Any]


@dataclass(frozen=True)
class StackedEncoder(Lora):
    """A language model that reads an encoder's states learns its own vectors of texts, and answers with its own head.

    Parameters
    ----------
    encoder : str
        Checkpoint of the multilingual encoder, as `checkpoint` is that of the language model; it is never changed.
    file : str, default ""
        Table of general texts in the language of the language model, in a column text, which are learnt from first.
    first_epochs : int, default 1
        How often they are gone through.
    states : {"own", "shuffled"}, default "own"
        Whose states are read: those of the text, or, to compare with, those of another text.

    Notes
    -----
    The student is the encoder, a linear map of its states to the size of the language model's embeddings, and the
    language model with low-rank additions of its own. It learns first, from general texts, the mean of the last
    states that the language model without additions has of a text; then, from the texts of the training rows, that of
    a teacher: the language model as `lora` trains it on the task. The loss is the mean squared error of these vectors,
    which alone can be compared, as both cut texts into other tokens. The student answers with the teacher's head.
    Map and additions learn in both stages. Students compute in 32 bits. The other parameters are those of `Lora`.
    """

    name: ClassVar[str] = "stacked-encoder"
    answers: ClassVar[tuple[str, ...]] = ("label", "labels", "value")
    unlabelled: ClassVar[tuple[str, ...]] = (*Lora.unlabelled, "encoder", "file")
    unfit: ClassVar[str | None] = 'written answers are learnt by name = "mapped-encoder"'
    continues: ClassVar[bool] = False

    encoder: str = ""
    file: str = ""
    first_epochs: Count = 1
    states: Literal["own", "shuffled"] = "own"

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.encoder:
            raise BadValue("stacked-encoder needs an encoder", hint='add encoder = "folder of a multilingual encoder"')

    @property
    def identity(self) -> dict[str, Any]:
        """The contents of the encoder and of the table stand for their places."""
        known = super().identity
        more = {"encoder": fingerprint(locate(self.encoder)), "file": content_hash(self.file)}
        return known | {"parameters": known["parameters"] | more}

    @property
    def preparation(self) -> tuple[Any, ...]:
        more = (fingerprint(locate(self.encoder)), content_hash(self.file), self.states)
        return ("stacked", *super().preparation, *more)

    @property
    def details(self) -> dict[str, Any]:
        more = {"encoder": last_part(self.encoder), "encoder_revision": fingerprint(locate(self.encoder))}
        return super().details | more

    def changed(self, *left_out: str) -> list[str]:
        """The encoder is told by its name, the table by a hash of its content."""
        table = [f"file={content_hash(self.file)[:8]}"] if self.file else []
        return [f"encoder={last_part(self.encoder)}", *table, *super().changed(*left_out)]

    def prepare(self, corpus: Corpus, apply: Apply) -> Arrays:
        """Cut every text as the language model and as the encoder reads it."""
        prepared = dict(super().prepare(corpus, apply))
        shape = shared_encoder_model(locate(self.encoder), "float32").config
        most = min(self.max_length, getattr(shape, "max_position_embeddings", None) or self.max_length)
        cut = partial(
            tokenize, tokenizer=Tokenizer(locate(self.encoder), most), input_type=corpus.kind.input_type
        )  # fmt: skip
        parts = list(apply(cut, [self._read(some) for some in [*corpus.train, *corpus.test]]))
        languages = len(corpus.train)
        prepared |= join(parts[:languages]).arrays("read_train") | join(parts[languages:]).arrays("read_test")
        if self.file:
            (texts,) = read_texts(self.file, "text")
            prepared |= tokenize(texts, self.tokenizer).arrays("general")
            prepared |= tokenize(self._read(texts), Tokenizer(locate(self.encoder), most)).arrays("read_general")
        return prepared

    def fit(self, prepared: Arrays, training: Training) -> Fitted:
        """Train the teacher on the training rows; then the student on vectors, of general texts and of the rows'.

        Raises
        ------
        BadValue
            If all rows have the same label.
        """
        from isogloss.lab.recipe.stacked_network import vectors_of

        torch, taught = start_torch(), super().fit(prepared, training)
        outputs, objective = taught.settings["outputs"], taught.settings["objective"]
        teacher = self._network(prepared, outputs, objective)
        self._restore(teacher, taught.arrays)
        rows = np.concatenate([training.rows, *(stage.rows for stage in training.then)])
        targets = vectors_of(teacher.eval().encoder, Tokens.of(prepared, "train"), rows, self.pooling)
        with torch.random.fork_rng():
            torch.manual_seed(training.seed)
            student = self._student(outputs, objective)
            student.encoder.scale(Tokens.of(prepared, "read_general" if self.file else "read_train"))
            if self.file:
                key = json.dumps([self.identity, training.seed, outputs], sort_keys=True)
                self._restore(student, _begun.of(key, lambda: self._read_general(student, prepared, training.seed)))
            self._learn_vectors(student, Tokens.of(prepared, "read_train"), rows, targets, self.epochs, training.seed)
        student.head.load_state_dict(teacher.head.state_dict())
        return Fitted(self._learnt(student), taught.settings, taught.notes)

    def predict(self, prepared: Arrays, fitted: Fitted) -> Answers:
        """What the teacher's head makes of the student's vectors."""
        settings = fitted.settings
        student = self._student(settings["outputs"], settings["objective"])
        self._restore(student, fitted.arrays)
        found = self._answer(student.eval(), Tokens.of(prepared, "read_test"), settings["common"])
        if settings["objective"] == "value":
            found = found * settings["scale"] + settings["center"]
        return {"": found}

    def estimate(self, corpus: Corpus, trainings: Sequence[Training]) -> Estimate:
        """The teacher, the student once more, and general texts as long as those of the task."""
        found = super().estimate(corpus, trainings)
        texts = sum(len(one.rows) for one in trainings) / len(trainings)
        general = self.first_epochs * len(read_texts(self.file, "text")[0]) if self.file else 0
        return replace(found, job_seconds=found.job_seconds * (2 + general / (self.epochs * max(1.0, texts))))

    def _student(self, outputs: int, objective: str) -> StackedNetwork:
        from isogloss.lab.recipe.stacked_network import Stack, StackedNetwork

        model = self.adapt(deepcopy(shared_encoder_model(self.folder, "float32")))
        stack = Stack(deepcopy(shared_encoder_model(locate(self.encoder), "float32")), model)
        network = StackedNetwork(stack, outputs, self.pooling, self.dropout, objective=objective).to(device())
        for name, parameter in network.named_parameters():
            parameter.requires_grad_(name.startswith(("head.", "encoder.map.")) or "lora_" in name)
        return network

    def _read_general(self, student: StackedNetwork, prepared: Arrays, seed: int) -> Weights:
        """The student after general texts, on the vectors of the language model as it is."""
        from isogloss.lab.recipe.stacked_network import vectors_of

        rows = np.arange(len(prepared["general_rows"]) - 1)
        plain = shared_encoder_model(self.folder, "float32")
        targets = vectors_of(plain, Tokens.of(prepared, "general"), rows, self.pooling)
        self._learn_vectors(student, Tokens.of(prepared, "read_general"), rows, targets, self.first_epochs, seed)
        return self._learnt(student)

    def _learn_vectors(
        self, student: StackedNetwork, tokens: Tokens, rows: Integers, targets: Integers, epochs: int, seed: int
    ) -> None:
        from isogloss.lab.recipe.neural.training import train

        objective, student.objective = student.objective, "vectors"
        train(student, tokens, rows, targets, replace(self.schedule, epochs=epochs), seed, lambda epoch: None)
        student.objective = objective

    def _read(self, texts: Sequence[Any]) -> Sequence[Any]:
        """The texts whose states are read."""
        return texts if self.states == "own" else shuffled(texts)


_begun: Remembered[Weights] = Remembered()
