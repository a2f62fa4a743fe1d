"""What a task is: its kind, validated metadata, and per language the examples to train and to test on."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from math import fsum
from pathlib import Path
from typing import Any, ClassVar, Literal, NamedTuple

import numpy as np
import polars as pl

from isogloss.errors import BadValue, UnknownName
from isogloss.evidence.pairs import ARROW, SEPARATOR, read_direction
from isogloss.lab.domains import Domains
from isogloss.lab.examples import Examples
from isogloss.languages import Language, resolve
from isogloss.metrics import metrics
from isogloss.models.inputs import TEXT, InputType

NO_LABEL = -1
"""In the labels of training examples, a word without a tag: it is read, and nothing is learnt from it."""
UNTAGGED = "_"
"""Stands in files for the tag of such a word."""

Answer = Literal["label", "tags", "labels", "value", "ranking", "choice", "span", "text"]
"""What an answer can be: a label of a row, a label of each word, several labels of a row, a number, an order of a
row's choices, one of them, a span of its context, or a text. Recipes say which of them they give."""


@dataclass(frozen=True)
class Form:
    """What a kind of task has in the templates of prompts.

    Attributes
    ----------
    inputs : tuple of str
        Names of the places for the texts of an input, its choices aside.
    answer : str or None
        Name of the place of the answer; None where that is the slot in the input.
    default : str
        The template in English that is used where none is given.
    chat : str
        The same where the input is a turn of a chat; empty where that is no other.
    """

    inputs: tuple[str, ...]
    answer: str | None
    default: str
    chat: str = ""


@dataclass(frozen=True)
class TaskKind(ABC):
    """A kind of task: what its table holds, how that is checked, and what models are asked and answer.

    Attributes
    ----------
    name : str
        Name in the registry.
    texts : tuple of str
        Columns that hold the input.
    right : str
        The column that holds the right answer.
    columns : tuple of str
        Further columns that a table must have; `language` and `split` are understood.
    optional : tuple of str
        Columns that it may have.
    several : dict of str to str
        Keys that name two or more columns, such as `choices`, and what these are called, with their number behind.
    lists : dict of str to str
        Columns that hold a list per row, to what stands between its parts where the table has it as text; nothing if
        that is one part.
    options : tuple of str
        Keys in the section of a task that only this kind has, see `read_options`.
    metrics : tuple of str
        What is measured where a task names no metrics; `measurable` says what can be.
    answer : {"label", "tags", "labels", "value", "ranking", "choice", "span", "text"}
        What an answer is, so that recipes know whether they can give it.
    input_type : InputType
        How an input becomes text.
    form : Form or None
        How it is written in a prompt, if it can be.
    keeps_predictions : bool
        Whether what was answered is kept with each item.
    leaves_out : bool
        Whether rows that lack a text, an answer or a known language are left out and counted, instead of refused; what
        `optional` columns lack is empty then.
    """

    name: ClassVar[str]
    texts: ClassVar[tuple[str, ...]]
    right: ClassVar[str] = "label"
    columns: ClassVar[tuple[str, ...]] = ()
    optional: ClassVar[tuple[str, ...]] = ()
    several: ClassVar[Mapping[str, str]] = {}
    lists: ClassVar[Mapping[str, str]] = {}
    options: ClassVar[tuple[str, ...]] = ()
    metrics: ClassVar[tuple[str, ...]] = ("accuracy",)
    answer: ClassVar[Answer] = "label"
    input_type: ClassVar[InputType[Any]] = TEXT
    form: ClassVar[Form | None] = None
    keeps_predictions: ClassVar[bool] = True
    leaves_out: ClassVar[bool] = False

    @property
    def needed(self) -> tuple[str, ...]:
        """Every column that a table must have, beside `language` and `split`."""
        return (*self.texts, *self.columns, *([self.right] if self.right not in self.optional else []))

    @property
    def measurable(self) -> list[str]:
        """All metrics that isogloss computes from such answers, the usual ones first."""
        fitting = [name for name, one in metrics.items() if one.computation and self.answer in one.computation.answers]
        return [*self.metrics, *(name for name in fitting if name not in self.metrics)]

    @abstractmethod
    def inputs(self, group: pl.DataFrame) -> list[Any]:
        """The inputs in the rows of a table, of the type that `input_type` is about."""

    def read_options(self, options: Mapping[str, Any], columns: Mapping[str, str], where: str) -> dict[str, Any]:
        """Check what the section of a task says beside what all kinds have.

        Parameters
        ----------
        options : mapping
            The keys in `options` that are given.
        columns : mapping of str to str
            As in `TaskInfo`.
        where : str
            The section, for errors.
        """
        return dict(options)

    def separators(self, options: Mapping[str, Any]) -> Mapping[str, str]:
        """As `lists`, after what a task says of them."""
        return self.lists

    def arranged(self, table: pl.DataFrame, info: TaskInfo) -> pl.DataFrame:
        """The rows of a table as examples; by default each is one."""
        return table

    def spoken(self, code: str, info: TaskInfo, where: str) -> tuple[Language, ...]:
        """The languages that a code of the file names: one, or of a pair both."""
        return (resolve(info.codes.get(code, code), where=where),)

    def check(self, table: pl.DataFrame, info: TaskInfo) -> pl.DataFrame:
        """The table, after what would make scores meaningless was looked for.

        Raises
        ------
        BadValue
            With the row and the reason.
        """
        return table

    def labels(self, table: pl.DataFrame, info: TaskInfo) -> list[str]:
        """All labels, sorted: those declared, else those of the table.

        Raises
        ------
        UnknownName
            If the table has one that is not declared.
        """
        labels: list[str] = table[self.right].explode().unique().sort().to_list()
        if info.labels is None:
            return labels
        for label in labels:
            if label not in info.labels:
                raise UnknownName("label", label, info.labels, where=str(info.file))
        return sorted(info.labels)

    def copied(self, info: TaskInfo) -> tuple[str, ...]:
        """Columns whose texts are put into the bytes of a copy of a language, see `TaskInfo.copies`.

        Raises
        ------
        BadValue
            If what is right would not be so in a copy.
        """
        if self.answer not in ("label", "labels", "tags"):
            raise BadValue(f"copies are for tasks with labels, tags or texts, not for {self.name}", hint="leave it out")
        return self.texts

    def plain(self, table: pl.DataFrame) -> pl.Expr:
        """The text of a row, by which test texts are looked for among training texts."""
        return pl.concat_str(*self.texts, separator="\n")

    def examples(self, group: pl.DataFrame, labels: list[str]) -> Examples:
        """The rows of one language and split, in the order of their items; by default each has one label."""
        positions = np.searchsorted(np.array(labels), group[self.right].to_numpy().astype(str)).astype(np.int64)
        return Examples(
            group["item"].to_list(), self.inputs(group), positions, np.arange(group.height + 1),
            input_type=self.input_type,
        )  # fmt: skip

    def complete(self, task: Task) -> Task:
        """The task with what its options add, once all languages are read."""
        return task

    def chance(self, labels: Sequence[str], inputs: Iterable[Any]) -> float | None:
        """Expected accuracy of guessing with equal odds among the labels, or among the choices of each input.

        None where answers are texts: there is nothing to guess among.
        """
        if self.answer == "choice":
            counts = [len(self.input_type.choices(one)) for one in inputs]
            return fsum(1 / count for count in counts) / len(counts) if counts else None
        return 1 / len(labels) if self.answer in ("label", "tags") else None


class Copy(NamedTuple):
    """A language made of another: the file's own code of that one, and which of its copies, see `clone_text`."""

    of: str
    copy: int = 1


@dataclass(frozen=True)
class TaskInfo:
    """What is known of a task before its data are read.

    Attributes
    ----------
    name : str
        As observations name it.
    kind : TaskKind
    metrics : tuple of str
    file : pathlib.Path
        One file; or several, named by a pattern with `{language}` and `{split}` in it.
    columns : dict of str to str
        language, split and what else the kind has (text, label; words, tags; premise, choice 0, choice 1,
        ..., label) and, where given, item, to the file's own column names; `division` is the column that
        splits are made by where the file has none; `date` the one by which they have to follow each other;
        `category` the one whose values test items are scored by, too.
    splits : dict of str to str
        train, test and, where there is one, dev, to the file's own names of splits.
    shares : dict of str to float
        How large splits are that are made; the rest is tested on. Empty where the file has splits.
    begins : dict of str to datetime.date
        The first days of test and, where there is one, dev, where splits are made by dates; else empty.
    domains : Domains or None
        Which texts are learnt from and tested on, where not all are.
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
    options : dict
        What only this kind of task has, see `TaskKind.read_options`.
    copies : dict of str to Copy
        Languages that the file has not, made of those it has in bytes of their own, by the code they get.
    """

    name: str
    kind: TaskKind
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
    options: dict[str, Any] = field(default_factory=dict)
    copies: dict[str, Copy] = field(default_factory=dict)
    begins: dict[str, date] = field(default_factory=dict)
    domains: Domains | None = None


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
    pairs : dict of str to (Language, Language)
        By code, of translations the language of texts and that of translations; `languages` has the side that scores
        are about.
    """

    info: TaskInfo
    labels: list[str]
    languages: dict[str, Language]
    train: dict[str, Examples]
    test: dict[str, Examples]
    leaks: dict[str, Leak] = field(default_factory=dict)
    dev: dict[str, Examples] = field(default_factory=dict)
    questions: dict[str, Language] = field(default_factory=dict)
    pairs: dict[str, tuple[Language, Language]] = field(default_factory=dict)

    def input_language(self, code: str) -> Language:
        """The language of the inputs of a language's examples."""
        return self.pairs[code][0] if code in self.pairs else self.languages[code]

    def answer_language(self, code: str) -> Language:
        """The language of the answers of a language's examples."""
        return self.pairs[code][1] if code in self.pairs else self.languages[code]

    def name_in_grids(self, code: str) -> str:
        """A language's canonical id; of rows that are pairs `deu->fra`."""
        if code not in self.pairs or read_direction(code) is None:
            return self.languages[code].id
        return ARROW.join(side.id for side in self.pairs[code])

    @property
    def chance(self) -> float | None:
        """See `TaskKind.chance`, over all test items."""
        tests = (one for examples in self.test.values() for one in examples.inputs)
        return self.info.kind.chance(self.labels, tests)

    @property
    def categories(self) -> list[str]:
        """All categories of test items, sorted."""
        return sorted({one for test in self.test.values() for one in test.categories or () if one is not None})

    def name_of(self, category: str) -> str:
        """What observations call the task where they are about a category of its items."""
        return f"{self.info.name} ({category})"

    def facts(self) -> list[dict[str, Any]]:
        """What is known of the task and of its categories, one row per metric, with columns of `TASK`.

        See `isogloss.evidence.schema`.
        """
        about = {"kind": self.info.kind.name, "text_origin": self.info.text_origin, "licence": self.info.licence}
        chances = {"accuracy": self.chance}
        return [
            {"task": name, "metric": metric, "chance": chances.get(metric), **about}
            for name in (self.info.name, *map(self.name_of, self.categories))
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
        if code in self.languages:
            return code
        by_name = {self.name_in_grids(one): one for one in self.languages if one not in self.questions}
        sides = read_direction(code)
        name = ARROW.join(resolve(side, where=where).id for side in sides or (code,))
        if name not in by_name:
            raise UnknownName("language of the task", code, self.languages, where=f"{where} in {self.info.file}")
        return by_name[name]
