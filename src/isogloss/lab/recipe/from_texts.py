"""What recipes share that learn to write from texts without answers, too."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

from isogloss.errors import BadFile, BadValue
from isogloss.lab.adaptation.texts_file import TextsFile
from isogloss.lab.recipe.encoder_decoder import Seq2SeqTune
from isogloss.parameters import Count


@dataclass(frozen=True)
class Seq2SeqFromTexts(Seq2SeqTune):
    """Full fine-tuning that learns from a table of texts beside the examples.

    Parameters
    ----------
    texts : str
        A table with the columns `language` and `text`.
    most : int, default 1000
        Of each language at most, in the order of the file.
    """

    unlabelled: ClassVar[tuple[str, ...]] = (*Seq2SeqTune.unlabelled, "texts")

    texts: str = ""
    most: Count = 1000

    @cached_property
    def own_texts(self) -> TextsFile:
        """The texts.

        Raises
        ------
        BadValue, BadFile
            If none are named, or there is no such file.
        """
        if not self.texts:
            raise BadValue(f"{self.name} names no texts", hint='add texts = "texts.csv"')
        if not Path(self.texts).is_file():
            raise BadFile("no such file of texts", where=self.texts)
        return TextsFile(Path(self.texts), most=self.most)

    @property
    def identity(self) -> dict[str, Any]:
        """The texts stand there with their content."""
        found = super().identity
        parameters = {name: value for name, value in found["parameters"].items() if name != "texts"}
        return {**found, "parameters": parameters, "texts": self.own_texts.digest}

    def changed(self, *left_out: str) -> list[str]:
        """With the name of the file."""
        return [*super().changed(*left_out), f"texts={Path(self.texts).stem}"]
