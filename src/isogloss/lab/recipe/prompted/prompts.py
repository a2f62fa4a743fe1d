"""All queries as plain arrays: worker processes map them, and write the prompts themselves."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from isogloss.lab.recipe import Arrays, Corpus
from isogloss.lab.task import Form

Matrix = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Query:
    """One row, of which a model is asked the answer.

    Attributes
    ----------
    parts : tuple of str
        A text, a premise, a sentence with a slot; or a context and a question.
    choices : tuple of str
        Empty where answers are labels, or texts that are written.
    shown : tuple of int, or None
        Which demonstrations stand before it, by their places; None for all.
    hint : str
        What stands between these and the question.
    item : str
        Its id in the task; empty where it has none.
    """

    parts: tuple[str, ...]
    choices: tuple[str, ...] = ()
    shown: tuple[int, ...] | None = None
    hint: str = ""
    item: str = ""


@dataclass(frozen=True)
class About:
    """What is known of the task whose texts were prepared.

    Attributes
    ----------
    answer : str
        What an answer is, see `isogloss.lab.task.TaskKind`.
    form : Form
        What templates have.
    labels : list of str
    codes, ids : list of str
        Languages as the file calls them, and canonical ones.
    input_ids, answer_ids : list of str
        Canonical languages of inputs and of answers.
    """

    answer: str
    form: Form
    labels: list[str]
    codes: list[str]
    ids: list[str]
    input_ids: list[str]
    answer_ids: list[str]

    @classmethod
    def of(cls, corpus: Corpus) -> About:
        """What a corpus says of its task, whose kind can be written in prompts."""
        kind = corpus.kind
        assert kind.form is not None
        ids = corpus.ids or corpus.languages
        asked, answered = corpus.input_ids or ids, corpus.answer_ids or ids
        return cls(kind.answer, kind.form, corpus.labels, corpus.languages, ids, asked, answered)


def packed(corpus: Corpus) -> dict[str, Matrix]:
    """All rows and what is known of the task, as arrays of bytes."""
    found = {"about": np.frombuffer(json.dumps(asdict(About.of(corpus))).encode(), np.uint8)}
    for prefix, languages, items in (
        ("train", corpus.train, corpus.train_items), ("test", corpus.test, corpus.test_items),
    ):  # fmt: skip
        names = items or [[""] * len(texts) for texts in languages]
        rows = [
            json.dumps([parts_of(corpus, one), corpus.kind.input_type.choices(one), name]).encode()
            for texts, own in zip(languages, names, strict=True)
            for one, name in zip(texts, own, strict=True)
        ]
        found[f"{prefix}_texts"] = np.frombuffer(b"".join(rows), np.uint8)
        found[f"{prefix}_starts"] = np.cumsum([0, *map(len, rows)])
        found[f"{prefix}_rows_of"] = np.array([len(texts) for texts in languages])
    return found


def about(prepared: Arrays) -> About:
    """What was packed of the task."""
    fields = json.loads(prepared["about"].tobytes())
    form = Form(tuple(fields["form"].pop("inputs")), **fields["form"])
    return About(**{**fields, "form": form})


def queries(prepared: Arrays, prefix: str, rows: Iterable[int]) -> list[Query]:
    """Some rows of those packed."""
    texts, starts = prepared[f"{prefix}_texts"], prepared[f"{prefix}_starts"]
    read = (json.loads(texts[starts[row] : starts[row + 1]].tobytes()) for row in rows)
    return [Query(tuple(parts), tuple(choices), item=item) for parts, choices, item in read]


def first_rows(prepared: Arrays, prefix: str) -> Matrix:
    """Where the rows of each language begin, and where the last ones end."""
    return np.concatenate([[0], np.cumsum(prepared[f"{prefix}_rows_of"])])


def parts_of(corpus: Corpus, one: Any) -> tuple[str, ...]:
    """What an input has in the places of a template, its choices aside."""
    texts, choices = corpus.kind.input_type.texts(one), corpus.kind.input_type.choices(one)
    return texts[: len(texts) - len(choices)]
