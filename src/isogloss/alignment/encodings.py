"""Vectors of the same sentences in several languages, by layer and pooling, in a folder that nothing loads whole.

`encodings.json` says of what they are, `sentences.parquet` has one row per language and sentence, and `POOLING.npy` one
vector per layer and row. All rows of a language stand together. No file can run code when it is read.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
import polars as pl

from isogloss.alignment.written import find_written
from isogloss.errors import BadFile, BadValue, UnknownName, first_line
from isogloss.files import read_input

Array = np.ndarray[Any, Any]

FACTS, SENTENCES, PROGRESS = "encodings.json", "sentences.parquet", "unfinished.json"
LAYOUT = 1
"""Of the folder; increment when older ones can no longer be read."""
STATIC = 1
"""The only layer of a model that shows one vector per sentence."""


class Parallel(NamedTuple):
    """Vectors of the sentences that several languages share.

    Attributes
    ----------
    ids : list of str
        Of the sentences, shape (n,); in every language row i is sentence i.
    vectors : dict of str to numpy.ndarray of float32, shape (n, dimension)
        By language.
    left_out : int
        Sentences that some of the languages have, and others lack.
    """

    ids: list[str]
    vectors: dict[str, Array]
    left_out: int


@dataclass(frozen=True)
class Facts:
    """Of what the vectors are.

    Attributes
    ----------
    model : str
        As it was named.
    fingerprint : str
        Of the model's weights and its tokeniser, see `isogloss.models.checkpoints.fingerprint`; or what tells other
        vectors apart.
    poolings : tuple of str
        See `isogloss.models.pool`.
    layers : tuple of int
        0 are the embeddings.
    dimension : int
    max_length : int, optional
        Tokens of a sentence at most; None where that does not apply.
    """

    model: str
    fingerprint: str
    poolings: tuple[str, ...]
    layers: tuple[int, ...]
    dimension: int
    max_length: int | None = None


@dataclass(frozen=True)
class Encodings:
    """Vectors of sentences in a folder, read from where they lie when they are asked for.

    Attributes
    ----------
    folder : pathlib.Path
    facts : Facts
    identity : str
        The same for the same model, tokeniser, sentences and poolings, on any machine.
    rows : dict of str to range
        Language, as the corpus wrote it, to its rows.
    """

    folder: Path
    facts: Facts
    identity: str
    rows: dict[str, range]
    _ids: list[str] = field(repr=False)

    @classmethod
    def read(cls, folder: str | Path, *, unfinished: bool = False) -> Self:
        """Encodings from a folder.

        Parameters
        ----------
        folder : str or pathlib.Path
            What `isogloss align encode` or `write_encodings` wrote.
        unfinished : bool, default False
            Whether to take the sentences that are encoded in all languages, where others are still to come.

        Raises
        ------
        BadFile
            If there are none, they are damaged, or not finished.
        """
        folder = Path(folder)
        facts, identity = _read_facts(folder)
        table = _read_sentences(folder)
        rows = _rows(table, folder)
        if (folder / PROGRESS).exists():
            sentences = _read_json(folder / PROGRESS).get("sentences")
            if not unfinished or not isinstance(sentences, int):
                raise BadFile("is not finished", where=str(folder), hint="run the same isogloss align encode again")
            ranks = table["rank"].to_numpy()
            rows = {
                language: range(place.start, place.start + int((ranks[place.start : place.stop] < sentences).sum()))
                for language, place in rows.items()
            }
            rows = {language: place for language, place in rows.items() if place}
        return cls(folder, facts, identity, rows, table["id"].to_list())

    @property
    def model(self) -> str:
        """The model, as it was named."""
        return self.facts.model

    @property
    def languages(self) -> tuple[str, ...]:
        """As the corpus wrote them, in its order."""
        return tuple(self.rows)

    @property
    def layers(self) -> tuple[int, ...]:
        """Numbers of the layers; 0 are the embeddings."""
        return self.facts.layers

    @property
    def poolings(self) -> tuple[str, ...]:
        """How the states of a sentence's tokens became one vector, see `isogloss.models.pool`."""
        return self.facts.poolings

    @property
    def dimension(self) -> int:
        """Numbers of a vector."""
        return self.facts.dimension

    @property
    def sentences(self) -> int:
        """Different sentences."""
        return len({one for language in self.rows for one in self.ids(language)})

    def find(self, name: str, where: str = "languages") -> str:
        """A language as the corpus wrote it, from any way to write it: `eng_Latn` for `eng` or `English`.

        Raises
        ------
        UnknownLanguage, BadValue
            If it is no language, not among these, or more than one of them.
        """
        written = find_written(name, self.rows, where)
        if written is None:
            hint = f"there are {', '.join(list(self.rows)[:8])}{', ...' if len(self.rows) > 8 else ''}"
            raise BadValue(f"no sentences in '{name}'", where=where, hint=hint)
        return written

    def ids(self, language: str) -> list[str]:
        """Ids of the sentences of a language, in the order of its vectors."""
        rows = self._rows_of(language)
        return self._ids[rows.start : rows.stop]

    def vectors(self, language: str, layer: int, pooling: str) -> Array:
        """The vectors of a language.

        Parameters
        ----------
        language : str
            As the corpus wrote it.
        layer : int
            One of `layers`; negative ones count from the end.
        pooling : str
            One of `poolings`.

        Returns
        -------
        numpy.ndarray of float32, shape (sentences, dimension)
            Not to be written to; read from the disk where it is used.

        Raises
        ------
        BadValue, UnknownName
            If there is no such language, layer or pooling.
        BadFile
            If the file is damaged.
        """
        rows = self._rows_of(language)
        return self._array(pooling)[self._place(layer), rows.start : rows.stop]

    def parallel(self, languages: Sequence[str], layer: int, pooling: str) -> Parallel:
        """Vectors of the sentences that all of some languages have, matched by their ids.

        Parameters
        ----------
        languages : sequence of str
            As the corpus wrote them.
        layer : int
        pooling : str
            As for `vectors`.

        Raises
        ------
        BadValue
            If they share no sentence; and as for `vectors`.
        """
        ids, places, left_out = self._shared(tuple(languages))
        vectors = {
            language: own if places[language] is None else own[places[language]]
            for language in languages
            for own in (self.vectors(language, layer, pooling),)
        }
        return Parallel(ids, vectors, left_out)

    def _shared(self, languages: tuple[str, ...]) -> tuple[list[str], dict[str, Array | None], int]:
        """Ids that all languages have, where each has them (None: as they stand), and how many others there are."""
        ids = {language: self.ids(language) for language in languages}
        first = ids[languages[0]]
        if all(own == first for own in ids.values()):
            return first, dict.fromkeys(languages), 0
        common = set.intersection(*map(set, ids.values()))
        if not common:
            raise BadValue(
                f"{', '.join(languages[:4])}{', ...' if len(languages) > 4 else ''} share no sentence",
                where=str(self.folder), hint="give parallel sentences the same id in every language",
            )  # fmt: skip
        kept = [one for one in first if one in common]
        where = {language: {one: place for place, one in enumerate(own)} for language, own in ids.items()}
        places = {language: np.array([where[language][one] for one in kept]) for language in languages}
        return kept, dict(places), len(set().union(*ids.values())) - len(kept)

    def _rows_of(self, language: str) -> range:
        if language not in self.rows:
            raise UnknownName("language", language, self.rows)
        return self.rows[language]

    def _place(self, layer: int) -> int:
        if -len(self.layers) <= layer < 0:
            return layer + len(self.layers)
        if layer not in self.layers:
            raise BadValue(f"there is no layer {layer}", where="layer", hint=f"there are {_span(self.layers)}")
        return self.layers.index(layer)

    def _array(self, pooling: str) -> Array:
        if pooling not in self.poolings:
            raise UnknownName("pooling", pooling, self.poolings)
        return self._arrays[pooling]

    @cached_property
    def _arrays(self) -> dict[str, Array]:
        shape = (len(self.layers), len(self._ids), self.dimension)
        return {pooling: _map(self.folder / f"{pooling}.npy", shape) for pooling in self.poolings}


def is_encodings(folder: str | Path) -> bool:
    """Whether a path is a folder of encodings."""
    return (Path(folder) / FACTS).is_file()


def _read_facts(folder: Path) -> tuple[Facts, str]:
    if not (folder / FACTS).is_file():
        raise BadFile("holds no encodings", where=str(folder), hint="make them: isogloss align encode")
    content = _read_json(folder / FACTS)
    if content.get("layout") != LAYOUT:
        raise BadFile(f"has layout {content.get('layout')}", where=str(folder), hint="encode again with this version")
    try:
        poolings, layers = tuple(map(str, content["poolings"])), tuple(map(int, content["layers"]))
        facts = Facts(
            str(content["model"]), str(content["fingerprint"]), poolings, layers, int(content["dimension"]),
            content["max_length"],
        )  # fmt: skip
        identity = str(content["identity"])
    except (KeyError, TypeError, ValueError) as error:
        raise _damaged(folder / FACTS, first_line(error)) from None
    if not all(pooling.replace("-", "").replace("_", "").isalnum() for pooling in poolings):
        raise _damaged(folder / FACTS, "a pooling is no word")  # it names a file
    return facts, identity


def _read_json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(read_input(path))
    except (ValueError, RecursionError) as error:
        raise _damaged(path, first_line(error)) from None
    if not isinstance(content, dict):
        raise _damaged(path, "it is no object")
    return content


def _read_sentences(folder: Path) -> pl.DataFrame:
    path = folder / SENTENCES
    try:
        table = pl.read_parquet(read_input(path), columns=["language", "id", "rank"])
        return table.cast({"language": pl.String, "id": pl.String, "rank": pl.Int64})
    except pl.exceptions.PolarsError as error:
        raise _damaged(path, first_line(error)) from None


def _rows(table: pl.DataFrame, folder: Path) -> dict[str, range]:
    """Where each language stands."""
    runs = table.select(pl.col("language").rle()).unnest("language")
    ends = runs["len"].cum_sum().to_list()
    rows = {
        language: range(end - length, end)
        for language, length, end in zip(runs["value"], runs["len"], ends, strict=True)
    }
    if len(rows) != runs.height:
        raise _damaged(folder / SENTENCES, "a language stands in two places")
    return rows


def _map(path: Path, shape: tuple[int, ...]) -> Array:
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError) as error:
        raise _damaged(path, first_line(error)) from None
    if not isinstance(array, np.ndarray) or array.shape != shape or array.dtype != np.float32:
        raise _damaged(path, f"its shape is not {shape}")
    return array


def _span(layers: tuple[int, ...]) -> str:
    return f"{layers[0]} to {layers[-1]}" if len(layers) > 1 else str(layers[0])


def _damaged(path: Path, reason: str) -> BadFile:
    return BadFile(f"is damaged ({reason})", where=str(path), hint="encode again into a new folder")
