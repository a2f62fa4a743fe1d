"""What a task is: validated metadata, and per language the examples to train and to test on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import fsum
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from isogloss.errors import BadValue, UnknownName
from isogloss.evidence.pairs import SEPARATOR
from isogloss.lab.copies import Copy
from isogloss.languages import Language
from isogloss.models.inputs import Choice, Input, Question, is_words
from isogloss.registry import Registry

tasks: Registry[Callable[[TaskInfo], Task]] = Registry(
    "task kind",
    {
        "text-classification": "isogloss.lab.classification:read_classification",
        "token-tagging": "isogloss.lab.tagging:read_tagging",
        "multiple-choice": "isogloss.lab.choice:read_choice",
        "cloze": "isogloss.lab.cloze:read_cloze",
        "generation": "isogloss.lab.generation:read_generation",
        "extractive-qa": "isogloss.lab.extractive:read_extractive",
    },
    "isogloss.tasks",
)
"""Readers of tasks by kind; other packages announce theirs in the entry-point group `isogloss.tasks`."""

Integers = np.ndarray[Any, Any]


@dataclass(frozen=True)
class TaskInfo:
    """What is known of a task before its data are read.

    Attributes
    ----------
    name : str
        As observations name it.
    kind : str
        Name in the registry of tasks.
    metrics : tuple of str
    file : pathlib.Path
        One file; or several, named by a pattern with `{language}` and `{split}` in it.
    columns : dict of str to str
        language, split and what else the kind has (text, label; words, tags; premise, choice 0, choice 1,
        ..., label) and, where given, item, to the file's own column names; `division` is the column that
        splits are made by where the file has none.
    splits : dict of str to str
        train, test and, where there is one, dev, to the file's own names of splits.
    shares : dict of str to float
        How large splits are that are made; the rest is tested on. Empty where the file has splits.
    codes : dict of str to str
        The file's own codes of languages that nobody else has, to what they mean.
    languages : tuple of str or None
        What the file has to hold, in its own codes, if that is declared.
    labels : tuple of str or None
        All labels there may be, if they are declared.
    text_origin, licence, source : str or None
        Facts about the data, see `isogloss.evidence.schema.TASK`; `source` says where they come from.
    allowed_leakage : float
        Share of a language's test texts that may stand in its training texts before that is an error.
    right : {"first", "last"} or None
        Which candidate of a cloze is the answer, where no column says so.
    question_languages : tuple of str or "all"
        Languages that test items are asked in beside that of their contexts.
    copies : dict of str to Copy
        Languages that the file has not, made of those it has in bytes of their own, by the code they get.
    """

    name: str
    kind: str
    metrics: tuple[str, ...]
    file: Path
    columns: dict[str, str]
    splits: dict[str, str]
    codes: dict[str, str] = field(default_factory=dict)
    languages: tuple[str, ...] | None = None
    labels: tuple[str, ...] | None = None
    text_origin: str | None = None
    licence: str | None = None
    source: str | None = None
    allowed_leakage: float = 0.05
    shares: dict[str, float] = field(default_factory=dict)
    right: str | None = None
    question_languages: tuple[str, ...] | str = ()
    copies: dict[str, Copy] = field(default_factory=dict)

    def read(self) -> Task:
        """The task with its data.

        Raises
        ------
        InputError
            One line: the file, the language, the reason, the hint.
        """
        task: Task = tasks.get(self.kind)(self)
        return task


@dataclass(frozen=True)
class Examples:
    """The examples of one language in one split, in the order of their item ids.

    Attributes
    ----------
    items : list of str
        Ids; translations of one text share theirs.
    inputs : list of Input
    labels : numpy.ndarray of int64, shape (units,)
        What is right, unit by unit: positions in the task's labels, or the number of the right choice. A
        sentence has as many units as words; a question about a context has two, the characters between which
        its answer stands; anything else has one.
    starts : numpy.ndarray of int64, shape (examples + 1,)
        Where in `labels` each example begins.
    answers : sequence of tuple of str, or None
        Where answers are texts, all that are right, the one to learn from first.
    """

    items: list[str]
    inputs: Sequence[Input]
    labels: Integers
    starts: Integers
    answers: Sequence[tuple[str, ...]] | None = None

    def __len__(self) -> int:
        return len(self.items)

    def content(self, rows: Integers | None = None) -> str:
        """SHA-256 of the examples, or of some of them, in hexadecimal."""
        chosen = range(len(self)) if rows is None else rows
        rows_of = [(self.items[row], self.inputs[row], self._right(row)) for row in chosen]
        return hashlib.sha256(json.dumps(rows_of, ensure_ascii=False).encode()).hexdigest()

    def labels_of(self, rows: Integers) -> Integers:
        """The labels of some examples, unit by unit, in the order of `rows`."""
        spans = [self.labels[self.starts[row] : self.starts[row + 1]] for row in rows]
        return np.concatenate(spans) if spans else np.empty(0, np.int64)

    def sample(self, size: int, seed: int) -> Integers:
        """Which examples make up a training set of `size`: ascending positions.

        The seed puts all conceivable item ids in one order, whichever language they stand in, and the
        first `size` that are here are taken. So every language of parallel data is trained on the same
        items, and a smaller set is part of every larger one with the same seed.
        """
        order = sorted(
            range(len(self)), key=lambda row: hashlib.sha256(f"{seed}\x00{self.items[row]}".encode()).digest()
        )
        return np.sort(np.array(order[:size], dtype=np.int64))

    def _right(self, row: int) -> int | list[Any]:
        """What is right, as plain values that do not change when other languages' examples do."""
        of_row: list[int] = self.labels[self.starts[row] : self.starts[row + 1]].tolist()
        if self.answers is not None:
            return [*(of_row if isinstance(self.inputs[row], Question) else []), *self.answers[row]]
        return of_row if is_words(self.inputs[row]) else int(of_row[0])


class Leak(NamedTuple):
    """How many test texts of a language stand in its training texts: letter by letter, and all but letter
    case, punctuation, spaces and ways of writing one character."""

    exact: int
    normalised: int


@dataclass(frozen=True)
class Task:
    """A task with its data.

    Attributes
    ----------
    info : TaskInfo
    labels : list of str
        Sorted; for choices, their numbers; for texts to be generated, every different answer there is; none for
        answers that stand in a context.
    languages : dict of str to Language
        The file's own code to the language, sorted by code.
    train, dev, test : dict of str to Examples
        By the file's own code; a language is in each only where the split is there.
    leaks : dict of str to Leak
        Only languages that have any.
    questions : dict of str to Language
        By code, what the questions of those targets are asked in that are asked in another language than that of
        their contexts; `languages` has the latter.
    """

    info: TaskInfo
    labels: list[str]
    languages: dict[str, Language]
    train: dict[str, Examples]
    test: dict[str, Examples]
    leaks: dict[str, Leak] = field(default_factory=dict)
    dev: dict[str, Examples] = field(default_factory=dict)
    questions: dict[str, Language] = field(default_factory=dict)

    @property
    def chance(self) -> float | None:
        """Expected accuracy of guessing with equal odds among the labels, or the choices of each test item.

        None where answers are texts: there is nothing to guess among.
        """
        if any(examples.answers is not None for examples in self.test.values()):
            return None
        tests = [example for examples in self.test.values() for example in examples.inputs]
        choices = [len(one.choices) for one in tests if isinstance(one, Choice)]
        return fsum(1 / count for count in choices) / len(choices) if choices else 1 / len(self.labels)

    def facts(self) -> list[dict[str, Any]]:
        """What is known of the task, one row per metric, with columns of `isogloss.evidence.schema.TASK`."""
        about = {"kind": self.info.kind, "text_origin": self.info.text_origin, "licence": self.info.licence}
        chances = {"accuracy": self.chance}
        return [
            {"task": self.info.name, "metric": metric, "chance": chances.get(metric), **about}
            for metric in self.info.metrics
        ]

    def find(self, codes: list[str] | str, split: str, where: str) -> list[str]:
        """The file's own codes of languages that a grid names in any way, or of all with that split.

        Raises
        ------
        UnknownLanguage, UnknownName, BadValue
            If nothing is known by a code, if the file has no such language, or if it lacks the split.
        """
        have = self.train if split == "train" else self.test
        if codes == "all":
            if not have:
                raise BadValue(f"no language has the split '{self.info.splits[split]}'", where=str(self.info.file))
            return list(have)
        if isinstance(codes, str) or not codes or not all(isinstance(code, str) for code in codes):
            raise BadValue(f'must be a list of languages or "all", not {codes!r}', where=where)
        found = [self._find_one(code, where) for code in codes]
        if split == "test":
            found += [code for code in self.questions if code.partition(SEPARATOR)[0] in found]
        for code in found:
            if code not in have:
                raise BadValue(
                    f"language '{code}' has no rows in the split '{self.info.splits[split]}'", where=str(self.info.file)
                )
        return sorted(set(found))

    def _find_one(self, code: str, where: str) -> str:
        from isogloss.languages import resolve

        if code in self.languages:
            return code
        by_id = {
            language.id: reported for reported, language in self.languages.items() if reported not in self.questions
        }
        identifier = resolve(code, where=where).id
        if identifier not in by_id:
            raise UnknownName("language of the task", code, self.languages, where=f"{where} in {self.info.file}")
        return by_id[identifier]
