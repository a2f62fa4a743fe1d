"""Which training examples stand before a question: some drawn at random, or those that are nearest to it."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from annotated_types import Ge

from isogloss.alignment.corpus import ParallelCorpus, read_corpus
from isogloss.errors import BadFile, BadValue
from isogloss.lab.recipe import Arrays, Corpus
from isogloss.lab.recipe.prompted.prompts import about, first_rows, parts_of, queries
from isogloss.lab.retrieval.bm25 import bm25, ngram_terms
from isogloss.lab.retrieval.search import best
from isogloss.languages import resolve
from isogloss.models.checkpoints import fingerprint, locate
from isogloss.models.encoder import encoders, is_attribute, load_encoder
from isogloss.parameters import Count, Parameterized, labelled, read_named
from isogloss.registry import Registry

Matrix = np.ndarray[Any, Any]

selections: Registry[type[Selection]] = Registry(
    "selection",
    {
        "random": "isogloss.lab.recipe.prompted.selection:RandomSelection",
        "letters": "isogloss.lab.recipe.prompted.selection:LetterSelection",
        "encoder": "isogloss.lab.recipe.prompted.selection:EncoderSelection",
        "aligned": "isogloss.lab.recipe.prompted.selection:AlignedSelection",
    },
    "isogloss.selections",
    base="isogloss.lab.recipe.prompted.selection:Selection",
)
"""Ways to choose demonstrations by name; other packages announce theirs in the entry-point group `isogloss.selections`.
"""

PENALTIES = tuple(np.logspace(-3, 4, 15))
"""Of the map of `aligned`, among which leaving out one sentence at a time decides."""
LEAST_PARALLEL = 8
"""Sentences in both languages that a map is learnt from at least."""


@dataclass(frozen=True)
class Selection(Parameterized, ABC):
    """Chooses demonstrations for each question from the training examples.

    Parameters
    ----------
    count : int, default 4
        How many stand before a question, the nearest last; fewer where there are fewer.

    Notes
    -----
    Equally near ones come in the order that the seed of the job gives the training examples.
    """

    version: ClassVar[int] = 1

    count: Count = 4

    @property
    def identity(self) -> dict[str, Any]:
        """What decides the choice, as plain values; jobs are named by it."""
        parameters = {name: value for name, value in self.parameters.items() if name not in self.unlabelled}
        return {"selection": self.name, "version": self.version, "parameters": parameters}

    def prepare(self, corpus: Corpus) -> dict[str, Matrix]:
        """What is computed once of all texts, as arrays."""
        return {}

    @abstractmethod
    def similarities(self, prepared: Arrays, rows: Matrix, place: int, seed: int) -> Matrix:
        """How near training examples are to the questions in a language.

        Parameters
        ----------
        prepared : Arrays
            All texts, and what `prepare` made of them.
        rows : numpy.ndarray of int, shape (examples,)
            The training rows to choose from.
        place : int
            The language that is asked in, by its place in the corpus.
        seed : int

        Returns
        -------
        numpy.ndarray of float, shape (questions, examples)
        """

    def choose(self, prepared: Arrays, rows: Matrix, place: int, seed: int) -> Matrix:
        """Places among `rows` of the demonstrations of each question, shape (questions, count), the nearest last."""
        return best(self.similarities(prepared, rows, place, seed), self.count).places[:, ::-1]


@dataclass(frozen=True)
class RandomSelection(Selection):
    """As many examples at random, other ones for each question: what the nearest ones are compared with.

    Notes
    -----
    The parameter is that of `Selection`.
    """

    name: ClassVar[str] = "random"

    def similarities(self, prepared: Arrays, rows: Matrix, place: int, seed: int) -> Matrix:
        questions = int(prepared["test_rows_of"][place])
        return np.random.default_rng([seed, place]).random((questions, len(rows)))


@dataclass(frozen=True)
class LetterSelection(Selection):
    """Examples that share pieces of words with the question: no model, and little between languages.

    Notes
    -----
    BM25 over overlapping pieces of four letters (of two in scripts without spaces), see
    `isogloss.lab.retrieval.bm25`. The parameter is that of `Selection`.
    """

    name: ClassVar[str] = "letters"

    def similarities(self, prepared: Arrays, rows: Matrix, place: int, seed: int) -> Matrix:
        first, last = first_rows(prepared, "test")[place : place + 2]
        asked, shown = (
            [" ".join(one.parts) for one in queries(prepared, prefix, some)]
            for prefix, some in (("test", range(first, last)), ("train", rows))
        )
        return bm25(asked, shown, ngram_terms)


@dataclass(frozen=True)
class EncoderSelection(Selection):
    """Examples whose vectors have the largest cosine with that of the question.

    Parameters
    ----------
    checkpoint : str
        An encoder, as `isogloss.models.load_encoder` takes it.
    prefix : str, default ""
        What stands before every text, such as "query: " for models of E5.
    pooling : {"mean", "cls", "last", "weighted", "max"}, default "mean"
        How a text becomes one vector, see `isogloss.models.pool`.
    max_length : int, default 128
        Tokens of a text at most.

    Notes
    -----
    Liu et al. (2022, What makes good in-context examples for GPT-3?). The other parameter is that of `Selection`.
    """

    name: ClassVar[str] = "encoder"
    unlabelled: ClassVar[tuple[str, ...]] = ("checkpoint",)

    checkpoint: str = ""
    prefix: str = ""
    pooling: Literal["mean", "cls", "last", "weighted", "max"] = "mean"
    max_length: Annotated[int, Ge(4)] = 128

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.checkpoint:
            raise BadValue(f"selection '{self.name}' names no encoder", hint='add checkpoint = "folder of an encoder"')

    @property
    def label(self) -> str:
        """With the name of the encoder, as two of them choose differently."""
        return labelled(f"{self.name}:{Path(self.checkpoint).name}", self.changed())

    @property
    def identity(self) -> dict[str, Any]:
        """The content of a checkpoint stands for its place."""
        return super().identity | {"encoder": self._content}

    @property
    def _content(self) -> str:
        named = self.checkpoint in encoders.names() or is_attribute(self.checkpoint)
        return self.checkpoint if named else fingerprint(locate(self.checkpoint))

    def prepare(self, corpus: Corpus) -> dict[str, Matrix]:
        """The vectors of all training and test texts."""
        return {
            f"selection_{prefix}": self._vectors([" ".join(parts_of(corpus, one)) for some in texts for one in some])
            for prefix, texts in (("train", corpus.train), ("test", corpus.test))
        }

    def similarities(self, prepared: Arrays, rows: Matrix, place: int, seed: int) -> Matrix:
        first, last = first_rows(prepared, "test")[place : place + 2]
        return np.asarray(prepared["selection_test"][first:last] @ self._shown(prepared, rows, place).T)

    def _shown(self, prepared: Arrays, rows: Matrix, place: int) -> Matrix:
        """Vectors of the training examples, as the language asked in sees them."""
        return np.asarray(prepared["selection_train"][rows])

    def _vectors(self, texts: Sequence[str]) -> Matrix:
        """Vectors of length 1, shape (texts, width)."""
        if not texts:
            return np.zeros((0, 0), np.float32)
        encoder = load_encoder(self.checkpoint, max_length=self.max_length)
        return _unit(encoder.encode([self.prefix + text for text in texts], pooling=self.pooling))


@dataclass(frozen=True)
class AlignedSelection(EncoderSelection):
    """Examples whose translations into the language of the question would be nearest to it, by a map that is learnt.

    Parameters
    ----------
    file : str
        Parallel texts, as `isogloss align` takes them: a row per language and sentence (`language`, `id`, `text`), or a
        column per language.

    Notes
    -----
    For an example e in another language and its translation t, both vectors of length 1, M is the ridge regression of
    t - e on e over the parallel texts, its penalty chosen by leaving out one sentence at a time; q is compared with
    e + M e. So the cosine between languages comes close to that within the language of the question, q . t, as in
    CLiTSSA (Bajpai and Chakraborty 2025), which trains the whole encoder for it; with a large penalty only the mean
    difference of the languages is taken out. Examples in the language of the question are compared as they are. The
    other parameters are those of `EncoderSelection`.
    """

    name: ClassVar[str] = "aligned"
    unlabelled: ClassVar[tuple[str, ...]] = ("checkpoint", "file")

    file: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.file:
            raise BadValue("selection 'aligned' names no parallel texts", hint='add file = "parallel.csv"')
        if not Path(self.file).is_file():
            raise BadFile("no such file of parallel texts", where=self.file)

    @property
    def identity(self) -> dict[str, Any]:
        return super().identity | {"parallel": hashlib.sha256(Path(self.file).read_bytes()).hexdigest()[:16]}

    def prepare(self, corpus: Corpus) -> dict[str, Matrix]:
        """The vectors of all texts, and of the parallel texts in every language of the corpus.

        Raises
        ------
        BadFile, BadValue
            If a language that is asked in shares too few sentences with one that examples are in.
        """
        parallel = read_corpus(self.file)
        by_language = {place: _sentences(parallel, identifier) for place, identifier in enumerate(_ids(corpus))}
        for source, target in _pairs(corpus):
            shared = by_language[source].keys() & by_language[target].keys()
            if len(shared) < LEAST_PARALLEL:
                codes = f"'{corpus.languages[source]}' and '{corpus.languages[target]}'"
                raise BadValue(
                    f"{len(shared)} sentences are in both {codes}", where=self.file,
                    hint=f"give {LEAST_PARALLEL} or more, better hundreds",
                )  # fmt: skip
        found, number = super().prepare(corpus), {key: place for place, key in enumerate(_keys(by_language))}
        for place, sentences in by_language.items():
            found[f"selection_ids_{place}"] = np.array([number[key] for key in sentences], np.int64)
            found[f"selection_parallel_{place}"] = self._vectors([*sentences.values()])
        return found

    def _shown(self, prepared: Arrays, rows: Matrix, place: int) -> Matrix:
        vectors, ids = super()._shown(prepared, rows, place).copy(), about(prepared).ids
        languages = np.searchsorted(first_rows(prepared, "train"), rows, side="right") - 1
        for language in np.unique(languages):
            if ids[language] != ids[place]:
                here = languages == language
                vectors[here] = _mapped(prepared, int(language), place, vectors[here])
        return vectors


def read_selection(parameters: Mapping[str, Any]) -> Selection:
    """The selection that parameters with a `name` describe.

    Raises
    ------
    BadValue, UnknownName
        If there is no such selection or parameter.
    """
    return read_named(selections, parameters)


def _mapped(prepared: Arrays, source: int, target: int, vectors: Matrix) -> Matrix:
    """Vectors of texts in a language as those of their translations are expected to be, of length 1."""
    from sklearn.linear_model import RidgeCV

    _, here, there = np.intersect1d(
        prepared[f"selection_ids_{source}"], prepared[f"selection_ids_{target}"], return_indices=True
    )
    from_, into = prepared[f"selection_parallel_{source}"][here], prepared[f"selection_parallel_{target}"][there]
    ridge = RidgeCV(alphas=PENALTIES).fit(from_.astype(float), (into - from_).astype(float))
    return _unit(vectors + ridge.predict(vectors.astype(float)))


def _unit(vectors: Matrix) -> Matrix:
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12), np.float32)


def _ids(corpus: Corpus) -> list[str]:
    return corpus.ids or corpus.languages


def _pairs(corpus: Corpus) -> list[tuple[int, int]]:
    """Languages of examples with others that are asked in."""
    ids, places = _ids(corpus), range(len(corpus.languages))
    return [
        (source, target)
        for source in places for target in places
        if corpus.train[source] and corpus.test[target] and ids[source] != ids[target]
    ]  # fmt: skip


def _sentences(parallel: ParallelCorpus, identifier: str) -> dict[str, str]:
    """The sentences in a language, by their id."""
    written = [one for one in parallel.languages if resolve(one).id == identifier]
    return dict(parallel.table.filter(parallel.table["language"].is_in(written)).select("id", "text").iter_rows())


def _keys(by_language: Mapping[int, Mapping[str, str]]) -> list[str]:
    return sorted({key for sentences in by_language.values() for key in sentences})
