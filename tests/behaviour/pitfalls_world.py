"""A world of questions in English and Swahili, and models with a weakness that is known because it was planted."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from isogloss.behaviour import read_questions
from isogloss.behaviour.pitfalls import Pair, Sentence, pair_questions
from isogloss.models.inputs import Choice
from isogloss.models.respondents.base import Keep, Meter, Respondent

COLOURS = {"English": ("red", "green", "blue", "white"), "Swahili": ("nyekundu", "kijani", "bluu", "nyeupe")}
ASKED = {"English": "Which colour has box {}?", "Swahili": "Sanduku {} lina rangi gani?"}
PLANTED = 7
"""The sentence that stands in the way in Swahili, if it stands before the question."""


def pitfalls_table(items: int = 80) -> pl.DataFrame:
    """Questions as a user has them, with English paraphrases."""
    rows = [
        {"item": str(item), "language": language, "question": ASKED[language].format(item),
         "choices": "|".join(colours), "answer": colours[item % 4],
         "paraphrase": f"Box {item}: what is its colour?" if language == "English" else None}
        for item in range(items) for language, colours in COLOURS.items()
    ]  # fmt: skip
    return pl.DataFrame(rows)


def pairs_world(items: int = 80, seed: int = 0) -> list[Pair]:
    """The same as pairs."""
    return pair_questions(read_questions(pitfalls_table(items)), "swa", seed=seed)


def sentences_world(count: int = 30) -> list[Sentence]:
    """Harmless sentences."""
    return [
        Sentence(f"topic {n}", f"Topic {n} was in the news.", f"Mada {n} ilikuwa kwenye habari.") for n in range(count)
    ]


def sentences_table(count: int = 30) -> pl.DataFrame:
    """The same as a user has them."""
    rows = [(one.key, language, text) for one in sentences_world(count)
            for language, text in (("English", one.english), ("Swahili", one.target))]  # fmt: skip
    return pl.DataFrame(rows, schema=["item", "language", "sentence"], orient="row")


@dataclass(frozen=True)
class Rules(Respondent):
    """Knows every colour but for chance, and for what is planted.

    Parameters
    ----------
    name : str
    english, swahili : float
        How often a prompt is answered wrong by chance, drawn anew for each.
    disturbed : float
        The same with any sentence beside the question.
    planted : float
        How often it is wrong in Swahili where the planted sentence stands before the question.
    """

    name: str = "rules"  # type: ignore[misc]  # a field where the base has a property
    english: float = 0.0
    swahili: float = 0.0
    disturbed: float = 0.0
    planted: float = 0.0

    @property
    def identity(self) -> Mapping[str, Any]:
        return {"rules": [self.name, self.english, self.swahili, self.disturbed, self.planted]}

    @property
    def together(self) -> int:
        return 64

    def score(self, batches: Sequence[Sequence[Choice]], keep: Keep, meter: Meter) -> None:
        for place, batch in enumerate(batches):
            keep(place, [self._scores(one) for one in batch])

    def write(self, batches: Sequence[Sequence[str]], keep: Keep, meter: Meter) -> None:
        raise NotImplementedError  # the search ranks choices, and asks for no text

    def _scores(self, one: Choice) -> list[float]:
        language = "Swahili" if "Sanduku" in one.premise else "English"
        item = int(re.findall(r"[Bb]ox (\d+)|Sanduku (\d+)", one.premise)[0][language == "Swahili"])
        right = one.choices.index(COLOURS[language][item % 4])
        chance = self.swahili if language == "Swahili" else self.english
        if re.search("Topic|Mada", one.premise):
            chance += self.disturbed
        if re.search(rf"Mada {PLANTED} .*Sanduku", one.premise):
            chance += self.planted
        drawn = int.from_bytes(hashlib.sha256(f"{self.name} {one.premise}".encode()).digest()[:4]) / 2**32
        return [float((place == right) != (drawn < chance)) + 1e-3 * place for place in range(len(one.choices))]
