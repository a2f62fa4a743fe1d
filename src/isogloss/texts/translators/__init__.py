"""Translators: what every one does, and where they are found."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

from isogloss.parameters import Parameterized, read_named
from isogloss.registry import Registry

translators: Registry[type[Translator]] = Registry(
    "translator",
    {
        "apertium": "isogloss.texts.translators.apertium:Apertium",
        "seq2seq": "isogloss.texts.translators.seq2seq:Seq2Seq",
        "file": "isogloss.texts.translators.file:FileTranslator",
        "prompted": "isogloss.texts.translators.prompted:PromptedTranslator",
        "dictionary": "isogloss.texts.translators.dictionary:DictionaryTranslator",
    },
    "isogloss.translators",
    base="isogloss.texts.translators:Translator",
)
"""Translators by name; other packages announce theirs in the entry-point group `isogloss.translators`."""


class Passage(NamedTuple):
    """A text to translate.

    Attributes
    ----------
    text : str
    item : str
        Id of the item that it belongs to, in the task.
    part : int
        0 for a text, or for the premise of a choice; choices count from 1.
    """

    text: str
    item: str = ""
    part: int = 0


@dataclass(frozen=True)
class Translator(Parameterized, ABC):
    """Puts texts of one language into another; a frozen dataclass of plain values.

    Attributes
    ----------
    version : int
        Increment it when translations change for identical texts.
    kept : bool
        Whether translations are kept in the cache folder.
    looks_up : bool
        Whether it looks translations up by item, so that a text that was changed has the same one.
    """

    version: ClassVar[int] = 1
    kept: ClassVar[bool] = True
    looks_up: ClassVar[bool] = False

    @property
    def identity(self) -> dict[str, Any]:
        """What decides translations, as plain values; jobs are named by it."""
        parameters = {name: value for name, value in self.parameters.items() if name not in self.unlabelled}
        return {"translator": self.name, "version": self.version, "parameters": parameters}

    @property
    def together(self) -> int:
        """How many passages are translated in one go, on which a translation may depend."""
        return 64

    @abstractmethod
    def check(self, pairs: Sequence[tuple[str, str]]) -> None:
        """Raise an InputError unless it can translate between these canonical languages, (from, into)."""

    @abstractmethod
    def describe(self, origin: str, into: str) -> str:
        """What translates between two languages, with its version, as observations say it."""

    @abstractmethod
    def translate(self, passages: Sequence[Passage], origin: str, into: str) -> list[str]:
        """The translations of some passages, in their order.

        Raises
        ------
        IsoglossError
            If one of them cannot be translated.
        """


def read_translator(parameters: Mapping[str, Any]) -> Translator:
    """The translator that parameters with a `name` describe.

    Raises
    ------
    BadValue, UnknownName
        If there is no such translator or parameter.
    """
    return read_named(translators, parameters)
