"""Text transforms: labelled texts in, texts in another language or in two languages out, with the labels they keep."""

from __future__ import annotations

import hashlib
import json
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

from isogloss.errors import BadValue
from isogloss.files import cache_folder, write_to_cache
from isogloss.parameters import Parameterized, read_named
from isogloss.registry import Registry
from isogloss.texts.translations import cpu_seconds

text_transforms: Registry[type[TextTransform]] = Registry(
    "text transform",
    {
        "translate": "isogloss.texts.transforms.translate:Translate",
        "project": "isogloss.texts.transforms.project:Project",
        "code-switch": "isogloss.texts.transforms.code_switch:CodeSwitch",
        "transliterate": "isogloss.texts.transforms.transliterate:Transliterate",
        "back-translate": "isogloss.texts.transforms.back_translate:BackTranslate",
        "mix-languages": "isogloss.texts.transforms.mix_languages:MixLanguages",
        "most-fluent": "isogloss.texts.transforms.most_fluent:MostFluent",
        "switch-phrases": "isogloss.texts.transforms.switch_phrases:SwitchPhrases",
        "write-mixed": "isogloss.texts.transforms.write_mixed:WriteMixed",
        "reorder": "isogloss.texts.transforms.reorder:Reorder",
    },
    "isogloss.text_transforms",
    base="isogloss.texts.transforms:TextTransform",
)
"""Text transforms by name; other packages announce theirs in the entry-point group `isogloss.text_transforms`."""


class Item(NamedTuple):
    """A labelled text.

    Attributes
    ----------
    id : str
    words : tuple of str
    label : str or None
        Of the text as a whole.
    tags : tuple of (str or None)
        Of each word; empty where words have none.
    text : str
        As it is written; empty where that is the words with spaces between.
    part : int
        Which text of an item this is, where items have several, such as a premise and a hypothesis.
    """

    id: str
    words: tuple[str, ...]
    label: str | None = None
    tags: tuple[str | None, ...] = ()
    text: str = ""
    part: int = 0

    @property
    def written(self) -> str:
        """The text as it is written."""
        return self.text or " ".join(self.words)


@dataclass(frozen=True)
class Outcome:
    """What a transform makes of items.

    Attributes
    ----------
    items : list of Item
        Under their ids, in their order.
    dropped : dict of str to str
        Id of each item that is left out, with all its parts, to the reason.
    lost : dict of str to int
        Tags that are not carried, by reason.
    measures : dict of str to float
        What else a transform says of its texts, such as how mixed they are.
    """

    items: list[Item]
    dropped: dict[str, str] = field(default_factory=dict)
    lost: dict[str, int] = field(default_factory=dict)
    measures: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Transformed(Outcome):
    """An outcome, and what it cost when it was made.

    Attributes
    ----------
    texts, characters : int
        That were transformed.
    seconds, cpu_seconds : float
        Of the clock, and of the processor with that of programs started for it.
    """

    texts: int = 0
    characters: int = 0
    seconds: float = 0.0
    cpu_seconds: float = 0.0


@dataclass(frozen=True)
class TextTransform(Parameterized, ABC):
    """Makes texts from texts; a frozen dataclass of plain values.

    Parameters
    ----------
    seed : int, default 0
        Of what is drawn at random.

    Attributes
    ----------
    version : int
        Increment it when outputs change for identical inputs.
    """

    version: ClassVar[int] = 1

    seed: int = 0

    @property
    def identity(self) -> dict[str, Any]:
        """What decides outcomes, as plain values."""
        return {"transform": self.name, "version": self.version, "parameters": self.parameters}

    def transform(self, items: Sequence[Item], origin: str, into: str) -> Transformed:
        """Transform items, or read what became of the same ones before from the cache folder.

        Parameters
        ----------
        items : sequence of Item
        origin, into : str
            Canonical languages.

        Raises
        ------
        BadValue
            If two items have one id, an item's tags are not as many as its words, or the transform cannot be done.
        """
        _check(items)
        path = self._path(items, origin, into)
        if (kept := _read(path)) is not None:
            return kept
        wall, cpu = time.perf_counter(), cpu_seconds()
        outcome = self.apply(items, origin, into)
        done = Transformed(
            outcome.items, outcome.dropped, outcome.lost, outcome.measures, len(items),
            sum(len(item.written) for item in items), time.perf_counter() - wall, cpu_seconds() - cpu,
        )  # fmt: skip
        _check(done.items)
        text = json.dumps(asdict(done), ensure_ascii=False)
        hint = "set ISOGLOSS_CACHE to a folder that can be"
        write_to_cache(path, lambda place: place.write_text(text, encoding="utf-8"), "transformed texts", hint)
        return done

    def describe(self, origin: str, into: str) -> str:
        """What transforms texts between two languages, with its version, where parameters do not say it."""
        return ""

    @abstractmethod
    def apply(self, items: Sequence[Item], origin: str, into: str) -> Outcome:
        """The outcome; each item is kept or dropped, under its id."""

    def _path(self, items: Sequence[Item], origin: str, into: str) -> Path:
        """Named by everything that decides the outcome."""
        decided = json.dumps(
            [self.identity, self.describe(origin, into), origin, into, items], sort_keys=True, ensure_ascii=False
        )
        return cache_folder() / "transforms" / self.name / f"{hashlib.sha256(decided.encode()).hexdigest()[:32]}.json"


def read_transform(parameters: Mapping[str, Any]) -> TextTransform:
    """The text transform that parameters with a `name` describe.

    Raises
    ------
    BadValue, UnknownName
        If there is no such transform or parameter.
    """
    return read_named(text_transforms, parameters)


def _check(items: Sequence[Item]) -> None:
    ids = set()
    for item in items:
        if (item.id, item.part) in ids:
            raise BadValue(f"item '{item.id}' is there twice", where="items", hint="give each an id of its own")
        if item.tags and len(item.tags) != len(item.words):
            raise BadValue(f"item '{item.id}' has {len(item.words)} words and {len(item.tags)} tags", where="items")
        ids.add((item.id, item.part))


def _read(path: Path) -> Transformed | None:
    """What is kept, or None if that is nothing or damaged."""
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        items = [
            Item(id_, tuple(words), label, tuple(tags), *written)
            for id_, words, label, tags, *written in kept.pop("items")
        ]
        return Transformed(items=items, **kept)
    except (OSError, ValueError, TypeError):
        return None
