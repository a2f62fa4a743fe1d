"""What may stand before a question beside demonstrations: a dictionary's words, parallel sentences, a book, context."""

from __future__ import annotations

import hashlib
import random
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, ClassVar

from annotated_types import Ge

from isogloss.alignment.corpus import read_corpus
from isogloss.errors import BadFile, BadValue
from isogloss.files import read_input
from isogloss.lab.recipe.prompted.prompts import Query
from isogloss.lab.retrieval.bm25 import bm25, ngram_terms
from isogloss.lab.retrieval.search import best
from isogloss.languages import resolve
from isogloss.metrics.words import words
from isogloss.parameters import Count, Parameterized, labelled, read_named
from isogloss.registry import Registry
from isogloss.texts.tables import read_table

Length = Callable[[str], int]
"""How many tokens a text has."""
Entry = Mapping[str, str]
"""Translations of one word or sentence, by canonical language."""

hints: Registry[type[Hint]] = Registry(
    "hint",
    {
        "dictionary": "isogloss.lab.recipe.prompted.hints:DictionaryHint",
        "parallel": "isogloss.lab.recipe.prompted.hints:ParallelHint",
        "book": "isogloss.lab.recipe.prompted.hints:BookHint",
        "context": "isogloss.lab.recipe.prompted.hints:ContextHint",
    },
    "isogloss.hints",
    base="isogloss.lab.recipe.prompted.hints:Hint",
)
"""Hints by name; other packages announce theirs in the entry-point group `isogloss.hints`."""

LONGEST = 3
"""Words that an entry of a dictionary may have to be looked up."""


@dataclass(frozen=True)
class Hint(Parameterized, ABC):
    """A text before each question, such as a dictionary's words for a translation.

    Parameters
    ----------
    file : str
        Where the hints are from.
    tokens : int, default 0
        Tokens of a hint at most, so that kinds of hints can be compared at equal cost; 0 for no limit.

    Notes
    -----
    A hint stands right before the question, after the demonstrations.
    """

    version: ClassVar[int] = 1
    unlabelled: ClassVar[tuple[str, ...]] = ("file",)

    file: str = ""
    tokens: Annotated[int, Ge(0)] = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.file:
            raise BadValue(f"hint '{self.name}' names no file", hint='add file = "..."')
        if not Path(self.file).is_file():
            raise BadFile("no such file of hints", where=self.file)

    @property
    def label(self) -> str:
        """With the name of the file, as two of them say different things."""
        return labelled(f"{self.name}:{Path(self.file).stem}", self.changed())

    @property
    def identity(self) -> dict[str, Any]:
        """The content of the file stands for its place."""
        parameters = {name: value for name, value in self.parameters.items() if name not in self.unlabelled}
        content = hashlib.sha256(read_input(Path(self.file))).hexdigest()[:16]
        return {"hint": self.name, "version": self.version, "parameters": parameters, "content": content}

    def check(self, languages: Sequence[str]) -> None:
        """Raise BadValue or BadFile if there can be no hints for questions in these canonical languages."""

    @abstractmethod
    def write(self, queries: Sequence[Query], language: str, length: Length) -> list[str]:
        """A hint for each question in a canonical language, perhaps an empty one."""

    @property
    def room(self) -> float:
        """Tokens that a hint may have."""
        return self.tokens or float("inf")


@dataclass(frozen=True)
class _Translations(Hint):
    """Hints of a table of translations.

    Parameters
    ----------
    origin, into : str, default ""
        The language that questions are in, and the one that they are to be understood in, in any spelling; one of them
        may be left out, and is then the language that is asked in: `origin = "eng"` to translate English questions,
        `into = "eng"` for questions of other tasks.
    shuffled : bool, default False
        Whether each entry gets the translation of another one: the control, of the same length and form, that helps
        nobody.
    """

    origin: str = ""
    into: str = ""
    shuffled: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.origin and not self.into:
            raise BadValue(f"hint '{self.name}' has no language", hint='add origin = "eng", or into = "eng"')
        _ = self.pair("")

    def pair(self, language: str) -> tuple[str, str]:
        """The canonical languages that an entry is looked up in and gives, for questions in one."""
        where = f"hint '{self.name}'"
        first, second = (resolve(one, where=where).id if one else language for one in (self.origin, self.into))
        return first, second

    def check(self, languages: Sequence[str]) -> None:
        for language in languages:
            if not self.entries(language):
                first, second = self.pair(language)
                raise BadValue(f"no entry is in both '{first}' and '{second}'", where=self.file,
                               hint="add such a column, or leave out the language")  # fmt: skip

    def entries(self, language: str) -> list[tuple[Entry, str]]:
        """Entries in both languages, each with what it gives; none where the two are one."""
        first, second = self.pair(language)
        if first == second:
            return []
        found = [one for one in _read(self.file, _stamp(self.file)) if first in one and second in one]
        said = [one[second] for one in found]
        if self.shuffled:
            random.Random(0).shuffle(said)
        return [*zip(found, said, strict=True)]


@dataclass(frozen=True)
class DictionaryHint(_Translations):
    """What words of the question are in another language, by way of others: "house" means "Haus" means "huis".

    Parameters
    ----------
    through : list of str, default none
        Languages between, in any spelling, in their order; those that an entry lacks are passed over.

    Notes
    -----
    Chain-of-Dictionary prompting (Lu et al. 2023). The file is a table as `isogloss align` takes it, a word in the
    place of a sentence: a row per language and entry (`language`, `id`, `text`), or a column per language. The longest
    entry is looked up first, up to three words, without regard to letter case; of entries with the same word the first
    counts. A word that has no entry is passed over, and words are not reduced to their stems. The other parameters are
    those of `Hint`, and `origin`, `into` and `shuffled`.
    """

    name: ClassVar[str] = "dictionary"

    through: list[str] = field(default_factory=list)

    def write(self, queries: Sequence[Query], language: str, length: Length) -> list[str]:
        first, _ = self.pair(language)
        between = [resolve(one, where=f"hint '{self.name}'").id for one in self.through]
        found: dict[tuple[str, ...], str] = {}
        for entry, said in self.entries(language):
            chain = [entry[first], *(entry[one] for one in between if one in entry), said]
            found.setdefault(words(entry[first]), " means ".join(f'"{word}"' for word in chain) + ".\n")
        of_queries = [words(_question(one)) for one in queries]
        return [_fitting([*dict.fromkeys(_looked_up(one, found))], self.room, length) for one in of_queries]


@dataclass(frozen=True)
class ParallelHint(_Translations):
    """Translated sentences that share pieces of words with the question, the nearest last.

    Parameters
    ----------
    count : int, default 4
        How many at most.

    Notes
    -----
    The file is a table as `isogloss align` takes it. Nearness is that of the selection `letters`. Where tokens do not
    suffice, the nearest ones stay. With `into`, it is the query alignment of Cahyawijaya et al. (2024, LLMs are
    few-shot in-context low-resource language learners). The other parameters are those of `Hint`, and `origin`, `into`
    and `shuffled`.
    """

    name: ClassVar[str] = "parallel"

    count: Count = 4

    def write(self, queries: Sequence[Query], language: str, length: Length) -> list[str]:
        first, _ = self.pair(language)
        pairs = self.entries(language)
        questions = [_question(one) for one in queries]
        near = best(bm25(questions, [entry[first] for entry, _ in pairs], ngram_terms), self.count).places
        lines = [f"{entry[first]} = {said}\n" for entry, said in pairs]
        return [_fitting([lines[place] for place in places], self.room, length, last=True) for places in near]


@dataclass(frozen=True)
class BookHint(Hint):
    """The beginning of a text, such as a grammar, the same before every question.

    Notes
    -----
    The arms of Aycock et al. (2025, Can LLMs really learn to translate a low-resource language from one grammar book?):
    a grammar without its examples, its examples as `parallel`, or typological features, each a file of its own and
    with the same `tokens`. The file is plain text in UTF-8. The parameters are those of `Hint`.
    """

    name: ClassVar[str] = "book"

    def write(self, queries: Sequence[Query], language: str, length: Length) -> list[str]:
        lines = _text(self.file).splitlines(keepends=True)
        whole = _fitting(lines, self.room, length, gaps=False)
        if not whole:
            raise BadValue(f"its first line has more than {self.tokens} tokens", where=self.file, hint="raise tokens")
        return [whole if whole.endswith("\n") else whole + "\n"] * len(queries)


@dataclass(frozen=True)
class ContextHint(Hint):
    """What stands before the question in the text that it is from, such as the one or two sentences before it.

    Notes
    -----
    The file is a table (.csv, .tsv, .jsonl, .parquet) with the columns `language`, `item` (the id of the question in
    the task) and `context`; a question without a row has no hint. Where tokens do not suffice, the last lines stay, and
    of one line nothing. The context stands there as it is written, so a translation of it is no hint but the answer.
    The parameters are those of `Hint`.
    """

    name: ClassVar[str] = "context"

    def check(self, languages: Sequence[str]) -> None:
        there = sorted(self._contexts())
        for language in languages:
            if language not in there:
                raise BadValue(f"no context is in '{language}'", where=self.file,
                               hint=f"its languages are {', '.join(there)}")  # fmt: skip

    def write(self, queries: Sequence[Query], language: str, length: Length) -> list[str]:
        contexts = self._contexts().get(language, {})
        if not any(one.item in contexts for one in queries):
            raise BadValue(f"has the context of no question in '{language}'", where=self.file,
                           hint="give the ids of the task in the column item")  # fmt: skip
        found = [contexts.get(one.item, "").strip().splitlines() for one in queries]
        return [_fitting([f"{line}\n" for line in lines[::-1]], self.room, length, last=True) for lines in found]

    def _contexts(self) -> dict[str, dict[str, str]]:
        """By canonical language and item."""
        columns = {name: name for name in ("language", "item", "context")}
        found: dict[str, dict[str, str]] = {}
        for language, item, context in read_table(Path(self.file), columns).drop_nulls().select(*columns).iter_rows():
            found.setdefault(resolve(language, where=self.file).id, {})[item] = context
        return found


def read_hint(parameters: Mapping[str, Any]) -> Hint:
    """The hint that parameters with a `name` describe.

    Raises
    ------
    BadValue, UnknownName
        If there is no such hint or parameter.
    """
    return read_named(hints, parameters)


def _question(one: Query) -> str:
    return " ".join(one.parts)


def _looked_up(of_text: Sequence[str], found: Mapping[tuple[str, ...], str]) -> Iterator[str]:
    """The entries of a text, the longest first at each place."""
    place = 0
    while place < len(of_text):
        for size in range(LONGEST, 0, -1):
            if (line := found.get(tuple(of_text[place : place + size]))) is not None:
                yield line
                place += size
                break
        else:
            place += 1


def _fitting(parts: Sequence[str], room: float, length: Length, *, last: bool = False, gaps: bool = True) -> str:
    """The first parts that there is room for, the first in front or last; with gaps, also parts after a long one."""
    kept: list[str] = []
    for part in parts:
        whole = [part, *kept] if last else [*kept, part]
        if room == float("inf") or length("".join(whole)) <= room:
            kept = whole
        elif not gaps:
            break
    return "".join(kept)


def _text(file: str) -> str:
    try:
        return read_input(Path(file)).decode("utf-8")
    except UnicodeDecodeError:
        raise BadFile("is not UTF-8", where=file) from None


def _stamp(file: str) -> tuple[int, int]:
    """What changes when a file does."""
    state = Path(file).stat()
    return state.st_mtime_ns, state.st_size


@lru_cache(maxsize=4)
def _read(file: str, stamp: tuple[int, int]) -> list[Entry]:
    """Entries of a table of translations, in the order of the file."""
    found: dict[str, dict[str, str]] = {}
    ids: dict[str, str] = {}
    for language, number, text in read_corpus(file).table.select("language", "id", "text").iter_rows():
        if language not in ids:
            ids[language] = resolve(language, where=file).id
        found.setdefault(number, {}).setdefault(ids[language], text)
    return [*found.values()]
