"""Vectors of texts by a frozen model: every layer in one pass, kept on disk by the content that decides them."""

from __future__ import annotations

import hashlib
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from isogloss.files import cache_folder, write_to_cache
from isogloss.models.checkpoints import fingerprint
from isogloss.models.encoder import layer_states, shared_encoder_model
from isogloss.models.inputs import Tokens
from isogloss.models.runtime import (
    by_length,
    coefficients,
    device,
    forward_flops,
    padding,
    start_torch,
    with_oom_backoff,
)

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
class EncodedBlock:
    """A block that is encoded: where its vectors are, and what that took.

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


def encode_block(block: Block) -> EncodedBlock:
    """Features of a block, from the disk if they are there and whole.

    Raises
    ------
    IsoglossError
        If memory does not suffice for a single text.
    """
    clock = time.perf_counter if device() == "cuda" else time.process_time
    began = clock()
    path, tokens = block.path, block.tokens
    if _is_whole(path, tokens):
        return EncodedBlock(str(path), whole_seconds=clock() - began)
    model, torch = shared_encoder_model(block.folder, block.precision), start_torch()
    batches = by_length(tokens.lengths)
    features: np.ndarray[Any, Any] | None = None
    spent, computed = 0.0, []

    def work(batch: np.ndarray[Any, Any]) -> None:
        nonlocal features, spent
        start = clock()
        layers = layer_states(model, tokens, batch).to(torch.float16).cpu().numpy()  # (layers + 1, units, width)
        spent += clock() - start
        computed.append(batch)
        if features is None:
            features = np.zeros((layers.shape[0], tokens.vectors, layers.shape[2]), np.float16)
        features[:, tokens.units_of(batch) if tokens.has_words else batch] = layers

    for batch in batches:
        with_oom_backoff(work, batch)
    assert features is not None  # a block has a row

    def save(whole: Path) -> None:
        with whole.open("wb") as file:
            np.save(file, features, allow_pickle=False)

    write_to_cache(path, save, "features", "set ISOGLOSS_FEATURES to a folder with room")
    flops = forward_flops(coefficients(model), tokens.lengths)
    whole = clock() - began
    return EncodedBlock(str(path), int(tokens.lengths.sum()), padding(tokens.lengths, computed), flops, spent, whole)


def _is_whole(path: Path, tokens: Tokens) -> bool:
    try:
        return bool(np.load(path, mmap_mode="r", allow_pickle=False).shape[1] == tokens.vectors)
    except (OSError, ValueError, IndexError, EOFError):
        return False
