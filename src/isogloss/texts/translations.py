"""Inputs of a task in another language, and the translations of their texts, kept on disk by content."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from isogloss.files import cache_folder, write_to_cache
from isogloss.models.inputs import InputType
from isogloss.texts.translators import Passage, Translator

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


def translate_texts(
    several: Sequence[Texts], translator: Translator, apply: Callable[..., Iterator[Translations]]
) -> list[Translated]:
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


_SCHEMA = {"text": pl.String, "translation": pl.String, "seconds": pl.Float64, "cpu_seconds": pl.Float64}


@dataclass(frozen=True)
class Batch:
    """Passages that are translated in one go.

    What is translated together depends on a task's texts alone, neither on what has been translated before nor on the
    number of workers: so every translation is the same in each run, even where a translator looks beyond a text.

    Attributes
    ----------
    translator : Translator
    passages : tuple of Passage
    origin, into : str
        Canonical languages.
    """

    translator: Translator
    passages: tuple[Passage, ...]
    origin: str
    into: str

    @property
    def path(self) -> Path:
        """Where the translations are kept, named by everything that decides them."""
        by = (
            f"{json.dumps(self.translator.identity, sort_keys=True)} {self.translator.describe(self.origin, self.into)}"
        )
        texts = json.dumps([passage.text for passage in self.passages], ensure_ascii=False)
        folder = f"{self.translator.name}-{_digest(by)}"
        return cache_folder() / "translations" / folder / f"{self.origin}-{self.into}" / f"{_digest(texts)}.parquet"

    @property
    def is_there(self) -> bool:
        """Whether the translations are kept already."""
        return self.translator.kept and self.path.is_file()


@dataclass(frozen=True)
class Translations:
    """What became of a batch.

    Attributes
    ----------
    texts : list of str
    seconds, cpu_seconds : numpy.ndarray of float64, shape (passages,)
        The time that translating them took, when it was done, shared out by their length: of the clock, and of the
        processor, with that of other programs that were started for it.
    """

    texts: list[str]
    seconds: np.ndarray[tuple[int], np.dtype[np.float64]]
    cpu_seconds: np.ndarray[tuple[int], np.dtype[np.float64]]


def translate_batch(batch: Batch) -> Translations:
    """The translations of a batch, from the disk if they are there and whole.

    Raises
    ------
    IsoglossError
        If a text cannot be translated, or the cache cannot be written to.
    """
    if batch.translator.kept and (kept := _read(batch)) is not None:
        return kept
    wall, cpu = time.perf_counter(), cpu_seconds()
    texts = batch.translator.translate(batch.passages, batch.origin, batch.into)
    wall, cpu = time.perf_counter() - wall, cpu_seconds() - cpu
    lengths = np.array([1 + len(passage.text) for passage in batch.passages], np.float64)
    share = lengths / lengths.sum()
    found = Translations(texts, wall * share, cpu * share)
    if batch.translator.kept:
        _write(batch, found)
    return found


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def cpu_seconds() -> float:
    """Of this process and of those that it has waited for."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


def _read(batch: Batch) -> Translations | None:
    """What is kept, or None if that is nothing or damaged."""
    try:
        table = pl.read_parquet(batch.path, glob=False)
    except (OSError, pl.exceptions.PolarsError):
        return None
    if dict(table.schema) != _SCHEMA or table["text"].to_list() != [passage.text for passage in batch.passages]:
        return None
    return Translations(
        table["translation"].to_list(), table["seconds"].to_numpy(), table["cpu_seconds"].to_numpy()
    )  # fmt: skip


def _write(batch: Batch, found: Translations) -> None:
    columns: dict[str, Sequence[str] | np.ndarray[tuple[int], np.dtype[np.float64]]] = {
        "text": [passage.text for passage in batch.passages], "translation": found.texts,
        "seconds": found.seconds, "cpu_seconds": found.cpu_seconds,
    }  # fmt: skip
    table = pl.DataFrame(columns, schema=_SCHEMA)
    write_to_cache(batch.path, table.write_parquet, "translations", "set ISOGLOSS_CACHE to a folder that can be")
