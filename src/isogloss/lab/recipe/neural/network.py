"""An encoder with a linear head: its answers for texts, words, choices and spans of contexts, and their losses.

Imported only once torch is there.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any, ClassVar

import numpy as np
import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy, mse_loss

from isogloss.errors import BadValue, IsoglossError
from isogloss.lab.task import NO_LABEL
from isogloss.models.encoder import pool
from isogloss.models.inputs import Tokens
from isogloss.models.runtime import (
    by_length,
    coefficients,
    count,
    device,
    forward_flops,
    padded,
    with_oom_backoff,
)


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
    objective : {"label", "labels", "value", "entailment", "ranking", "vectors"}, default "label"
        One label of a unit; or several of a row, whose outputs each say of one label whether it has it, by their
        sign; or a number, which the one output is; or whether each sequence is right, by the sign of the one output,
        which for a ranking is answered itself; or the numbers of a vector, which the outputs are.
    """

    in_batch: ClassVar[bool] = False
    """Whether the loss of a row compares it with others of its batch, which then is never halved."""

    def __init__(self, model: Any, outputs: int, pooling: str, dropout: float, *, objective: str = "label"):
        super().__init__()
        self.objective = objective
        if pooling == "pooler" and getattr(model, "pooler", None) is None:
            raise BadValue("this model has no pooler", hint='set pooling = "mean"')
        self.encoder = model
        self.pooling = pooling
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(model.config.hidden_size, outputs)
        nn.init.normal_(self.head.weight, std=0.02)
        nn.init.zeros_(self.head.bias)

    @property
    def outputs(self) -> int:
        """How many scores a unit gets."""
        return int(self.head.out_features)

    def forward(self, ids: Any, there: Any, rows: Any = None, columns: Any = None, every: bool = False) -> Any:
        """Scores, (units, outputs); `rows` and `columns` say where the token of each word stands.

        Of every token if so wanted, (sequences, tokens, outputs).
        """
        vectors = self.vectors(ids, there, rows, columns, every)
        return self.head(self.dropout(vectors.to(self.head.weight.dtype)))

    def vectors(self, ids: Any, there: Any, rows: Any = None, columns: Any = None, every: bool = False) -> Any:
        """What the scores are made of, (units, width) or (sequences, tokens, width)."""
        found = self.encoder(input_ids=ids, attention_mask=there)
        states = found.last_hidden_state
        if every:
            vectors = states
        elif rows is not None:
            vectors = states[rows, columns]
        elif self.pooling == "pooler":
            vectors = found.pooler_output
        else:
            vectors = pool(states, there, self.pooling)
        return vectors

    def loss(self, tokens: Tokens, rows: np.ndarray[Any, Any], of_units: np.ndarray[Any, Any]) -> Any:
        """Summed over some rows, with what is right in all units."""
        return _loss(self, tokens, rows, of_units)

    def count_training(self, tokens: Tokens, rows: np.ndarray[Any, Any], epochs: int) -> None:
        """Count tokens and operations of learning from some rows."""
        lengths = tokens.lengths[tokens.sequences_of(rows)]
        count(tokens=epochs * int(lengths.sum()), flops=epochs * self.passes * self.flops(lengths))

    def flops(self, lengths: np.ndarray[Any, Any]) -> float:
        """Operations of one pass over sequences of these lengths."""
        return forward_flops(coefficients(self.encoder), lengths)

    @property
    def passes(self) -> int:
        """How many passes a step takes: backwards through the states, and the weights where those are learnt."""
        return 3 if all(parameter.requires_grad for parameter in self.parameters()) else 2


def scores_of(network: Network, tokens: Tokens, batch: np.ndarray[Any, Any]) -> tuple[Any, np.ndarray[Any, Any]]:
    """Scores of some sequences, and which units of `tokens` they are of; words that were cut off have none."""
    ids, there, places, units = _reading(network, tokens, batch)
    return network(ids, there, *places), units


def vectors_of(network: Network, tokens: Tokens, rows: np.ndarray[Any, Any]) -> tuple[Any, np.ndarray[Any, Any]]:
    """Vectors that some rows' scores are made of, and which units they are of; words that were cut off have none."""
    ids, there, places, units = _reading(network, tokens, tokens.sequences_of(rows))
    return network.vectors(ids, there, *places).float(), units


def _reading(network: Network, tokens: Tokens, batch: np.ndarray[Any, Any]) -> tuple[Any, Any, list[Any], Any]:
    """Padded sequences, their mask, the places of their words, if they have any, and which units are read off."""
    ids, there = padded([tokens.sequence(int(number)) for number in batch], network.encoder.config.pad_token_id or 0)
    if not tokens.has_words:
        return ids, there, [], batch
    units = tokens.units_of(batch)
    rows = np.repeat(np.arange(len(batch)), np.diff(tokens.units)[batch])
    seen = tokens.positions[units] >= 0
    places = [torch.from_numpy(np.asarray(one[seen], np.int64)).to(device()) for one in (rows, tokens.positions[units])]
    return ids, there, places, units[seen]


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
    places = torch.from_numpy(answer_places(tokens, windows, of_units, owners)).to(device())  # (windows, 2)
    likely = log_probabilities(network, tokens, windows)  # (windows, tokens, 2)
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
            likely = log_probabilities(network, tokens, batch)
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
    count(tokens=int(tokens.lengths.sum()), flops=network.flops(tokens.lengths))
    chosen = [first + int(best[first:last].argmax()) for first, last in pairwise(tokens.rows)]
    return np.maximum(found[chosen], 0).reshape(-1)


def shared_characters(answers: Matrix, right: Matrix) -> float:
    """Mean over rows of the F1 of characters that two spans share; what is chosen by, as no texts are at hand."""
    one, other = answers.reshape(-1, 2), right.reshape(-1, 2)
    both = np.minimum(one[:, 1], other[:, 1]) - np.maximum(one[:, 0], other[:, 0])
    lengths = one[:, 1] - one[:, 0] + other[:, 1] - other[:, 0]
    return float((2 * np.maximum(both, 0) / np.maximum(lengths, 1)).mean())


def log_probabilities(network: Network, tokens: Tokens, windows: Matrix) -> Any:
    """Logarithm of the probability of each token that the answer begins and ends there, (windows, tokens, 2)."""
    ids, there = padded([tokens.sequence(int(number)) for number in windows], network.encoder.config.pad_token_id or 0)
    scores = network(ids, there, every=True).float()
    allowed = np.zeros(ids.shape, dtype=bool)
    for place, window in enumerate(windows):
        spans = tokens.spans[tokens.starts[window] : tokens.starts[window + 1]]
        allowed[place, : len(spans)] = spans[:, 0] >= 0
    allowed[:, NO_ANSWER] = True
    outside = torch.from_numpy(~allowed).to(scores.device)
    return scores.masked_fill(outside[:, :, None], -torch.inf).log_softmax(dim=1)


def answer_places(tokens: Tokens, windows: Matrix, of_units: Matrix, owners: Matrix) -> Matrix:
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


def answer(network: Network, tokens: Tokens, labels_if_cut: int) -> Matrix:
    """The most likely label of every unit, or the best choice of every row, texts of like lengths together.

    Parameters
    ----------
    labels_if_cut : int
        The answer for words that were cut off.

    Returns
    -------
    numpy.ndarray of int64, shape (units,), or of float32
        Where rows may have several labels, the score of each, (rows, labels); where answers are numbers, (rows,), or
        rankings, (units,).
    """
    scores = every_score(network, tokens)
    if network.objective == "labels":
        return scores
    if network.objective not in ("label", "entailment"):
        return scores[:, 0]
    if tokens.has_choices:
        return np.array([scores[first:last].argmax() for first, last in pairwise(tokens.rows)])
    answers: Matrix = scores.argmax(axis=1)
    if tokens.has_words:
        answers[tokens.positions < 0] = labels_if_cut
    return answers


def every_score(network: Network, tokens: Tokens) -> Matrix:
    """Scores of every unit or sequence, (units, outputs), like lengths together; 0 for words that were cut off.

    Returns
    -------
    numpy.ndarray of float32
    """
    scores = np.zeros((len(tokens.positions) if tokens.has_words else len(tokens.lengths), network.outputs), np.float32)

    def keep(batch: Matrix) -> None:
        with torch.inference_mode():
            found, units = scores_of(network, tokens, batch)
            scores[units] = found.float().cpu().numpy()

    for batch in by_length(tokens.lengths):
        with_oom_backoff(keep, batch)
    count(tokens=int(tokens.lengths.sum()), flops=network.flops(tokens.lengths))
    return scores


def _loss(network: Network, tokens: Tokens, rows: Matrix, of_units: Matrix) -> Any:
    """Summed cross entropy, of several labels the mean over whether rows have each; of numbers, squared errors."""
    if tokens.has_spans:
        return span_loss(network, tokens, rows, of_units)
    scores, seen = scores_of(network, tokens, tokens.sequences_of(rows))
    if network.objective in ("entailment", "ranking"):
        held = torch.from_numpy(_held(tokens, rows, of_units)).to(scores.device)
        return binary_cross_entropy_with_logits(scores[:, 0].float(), held, reduction="mean") * len(rows)
    if tokens.has_choices:  # one score each, a row has several
        scores, seen = _by_row(scores, tokens, rows), tokens.units[rows]
    elif not tokens.has_words:
        seen = tokens.units[rows]
    labels = torch.from_numpy(of_units[seen]).to(scores.device)
    if network.objective == "vectors":
        return mse_loss(scores.float(), labels.float(), reduction="sum") / scores.shape[1]
    if network.objective == "value":
        return mse_loss(scores[:, 0].float(), labels.float(), reduction="sum")
    if network.objective == "labels":
        return binary_cross_entropy_with_logits(scores.float(), labels.float(), reduction="sum") / scores.shape[1]
    return cross_entropy(scores.float(), labels, reduction="sum", ignore_index=NO_LABEL)


def _held(tokens: Tokens, rows: Matrix, of_units: Matrix) -> Matrix:
    """Whether each sequence of some rows is right, 0 or 1 or how likely: the right choice, or as the units say."""
    if tokens.has_rankings or not tokens.has_choices:
        grades = of_units[tokens.units_of(rows)]
        return (grades if grades.dtype.kind == "f" else grades > 0).astype(np.float32)
    counts = np.diff(tokens.rows)[rows]
    held = np.zeros(counts.sum(), np.float32)
    held[np.cumsum(counts) - counts + of_units[tokens.units[rows]]] = 1
    return held


def _by_row(scores: Any, tokens: Tokens, rows: Matrix) -> Any:
    """Scores of choices, (rows, most choices); those that a row has less are out of the question."""
    counts = np.diff(tokens.rows)[rows]
    places = (np.repeat(np.arange(len(rows)), counts), np.concatenate([np.arange(count) for count in counts]))
    found = torch.full((len(rows), int(counts.max())), -torch.inf, dtype=scores.dtype, device=scores.device)
    return found.index_put(tuple(torch.from_numpy(place).to(scores.device) for place in places), scores[:, 0])


def labels_by_unit(tokens: Tokens, rows: Matrix, labels: Matrix) -> Matrix:
    """Labels where the units of all rows are counted through."""
    units = tokens.units_of(rows)
    if len(units) != len(labels):
        raise IsoglossError(f"{len(labels)} labels for {len(units)} units")
    of_units = np.zeros((int(tokens.units[-1]), *labels.shape[1:]), labels.dtype)
    of_units[units] = labels
    return of_units
