"""One pass of a model over a parallel corpus: vectors of all layers by all poolings, written where they will be read.

Sentences go in blocks of 64 ids, all languages together, so that what was encoded before an interruption can be used;
within a block by length, in batches with a budget of tokens; and of sentences with the same tokens, only one. What is
in a batch depends on the corpus alone: an interrupted pass that goes on gives the same bytes as one without.
"""

from __future__ import annotations

import hashlib
import json
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from isogloss.alignment.corpus import ParallelCorpus
from isogloss.alignment.encodings import PROGRESS, STATIC, Encodings, Facts
from isogloss.alignment.storing import identity_of, sentence_table, write_facts
from isogloss.errors import BadFile, BadValue, UnknownName
from isogloss.files import atomic_folder, atomic_write
from isogloss.models.checkpoints import fingerprint
from isogloss.models.encoder import POOLINGS, CheckpointEncoder, Encoder, load_encoder, pool, token_states
from isogloss.models.inputs import tokenize
from isogloss.models.runtime import by_length, coefficients, count, device, forward_flops, with_oom_backoff
from isogloss.progress import Progress, steps

Array = np.ndarray[Any, Any]

BLOCK = 64
"""Sentences, in all languages, that are encoded before the next ones."""
AT_ONCE = 256
"""Sentences that a function of another package gets at once."""
SAVED_EVERY = 60.0
"""Seconds after which an interrupted pass goes on from where it was."""


class EncodingReport(NamedTuple):
    """A pass that was finished.

    Attributes
    ----------
    encodings : Encodings
    tokens : numpy.ndarray of int, shape (rows,)
        Tokens of each sentence, special ones among them; empty where the model shows none.
    repeated : int
        Sentences with the same tokens as another one.
    batches : int
        How many were encoded by this call.
    """

    encodings: Encodings
    tokens: Array
    repeated: int
    batches: int

    @property
    def cut(self) -> int:
        """Sentences with as many tokens as there may be at most."""
        most = self.encodings.facts.max_length
        return 0 if most is None else int((self.tokens >= most).sum())

    def languages(self) -> pl.DataFrame:
        """Columns `language`, `sentences` and, where the model shows tokens, `tokens_per_sentence`."""
        rows = self.encodings.rows
        table = pl.DataFrame({"language": [*rows], "sentences": [len(own) for own in rows.values()]})
        if not len(self.tokens):
            return table
        means = [float(self.tokens[own.start : own.stop].mean()) for own in rows.values()]
        return table.with_columns(tokens_per_sentence=pl.Series(means))


class Sentences(ABC):
    """Sentences that a model reads, without repetitions.

    Attributes
    ----------
    facts : Facts
    rows : list of numpy.ndarray of int
        Of each different sentence, the rows of the encodings that get its vector.
    lengths : numpy.ndarray of int
        Tokens of all sentences, with repetitions; empty where nothing is known of them.
    """

    facts: Facts
    rows: list[Array]
    lengths: Array

    @abstractmethod
    def batches(self, chosen: Array) -> list[Array]:
        """Some of the sentences in batches."""

    @abstractmethod
    def write(self, batch: Array, arrays: dict[str, Array]) -> None:
        """Write the vectors of a batch into arrays of shape (layers, rows, dimension), by pooling."""


class TokenSentences(Sentences):
    """Sentences that a transformer reads.

    Parameters
    ----------
    encoder : CheckpointEncoder
    name : str
        Of the model, as it was given.
    texts : list of str
    poolings : sequence of str
    """

    def __init__(self, encoder: CheckpointEncoder, name: str, texts: list[str], poolings: Sequence[str]):
        self.model = encoder.model
        self.tokens = tokenize(texts, encoder.tokenizer)
        self.lengths = self.tokens.lengths
        if int(self.lengths.min()) == 0:
            place = int(self.lengths.argmin())
            raise BadValue(f"'{texts[place][:40]}' has no token", where="corpus", hint="leave the sentence out")
        sequences = [self.tokens.sequence(number).tobytes() for number in range(len(texts))]
        self.first, self.rows = _distinct(sequences)
        config = self.model.config
        self.facts = Facts(
            name, encoder.revision or fingerprint(encoder.tokenizer.folder), tuple(poolings),
            tuple(range(config.num_hidden_layers + 1)),
            int(config.hidden_size), encoder.tokenizer.max_length,
        )  # fmt: skip

    def batches(self, chosen: Array) -> list[Array]:
        return [chosen[batch] for batch in by_length(self.lengths[self.first[chosen]])]

    def write(self, batch: Array, arrays: dict[str, Array]) -> None:
        lengths = self.lengths[self.first[batch]]
        count(tokens=int(lengths.sum()), flops=forward_flops(coefficients(self.model), lengths))
        with_oom_backoff(lambda part: self._write(part, arrays), batch)

    def _write(self, batch: Array, arrays: dict[str, Array]) -> None:
        layers, mask = token_states(self.model, self.tokens, self.first[batch])
        rows = np.concatenate([self.rows[one] for one in batch])
        places = np.repeat(np.arange(len(batch)), [len(self.rows[one]) for one in batch])
        for pooling, array in arrays.items():
            for layer, states in enumerate(layers):
                array[layer, rows] = pool(states.float(), mask, pooling).cpu().numpy()[places]


class TextSentences(Sentences):
    """Sentences that a function of another package makes vectors of."""

    def __init__(self, encoder: Encoder, name: str, texts: list[str], poolings: Sequence[str]):
        if tuple(poolings) != ("mean",):
            raise BadValue("has one vector per sentence", where=name, hint="leave out poolings")
        self.encoder = encoder
        self.lengths = np.empty(0, int)
        first, self.rows = _distinct(texts)
        self.texts = [texts[place] for place in first]
        probe = encoder.encode(self.texts[:1])
        digest = hashlib.sha256(probe.tobytes()).hexdigest()[:16]
        self.facts = Facts(name, digest, ("mean",), (STATIC,), probe.shape[1])

    def batches(self, chosen: Array) -> list[Array]:
        return [chosen[begin : begin + AT_ONCE] for begin in range(0, len(chosen), AT_ONCE)]

    def write(self, batch: Array, arrays: dict[str, Array]) -> None:
        vectors = self.encoder.encode([self.texts[one] for one in batch])
        for one, vector in zip(batch, vectors, strict=True):
            arrays["mean"][0, self.rows[one]] = vector


def encode(
    model: str | Path,
    corpus: ParallelCorpus,
    folder: str | Path,
    *,
    poolings: Sequence[str] = ("mean",),
    precision: str = "float32",
    max_length: int = 512,
    encoder: Encoder | None = None,
    progress: Progress | None = None,
) -> EncodingReport:
    """Encode a parallel corpus into a folder, or go on where an interrupted pass was.

    Parameters
    ----------
    model : str or pathlib.Path
        See `isogloss.models.load_encoder`: an encoder, a decoder, the encoder of an encoder-decoder, or a function of
        another package that makes vectors of sentences.
    corpus : ParallelCorpus
    folder : str or pathlib.Path
    poolings : sequence of str, default ("mean",)
        See `isogloss.models.pool`; one pass serves all.
    precision : {"float32", "bfloat16"}, default "float32"
        Half precision needs a GPU: processors are slow at it, and ties between near vectors are decided by its errors.
    max_length : int, default 512
        Tokens of a sentence at most.
    encoder : Encoder, optional
        Instead of the one that `model` names, which then is no more than its name; such as one that
        `isogloss.lab.read_trained_encoder` gives.
    progress : Progress, optional

    Raises
    ------
    BadValue, UnknownName
        For a pooling that there is not, half precision without a GPU, or a model without hidden states.
    BadFile
        If the model cannot be read, or the folder holds something else.
    """
    _check(poolings, precision)
    table = sentence_table(corpus.table["language"].to_list(), corpus.table["id"].to_list())
    texts = corpus.table["text"].gather(table["given"]).to_list()
    encoder = encoder or load_encoder(model, precision=precision, max_length=max_length)
    kind = TokenSentences if isinstance(encoder, CheckpointEncoder) else TextSentences
    sentences = kind(encoder, str(model), texts, poolings)  # type: ignore[arg-type]  # each gets its own encoder
    plan = _plan(sentences, table["rank"].to_numpy())
    unfinished = _begun(Path(folder), sentences.facts, table, texts)
    batches = _run(Path(folder), sentences, plan, progress) if unfinished else 0
    return EncodingReport(Encodings.read(folder), sentences.lengths, table.height - len(sentences.rows), batches)


def _check(poolings: Sequence[str], precision: str) -> None:
    for pooling in poolings:
        if pooling not in POOLINGS:
            raise UnknownName("pooling", str(pooling), POOLINGS, where="poolings")
    if precision != "float32" and device() == "cpu":
        raise BadValue(
            f"{precision} is slow and inexact on a processor", where="precision", hint="leave it out, or use a GPU"
        )


def _distinct(keys: Sequence[Any]) -> tuple[Array, list[Array]]:
    """Where each different key comes first, and all places of it."""
    places: dict[Any, list[int]] = {}
    for place, key in enumerate(keys):
        places.setdefault(key, []).append(place)
    return np.array([own[0] for own in places.values()]), [np.array(own) for own in places.values()]


def _plan(sentences: Sentences, ranks: Array) -> list[tuple[int, Array]]:
    """Batches in their order, each with how many sentences are finished in all languages before it."""
    blocks = np.array([ranks[rows].min() // BLOCK for rows in sentences.rows])
    plan = []
    for block in np.unique(blocks):
        plan += [(int(block) * BLOCK, batch) for batch in sentences.batches(np.flatnonzero(blocks == block))]
    return plan


def _begun(folder: Path, facts: Facts, table: pl.DataFrame, texts: list[str]) -> bool:
    """Make the folder, or see that it is one of the same pass; returns whether there is something left to do."""
    digest = hashlib.sha256(json.dumps(texts).encode()).hexdigest()
    if not folder.exists() or not any(folder.iterdir()):
        with atomic_folder(folder) as temporary:
            write_facts(temporary, facts, table, digest)
            for pooling in facts.poolings:
                shape = (len(facts.layers), table.height, facts.dimension)
                np.lib.format.open_memmap(temporary / f"{pooling}.npy", "w+", np.float32, shape)
            _write_progress(temporary / PROGRESS, 0, 0)
        return True
    there = Encodings.read(folder, unfinished=True)
    if there.identity != identity_of(facts, table, digest):
        raise BadFile("holds vectors of another model, corpus or pooling", where=str(folder), hint="name a new folder")
    return (folder / PROGRESS).exists()


def _run(folder: Path, sentences: Sentences, plan: list[tuple[int, Array]], progress: Progress | None) -> int:
    """Encode the batches that are left; returns how many they were."""
    done = int(json.loads((folder / PROGRESS).read_text())["batches"])
    arrays: dict[str, Any] = {
        pooling: np.load(folder / f"{pooling}.npy", mmap_mode="r+") for pooling in sentences.facts.poolings
    }
    saved = time.monotonic()
    for place, (finished, batch) in enumerate(steps("Batches", plan[done:], progress), done):
        if time.monotonic() - saved > SAVED_EVERY:
            _save(folder, arrays, place, finished)
            saved = time.monotonic()
        sentences.write(batch, arrays)
    for array in arrays.values():
        array.flush()
    (folder / PROGRESS).unlink()
    return len(plan) - done


def _save(folder: Path, arrays: dict[str, Any], batches: int, sentences: int) -> None:
    for array in arrays.values():
        array.flush()
    atomic_write(folder / PROGRESS, lambda path: _write_progress(path, batches, sentences))


def _write_progress(path: Path, batches: int, sentences: int) -> None:
    path.write_text(json.dumps({"batches": batches, "sentences": sentences}), encoding="utf-8")
