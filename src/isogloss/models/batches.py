"""Batches of sequences of similar lengths, as tensors, and the operations that a pass over them takes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from isogloss.models.runtime import device, start_torch

Integers = np.ndarray[Any, Any]

BUDGET = 4096
"""Tokens per batch on a processor; a GPU takes sixteen times as many."""

ENOUGH = 512
"""Tokens from which a batch ends where padding would grow, rather than at its budget."""

SLACK = 0.03
"""How much of a batch may be padding once it has enough tokens."""


def by_length(lengths: Integers, budget: int | None = None) -> list[Integers]:
    """Sequences in batches, short ones first.

    Parameters
    ----------
    lengths : numpy.ndarray of int, shape (sequences,)
        Tokens of each.
    budget : int, optional
        Tokens that a batch may have with its padding; a longer sequence stands alone. By default what suits the device.

    Returns
    -------
    list of numpy.ndarray of int
        Each sequence in exactly one of them; sequences of one length keep their order.
    """
    if budget is None:
        budget = BUDGET * (16 if device() == "cuda" else 1)
    order = np.argsort(lengths, kind="stable")
    batches: list[Integers] = []
    first, total = 0, 0
    for place, length in enumerate(lengths[order]):
        size = place - first
        padded_size = (size + 1) * length
        is_full = size * lengths[order[place - 1]] >= ENOUGH and padded_size - total - length > SLACK * padded_size
        if size and (padded_size > budget or is_full):
            batches.append(order[first:place])
            first, total = place, 0
        total += length
    if len(order):
        batches.append(order[first:])
    return batches


def padding(lengths: Integers, batches: list[Integers]) -> int:
    """How many tokens of the batches are padding."""
    return int(sum(len(batch) * lengths[batch].max() - lengths[batch].sum() for batch in batches))


def padded(sequences: Sequence[Integers], filler: int, *, left: bool = False) -> tuple[Any, Any]:
    """Token sequences as one tensor, and its mask.

    Parameters
    ----------
    sequences : sequence of numpy.ndarray of int
        At least one.
    filler : int
        The token that padding consists of.
    left : bool, default False
        Whether padding stands before the tokens instead of after them.

    Returns
    -------
    ids, mask : torch.Tensor of int64, shape (sequences, longest)
        On the device; the mask is 1 where there is a token.
    """
    torch = start_torch()
    longest = max(map(len, sequences))
    ids = np.full((len(sequences), longest), filler, np.int64)
    mask = np.zeros((len(sequences), longest), np.int64)
    for row, sequence in enumerate(sequences):
        place = slice(longest - len(sequence), longest) if left else slice(0, len(sequence))
        ids[row, place] = sequence
        mask[row, place] = 1
    return torch.from_numpy(ids).to(device()), torch.from_numpy(mask).to(device())


def coefficients(model: Any) -> tuple[float, float]:
    """Floating-point operations of one pass per token, and per pair of tokens of one sequence.

    Parameters
    ----------
    model : transformers.PreTrainedModel

    Returns
    -------
    per_token, per_pair : float
        2 N, with N the weights that tokens are multiplied with (embeddings are looked up); and 4 d per layer,
        for attention (Kaplan et al. 2020, Scaling laws for neural language models, table 1). A training step
        takes three times as many, two of them backwards.
    """
    embeddings = {name for name, module in model.named_modules() if type(module).__name__ == "Embedding"}
    weights = sum(
        parameter.numel()
        for name, parameter in model.named_parameters()
        if parameter.ndim > 1 and name.rpartition(".")[0] not in embeddings
    )
    return 2.0 * weights, 4.0 * model.config.num_hidden_layers * model.config.hidden_size


def forward_flops(per: tuple[float, float] | Integers, lengths: Integers) -> float:
    """Operations of one pass over sequences of these lengths, with the coefficients of a model."""
    sizes = lengths.astype(float)
    return float(per[0] * sizes.sum() + per[1] * (sizes * sizes).sum())
