"""The server's state: evidence that can be asked, sessions, and the worker that answers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import prod
from pathlib import Path
from threading import Lock
from typing import Any

import polars as pl

from isogloss import __version__
from isogloss.errors import BadFile, BadValue, UnknownName
from isogloss.evidence import Evidence, Store, read_evidence, shipped
from isogloss.evidence.read import PREFIX, expand
from isogloss.progress import Progress
from isogloss.questions.about import AboutEvidence
from isogloss.questions.answer import Answer
from isogloss.questions.question import Question, read_question
from isogloss.web.jobs import Job, Worker
from isogloss.web.reading import Reader
from isogloss.web.sessions import Held, ItemTable, Session, Sessions
from isogloss.web.setting import PROPERTIES, Choice, choose
from isogloss.web.settings import ServerSettings

SLOW = {"trust", "benchmark", "plan", "goal", "kinds", "explain", "next", "curve", "additions", "report"}
"""Commands whose answers may take long enough to wait for in a queue of their own."""


CELLS = ("task", "model", "item", "language")
MOST_CELLS = 2_000_000
"""Of a table of test items."""
MOST_CHOICES = 16
"""Settings of one evidence that are kept."""


class Site:
    """All that the pages and the API stand on."""

    def __init__(self, settings: ServerSettings):
        self.settings = settings
        self.sessions, self.worker, self.reader = Sessions(settings), Worker(), Reader(settings)
        self.served = {held.key: held for held in served_evidence(settings.evidence)}

    def evidence_of(self, session: Session) -> dict[str, Held]:
        """All evidence that a session can ask, its own first."""
        return {**dict(reversed(session.evidence.items())), **self.served}

    def held(self, session: Session, key: str | None) -> Held:
        """The evidence of a name; without a name the session's last, else the first that is served.

        Raises
        ------
        UnknownName
        """
        there = self.evidence_of(session)
        if not key:
            return next(iter(there.values()))
        if key not in there:
            raise UnknownName("evidence", key, there)
        return there[key]

    def ask(self, session: Session, held: Held, kind: type[AboutEvidence], fields: Mapping[str, Any]) -> Job:
        """Have a question answered.

        Raises
        ------
        InputError
            If a field is wrong; what is wrong with the evidence is the job's error.
        """
        question = read_question(kind, fields)
        key = answer_key(held.key, held.stamp(), kind.command, fields)

        def work(progress: Progress) -> Answer:
            return question.about(held.load()).answer(progress)

        return self.worker.ask(key, session.key, work, slow=kind.command in SLOW)

    def ask_items(self, session: Session, table: ItemTable, kind: type[Question], fields: Mapping[str, Any]) -> Job:
        """Have a question about a table of test items answered.

        Raises
        ------
        InputError
            If a field is wrong; what is wrong with the table is the job's error.
        """
        question = read_question(kind, {"items": table.frame, **fields})

        def work(progress: Progress) -> Answer:
            refuse_many_cells(table.frame, question)
            return question.answer(progress)

        key = answer_key(table.key, "items", kind.command, fields)
        return self.worker.ask(key, session.key, work, slow=True)

    def choice(self, held: Held, given: Mapping[str, str], free: Sequence[str] = ()) -> Choice:
        """The setting that an address means, as `choose` finds it.

        Raises
        ------
        UnknownName
        """
        parts = tuple((name, given[name]) for name in PROPERTIES if name in given)
        key = (held.stamp(), parts, tuple(free))
        if (known := held.choices.get(key)) is None:
            if len(held.choices) >= MOST_CHOICES:
                held.choices.clear()
            known = held.choices[key] = choose(held.load(), given, free)
        return known

    def close(self) -> None:
        """Stop work and remove files."""
        self.worker.close()
        self.reader.close()
        self.sessions.close()


def refuse_many_cells(frame: pl.DataFrame, question: Question) -> None:
    """Refuse a small file that makes large work: many models, items and languages, and few answers to each."""
    from isogloss.behaviour.items import read_items

    about = question.model_dump(include={"columns", "languages"})
    columns = {role: name for role, name in about.get("columns", {}).items() if name in frame.columns}
    named = read_items(frame, columns=columns, languages=about.get("languages"), roles=CELLS)
    cells = prod(named[name].n_unique() for name in CELLS if name in named.columns)
    if cells > MOST_CELLS:
        raise BadValue(f"{cells:,} cells of models, items and languages are more than {MOST_CELLS:,}", where="items",
                       hint="send a part of it, or ask on the command line")  # fmt: skip


def answer_key(key: str, stamp: str, command: str, fields: Mapping[str, Any]) -> str:
    """Checksum of evidence and question: the same answer has the same."""
    parts = (__version__, key, stamp, command, json.dumps(fields, sort_keys=True, default=str))
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:24]


@dataclass
class _Source:
    """A store or file that is read when it is first asked, and again when it has changed."""

    source: str
    stamp_read: str | None = None
    evidence: Evidence | None = None

    def __post_init__(self) -> None:
        self.lock = Lock()

    def stamp(self) -> str:
        (found,) = expand([self.source])
        if isinstance(found, Store):
            if not (parts := found.parts()):
                raise BadFile("holds no scores", where=self.source, hint="import result files into it first")
            return "\0".join(map(str, parts))
        if not isinstance(found, Path) or not found.is_file():
            raise BadFile("no such file or store", where=self.source)
        status = found.stat()
        return f"{status.st_mtime_ns} {status.st_size}"

    def load(self) -> Evidence:
        with self.lock:
            stamp = self.stamp()
            if self.evidence is None or stamp != self.stamp_read:
                self.evidence, self.stamp_read = read_evidence(self.source), stamp
            return self.evidence


def served_evidence(sources: tuple[str, ...]) -> list[Held]:
    """The evidence that the server was started with, then what ships."""
    held: list[Held] = []
    for source in sources:
        if source.startswith(PREFIX):
            continue
        place = _Source(source)
        held.append(Held(_key(Path(source).stem, held), Path(source).name, place.load, place.stamp, may_change=True))
    named = [source for source in sources if source.startswith(PREFIX)]
    for name in dict.fromkeys([*named, *shipped()]):
        short = name.removeprefix(PREFIX)
        held.append(Held(short, SHIPPED_TITLES.get(short, short), _shipped(name), lambda: "shipped"))
    return held


SHIPPED_TITLES = {
    "sib200-e5": "Topic classification with a multilingual encoder, 205 languages",
    "sib200-e5-tuned": "Topic classification with the same encoder, fine-tuned on English, 120 languages",
    "sib200-few-shot": "Topic classification from few examples, 21 languages",
    "sib200-minilm": "Topic classification with a sentence encoder, 205 languages",
    "sib200-ngram": "Topic classification with character n-grams, 205 languages",
    "udpos-e5": "Part-of-speech tagging with a multilingual encoder, 53 languages",
    "udpos-minilm": "Part-of-speech tagging with a sentence encoder, 53 languages",
    "udpos-ngram": "Part-of-speech tagging with character n-grams, 53 languages",
}


def _shipped(name: str) -> Any:
    return lru_cache(maxsize=1)(lambda: read_evidence(name))


def _key(stem: str, held: list[Held]) -> str:
    """A name for addresses that is not taken."""
    plain = "".join(letter if letter.isalnum() or letter in "-_." else "-" for letter in stem) or "evidence"
    taken = {one.key for one in held}
    return next(name for name in (plain, *(f"{plain}-{number}" for number in range(2, 999))) if name not in taken)
