"""`code-switch`: some words of each text in another language, from a dictionary."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar

import numpy as np
from annotated_types import Ge, Le

from isogloss.errors import BadValue
from isogloss.parameters import labelled
from isogloss.texts.mixing.word_languages import mixing_index
from isogloss.texts.transforms import Item, Outcome, TextTransform
from isogloss.texts.word_tables import Dictionary, content_of_tables, read_words, table_of
from isogloss.texts.words import with_words


@dataclass(frozen=True)
class CodeSwitch(TextTransform):
    """Put words into another language, each that the dictionary has with the same probability.

    Parameters
    ----------
    dictionary : str
        Table (.tsv, .csv, .parquet, .jsonl) with the columns `source` and `target`; a word may have several rows, of
        which one is drawn. `{language}` in its name stands for the language of the texts.
    rate : float, default 0.3
        Probability that a word of the dictionary is replaced.
    tagged : bool, default False
        Whether the language stands before each run of words of one language, as `<eng>` or `<spa>`; `into` then says
        which one the words of the dictionary are.

    Notes
    -----
    Labels and tags stay: the first word of a translation has the tag of the word that it stands for, further ones that
    tag, too, or its I- for the B- of a span. What is drawn for a text depends on its id, not on the others. Measures:
    `replaced`, the share of words, and `cmi`, the mean over texts of 100 (1 - m / n), m of n words with letters being
    of the language that has more (Das and Gambäck 2014).
    """

    name: ClassVar[str] = "code-switch"

    dictionary: str = ""
    rate: Annotated[float, Ge(0), Le(1)] = 0.3
    tagged: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.dictionary:
            raise BadValue("code-switch has no dictionary", hint='write dictionary = "words.tsv"')

    @property
    def identity(self) -> dict[str, Any]:
        """The content of the dictionary stands for its place."""
        described = super().identity
        used = {name: value for name, value in self.parameters.items() if name != "tagged" or value}
        parameters = {name: value for name, value in used.items() if name != "dictionary"}
        return described | {"parameters": parameters, "dictionary": content_of_tables(self.dictionary)}

    @property
    def label(self) -> str:
        """With the name of the dictionary, as two of them replace other words."""
        return labelled(f"{self.name}:{Path(self.dictionary).stem}", self.changed("dictionary"))

    def apply(self, items: Sequence[Item], origin: str, into: str) -> Outcome:
        """The items with some words replaced.

        Raises
        ------
        BadValue
            If the dictionary has no word of any text, or languages are to be marked and cannot be.
        """
        if self.tagged and origin == into:
            hint = 'name the language of the dictionary, as into = "eng"'
            raise BadValue("tagged needs the language that words are put into", where=self.name, hint=hint)
        if self.tagged and any(item.tags for item in items):
            raise BadValue("words with tags cannot have languages between them", where=self.name,
                           hint="leave out tagged")  # fmt: skip
        entries = entries_of(self.dictionary, origin)
        if not any(word.casefold() in entries for item in items for word in item.words):
            where = table_of(self.dictionary, origin)
            raise BadValue(f"has no word of these texts in {origin}", where=where, hint="give words of their language")
        marks = (f"<{origin}> ", f"<{into}> ") if self.tagged else ("", "")
        switched = [self._switched(item, entries, marks) for item in items]
        counts = np.array([(own, other) for _, own, other in switched])
        measures = {"cmi": mixing_index(counts), "replaced": float(counts[:, 1].sum() / max(1, counts.sum()))}
        return Outcome([item for item, _, _ in switched], measures=measures)

    def _switched(self, item: Item, entries: Dictionary, marks: tuple[str, str]) -> tuple[Item, int, int]:
        """An item with marks, and how many of its words with letters are of the source and of the other language."""
        digest = hashlib.sha256(item.id.encode()).digest()[:8]
        generator = np.random.default_rng([self.seed, int.from_bytes(digest, "big")])
        words: list[str] = []
        pieces: list[str] = []
        tags: list[str | None] = []
        own = other = 0
        last: bool | None = None
        for place, word in enumerate(item.words):
            other_words = drawn_words(word, entries, self.rate, *generator.random(2))
            is_replaced = other_words is not None
            made = other_words or (word,)
            lettered = sum(any(map(str.isalpha, part)) for part in made)
            own, other = own + lettered * (not is_replaced), other + lettered * is_replaced
            mark = marks[is_replaced] if lettered and is_replaced is not last else ""
            last = is_replaced if lettered else last
            words += [*mark.split(), *made]
            pieces.append(mark + " ".join(made))
            if item.tags:
                tags += [item.tags[place], *[_continued(item.tags[place])] * (len(made) - 1)]
        text = with_words(item.text, item.words, pieces) if item.text else ""
        return item._replace(words=tuple(words), tags=tuple(tags), text=text), own, other


def entries_of(dictionary: str, origin: str) -> Dictionary:
    """What may stand for each word of a language, from the table that a name stands for."""
    return read_words(table_of(dictionary, origin))


def drawn_words(word: str, entries: Dictionary, rate: float, drawn: float, chosen: float) -> tuple[str, ...] | None:
    """What stands for a word, by two numbers drawn from 0 to 1; None where it stays."""
    known = entries.get(word.casefold())
    return None if known is None or drawn >= rate else known[int(chosen * len(known))]


def _continued(tag: str | None) -> str | None:
    """The tag of the second word of what stands for one word."""
    return f"I{tag[1:]}" if tag is not None and tag.startswith("B-") else tag
