"""A kind of task: a sentence, and the word in it that the label is about."""

from dataclasses import dataclass
from typing import Any, ClassVar

import polars as pl

from isogloss.lab.task import TaskKind


@dataclass(frozen=True)
class WordInContext(TaskKind):
    """The word is put in front of the sentence, so that any recipe that reads texts can answer."""

    name: ClassVar[str] = "word-in-context"
    texts: ClassVar[tuple[str, ...]] = ("word", "text")

    def inputs(self, group: pl.DataFrame) -> list[Any]:
        """One text per row."""
        return [f"{word}: {text}" for word, text in group.select("word", "text").iter_rows()]
