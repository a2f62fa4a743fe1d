"""How an encoder with a head is trained.

Imported only once torch is there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch

from isogloss.errors import IsoglossError
from isogloss.lab.recipe.neural.network import Matrix, Network, labels_by_unit
from isogloss.lab.task import NO_LABEL
from isogloss.models.inputs import Tokens
from isogloss.models.runtime import adamw, device, is_out_of_memory, with_oom_backoff

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


def train(
    network: Network, tokens: Tokens, rows: Matrix, labels: Matrix, schedule: Schedule, seed: int,
    after_epoch: Callable[[int], None], beside: Callable[[Matrix], None] | None = None,
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
    beside : callable, optional
        Adds the gradient of another loss for the rows of each batch.

    Notes
    -----
    AdamW with the learning rate rising over the first steps and then falling linearly to 0, gradients cut to
    length 1. What a batch has too much of for memory is worked on in halves whose gradients are summed.
    """
    trained = [parameter for parameter in network.parameters() if parameter.requires_grad]
    optimizer, slope = adamw(
        trained, learning_rate=schedule.learning_rate, weight_decay=schedule.weight_decay, warmup=schedule.warmup,
        steps=schedule.epochs * -(-len(rows) // schedule.batch_size),
    )  # fmt: skip
    of_units = labels_by_unit(tokens, rows, labels)
    network.count_training(tokens, rows, schedule.epochs)
    network.train()
    for epoch in range(1, schedule.epochs + 1):
        for batch in _batches(tokens, rows, schedule.batch_size, np.random.default_rng([seed, epoch])):
            optimizer.zero_grad(set_to_none=True)
            learn(network, tokens, batch, of_units, schedule.precision)
            if beside is not None:
                beside(batch)
            torch.nn.utils.clip_grad_norm_(trained, 1.0)
            optimizer.step()
            slope.step()
        after_epoch(epoch)
    network.eval()


def learn(network: Network, tokens: Tokens, rows: Matrix, of_units: Matrix, precision: str) -> None:
    """Add the gradient of the mean loss of some rows."""
    whole = _losses(tokens, rows, of_units)

    def add(part: Matrix) -> None:
        # Gradients of a part that ran out of memory half-way must not stay behind.
        before = [None if parameter.grad is None else parameter.grad.clone() for parameter in network.parameters()]
        try:
            with torch.autocast(device(), dtype=torch.bfloat16, enabled=precision == "bfloat16"):
                loss = network.loss(tokens, part, of_units)
            (loss / whole).backward()
        except (RuntimeError, MemoryError) as error:
            if is_out_of_memory(error):
                if network.in_batch:
                    raise IsoglossError(
                        f"memory does not suffice for a batch of {len(part)}", hint="lower batch_size or max_length"
                    ) from None
                for parameter, gradient in zip(network.parameters(), before, strict=True):
                    parameter.grad = gradient
            raise

    with_oom_backoff(add, rows)


def _losses(tokens: Tokens, rows: Matrix, of_units: Matrix) -> int:
    """How many losses some rows add up: of each word that is there and has a label, of both ends in each window, or of
    each row."""
    if tokens.has_spans:
        return 2 * len(tokens.sequences_of(rows))
    if not tokens.has_words:
        return len(rows)
    units = tokens.units_of(rows)
    has_label = of_units[units] != NO_LABEL if of_units.ndim == 1 else True
    return max(1, int(((tokens.positions[units] >= 0) & has_label).sum()))


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
