"""`dictionary`: word for word, from a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from isogloss.errors import BadFile, BadValue
from isogloss.texts.translators import Passage, Translator
from isogloss.texts.word_tables import content_of_tables, read_words, table_of
from isogloss.texts.words import cut_words, with_words


@dataclass(frozen=True)
class DictionaryTranslator(Translator):
    """Translates each word by itself, in the order of the text; words that the table lacks stay.

    Parameters
    ----------
    file : str
        Table (.tsv, .csv, .parquet, .jsonl) with the columns `source` and `target`; of several rows of a word, the
        first is taken. `{language}` in its name stands for the language that is translated into.
    """

    name: ClassVar[str] = "dictionary"
    unlabelled: ClassVar[tuple[str, ...]] = ("file",)

    file: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.file:
            raise BadValue("translator 'dictionary' has no table", hint='write file = "words_{language}.tsv"')

    @property
    def label(self) -> str:
        """With the name of the table, as two of them translate differently."""
        return f"{self.name}:{Path(self.file).stem}"

    @property
    def identity(self) -> dict[str, Any]:
        """The content of the tables stands for their place."""
        return super().identity | {"dictionary": content_of_tables(self.file)}

    def check(self, pairs: Sequence[tuple[str, str]]) -> None:
        for _, into in pairs:
            if not Path(table := table_of(self.file, into)).is_file():
                raise BadFile(f"no such table of words into {into}", where=table)

    def describe(self, origin: str, into: str) -> str:
        """The name of the table."""
        return Path(table_of(self.file, into)).name

    def translate(self, passages: Sequence[Passage], origin: str, into: str) -> list[str]:
        entries = read_words(table_of(self.file, into))
        return [_word_for_word(passage.text, entries) for passage in passages]


def _word_for_word(text: str, entries: dict[str, list[tuple[str, ...]]]) -> str:
    words = cut_words(text)
    others = [" ".join(entries[word.casefold()][0]) if word.casefold() in entries else word for word in words]
    return with_words(text, words, others)
