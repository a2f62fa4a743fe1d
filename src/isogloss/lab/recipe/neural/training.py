"""The training loop: batches of like lengths, in an order that only the seed decides."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch.nn.functional import cross_entropy

from isogloss.errors import IsoglossError
from isogloss.lab.recipe.neural.network import Network, scores_of, span_loss
from isogloss.models.runtime import (
    by_length,
    coefficients,
    count,
    device,
    forward_flops,
    is_out_of_memory,
    with_oom_backoff,
)
from isogloss.models.tokens import Tokens

POOL = 16
"""Batches whose rows are sorted by length together: enough that little is padding, few enough to stay random."""


@dataclass(frozen=True)
class Schedule:
    """How long and how fast to learn; see `isogloss.lab.recipe.neural.trained.TrainedRecipe`."""

    epochs: int
    batch_size: int
    learning_rate: float
    warmup: float
    weight_decay: float
    precision: str


Matrix = np.ndarray[Any, Any]


def train(
    network: Network, tokens: Tokens, rows: Matrix, labels: Matrix, schedule: Schedule, seed: int,
    after_epoch: Callable[[int], None],
) -> None:  # fmt: skip
    """Adapt the weights of a network that want a gradient.

    Parameters
    ----------
    network : Network
    tokens : Tokens
        Of all training rows.
    rows : numpy.ndarray of int
        Those to learn from.
    labels : numpy.ndarray of int
        Of their units, in the order of the rows.
    after_epoch : callable
        Is told the number of the epoch that has ended, from 1.

    Notes
    -----
    AdamW with the learning rate rising over the first steps and then falling linearly to 0, gradients cut to
    length 1. What a batch has too much of for memory is worked on in halves whose gradients are summed.
    """
    trained = [parameter for parameter in network.parameters() if parameter.requires_grad]
    decayed = [parameter for parameter in trained if parameter.ndim > 1]
    others = [parameter for parameter in trained if parameter.ndim <= 1]
    groups = [{"params": decayed, "weight_decay": schedule.weight_decay}, {"params": others, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=schedule.learning_rate, fused=True)
    steps = schedule.epochs * -(-len(rows) // schedule.batch_size)
    slope = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _slope(step, steps, schedule.warmup))
    of_units = _labels_by_unit(tokens, rows, labels)
    _count(network, tokens, rows, schedule.epochs)
    network.train()
    for epoch in range(1, schedule.epochs + 1):
        for batch in _batches(tokens, rows, schedule.batch_size, np.random.default_rng([seed, epoch])):
            optimizer.zero_grad(set_to_none=True)
            _learn(network, tokens, batch, of_units, schedule.precision)
            torch.nn.utils.clip_grad_norm_(trained, 1.0)
            optimizer.step()
            slope.step()
        after_epoch(epoch)
    network.eval()


def answer(network: Network, tokens: Tokens, labels_if_cut: int) -> Matrix:
    """The most likely label of every unit, or the best choice of every row, texts of like lengths together.

    Parameters
    ----------
    labels_if_cut : int
        The answer for words that were cut off.
    """
    is_choice = tokens.has_choices
    height = len(tokens.positions) if tokens.has_words else len(tokens.lengths)
    answers = np.full(height, labels_if_cut, np.int64)
    values = np.zeros(height, np.float32)

    def keep(batch: Matrix) -> None:
        with torch.inference_mode():
            scores, units = scores_of(network, tokens, batch)
            answers[units] = scores.argmax(dim=1).cpu().numpy()
            if is_choice:
                values[units] = scores[:, 0].float().cpu().numpy()

    for batch in by_length(tokens.lengths):
        with_oom_backoff(keep, batch)
    count(tokens=int(tokens.lengths.sum()), flops=forward_flops(coefficients(network.encoder), tokens.lengths))
    if not is_choice:
        return answers
    return np.array([values[tokens.rows[row] : tokens.rows[row + 1]].argmax() for row in range(len(tokens.rows) - 1)])


def _learn(network: Network, tokens: Tokens, rows: Matrix, of_units: Matrix, precision: str) -> None:
    """Add the gradient of the mean loss of some rows."""
    whole = _losses(tokens, rows)

    def add(part: Matrix) -> None:
        # Gradients of a part that ran out of memory half-way must not stay behind.
        before = [None if parameter.grad is None else parameter.grad.clone() for parameter in network.parameters()]
        try:
            with torch.autocast(device(), dtype=torch.bfloat16, enabled=precision == "bfloat16"):
                loss = _loss(network, tokens, part, of_units)
            (loss / whole).backward()
        except (RuntimeError, MemoryError) as error:
            if is_out_of_memory(error):
                for parameter, gradient in zip(network.parameters(), before, strict=True):
                    parameter.grad = gradient
            raise

    with_oom_backoff(add, rows)


def _losses(tokens: Tokens, rows: Matrix) -> int:
    """How many losses some rows add up: of each word that is there, of both ends in each window, or of each row."""
    if tokens.has_spans:
        return 2 * len(tokens.sequences_of(rows))
    if not tokens.has_words:
        return len(rows)
    units = np.concatenate([np.arange(tokens.units[row], tokens.units[row + 1]) for row in rows])
    return max(1, int((tokens.positions[units] >= 0).sum()))


def _loss(network: Network, tokens: Tokens, rows: Matrix, of_units: Matrix) -> Any:
    """Summed cross entropy."""
    if tokens.has_spans:
        return span_loss(network, tokens, rows, of_units)
    scores, seen = scores_of(network, tokens, tokens.sequences_of(rows))
    if tokens.has_choices:  # one score each, a row has several
        scores, seen = _by_row(scores, tokens, rows), tokens.units[rows]
    elif not tokens.has_words:
        seen = tokens.units[rows]
    labels = torch.from_numpy(of_units[seen]).to(scores.device)
    return cross_entropy(scores.float(), labels, reduction="sum")


def _by_row(scores: Any, tokens: Tokens, rows: Matrix) -> Any:
    """Scores of choices, (rows, most choices); those that a row has less are out of the question."""
    counts = np.diff(tokens.rows)[rows]
    places = (np.repeat(np.arange(len(rows)), counts), np.concatenate([np.arange(count) for count in counts]))
    found = torch.full((len(rows), int(counts.max())), -torch.inf, dtype=scores.dtype, device=scores.device)
    return found.index_put(tuple(torch.from_numpy(place).to(scores.device) for place in places), scores[:, 0])


def _batches(tokens: Tokens, rows: Matrix, size: int, random: np.random.Generator) -> Iterator[Matrix]:
    """The rows of an epoch in batches: shuffled, then sorted by length within pools, then batches shuffled."""
    lengths = np.maximum.reduceat(tokens.lengths, tokens.rows[:-1])
    shuffled = random.permutation(rows)
    found: list[Matrix] = []
    for first in range(0, len(shuffled), POOL * size):
        pool = shuffled[first : first + POOL * size]
        pool = pool[np.argsort(lengths[pool], kind="stable")]
        found += [pool[place : place + size] for place in range(0, len(pool), size)]
    for number in random.permutation(len(found)):
        yield found[number]


def _labels_by_unit(tokens: Tokens, rows: Matrix, labels: Matrix) -> Matrix:
    """Labels where the units of all rows are counted through."""
    units = np.concatenate([np.arange(tokens.units[row], tokens.units[row + 1]) for row in rows])
    if len(units) != len(labels):
        raise IsoglossError(f"{len(labels)} labels for {len(units)} units")
    of_units = np.zeros(int(tokens.units[-1]), np.int64)
    of_units[units] = labels
    return of_units


def _slope(step: int, steps: int, warmup: float) -> float:
    rising = max(1, round(warmup * steps))
    return min((step + 1) / rising, max(0.0, (steps - step) / max(1, steps - rising)))


def _count(network: Network, tokens: Tokens, rows: Matrix, epochs: int) -> None:
    lengths = tokens.lengths[tokens.sequences_of(rows)]
    # Backwards through the states always, and through the weights where those are learnt.
    passes = 3 if all(parameter.requires_grad for parameter in network.parameters()) else 2
    flops = epochs * passes * forward_flops(coefficients(network.encoder), lengths)
    count(tokens=epochs * int(lengths.sum()), flops=flops)
