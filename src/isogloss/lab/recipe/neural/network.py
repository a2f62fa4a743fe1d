"""An encoder with a linear head, for texts, words, choices and spans of contexts. Imported only once torch is there."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import torch
from torch import nn

from isogloss.errors import BadValue
from isogloss.models import encoder
from isogloss.models.runtime import by_length, coefficients, count, device, forward_flops, padded, with_oom_backoff
from isogloss.models.tokens import Tokens

POOLINGS = (*encoder.POOLINGS, "pooler")


class Network(nn.Module):
    """An encoder and a head.

    Parameters
    ----------
    model : transformers.PreTrainedModel
    outputs : int
        Labels; 1 for choices, each of which gets a score.
    pooling : str
        How the states of a text's tokens become one vector, see `isogloss.models.pool`, or "pooler" for what the
        model's own pooler makes of the first one. Words have that of one token, see `Tokens`.
    dropout : float
        Share of a vector's numbers that are left out in training.
    """

    def __init__(self, model: Any, outputs: int, pooling: str, dropout: float):
        super().__init__()
        if pooling == "pooler" and getattr(model, "pooler", None) is None:
            raise BadValue("this model has no pooler", hint='set pooling = "mean"')
        self.encoder = model
        self.pooling = pooling
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(model.config.hidden_size, outputs)
        nn.init.normal_(self.head.weight, std=0.02)
        nn.init.zeros_(self.head.bias)

    def forward(self, ids: Any, there: Any, rows: Any = None, columns: Any = None, every: bool = False) -> Any:
        """Scores, (units, outputs); `rows` and `columns` say where the token of each word stands.

        Of every token if so wanted, (sequences, tokens, outputs).
        """
        found = self.encoder(input_ids=ids, attention_mask=there)
        states = found.last_hidden_state
        if every:
            vectors = states
        elif rows is not None:
            vectors = states[rows, columns]
        elif self.pooling == "pooler":
            vectors = found.pooler_output
        else:
            vectors = encoder.pool(states, there, self.pooling)
        return self.head(self.dropout(vectors.to(self.head.weight.dtype)))


def scores_of(network: Network, tokens: Tokens, batch: np.ndarray[Any, Any]) -> tuple[Any, np.ndarray[Any, Any]]:
    """Scores of some sequences, and which units of `tokens` they are of; words that were cut off have none."""
    ids, there = padded([tokens.sequence(int(number)) for number in batch], network.encoder.config.pad_token_id or 0)
    if not tokens.has_words:
        return network(ids, there), batch
    units = np.concatenate([np.arange(tokens.units[row], tokens.units[row + 1]) for row in batch])
    rows = np.repeat(np.arange(len(batch)), np.diff(tokens.units)[batch])
    seen = tokens.positions[units] >= 0
    places = [torch.from_numpy(np.asarray(one[seen], np.int64)) for one in (rows, tokens.positions[units])]
    return network(ids, there, *(place.to(device()) for place in places)), units[seen]


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
