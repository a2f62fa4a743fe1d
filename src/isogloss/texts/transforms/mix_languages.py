"""`mix-languages`: words, sentences or whole texts in languages that are drawn, one for each."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from annotated_types import Ge, Le

from isogloss.errors import BadValue
from isogloss.languages import resolve
from isogloss.parameters import Count
from isogloss.texts.mixing.word_languages import mixing_index
from isogloss.texts.transforms import Item, Outcome, TextTransform
from isogloss.texts.transforms.translate import OTHER_WORDS, translated_words
from isogloss.texts.translators import read_translator
from isogloss.texts.words import cut_words

SENTENCE = re.compile(r".+?(?:[.!?…।؟۔።։]+[\"'”’»)\]]*(?=\s|$)|[。！？]+[”」』）]*|$)\s*", re.DOTALL)
"""A sentence with the spaces behind it."""


@dataclass(frozen=True)
class MixLanguages(TextTransform):
    """Put units of each text into other languages, by a translator.

    Parameters
    ----------
    languages : list of str
        Languages of which one is drawn for each unit that is put into another.
    unit : {"words", "sentence", "text"}, default "sentence"
        What is in one language: so many words, a sentence, or a whole text.
    words : int, default 8
        How many words a unit of words has.
    rate : float, default 0.5
        Probability that a unit is put into another language.
    translator : dict
        `name` and parameters of the translator, which reads each unit by itself.

    Notes
    -----
    Chua et al. (2024, Crosslingual capabilities and knowledge barriers) train on general text of which each sentence,
    or each eight words, is in one of five languages, drawn alike: four `languages`, and a rate of 0.8. A unit that
    comes back empty or as it was stays as it is. Sentences end at full stops and their like, so that abbreviations are
    cut. Labels stay; tags of words are lost. Measures: `replaced`, the share of words in another language, `left`, the
    share of the drawn units that stay, and `cmi`, as of `code-switch`, over all languages.
    """

    name: ClassVar[str] = "mix-languages"

    languages: list[str] = field(default_factory=list)
    unit: Literal["words", "sentence", "text"] = "sentence"
    words: Count = 8
    rate: Annotated[float, Ge(0), Le(1)] = 0.5
    translator: dict[str, Any] = field(default_factory=lambda: {"name": "apertium"})

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.languages:
            raise BadValue(f"{self.name} has no languages", hint='write languages = ["fra", "deu"]')
        _ = self._into

    @property
    def _into(self) -> list[str]:
        return [resolve(code, where=f"{self.name}: languages").id for code in self.languages]

    @property
    def identity(self) -> dict[str, Any]:
        """With the translator by its content."""
        parameters = {name: value for name, value in self.parameters.items() if name != "translator"}
        by = read_translator(self.translator).identity
        return super().identity | {"parameters": parameters | {"languages": self._into}, "translator": by}

    @property
    def label(self) -> str:
        """With the label of the translator."""
        own = [f"languages={'+'.join(self.languages)}", read_translator(self.translator).label]
        return f"{self.name}({','.join([*own, *self.changed('languages', 'translator')])})"

    def describe(self, origin: str, into: str) -> str:
        """The translator with its version, for each language."""
        by = read_translator(self.translator)
        return ", ".join(by.describe(origin, code) for code in self._others(origin))

    def apply(self, items: Sequence[Item], origin: str, into: str) -> Outcome:
        """The items with some units in other languages.

        Raises
        ------
        BadValue
            If the texts are in the only language that is named, or the translator translates no unit.
        """
        units = [unit for row, item in enumerate(items) for unit in self._units(row, item, self._others(origin))]
        drawn = [unit for unit in units if unit.language]
        for code in self._others(origin):
            self._translate([unit for unit in drawn if unit.language == code], origin)
        left = sum(not unit.language for unit in drawn)
        if drawn and left == len(drawn):
            by = read_translator(self.translator).label
            raise BadValue(f"each of {left} units came back empty or as it was", where=f"translator {by}",
                           hint="look at what it translates")  # fmt: skip
        texts, counts = [""] * len(items), np.zeros((len(items), 1 + len(self.languages)), int)
        places = {"": 0} | {code: place for place, code in enumerate(self._into, 1)}
        for unit in units:
            texts[unit.row] += unit.text + unit.space
            counts[unit.row, places[unit.language]] += len(unit.text.split())
        made = [
            item._replace(words=tuple(cut_words(text)), tags=(), text=text if item.text else "")
            for item, text in zip(items, texts, strict=True)
        ]
        lost = sum(len(item.tags) for item in items)
        measures = {
            "cmi": mixing_index(counts), "replaced": float(counts[:, 1:].sum() / max(1, counts.sum())),
            "left": left / max(1, len(drawn)),
        }  # fmt: skip
        return Outcome(made, lost={OTHER_WORDS: lost} if lost else {}, measures=measures)

    def _others(self, origin: str) -> list[str]:
        """The languages that texts are put into.

        Raises
        ------
        BadValue
            If that is the one that they are in.
        """
        others = [code for code in self._into if code != origin]
        if not others:
            raise BadValue(f"texts in '{origin}' are in the only language named", where=self.name, hint="name another")
        return others

    def _units(self, row: int, item: Item, others: Sequence[str]) -> list[Unit]:
        """The units of a text, each with the language that it is to be in, if that is another."""
        digest = hashlib.sha256(item.id.encode()).digest()[:8]
        generator = np.random.default_rng([self.seed, item.part, int.from_bytes(digest, "big")])
        found = []
        for piece in cut_units(item.written, self.unit, self.words):
            is_drawn, place = generator.random() < self.rate, int(generator.integers(len(others)))
            text = piece.rstrip()
            found.append(Unit(row, text, piece[len(text) :], others[place] if is_drawn and text else ""))
        return found

    def _translate(self, units: Sequence[Unit], origin: str) -> None:
        """Put units into their language; what cannot be translated is of none."""
        if not units:
            return
        asked = [Item(str(place), tuple(cut_words(unit.text)), text=unit.text) for place, unit in enumerate(units)]
        _, texts, dropped = translated_words(asked, self.translator, origin, units[0].language)
        for place, (unit, text) in enumerate(zip(units, texts, strict=True)):
            if str(place) in dropped or text.split() == unit.text.split():
                unit.language = ""
            else:
                unit.text = text.strip()


@dataclass
class Unit:
    """A part of a text: the row of its text, what it says, the spaces behind it, and its language, if it is another."""

    row: int
    text: str
    space: str
    language: str


def cut_units(text: str, unit: str, words: int) -> list[str]:
    """The units of a text, which together are the text.

    Parameters
    ----------
    text : str
    unit : {"words", "sentence", "text"}
    words : int
        How many a unit of words has.

    Examples
    --------
    >>> cut_units("It rains. We stay in.", "sentence", 8)
    ['It rains. ', 'We stay in.']
    >>> cut_units("It rains. We stay in.", "words", 2)
    ['It rains. ', 'We stay ', 'in.']
    """
    if unit == "text":
        return [text]
    pattern = SENTENCE if unit == "sentence" else re.compile(rf"\s*(?:\S+\s*){{1,{words}}}")
    return pattern.findall(text)
