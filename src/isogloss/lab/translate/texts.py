"""Inputs of a task in another language: texts, or the premise and each of the choices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from isogloss.lab.recipe import Apply
from isogloss.lab.translate import Passage, Translator
from isogloss.lab.translate.cache import Batch, Translations, translate_batch
from isogloss.models.inputs import InputType

Matrix = np.ndarray[tuple[int, ...], np.dtype[np.float64]]

Places = np.ndarray[tuple[int, ...], np.dtype[np.int64]]

FIGURES = ("texts", "characters", "seconds", "cpu_seconds")
"""What is counted of each input that is translated."""


@dataclass(frozen=True)
class Texts:
    """Inputs of one language that are wanted in another.

    Attributes
    ----------
    inputs : sequence
        Of the type that `input_type` is about.
    items : sequence of str
        Their ids.
    wanted : numpy.ndarray of bool, shape (inputs,)
        Which of them are needed at all; others may stay empty.
    origin, into : str
        Canonical languages. Where they are the same, there is nothing to translate.
    input_type : InputType
    """

    inputs: Sequence[Any]
    items: Sequence[str]
    wanted: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]
    origin: str
    into: str
    input_type: InputType[Any]

    @property
    def is_own(self) -> bool:
        """Whether the inputs are in the language already."""
        return self.origin == self.into

    def passages(self) -> list[Passage]:
        """Every passage of every input."""
        return [
            Passage(text, item, part)
            for one, item in zip(self.inputs, self.items, strict=True)
            for part, text in enumerate(self.input_type.texts(one))
        ]

    def batches(self, translator: Translator) -> list[tuple[Places, Batch]]:
        """What has to be translated, and where it stands among the passages."""
        if self.is_own or not self.wanted.any():
            return []
        passages = self.passages()
        needed = np.repeat(self.wanted, [len(self.input_type.texts(one)) for one in self.inputs])
        if not translator.kept:  # it looks texts up one by one, and may not have those that nobody asks for
            groups = [np.flatnonzero(needed)]
        else:
            size = translator.together
            groups = [np.arange(first, min(first + size, len(passages))) for first in range(0, len(passages), size)]
        return [
            (places, Batch(translator, tuple(passages[place] for place in places), self.origin, self.into))
            for places in groups
            if needed[places].any()
        ]


@dataclass(frozen=True)
class Translated:
    """Inputs in another language.

    Attributes
    ----------
    inputs : list
        As many as before, in their order; empty texts where none was wanted.
    figures : numpy.ndarray of float64, shape (inputs, 4)
        `FIGURES` of each.
    """

    inputs: list[Any]
    figures: Matrix


def translate_texts(several: Sequence[Texts], translator: Translator, apply: Apply) -> list[Translated]:
    """Translate, all batches of all languages beside each other.

    Raises
    ------
    IsoglossError
        If a text cannot be translated.
    """
    work = [(number, *one) for number, texts in enumerate(several) for one in texts.batches(translator)]
    done = apply(translate_batch, [batch for _, _, batch in work])
    found: list[list[tuple[Places, Translations]]] = [[] for _ in several]
    for (number, places, _), translations in zip(work, done, strict=True):
        found[number].append((places, translations))
    return [_put_together(texts, parts) for texts, parts in zip(several, found, strict=True)]


def _put_together(texts: Texts, parts: list[tuple[Places, Translations]]) -> Translated:
    if texts.is_own:
        return Translated(list(texts.inputs), np.zeros((len(texts.inputs), len(FIGURES))))
    passages = texts.passages()
    translations = [""] * len(passages)
    figures = np.zeros((len(passages), len(FIGURES)))
    for places, found in parts:
        for place, text in zip(places, found.texts, strict=True):
            translations[place] = text
        lengths = [len(passages[place].text) for place in places]
        figures[places] = np.column_stack([np.ones(len(lengths)), lengths, found.seconds, found.cpu_seconds])
    heights = [len(texts.input_type.texts(one)) for one in texts.inputs]
    starts = np.concatenate([[0], np.cumsum(heights, dtype=np.int64)])
    summed = np.array([figures[first:last].sum(axis=0) for first, last in pairwise(starts)])
    inputs = [
        texts.input_type.with_texts(one, translations[first:last])
        for one, (first, last) in zip(texts.inputs, pairwise(starts), strict=True)
    ]
    return Translated(inputs, summed.reshape(-1, len(FIGURES)))
