"""`translate`: each text in another language; its label stays, tags of its words cannot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from isogloss.models.inputs import InputType
from isogloss.texts.projection.translating import faults
from isogloss.texts.transforms import Item, Outcome, TextTransform
from isogloss.texts.translations import Texts, translate_texts
from isogloss.texts.translators import read_translator
from isogloss.texts.words import cut_words

OTHER_WORDS = "a translation has other words"


@dataclass(frozen=True)
class Translate(TextTransform):
    """Translate texts and keep the label of each; items that come back empty or unchanged are dropped.

    Parameters
    ----------
    translator : dict
        `name` and parameters of a translator.
    """

    name: ClassVar[str] = "translate"

    translator: dict[str, Any] = field(default_factory=lambda: {"name": "apertium"})

    @property
    def identity(self) -> dict[str, Any]:
        """With the translator by its content."""
        return super().identity | {"translator": read_translator(self.translator).identity}

    def describe(self, origin: str, into: str) -> str:
        """The translator with its version."""
        return read_translator(self.translator).describe(origin, into)

    def apply(self, items: Sequence[Item], origin: str, into: str) -> Outcome:
        words, texts, dropped = translated_words(items, self.translator, origin, into)
        kept = [
            Item(item.id, own, item.label, text=text if item.text else "", part=item.part)
            for item, own, text in zip(items, words, texts, strict=True)
            if item.id not in dropped
        ]
        lost = sum(len(item.tags) for item in items if item.id not in dropped)
        return Outcome(kept, dropped, {OTHER_WORDS: lost} if lost else {})


def translated_words(
    items: Sequence[Item], translator: dict[str, Any], origin: str, into: str
) -> tuple[list[tuple[str, ...]], list[str], dict[str, str]]:
    """Words of translations and the translations, item by item, and why some cannot be used, by id."""
    by, texts = read_translator(translator), [item.written for item in items]
    by.check([(origin, into)])
    parts: dict[str, list[int]] = {}
    for place, item in enumerate(items):
        parts.setdefault(item.id, []).append(place)
    given = [tuple(texts[place] for place in places) for places in parts.values()]
    (found,) = translate_texts([Texts(given, [*parts], np.ones(len(given), bool), origin, into, _PARTS)], by, map)
    made = [""] * len(items)
    for places, translations in zip(parts.values(), found.inputs, strict=True):
        for place, translation in zip(places, translations, strict=True):
            made[place] = translation
    wrong = {items[place].id: reason for place, reason in faults(texts, made).items()}
    return [tuple(cut_words(text)) for text in made], made, wrong


class _Parts(InputType[tuple[str, ...]]):
    """All texts of an item."""

    def texts(self, one: tuple[str, ...]) -> tuple[str, ...]:
        return one

    def with_texts(self, one: tuple[str, ...], texts: Sequence[str]) -> tuple[str, ...]:
        return tuple(texts)


_PARTS = _Parts()
