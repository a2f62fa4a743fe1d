"""`instruction-lora`, `merge-adapters`: low-rank adapters, trained on a task or made before, put into the weights."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import numpy as np
from annotated_types import Ge

from isogloss.errors import BadFile, BadValue
from isogloss.lab.adaptation import OVERHEAD, Adaptation, Inputs
from isogloss.lab.adaptation.draft import Draft
from isogloss.lab.adaptation.weights import Weights
from isogloss.languages import resolve
from isogloss.models.runtime import start_torch
from isogloss.parameters import NotNegative, Positive
from isogloss.text import first_of

if TYPE_CHECKING:
    from isogloss.lab.recipe import Arrays, Training
    from isogloss.lab.recipe.instructions import InstructionLora as Recipe
    from isogloss.lab.task import Task
    from isogloss.lab.tuning.adapter import Adapter
    from isogloss.lab.tuning.lessons import Example

ADAPTER = "adapter"
"""Folder of the adapter, in that of the checkpoint that it was put into."""
MOST_NAMED = 3
"""Modules that an error names."""


@dataclass(frozen=True)
class InstructionLora(Adaptation):
    """An adapter trained on the answers to prompts, and put into the weights.

    Parameters
    ----------
    task : str, default ""
        A file (TOML) that describes a task, see `[task]` of a grid; what it trains on is learnt from.
    languages : list of str, default []
        Whose examples are learnt from; all that the task has by default.
    examples : int, default 0
        How many of each language, drawn by the seed; all of them where it is 0.
    settings : dict, default {}
        Parameters of the recipe `instruction-lora`.

    Notes
    -----
    The folder has the adapter by itself, in `adapter`, as peft reads it.
    """

    name: ClassVar[str] = "instruction-lora"

    task: str = ""
    languages: tuple[str, ...] = ()
    examples: Annotated[int, Ge(0)] = 0
    settings: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.task:
            raise BadValue("no task to learn from", where="task", hint='give task="bactrian.toml", which describes it')
        read_recipe("any", self.settings)  # what is wrong with the settings is to be known early

    def changed(self, *left_out: str) -> list[str]:
        """What differs from the defaults; of the task, the name of its file."""
        return [f"task={Path(self.task).stem}", *super().changed(*left_out, "task")]

    @property
    def identity(self) -> dict[str, Any]:
        """The examples stand for the file."""
        task = self._read()
        contents = {code: task.train[code].content() for code in self._codes(task)}
        parameters = {name: value for name, value in self.parameters.items() if name not in ("task", "languages")}
        said = {"name": task.info.name, "kind": task.info.kind.name, "contents": contents}
        return {"adaptation": self.name, "version": self.version, "parameters": parameters, "task": said}

    def _read(self) -> Task:
        from isogloss.lab.reading import read_task
        from isogloss.lab.task_file import read_info

        path = Path(self.task)
        if not path.is_file():
            raise BadFile("no such file", where=self.task, hint="name a file (TOML) that describes a task")
        return read_task(read_info({"use": path.name}, path.parent, str(path)))

    def _codes(self, task: Task) -> list[str]:
        return task.find(list(self.languages) or "all", "train", f"{self.name}: languages")

    @property
    def is_random(self) -> bool:
        return True

    def learns_from(self, languages: Collection[str]) -> list[str]:
        """Those of the languages of texts whose instructions it learns from."""
        task = self._read()
        learnt = {task.languages[code].id for code in self._codes(task)}
        return [code for code in languages if resolve(code).id in learnt]

    def memory(self, source: Weights) -> int:
        """Of weights, and of the adapter that is trained."""
        return memory_of_lora(source)

    def apply(self, source: Weights, inputs: Inputs, draft: Draft) -> None:
        train_and_put_in(
            source, draft, read_recipe(str(source.folder), self.settings), partial(self._learn, seed=inputs.seed)
        )

    def _learn(self, recipe: Recipe, seed: int) -> dict[str, Any]:
        """The weights of the adapter."""
        return recipe.learn(self._examples(recipe, seed)[0], seed)[0]

    def _examples(self, recipe: Recipe, seed: int) -> tuple[list[Example], list[tuple[str, str]]]:
        """Prompts and answers of all languages; and the language and the item of each."""
        prepared, training, origins = self._prepared(seed)
        return recipe.examples(prepared, training), origins

    def _prepared(self, seed: int) -> tuple[Arrays, Training, list[tuple[str, str]]]:
        """The training rows of all languages; and the language and the item of each."""
        from isogloss.lab.recipe import Corpus, Training
        from isogloss.lab.recipe.prompted.prompts import packed

        task = self._read()
        codes = self._codes(task)
        train = [task.train[code] for code in codes]
        rows = [one.sample(self.examples or len(one), seed) for one in train]
        firsts = np.cumsum([0, *(len(one) for one in train)])
        corpus = Corpus(
            [list(one.inputs) for one in train], [[] for _ in train], codes, task.info.kind, task.labels,
            [task.languages[code].id for code in codes],
        )  # fmt: skip
        labels = np.concatenate([one.labels_of(some) for one, some in zip(train, rows, strict=True)])
        chosen = np.concatenate([first + some for first, some in zip(firsts, rows, strict=False)])
        origins = [(code, one.items[row]) for code, one, some in zip(codes, train, rows, strict=True) for row in some]
        return packed(corpus), Training(chosen, labels, seed), origins

    def facts(self, source: Weights, target: Weights) -> dict[str, Any]:
        """What was learnt from, and how large the adapter is."""
        task = self._read()
        sizes = {code: min(self.examples or 10**9, len(task.train[code])) for code in self._codes(task)}
        size = sum(path.stat().st_size for path in (target.folder / ADAPTER).glob("*.safetensors"))
        return {"task": task.info.name, "examples": sizes, "adapter_bytes": size}


@dataclass(frozen=True)
class LanguagePreference(InstructionLora):
    """An adapter that is trained to answer in the language of the prompt rather than in another, put into the weights.

    Parameters
    ----------
    beta : float, default 0.1
        How far preferences may take the model away from where it began: smaller is further.
    weight : float, default 1
        Of the loss of preferences, beside that of answers.

    Notes
    -----
    The answer in the prompt's language is preferred to the same item's in another of the languages, drawn by the seed:
    - log P(y | x) per token + weight * -log sigmoid(beta (D(y) - D(y'))), D being the log-probability of an answer less
    that before. After cross-lingual optimisation (CLO, 2025), whose own constants are not known. Items that only one
    language has are left out. The other parameters are those of `InstructionLora`.
    """

    name: ClassVar[str] = "language-preference"

    beta: Positive = 0.1
    weight: NotNegative = 1.0

    def _learn(self, recipe: Recipe, seed: int) -> dict[str, Any]:
        from isogloss.lab.tuning.lessons import Preference

        examples, origins = self._examples(recipe, seed)
        answers: dict[str, dict[str, str]] = {}
        for (code, item), (_, answer, _) in zip(origins, examples, strict=True):
            answers.setdefault(item, {})[code] = answer
        chance, kept, rejected = np.random.default_rng(seed), [], []
        for (code, item), example in zip(origins, examples, strict=True):
            others = [one for other, one in sorted(answers[item].items()) if other != code and one != example.answer]
            if others:
                kept.append(example)
                rejected.append(others[chance.integers(len(others))])
        if not kept:
            raise BadValue(
                "no item has answers in two languages", where="languages",
                hint="name two or more, and the column of items in the task",
            )  # fmt: skip
        return recipe.learn(kept, seed, Preference(rejected, self.beta, self.weight))[0]


@dataclass(frozen=True)
class AnswerPreference(LanguagePreference):
    """An adapter that is trained to prefer the right choice of each item to another, put into the weights.

    Parameters
    ----------
    weight : float, default 1
        Of the loss of preferences, beside that of the right answers; a large one is preference optimisation alone.

    Notes
    -----
    Direct preference optimisation (Rafailov et al. 2023) on a task with choices: the chosen answer is the right choice,
    the rejected one of the others, drawn by the seed. The other parameters are those of `LanguagePreference`.
    """

    name: ClassVar[str] = "answer-preference"

    def _learn(self, recipe: Recipe, seed: int) -> dict[str, Any]:
        from isogloss.lab.recipe.prompted.prompts import queries
        from isogloss.lab.tuning.lessons import Preference

        prepared, training, _ = self._prepared(seed)
        counts = np.array([len(one.choices) for one in queries(prepared, "train", training.rows)])
        if counts.min(initial=2) < 2:
            raise BadValue(
                "has no choices to prefer one of", where=f"task {Path(self.task).stem}",
                hint="give a task of kind 'multiple-choice'",
            )  # fmt: skip
        others = 1 + np.random.default_rng(seed).integers(counts - 1)
        wrong = replace(training, labels=(training.labels.reshape(-1) + others) % counts)
        rejected = [one.answer for one in recipe.examples(prepared, wrong)]
        return recipe.learn(recipe.examples(prepared, training), seed, Preference(rejected, self.beta, self.weight))[0]


@dataclass(frozen=True)
class AnswersLora(Adaptation):
    """An adapter trained on prompts and answers that are given as they are, and put into the weights.

    Parameters
    ----------
    pairs : list of (str, str), default []
        Each prompt with its answer.
    settings : dict, default {}
        Parameters of the recipe `instruction-lora`.

    Notes
    -----
    It is no registered adaptation: a grid names tables, not texts.
    """

    name: ClassVar[str] = "answers-lora"
    unlabelled: ClassVar[tuple[str, ...]] = ("pairs",)

    pairs: tuple[tuple[str, str], ...] = ()
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def is_random(self) -> bool:
        return True

    def memory(self, source: Weights) -> int:
        """As `InstructionLora`."""
        return memory_of_lora(source)

    def apply(self, source: Weights, inputs: Inputs, draft: Draft) -> None:
        recipe = read_recipe(str(source.folder), self.settings)
        train_and_put_in(source, draft, recipe, lambda one: one.learn(self.pairs, inputs.seed)[0])


def read_recipe(checkpoint: str, settings: dict[str, Any]) -> Recipe:
    """The recipe `instruction-lora` with its parameters.

    Raises
    ------
    InputError
        If a parameter is unknown or wrong.
    """
    from isogloss.lab.recipe.instructions import InstructionLora as Recipe
    from isogloss.lab.recipe.instructions import refuse_beside

    recipe = Recipe.read({"checkpoint": checkpoint, **settings}, where="settings")
    refuse_beside(recipe, "is learnt by recipes", "leave it out, or train a recipe of a grid", "settings: ")
    return recipe


def memory_of_lora(source: Weights) -> int:
    """Bytes of weights as read and as trained, gradients and moments of the adapter, and what states take."""
    return 4 * 4 * source.parameters + OVERHEAD


def train_and_put_in(
    source: Weights, draft: Draft, recipe: Recipe, learn: Callable[[Recipe], dict[str, Any]]
) -> None:  # fmt: skip
    """Train an adapter, write it beside the checkpoint, and put it into the weights."""
    from isogloss.lab.tuning.adapter import Adapter, write_adapter
    from isogloss.lab.tuning.checkpoint import check_decoder
    from isogloss.models.decoder import shared_decoder

    check_decoder(source.folder)
    folder = draft.folder / ADAPTER
    if not folder.is_dir():
        learnt = learn(recipe)
        shape = recipe.shape(shared_decoder(source.folder, "float32").model)
        write_adapter(folder, learnt, shape, str(source.folder))
    put_in(source, [(Adapter(folder), 1.0)], draft)


@dataclass(frozen=True)
class MergeAdapters(Adaptation):
    """Adapters that were made before, put into the weights: one, or a weighted sum of several.

    Parameters
    ----------
    adapters : list of str, default []
        Folders as peft or `instruction-lora` writes them, at least one.
    weights : list of float, default []
        What is added of each; 1 of each by default. Below 0 takes away.

    Notes
    -----
    W + sum over adapters of weight (alpha / rank) B A: products are summed, never B or A (Chronopoulou et al. 2024,
    Language and task arithmetic with parameter-efficient layers for zero-shot summarization).
    """

    name: ClassVar[str] = "merge-adapters"

    adapters: tuple[str, ...] = ()
    weights: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.adapters:
            raise BadValue("no adapter to put in", where="adapters", hint='give adapters=["folder"]')
        if self.weights and len(self.weights) != len(self.adapters):
            raise BadValue(
                f"{len(self.weights)} weights for {len(self.adapters)} adapters", where="weights",
                hint="give one for each",
            )  # fmt: skip

    @property
    def identity(self) -> dict[str, Any]:
        """The content of adapters stands for their place."""
        from isogloss.lab.tuning.adapter import Adapter

        parameters = {"weights": self.weights, "adapters": [Adapter(folder).digest for folder in self._folders]}
        return super().identity | {"parameters": parameters}

    @property
    def _folders(self) -> list[Path]:
        """Where adapters are: a checkpoint that `instruction-lora` made has its own inside."""
        return [path if not (path / ADAPTER).is_dir() else path / ADAPTER for path in map(Path, self.adapters)]

    def apply(self, source: Weights, inputs: Inputs, draft: Draft) -> None:
        from isogloss.lab.tuning.adapter import Adapter

        weights = self.weights or (1.0,) * len(self.adapters)
        put_in(source, list(zip(map(Adapter, self._folders), weights, strict=True)), draft)


def put_in(source: Weights, adapters: Sequence[tuple[Adapter, float]], draft: Draft) -> None:
    """Write every tensor with what adapters add to it, one at a time.

    Raises
    ------
    BadValue
        If an adapter is another model's.
    """
    torch = start_torch()
    places: dict[str, list[tuple[Adapter, str, float]]] = {}
    for adapter, weight in adapters:
        for module, name in _places(source, adapter).items():
            places.setdefault(name, []).append((adapter, module, weight))
    for name in draft.steps(source.names):
        tensor = source[name]
        if name in places:
            total = tensor.to(torch.float32, copy=True)
            for adapter, module, weight in places[name]:
                total.add_(adapter.addition(module), alpha=weight)
            tensor = total.to(tensor.dtype)
        draft.put(name, {name: tensor})


def _places(source: Weights, adapter: Adapter) -> dict[str, str]:
    """The tensor of each module of an adapter."""
    stored = {module: source.stored(f"{module}.weight") for module in adapter.modules}
    wrong = [f"{module} is missing" for module, name in stored.items() if name is None]
    wrong += [
        f"{module} is {source.shape(name)}, not {adapter.shape(module)}"
        for module, name in stored.items() if name is not None and source.shape(name) != adapter.shape(module)
    ]  # fmt: skip
    if wrong:
        named = first_of(wrong, MOST_NAMED, separator="; ")
        raise BadValue(
            f"is no adapter of {source.folder}: {named}", where=str(adapter.folder),
            hint="take an adapter that was trained on this model",
        )  # fmt: skip
    return {module: name for module, name in stored.items() if name is not None}
