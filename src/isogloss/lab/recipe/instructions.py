"""`instruction-tune` and `instruction-lora`: a decoder is trained on the answers to prompts, and prompted likewise.

On instructions in one language or several (Li et al. 2023, Bactrian-X), or on any task that can be written in a prompt.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field, replace
from itertools import compress
from typing import Any, ClassVar, Literal

import numpy as np

from isogloss.errors import BadFile, BadValue
from isogloss.lab.recipe import Arrays, Corpus, Estimate, Fitted, Training
from isogloss.lab.recipe.neural import TRIED
from isogloss.lab.recipe.prompted import PromptedRecipe, right_answer
from isogloss.lab.recipe.prompted.prompts import About, about, first_rows, packed, queries
from isogloss.lab.tuning import checkpoint
from isogloss.lab.tuning.lessons import ANSWERS, Consistency, Distillation, Example, Lesson, Material
from isogloss.languages import resolve
from isogloss.models.decoder import Decoder, shared_decoder
from isogloss.models.runtime import count, device, forward_flops, start_torch
from isogloss.parameters import Count, NotNegative, Positive


@dataclass(frozen=True)
class InstructionTune(PromptedRecipe):
    """Full fine-tuning of a decoder on the answers to prompts.

    Parameters
    ----------
    epochs : int, default 3
        How often all examples are gone through.
    batch_size : int, default 16
        Examples.
    learning_rate : float, default 3e-5
        The highest, of AdamW.
    warmup : float, default 0.1
        Share of the steps in which the learning rate rises.
    weight_decay : float, default 0
        Of AdamW.
    consistency : float, default 0
        Of translations, the weight of the divergence between what is expected of the translation after the text, and
        after the translation itself in the text's place.
    teacher_language : str, default ""
        A language that others learn from beside the answers: what is expected of an answer after the question in this
        language is to be expected after the question of the same item in another. By default none.
    teacher_weight : float, default 1
        Of the divergence from what is expected in `teacher_language`.
    teacher : {"current", "before"}, default "current"
        Whether the model as it is at each step expects it, or, with memory for a second one, as it was before the
        training (with `frozen_epochs`, before each part of it).
    stop : list of str, default none
        Where a generated answer ends beside the token that ends texts, which is learnt.

    Notes
    -----
    The loss is the mean cross entropy of the tokens of answers and of the one that ends them; prompts count for
    nothing. An example that has no room in `max_length` is left out, not cut. Size 0 of a grid is the model as it is.
    `consistency` is that of XConST (Gao et al. 2024): the mean over tokens of KL(p(. | x, y before) || p(. | y, y
    before)), with a gradient through both; the template is that of the pair, also where y stands in the place of x.
    `teacher_language` is the cross-lingual distillation of xCoT (2024), as far as it is public: KL(p(. | x of that
    language, y before) || p(. | x, y before)), with a gradient through the second alone; see
    `isogloss.lab.tuning.lessons.Distillation`. The other parameters are those of `PromptedRecipe`.
    """

    name: ClassVar[str] = "instruction-tune"
    beside: ClassVar[tuple[str, ...]] = ("consistency", "teacher_language")
    """Parameters that ask for something to be learnt beside the answers."""
    later: ClassVar[tuple[str, ...]] = ("teacher_language", "teacher_weight", "teacher")
    """Parameters that came later: jobs that leave them as they are keep their names."""

    epochs: Count = 3
    batch_size: Count = 16
    learning_rate: Positive = 3e-5
    warmup: NotNegative = 0.1
    weight_decay: NotNegative = 0.0
    consistency: NotNegative = 0.0
    teacher_language: str = ""
    teacher_weight: Positive = 1.0
    teacher: Literal["current", "before"] = "current"
    stop: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.teacher_language:
            resolve(self.teacher_language, where="teacher_language")
        for name in ("teacher_weight", "teacher") if not self.teacher_language else ():
            if getattr(self, name) != self.defaults()[name]:
                raise BadValue("no language teaches", where=name, hint='add teacher_language = "eng"')
        if self.consistency and self.teacher_language:
            raise BadValue("one thing is learnt beside answers", where="consistency", hint="leave out teacher_language")

    @property
    def identity(self) -> dict[str, Any]:
        """Without the parameters that came later where they change nothing.

        Jobs in which weights in 16 bits stayed as before the first step are run again, and no others.
        """
        found = super().identity | ({"casts": "fresh"} if self.precision == "bfloat16" else {})
        unused = [name for name in self.later if getattr(self, name) == self.defaults()[name]]
        parameters = {name: value for name, value in found["parameters"].items() if name not in unused}
        return {**found, "parameters": parameters}

    def prepare(self, corpus: Corpus, apply: Any) -> Arrays:
        """As recipes do that ask in prompts; a checkpoint that cannot learn so is refused."""
        self.check_checkpoint()
        if self.consistency:
            self._check_translates(About.of(corpus))
        return super().prepare(corpus, apply)

    def _check_translates(self, known: About) -> None:
        same = known.input_ids == known.answer_ids
        if same or len(known.form.inputs) != 1:
            reason = "texts and answers are in one language" if same else "there are several texts for an answer"
            raise BadValue(
                f"{reason}", where="consistency", hint="it is for tasks of the kind translation: leave it out"
            )

    def check_checkpoint(self) -> None:
        """Raise BadValue for what is no decoder."""
        checkpoint.check_decoder(self.folder)

    def examples(self, prepared: Arrays, training: Training) -> list[Example]:
        """Prompt and answer of each training row, written as its own language is."""
        return self._written(prepared, training, about(prepared), lambda parts, answer: parts)

    def _written(
        self, prepared: Arrays, training: Training, known: About, read: Callable[[tuple[str, ...], str], Sequence[str]]
    ) -> list[Example]:
        """Examples with what is read, of the inputs of a row and its answer, in the places of the inputs."""
        rows = training.rows
        languages, marks = languages_of(prepared, rows), self.marks(known)
        labels = training.labels.reshape(len(rows), -1)
        wordings, chat, found = self.wordings(known), self.conversation(), []
        for one, right, language in zip(queries(prepared, "train", rows), labels, languages, strict=True):
            answer = right_answer(known, one, right)
            prompt, answer = wordings.of(int(language)).parted(read(self.as_read(one).parts, answer), answer)
            prompt = marks[language].text + prompt
            if chat is not None:
                prompt, answer = chat.prompt([], prompt), answer.strip()
            found.append(Example(prompt, answer, marks[language].direction))
        return found

    def lesson(self, prepared: Arrays, training: Training) -> Lesson:
        """What is learnt of the examples."""
        if self.teacher_language:
            return Distillation(self._originals(prepared, training), self.teacher_weight, self.teacher)
        if not self.consistency:
            return ANSWERS
        known = about(prepared)
        into_itself = replace(known, input_ids=known.answer_ids)
        copied = self._written(prepared, training, into_itself, lambda parts, answer: [answer])
        return Consistency(copied, self.consistency)

    def _originals(self, prepared: Arrays, training: Training) -> np.ndarray[Any, Any]:
        """Of each training row the place of the same item in the teacher's language, -1 where there is none."""
        teacher, known = resolve(self.teacher_language).id, about(prepared)
        items = [one.item for one in queries(prepared, "train", training.rows)]
        asked = [known.input_ids[place] for place in languages_of(prepared, training.rows)]
        of_item = {item: place for place, (item, code) in enumerate(zip(items, asked, strict=True)) if code == teacher}
        found = [-1 if code == teacher or not item else of_item.get(item, -1)
                 for item, code in zip(items, asked, strict=True)]  # fmt: skip
        if max(found) < 0:
            raise BadValue(
                f"no item is learnt from in {teacher} and in another language", where="teacher_language",
                hint="name the column of items, and learn from both languages together",
            )  # fmt: skip
        return np.array(found)

    def fit(self, prepared: Arrays, training: Training) -> Fitted:
        """Learn from the answers of the training rows; of none, nothing.

        Raises
        ------
        BadValue
            If no example has room.
        """
        rows = training.rows
        languages = np.unique(languages_of(prepared, rows))
        asked: dict[str, Any] = {"shown": [], "target": None}
        if not len(rows):
            return Fitted({"languages": languages}, asked, {"selected_on": "nothing: no weight is learnt"})
        examples, lesson = self.examples(prepared, training), self.lesson(prepared, training)
        learnt, notes = self.learn(examples, training.seed, lesson)
        return Fitted({"languages": languages, **learnt}, asked, notes)

    def learn(
        self, examples: Sequence[Example | tuple[str, str]], seed: int, lesson: Lesson = ANSWERS
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Learn from prompts and answers: weights by name, and what observations say of it.

        Parameters
        ----------
        examples : sequence of Example
        seed : int
        lesson : Lesson, optional
            What is learnt of them, by default the answers.

        Raises
        ------
        BadValue
            If no example has room.
        """
        torch = start_torch()
        from isogloss.lab.tuning.instructions import Schedule

        whole = [Example(*one) for one in examples]
        schedule = Schedule(self.epochs, self.batch_size, self.learning_rate, self.warmup, self.weight_decay)
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            with self._adapted(shared_decoder(self.folder, "float32")) as (ready, model):
                material = self._material(ready, whole, lesson.others(whole))
                for epochs in self.stages(ready.model):
                    stage = replace(schedule, epochs=epochs)
                    with self._autocast():
                        lesson.train(ready, material, stage, seed)
                    count_learning(ready, [*material.sequences, *material.others], epochs)
                learnt = self.weights(model)
        notes = {"selected_on": "nothing: the weights after the last step are taken"}
        left_out = len(examples) - len(material.sequences)
        return learnt, notes | lesson.notes(material) | ({"too_long": left_out} if left_out else {})

    def _material(self, decoder: Decoder, examples: Sequence[Example], others: Sequence[Example]) -> Material:
        """Examples, and what is read beside each, in tokens: those that have room.

        Raises
        ------
        BadValue
            If none has.
        """
        from isogloss.lab.tuning.instructions import has_room, in_tokens

        written = [[in_tokens(decoder, *one) for one in some] for some in (examples, others) if some]
        fits = [all(has_room(decoder, one, self.max_length) for one in some) for some in zip(*written, strict=True)]
        if not any(fits):
            raise BadValue(f"no example has room in {self.max_length} tokens", hint="raise max_length")
        sequences, *beside = (list(compress(some, fits)) for some in written)
        return Material(sequences, beside[0] if beside else [], np.flatnonzero(fits))

    def stages(self, model: Any) -> Iterator[int]:
        """The epochs of each stage of training, before which what it learns is made to want a gradient."""
        yield self.epochs

    def decoder(self, fitted: Fitted) -> Decoder:
        learnt = {name: array for name, array in fitted.arrays.items() if name != "languages"}
        if not learnt:
            return shared_decoder(self.folder, self.precision)
        with self._adapted(shared_decoder(self.folder, "float32")) as (ready, model):
            self.restore(model, learnt)
        ready.model.eval()
        if self.precision == "bfloat16":
            ready.model.to(start_torch().bfloat16)
        return ready

    def adapt(self, model: Any) -> Any:
        """The model with what is learnt; what of it is learnt wants a gradient."""
        return model.requires_grad_(True)

    def weights(self, model: Any) -> dict[str, Any]:
        """What was learnt, by name."""
        return {name: one.detach().cpu().numpy().copy() for name, one in model.named_parameters()}

    def restore(self, model: Any, learnt: dict[str, Any]) -> None:
        """Put what was learnt into a model.

        Raises
        ------
        BadFile
            If it is another model's.
        """
        torch = start_torch()
        wanted = self.weights(model)
        if {name: one.shape for name, one in wanted.items()} != {name: one.shape for name, one in learnt.items()}:
            raise BadFile("holds the weights of another model", where=self.name, hint="train it again")
        model.load_state_dict({name: torch.from_numpy(array) for name, array in learnt.items()}, strict=False)

    def _autocast(self) -> Any:
        """Compute in the precision wanted; weights in 16 bits are not kept from step to step, as they learn."""
        torch, is_wanted = start_torch(), self.precision == "bfloat16"
        return torch.autocast(device(), dtype=torch.bfloat16, enabled=is_wanted, cache_enabled=False)

    @contextmanager
    def _adapted(self, decoder: Decoder) -> Iterator[tuple[Decoder, Any]]:
        """A copy of a decoder with what is learnt, as it answers and as it learns."""
        model = self.adapt(deepcopy(decoder.model))
        yield replace(decoder, model=getattr(model, "get_base_model", lambda: model)()), model

    def estimate(self, corpus: Corpus, trainings: Sequence[Training]) -> Estimate:
        """A few texts of the language that has most are answered, and a few learnt from once."""
        test, train = max(corpus.test, key=len)[:TRIED], max(corpus.train, key=len, default=[])[:TRIED]
        untaught = {name: self.defaults()[name] for name in ("teacher_language", "teacher_weight", "teacher")}
        plain = replace(self, epochs=1, template_language="source", **untaught)
        prepared = packed(Corpus([train], [test], ["eng"], corpus.kind, corpus.labels))
        labels = np.zeros(sum(map(corpus.kind.input_type.units, train)), np.int64)
        shared_decoder(self.folder, self.precision)  # reading the checkpoint is no part of a text's time
        began = time.perf_counter()
        fitted = plain.fit(prepared, Training(np.arange(len(train)), labels, 0))
        learning = (time.perf_counter() - began) / max(1, len(train))
        learning *= 4 / 3 if self.teacher_language else 1  # what is read once more has no gradient
        began = time.perf_counter()
        plain.predict(prepared, fitted)
        answering = (time.perf_counter() - began) / len(test)
        texts = sum(len(one.rows) for one in trainings) / len(trainings)
        seconds = self.epochs * texts * learning + answering * sum(map(len, corpus.test))
        copies = 5 + (self.teacher == "before")  # as read and as learnt, gradients, two moments
        memory = 4 * self.facts()["parameters"] * copies + 1e9
        return Estimate(0.0, seconds, 0.0, memory, 0.0, f"{len(test)} texts tried")


def languages_of(prepared: Arrays, rows: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The language of each training row, by its place in the corpus."""
    return np.searchsorted(first_rows(prepared, "train"), rows, side="right") - 1


def refuse_beside(recipe: InstructionTune, reason: str, hint: str = "leave it out", where: str = "") -> None:
    """Raise BadValue where something is to be learnt beside answers."""
    for name in recipe.beside:
        if getattr(recipe, name):
            raise BadValue(reason, where=f"{where}{name}", hint=hint)


def count_learning(decoder: Decoder, sequences: Sequence[tuple[Any, Any]], epochs: int) -> None:
    """Operations backwards: through the states always, and through the weights where all of these are learnt."""
    lengths = np.array([len(read) + len(answer) for read, answer in sequences])
    passes = 2 if all(one.requires_grad for one in decoder.model.parameters()) else 1
    count(flops=epochs * passes * forward_flops(decoder.cost, lengths))


@dataclass(frozen=True)
class InstructionLora(InstructionTune):
    """Low-rank adaptation of a decoder on the answers to prompts.

    Parameters
    ----------
    learning_rate : float, default 3e-4
        The highest, of AdamW.
    rank : int, default 16
        Of the two matrices whose product is added to each linear layer.
    alpha : int, default 16
        Additions are multiplied by alpha / rank.
    adapter_dropout : float, default 0.05
        Share of its inputs that an addition does without, while it is learnt.
    modules : list of str, default all
        Which linear layers, by the ends of their names, such as `["q_proj", "v_proj"]`; the head is never among them.

    Notes
    -----
    Bactrian-X has rank 64, alpha 16, 4 epochs, batches of 128 and the modules `q_proj` and `v_proj` of LLaMA. The other
    parameters are those of `InstructionTune`.
    """

    name: ClassVar[str] = "instruction-lora"
    packages: ClassVar[tuple[str, ...]] = (*InstructionTune.packages, "peft")

    learning_rate: Positive = 3e-4
    rank: Count = 16
    alpha: Count = 16
    adapter_dropout: NotNegative = 0.05
    modules: list[str] = field(default_factory=list)

    def shape(self, model: Any) -> Any:
        """The configuration of the adapter, as peft has it."""
        from isogloss.lab.tuning.adapter import configuration, linear_modules

        is_seq2seq = bool(model.config.is_encoder_decoder)
        return configuration(
            self.rank, self.alpha, self.adapter_dropout, linear_modules(model, self.modules), is_seq2seq=is_seq2seq
        )

    def adapt(self, model: Any) -> Any:
        from isogloss.lab.tuning.adapter import add_adapter

        return add_adapter(model, self.shape(model))

    def weights(self, model: Any) -> dict[str, Any]:
        from peft import get_peft_model_state_dict

        state = get_peft_model_state_dict(model, save_embedding_layers=False)
        return {name: one.detach().cpu().numpy().copy() for name, one in state.items()}

    def restore(self, model: Any, learnt: dict[str, Any]) -> None:
        torch = start_torch()
        from peft import set_peft_model_state_dict

        if {name: one.shape for name, one in self.weights(model).items()} != {
            name: one.shape for name, one in learnt.items()
        }:
            raise BadFile("holds the weights of another model", where=self.name, hint="train it again")
        set_peft_model_state_dict(model, {name: torch.from_numpy(array) for name, array in learnt.items()})
