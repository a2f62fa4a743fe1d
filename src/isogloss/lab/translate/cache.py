"""Translations kept on disk by content: each batch of texts is translated once per pair and translator."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from isogloss.errors import BadFile
from isogloss.files import atomic_write, cache_folder
from isogloss.lab.translate import Passage, Translator

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
        by = f"{json.dumps(self.translator.identity, sort_keys=True)} {_described(self)}"
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
    wall, cpu = time.perf_counter(), _cpu_seconds()
    texts = batch.translator.translate(batch.passages, batch.origin, batch.into)
    wall, cpu = time.perf_counter() - wall, _cpu_seconds() - cpu
    lengths = np.array([1 + len(passage.text) for passage in batch.passages], np.float64)
    share = lengths / lengths.sum()
    found = Translations(texts, wall * share, cpu * share)
    if batch.translator.kept:
        _write(batch, found)
    return found


def _described(batch: Batch) -> str:
    return batch.translator.describe(batch.origin, batch.into)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def _cpu_seconds() -> float:
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
    path = batch.path
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        atomic_write(path, table.write_parquet)
    except (OSError, BadFile) as error:
        reason = error.reason if isinstance(error, BadFile) else f"cannot be written: {error.strerror}"
        hint = "set ISOGLOSS_CACHE to a folder that can be"
        raise BadFile(f"translations {reason}", where=str(path.parent), hint=hint) from None
