"""Harmless sentences that stand before or after a question, the same in two languages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
import polars as pl

from isogloss.behaviour.items import read_items, require
from isogloss.behaviour.pitfalls.pairs import ENGLISH, Pair, Side
from isogloss.errors import BadValue, NotEnoughEvidence
from isogloss.models.inputs import SLOT

Language = Literal["english", "target"]
Place = Literal["before", "after"]
PLACES: tuple[Place, ...] = ("before", "after")
WRONG = "{choice}"
"""Stands in a sentence for a wrong choice of the question."""
TEMPLATES = (
    "Some people mention {choice}.",
    "Many people think of {choice} first.",
    "A friend of mine likes to talk about {choice}.",
    "The newspaper wrote about {choice} yesterday.",
    "{choice} was the topic of a film last year.",
)
"""English sentences that name a wrong choice and say nothing about the answer; a translator makes the others."""
MOST_FACTS = 40
"""Facts of the table that are taken as sentences."""


@dataclass(frozen=True)
class Sentence:
    """A sentence in both languages.

    Attributes
    ----------
    key : str
        Its id.
    english, target : str
        With `{choice}` where a wrong choice of the question belongs, if anywhere.
    item : str
        The item whose answer it gives away, if any.
    """

    key: str
    english: str
    target: str
    item: str = ""

    @property
    def names_choice(self) -> bool:
        """Whether it names a wrong choice."""
        return WRONG in self.english


class Step(NamedTuple):
    """A sentence, whether it stands before or after what is there, and which wrong choice it names."""

    sentence: Sentence
    place: Place
    wrong: int = 0


def perturbed(pair: Pair, steps: Sequence[Step], language: Language, *, control: bool = False) -> Side:
    """A question with sentences; the control has English sentences in both of its languages."""
    side: Side = getattr(pair, language)
    text = side.question
    for sentence, place, wrong in steps:
        said = sentence.english if control else getattr(sentence, language)
        said = said.replace(WRONG, side.choices[pair.wrong(wrong)])
        text = f"{said} {text}" if place == "before" else f"{text} {said}"
    return Side(text, side.choices)


def read_sentences(source: Any, target: str, *, languages: dict[str, str] | None = None) -> list[Sentence]:
    """Sentences from a table with `item` (their id), `language` and `sentence`, one row for each language.

    Raises
    ------
    BadFile, BadValue, UnknownLanguage
        If it cannot be read, or `{choice}` stands in one language only.
    NotEnoughEvidence
        If no sentence is in both languages.
    """
    table = read_items(source, languages=languages, roles=("item", "language", "sentence"))
    require(table, "item", "language", "sentence")
    texts = {
        code: dict(table.filter(language=code).select(pl.col("item").cast(pl.String), "sentence").iter_rows())
        for code in (ENGLISH, target)
    }
    shared = [key for key, text in texts[ENGLISH].items() if text and texts[target].get(key)]
    if not shared:
        raise NotEnoughEvidence("no sentence is in both languages", where="sentences", hint="check ids of items")
    sentences = [Sentence(key, texts[ENGLISH][key].strip(), texts[target][key].strip()) for key in shared]
    for one in sentences:
        if (WRONG in one.english) != (WRONG in one.target):
            reason = f"{WRONG} stands in one language of sentence {one.key} only"
            raise BadValue(reason, where="sentences", hint="write it in both")
    return sentences


def facts_as_sentences(pairs: Sequence[Pair], seed: int, most: int = MOST_FACTS) -> list[Sentence]:
    """Questions with their right answers: true sentences in both languages, about other items than those asked."""
    drawn = np.random.default_rng(seed).permutation(len(pairs))[:most]
    facts = [pairs[at] for at in sorted(drawn)]
    return [
        Sentence(f"fact {one.item}", _stated(one.english, one.place), _stated(one.target, one.place), one.item)
        for one in facts
    ]


def _stated(side: Side, place: int) -> str:
    if side.statement:
        return side.statement
    answer = side.choices[place]
    whole = side.question.replace(SLOT, answer) if SLOT in side.question else f"{side.question} {answer}"
    return whole if whole.endswith((".", "!", "?", "。", "।", "።")) else f"{whole}."
