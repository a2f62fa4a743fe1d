"""`translate`: each text in another language; its label stays, tags of its words cannot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from isogloss.texts.projection.files import Sentences
from isogloss.texts.projection.translating import faults, translate_sentences
from isogloss.texts.transforms import Item, Outcome, TextTransform
from isogloss.texts.translators import read_translator

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
        words, dropped = translated_words(items, self.translator, origin, into)
        kept = [Item(item.id, words[item.id], item.label) for item in items if item.id not in dropped]
        lost = sum(len(item.tags) for item in items if item.id not in dropped)
        return Outcome(kept, dropped, {OTHER_WORDS: lost} if lost else {})


def translated_words(
    items: Sequence[Item], translator: dict[str, Any], origin: str, into: str
) -> tuple[dict[str, tuple[str, ...]], dict[str, str]]:
    """Words of translations, and why some cannot be used, both by id."""
    texts = [" ".join(item.words) for item in items]
    given = Sentences([item.id for item in items], texts, [[*item.words] for item in items], [[] for _ in items])
    made = translate_sentences(given, read_translator(translator), origin, into)
    wrong = {items[place].id: reason for place, reason in faults(texts, made.texts).items()}
    return {item.id: tuple(words) for item, words in zip(items, made.words, strict=True)}, wrong
