"""Everything that is asked, as plain arrays: worker processes map them, and write the prompts themselves."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from isogloss.lab.recipe import Arrays, Corpus
from isogloss.models.inputs import Choice, Input, Question

Matrix = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Asked:
    """What is asked about in one row.

    Attributes
    ----------
    parts : tuple of str
        A text, a premise, a sentence with a slot; or a context and a question.
    choices : tuple of str
        Empty where answers are labels, or texts that are written.
    """

    parts: tuple[str, ...]
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class About:
    """What is known of the task whose texts were prepared.

    Attributes
    ----------
    kind : str
    labels : list of str
    codes, ids : list of str
        Languages as the file calls them, and canonical ones.
    """

    kind: str
    labels: list[str]
    codes: list[str]
    ids: list[str]


def packed(corpus: Corpus) -> dict[str, Matrix]:
    """All rows and what is known of the task, as arrays of bytes."""
    about = {"kind": corpus.kind, "labels": corpus.labels, "codes": corpus.languages}
    about["ids"] = corpus.ids or corpus.languages
    found = {"about": _bytes(json.dumps(about))}
    for prefix, languages in (("train", corpus.train), ("test", corpus.test)):
        rows = [json.dumps(_plain(one)).encode() for texts in languages for one in texts]
        found[f"{prefix}_texts"] = np.frombuffer(b"".join(rows), np.uint8)
        found[f"{prefix}_starts"] = np.cumsum([0, *map(len, rows)])
        found[f"{prefix}_rows_of"] = np.array([len(texts) for texts in languages])
    return found


def about(prepared: Arrays) -> About:
    """What was packed of the task."""
    return About(**json.loads(prepared["about"].tobytes()))


def asked(prepared: Arrays, prefix: str, rows: Iterable[int]) -> list[Asked]:
    """Some rows of those packed."""
    texts, starts = prepared[f"{prefix}_texts"], prepared[f"{prefix}_starts"]
    read = (json.loads(texts[starts[row] : starts[row + 1]].tobytes()) for row in rows)
    return [Asked(tuple(parts), tuple(choices)) for parts, choices in read]


def first_rows(prepared: Arrays, prefix: str) -> Matrix:
    """Where the rows of each language begin, and where the last ones end."""
    return np.concatenate([[0], np.cumsum(prepared[f"{prefix}_rows_of"])])


def parts_of(one: Input) -> tuple[str, ...]:
    """What an input has in the places of a template, its choices aside."""
    if isinstance(one, Choice):
        return (one.premise,)
    return (one.context, one.question) if isinstance(one, Question) else (str(one),)


def _plain(one: Input) -> list[tuple[str, ...]]:
    return [parts_of(one), one.choices if isinstance(one, Choice) else ()]


def _bytes(text: str) -> Matrix:
    return np.frombuffer(text.encode(), np.uint8)
