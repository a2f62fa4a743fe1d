"""The same question in English and in another language, its choices in the same order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from isogloss.errors import BadValue, NotEnoughEvidence, UnknownName

ENGLISH = "eng"
FRAME = "Please answer this: {question}"
"""How a question is reworded that has no paraphrase of its own."""
FEWEST_PAIRS = 8
"""Of which half are searched and half are kept fresh."""


@dataclass(frozen=True)
class Side:
    """A question in one language.

    Attributes
    ----------
    question : str
    choices : tuple of str
    statement : str
        The question with its answer as a sentence, where there is one.
    """

    question: str
    choices: tuple[str, ...]
    statement: str = ""


@dataclass(frozen=True)
class Pair:
    """A question in two languages.

    Attributes
    ----------
    item : str
    english, target : Side
    place : int
        Of the right choice, in both.
    paraphrase : str
        The English question in other words.
    """

    item: str
    english: Side
    target: Side
    place: int
    paraphrase: str

    @property
    def as_control(self) -> Pair:
        """The question in English and in other English words."""
        return replace(self, target=Side(self.paraphrase, self.english.choices))

    def wrong(self, number: int) -> int:
        """Place of a wrong choice, counted from the right one."""
        count = len(self.english.choices)
        return (self.place + 1 + number % (count - 1)) % count


def pair_questions(questions: pl.DataFrame, target: str, *, seed: int = 0) -> list[Pair]:
    """The questions that are there in English and in another language.

    Parameters
    ----------
    questions : polars.DataFrame
        See `isogloss.behaviour.read_questions`; with `paraphrase` where English questions have one.
    target : str
        Id of the other language.
    seed : int
        Choices of an item are shuffled alike in both languages.

    Returns
    -------
    list of Pair
        In the order of the table; questions that one of the languages lacks are left out.

    Raises
    ------
    BadValue
        If choices do not match, or it is not known which one is right.
    UnknownName
        If one of the languages has no question.
    NotEnoughEvidence
        If fewer than eight questions are in both.
    """
    by_language = {language: _by_item(rows) for (language,), rows in questions.group_by("language")}
    for language in (ENGLISH, target):
        if language not in by_language:
            raise UnknownName("language of the questions", language, [*map(str, by_language)])
    english, other = by_language[ENGLISH], by_language[target]
    shared = [item for item in english if item in other]
    if len(shared) < FEWEST_PAIRS:
        reason = f"{len(shared)} questions are in both languages, fewer than {FEWEST_PAIRS}"
        raise NotEnoughEvidence(reason, where="questions", hint="check ids of items, or give a translator=...")
    return [_pair(item, english[item], other[item], _order(english[item], item, seed)) for item in shared]


def halves(pairs: Sequence[Pair], seed: int) -> tuple[list[Pair], list[Pair]]:
    """One half to search, and a fresh one to measure, drawn at random."""
    order = np.random.default_rng(seed).permutation(len(pairs))
    middle = len(pairs) // 2
    return [pairs[at] for at in order[:middle]], [pairs[at] for at in order[middle:]]


def _by_item(rows: pl.DataFrame) -> dict[str, dict[str, Any]]:
    return {" ".join(filter(None, (row.get("task"), row["item"]))): row for row in rows.iter_rows(named=True)}


def _order(row: dict[str, Any], item: str, seed: int) -> list[int]:
    """An order of the choices that depends on the item and the seed alone."""
    rng = np.random.default_rng([seed, *item.encode()])
    return [int(place) for place in rng.permutation(len(row["choices"]))]


def _pair(item: str, english: dict[str, Any], target: dict[str, Any], order: list[int]) -> Pair:
    where = f"questions, item {item}"
    if not english["choices"] or english["place"] is None:
        raise BadValue("has no choices, or no right one", where=where, hint="give choices and answer")
    if len(english["choices"]) != len(target["choices"]) or english["place"] != target["place"]:
        reason = f"has other choices in {target['written']} than in {english['written']}, or another right one"
        raise BadValue(reason, where=where, hint="give choices in the same order in both")
    one, other = (
        Side(row["question"], tuple(row["choices"][place] for place in order), row.get("statement") or "")
        for row in (english, target)
    )
    paraphrase = english.get("paraphrase") or FRAME.replace("{question}", english["question"])
    return Pair(item, one, other, order.index(english["place"]), paraphrase)
