"""Transforms that need translations: items beside theirs in a file, with links between the words of both."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from isogloss.alignment.corpus import read_corpus
from isogloss.errors import BadValue
from isogloss.files import read_input
from isogloss.languages import resolve
from isogloss.parameters import labelled
from isogloss.texts.aligners import Aligner, Bitext, Links, read_aligner
from isogloss.texts.transforms import Item, TextTransform
from isogloss.texts.words import cut_words

NO_TRANSLATION = "has no translation in the file"


@dataclass(frozen=True)
class LinkedTransform(TextTransform):
    """A transform of texts by their translations in a file.

    Parameters
    ----------
    file : str
        Table of translations as `isogloss align` takes it, which has the texts as they are written.
    aligner : dict, default "hmm"
        `name` and parameters of an aligner. One that learns from the texts learns from all pairs of the file.
    """

    file: str = ""
    aligner: dict[str, Any] = field(default_factory=lambda: {"name": "hmm"})

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.file:
            raise BadValue(f"{self.name} has no translations", hint='write file = "parallel.csv"')
        read_aligner(self.aligner)

    @property
    def identity(self) -> dict[str, Any]:
        """The content of the file stands for its place."""
        parameters = {name: value for name, value in self.parameters.items() if name != "file"}
        content = hashlib.sha256(read_input(Path(self.file))).hexdigest()
        return super().identity | {"parameters": parameters, "file": content}

    @property
    def label(self) -> str:
        """With the name of the file."""
        aligner = [] if self.aligner == {"name": "hmm"} else [f"aligner={read_aligner(self.aligner).label}"]
        return labelled(f"{self.name}:{Path(self.file).stem}", [*self.changed("file", "aligner"), *aligner])

    def describe(self, origin: str, into: str) -> str:
        """The aligner with its version."""
        return read_aligner(self.aligner).describe()


class Linked(NamedTuple):
    """An item, its translation as it is written, and the links from its words to those of the translation."""

    item: Item
    translation: str
    links: Links


def linked_items(items: Sequence[Item], file: str, origin: str, other: str, aligner: Aligner) -> list[Linked]:
    """Those of the items that a file has with a translation, linked.

    Parameters
    ----------
    items : sequence of Item
    file : str
        Table of translations as `isogloss align` takes it, which has the texts as they are written.
    origin, other : str
        Canonical languages of texts and translations, not the same.
    aligner : Aligner
        One that learns from the texts learns from all pairs of the file.

    Raises
    ------
    BadValue
        If the file has none of the items with its translation.
    """
    pairs = _pairs(file, origin, other)
    known = [(item, pairs[key][1]) for item in items if (key := _letters(item.written)) in pairs]
    if not known:
        hint = "texts must be written there as in the task"
        raise BadValue(f"has no text of these in '{origin}' with its translation", where=file, hint=hint)
    here = {_letters(item.written) for item in items}
    others = [pair for key, pair in pairs.items() if key not in here]
    bitext = Bitext(
        [*(item.words for item, _ in known), *(cut_words(text) for text, _ in others)],
        [cut_words(translation) for _, translation in [*known, *others]],
    )
    return [Linked(*one, links) for one, links in zip(known, aligner.align(bitext), strict=False)]


def untranslated(items: Sequence[Item], known: Sequence[Linked]) -> dict[str, str]:
    """Ids of the items without a translation, to that reason."""
    there = {one.item.id for one in known}
    return {item.id: NO_TRANSLATION for item in items if item.id not in there}


def _pairs(file: str, origin: str, other: str) -> dict[str, tuple[str, str]]:
    """Each text of the file with its translation, by its letters."""
    sides: dict[str, dict[str, str]] = {origin: {}, other: {}}
    for language, number, text in read_corpus(file).table.select("language", "id", "text").iter_rows():
        side = sides.get(resolve(language, where=file).id)
        if side is not None:
            side[number] = text
    own, translations = sides[origin], sides[other]
    return {_letters(text): (text, translations[one]) for one, text in own.items() if one in translations}


def _letters(text: str) -> str:
    """A text without its spaces, which differ between words that were cut and text that was not."""
    return "".join(text.split())
