"""States of every subword of sentences given as words, by an encoder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isogloss.errors import BadValue
from isogloss.models.encoder import shared_encoder_model, token_states
from isogloss.models.inputs import Tokens
from isogloss.models.runtime import by_length, coefficients, count, forward_flops, start_torch, with_oom_backoff
from isogloss.models.tokenizers import Tokenizer


@dataclass(frozen=True)
class SubwordStates:
    """Vectors of the subwords of one sentence, special tokens left out.

    Attributes
    ----------
    vectors : numpy.ndarray of float32, shape (subwords, width)
    words : numpy.ndarray of int64, shape (subwords,)
        The word that each is of, from 0; words that were cut off have none.
    """

    vectors: NDArray[np.float32]
    words: NDArray[np.int64]


def middle_layers(layers: int) -> tuple[int, ...]:
    """Layers from a third to three fifths of the depth, of a model with so many beside its embeddings."""
    return tuple(range(max(1, round(layers / 3)), max(1, round(0.6 * layers)) + 1))


def subword_states(
    folder: Path, sentences: Sequence[Sequence[str]], *, layers: Sequence[int] | None = None, max_length: int = 512
) -> list[SubwordStates]:
    """The mean state over some layers of each subword.

    Parameters
    ----------
    folder : pathlib.Path
        A checkpoint, see `isogloss.models.locate`.
    sentences : sequence of sequence of str
        Each as words; one without words has no subwords.
    layers : sequence of int, optional
        0 for the embeddings; by default `middle_layers`.
    max_length : int, default 512
        Tokens of a sentence at most; fewer where the model has fewer positions.

    Raises
    ------
    BadFile, BadValue
        If the model cannot be read, shows no layers, or lacks one.
    """
    model = shared_encoder_model(folder, "float32")
    depth = model.config.num_hidden_layers
    chosen = tuple(middle_layers(depth) if layers is None else layers)
    if missing := [layer for layer in chosen if not 0 <= layer <= depth]:
        raise BadValue(f"there is no layer {missing[0]}", hint=f"the model has 0 (embeddings) to {depth}")
    positions = getattr(model.config, "max_position_embeddings", None) or max_length
    tokenizer = Tokenizer(folder, min(max_length, positions))
    read = [place for place, sentence in enumerate(sentences) if any(word.strip() for word in sentence)]
    ids, owners = tokenizer.encode_owned([sentences[place] for place in read])
    states = _states(model, ids, chosen) if read else []
    empty = SubwordStates(np.zeros((0, model.config.hidden_size), np.float32), np.zeros(0, np.int64))
    found = [empty] * len(sentences)
    for place, vectors, words in zip(read, states, owners, strict=True):
        kept = [at for at, word in enumerate(words) if word is not None]
        found[place] = SubwordStates(vectors[kept], np.array([words[at] for at in kept], np.int64))
    return found


def _states(model: Any, ids: list[list[int]], layers: Sequence[int]) -> list[NDArray[np.float32]]:
    """The mean state over layers of each token of each sequence."""
    torch = start_torch()
    lengths = np.array([len(one) for one in ids])
    tokens = Tokens(
        np.fromiter(chain.from_iterable(ids), np.int32), np.cumsum([0, *lengths]), np.arange(len(ids) + 1),
        np.empty(0, np.int32), np.arange(len(ids) + 1), np.empty((0, 2), np.int32),
    )  # fmt: skip
    count(tokens=int(lengths.sum()), flops=forward_flops(coefficients(model), lengths))
    found: list[Any] = [None] * len(ids)

    def work(batch: NDArray[Any]) -> None:
        states, _ = token_states(model, tokens, batch)
        mean = torch.stack([states[layer].float() for layer in layers]).mean(0).cpu().numpy()
        for row, place in enumerate(batch):
            found[place] = mean[row, : lengths[place]].copy()

    for batch in by_length(lengths):
        with_oom_backoff(work, batch)
    return found
