"""Answers that stand in a context: where each window says they begin and end. Imported only once torch is there."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import torch

from isogloss.lab.recipe.neural.network import Network
from isogloss.models.batches import by_length, coefficients, forward_flops, padded
from isogloss.models.runtime import count, device, with_oom_backoff
from isogloss.models.tokens import Tokens

Matrix = np.ndarray[Any, Any]

NO_ANSWER = 0
"""The token that a window points to which does not hold the answer: its first one, as BERT does for SQuAD 2."""


def span_loss(network: Network, tokens: Tokens, rows: Matrix, of_units: Matrix) -> Any:
    """Cross entropy of beginning and end, summed over the windows of some rows.

    Parameters
    ----------
    of_units : numpy.ndarray of int
        Two characters of each row, between which the answer stands.
    """
    windows = tokens.sequences_of(rows)
    owners = np.repeat(rows, np.diff(tokens.rows)[rows])
    places = torch.from_numpy(_places(tokens, windows, of_units, owners)).to(device())  # (windows, 2)
    likely = _log_probabilities(network, tokens, windows)  # (windows, tokens, 2)
    return -likely.gather(1, places[:, None, :]).sum()


def answer_spans(network: Network, tokens: Tokens, longest: int) -> Matrix:
    """The most likely answer to each row: the two characters between which it stands.

    Parameters
    ----------
    longest : int
        Tokens that an answer may have.

    Returns
    -------
    numpy.ndarray of int64, shape (2 x rows,)

    Notes
    -----
    log p(beginning) + log p(end), each over the context of a window and the token that stands for nowhere, so that
    a window without the answer, which points there, gives little to its own tokens; the best of all windows.
    """
    best = np.full(len(tokens.lengths), -np.inf)
    found = np.zeros((len(tokens.lengths), 2), np.int64)

    def keep(batch: Matrix) -> None:
        with torch.inference_mode():
            likely = _log_probabilities(network, tokens, batch)
            likely[:, NO_ANSWER] = -torch.inf
            pairs = likely[:, :, None, 0] + likely[:, None, :, 1]  # (windows, beginnings, ends)
            fits = torch.ones(pairs.shape[1:], dtype=torch.bool, device=pairs.device).triu().tril(longest - 1)
            values, places = pairs.masked_fill(~fits, -torch.inf).flatten(1).max(dim=1)
            best[batch] = values.float().cpu().numpy()
            begins, ends = np.divmod(places.cpu().numpy(), pairs.shape[1])
            firsts = tokens.starts[batch]
            found[batch] = np.stack([tokens.spans[firsts + begins, 0], tokens.spans[firsts + ends, 1]], axis=1)

    for batch in by_length(tokens.lengths):
        with_oom_backoff(keep, batch)
    count(tokens=int(tokens.lengths.sum()), flops=forward_flops(coefficients(network.encoder), tokens.lengths))
    chosen = [first + int(best[first:last].argmax()) for first, last in pairwise(tokens.rows)]
    return np.maximum(found[chosen], 0).reshape(-1)


def shared_characters(answers: Matrix, right: Matrix) -> float:
    """Mean over rows of the F1 of characters that two spans share; what is chosen by, as no texts are at hand."""
    one, other = answers.reshape(-1, 2), right.reshape(-1, 2)
    both = np.minimum(one[:, 1], other[:, 1]) - np.maximum(one[:, 0], other[:, 0])
    lengths = one[:, 1] - one[:, 0] + other[:, 1] - other[:, 0]
    return float((2 * np.maximum(both, 0) / np.maximum(lengths, 1)).mean())


def _log_probabilities(network: Network, tokens: Tokens, windows: Matrix) -> Any:
    """Of each token that the answer begins and ends there, (windows, tokens, 2)."""
    ids, there = padded([tokens.sequence(int(number)) for number in windows], network.encoder.config.pad_token_id or 0)
    scores = network(ids, there, every=True).float()
    allowed = np.zeros(ids.shape, dtype=bool)
    for place, window in enumerate(windows):
        spans = tokens.spans[tokens.starts[window] : tokens.starts[window + 1]]
        allowed[place, : len(spans)] = spans[:, 0] >= 0
    allowed[:, NO_ANSWER] = True
    outside = torch.from_numpy(~allowed).to(scores.device)
    return scores.masked_fill(outside[:, :, None], -torch.inf).log_softmax(dim=1)


def _places(tokens: Tokens, windows: Matrix, of_units: Matrix, owners: Matrix) -> Matrix:
    """First and last token of the answer in each window that holds all of it, (windows, 2)."""
    places = np.full((len(windows), 2), NO_ANSWER, np.int64)
    for place, (window, row) in enumerate(zip(windows, owners, strict=True)):
        begin, end = of_units[tokens.units[row] : tokens.units[row] + 2]
        spans = tokens.spans[tokens.starts[window] : tokens.starts[window + 1]]
        context = spans[spans[:, 0] >= 0]
        touched = np.flatnonzero((spans[:, 0] >= 0) & (spans[:, 0] < end) & (spans[:, 1] > begin))
        if len(touched) and context[0, 0] <= begin and context[-1, 1] >= end:
            places[place] = touched[0], touched[-1]
    return places
