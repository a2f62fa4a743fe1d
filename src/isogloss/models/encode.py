"""Frozen encoding: every text once per model, all layers at once, kept on disk by content."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from isogloss.errors import BadFile, IsoglossError
from isogloss.files import atomic_write
from isogloss.languages.cache import cache_folder
from isogloss.models.batches import by_length
from isogloss.models.checkpoint import fingerprint, load_encoder
from isogloss.models.flops import coefficients, forward_flops
from isogloss.models.runtime import device, is_out_of_memory, start_torch
from isogloss.models.tokens import Tokens

BUDGET = 4096
"""Tokens per batch on a processor; a GPU takes sixteen times as many."""

_VERSION = 1


@dataclass(frozen=True)
class Block:
    """Rows that are encoded together: those of one language and split.

    A batch holds texts of one block only. So the features of a language are the same to the last bit
    whichever other languages are in a grid, and whatever of it had been encoded before a run was stopped.

    Attributes
    ----------
    tokens : Tokens
    folder : pathlib.Path
        The checkpoint.
    precision : str
    """

    tokens: Tokens
    folder: Path
    precision: str

    @property
    def path(self) -> Path:
        """Where the features are kept, named by everything that decides them."""
        digest = hashlib.sha256()
        for name, array in sorted(self.tokens.arrays("").items()):
            digest.update(f"{name} {array.dtype} {array.shape}".encode())
            digest.update(np.ascontiguousarray(array).data)
        digest.update(f"{self.precision} {_VERSION}".encode())
        return features_folder() / fingerprint(self.folder) / f"{digest.hexdigest()[:32]}.npy"


def features_folder() -> Path:
    """Where features are kept: `ISOGLOSS_FEATURES`, as they can take gigabytes, or the cache folder."""
    chosen = os.environ.get("ISOGLOSS_FEATURES")
    return Path(chosen) if chosen else cache_folder() / "features"


@dataclass(frozen=True)
class Encoded:
    """What encoding a block took.

    Attributes
    ----------
    path : str
        An array of float16, (layers + 1, units or sequences, width): the embeddings first. Means over the
        tokens of a sequence, special ones among them; for words, that of one token, see `Tokens`.
    tokens, padding : int
        Computed now, 0 if the features were there.
    flops : float
    seconds : float
        Within the encoder alone: of the processor, which other programs cannot lengthen; on a GPU, wall time.
    whole_seconds : float
        Of everything.
    """

    path: str
    tokens: int = 0
    padding: int = 0
    flops: float = 0.0
    seconds: float = 0.0
    whole_seconds: float = 0.0


def encode(block: Block) -> Encoded:
    """Features of a block, from the disk if they are there and whole.

    Raises
    ------
    IsoglossError
        If memory does not suffice for a single text.
    """
    clock = time.perf_counter if device() == "cuda" else time.process_time
    began = clock()
    path = block.path
    if _is_whole(path, block.tokens):
        return Encoded(str(path), whole_seconds=clock() - began)
    encoder = shared_encoder(block.folder, block.precision)
    lengths = block.tokens.lengths
    budget = BUDGET * (16 if device() == "cuda" else 1)
    features: np.ndarray[Any, Any] | None = None
    spent, padded = 0.0, 0

    def keep(batch: np.ndarray[Any, Any]) -> None:
        nonlocal features, spent, padded
        start = clock()
        layers = _forward(encoder, block.tokens, batch)  # (layers + 1, units, width)
        spent += clock() - start
        padded += int(len(batch) * lengths[batch].max() - lengths[batch].sum())
        if features is None:
            features = np.zeros((layers.shape[0], _height(block.tokens), layers.shape[2]), np.float16)
        features[:, _places(block.tokens, batch)] = layers

    for batch in by_length(lengths, budget):
        with_oom_backoff(keep, batch)
    assert features is not None  # a block has a row
    _write(path, features)
    return Encoded(
        str(path),
        int(lengths.sum()),
        padded,
        forward_flops(coefficients(encoder), lengths),
        spent,
        clock() - began,
    )


def with_oom_backoff(work: Callable[[np.ndarray[Any, Any]], None], batch: np.ndarray[Any, Any]) -> None:
    """Do some work on a batch; where memory runs out, on each half of it.

    Raises
    ------
    IsoglossError
        If memory does not suffice for a single text.
    """
    try:
        work(batch)
        return
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        if len(batch) == 1:
            raise IsoglossError(
                "memory does not suffice for a single text", hint="lower max_length, or use a smaller model"
            ) from None
    if device() == "cuda":
        start_torch().cuda.empty_cache()  # outside of the handler, which would hold on to the failed tensors
    middle = len(batch) // 2
    with_oom_backoff(work, batch[:middle])
    with_oom_backoff(work, batch[middle:])


@lru_cache(maxsize=1)
def shared_encoder(folder: Path, precision: str) -> Any:
    """The model of a checkpoint, loaded once per process and never changed."""
    return load_encoder(folder, precision)


def padded_batch(tokens: Tokens, batch: np.ndarray[Any, Any], filler: int) -> tuple[Any, Any]:
    """Tokens of some sequences, and which of them are no padding, (sequences, longest), on the device."""
    torch = start_torch()
    longest = int(tokens.lengths[batch].max())
    ids = np.full((len(batch), longest), filler, np.int64)
    there = np.zeros((len(batch), longest), np.int64)
    for place, number in enumerate(batch):
        sequence = tokens.sequence(int(number))
        ids[place, : len(sequence)] = sequence
        there[place, : len(sequence)] = 1
    return torch.from_numpy(ids).to(device()), torch.from_numpy(there).to(device())


def _forward(encoder: Any, tokens: Tokens, batch: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    torch = start_torch()
    ids, there = padded_batch(tokens, batch, encoder.config.pad_token_id or 0)
    with torch.inference_mode():
        # Without padding there is nothing to mask, and attention is quicker.
        mask = None if bool(there.all()) else there
        layers = encoder(input_ids=ids, attention_mask=mask, output_hidden_states=True).hidden_states
        if tokens.has_words:
            places = [_tokens_of_words(tokens, number) for number in batch]
            rows = np.repeat(np.arange(len(batch)), [len(one) for one in places])
            columns = np.concatenate(places)
            cut = torch.from_numpy((columns >= 0).astype(np.float32)).to(device())
            found = [layer[rows, np.maximum(columns, 0)].float() * cut[:, None] for layer in layers]
        else:
            weights = there.unsqueeze(-1)
            found = [(layer.float() * weights).sum(1) / weights.sum(1) for layer in layers]
        return np.asarray(torch.stack(found).to(torch.float16).cpu().numpy())


def _tokens_of_words(tokens: Tokens, row: int) -> np.ndarray[Any, Any]:
    return np.asarray(tokens.positions[tokens.units[row] : tokens.units[row + 1]])


def _height(tokens: Tokens) -> int:
    return len(tokens.positions) if tokens.has_words else len(tokens.lengths)


def _places(tokens: Tokens, batch: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    if not tokens.has_words:
        return batch
    return np.concatenate([np.arange(tokens.units[row], tokens.units[row + 1]) for row in batch])


def _is_whole(path: Path, tokens: Tokens) -> bool:
    try:
        return bool(np.load(path, mmap_mode="r", allow_pickle=False).shape[1] == _height(tokens))
    except (OSError, ValueError, IndexError, EOFError):
        return False


def _write(path: Path, features: np.ndarray[Any, Any]) -> None:
    def save(whole: Path) -> None:
        with whole.open("wb") as file:
            np.save(file, features, allow_pickle=False)

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        atomic_write(path, save)
    except (OSError, BadFile) as error:
        reason = error.reason if isinstance(error, BadFile) else f"cannot be written: {error.strerror}"
        hint = "set ISOGLOSS_FEATURES to a folder with room"
        raise BadFile(f"features {reason}", where=str(path.parent), hint=hint) from None
