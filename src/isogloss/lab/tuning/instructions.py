"""Gradient descent on the answers to prompts, all weights or those of an adapter. Imported only once torch is there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from isogloss.lab.tuning.training import Sequences, log_likelihoods
from isogloss.models.decoder import Decoder, room
from isogloss.models.likelihood import divided
from isogloss.models.runtime import adamw, is_out_of_memory, start_torch, with_oom_backoff

POOL = 16
"""Batches whose examples are sorted by length together: little is padding, and they stay random."""


@dataclass(frozen=True)
class Schedule:
    """How long and how fast to learn; see `isogloss.lab.recipe.instructions.InstructionTune`."""

    epochs: int
    batch_size: int
    learning_rate: float
    warmup: float
    weight_decay: float


def in_tokens(decoder: Decoder, examples: Sequence[tuple[str, str]], max_length: int) -> tuple[Sequences, int]:
    """Prompts and answers, each with the token that ends a text, in tokens; and how many were too long.

    Parameters
    ----------
    decoder : Decoder
    examples : sequence of (str, str)
        Prompt and answer.
    max_length : int
        Tokens of both together. What has more is left out: cut, it would lose its end, and teach not to end.
    """
    found: Sequences = []
    end = np.array(sorted(decoder.ends)[:1] if decoder.tokenizer.eos_token_id is None
                   else [decoder.tokenizer.eos_token_id], np.int64)  # fmt: skip
    for prompt, answer in examples:
        read, (tokens,) = divided(decoder, prompt, [answer])
        whole = np.concatenate([tokens, end])
        if len(read) + len(whole) <= room(decoder, max_length):
            found.append((np.array(read, np.int64), whole))
    return found, len(examples) - len(found)


def train_answers(
    decoder: Decoder, sequences: Sequences, schedule: Schedule, seed: int,
    after_epoch: Callable[[int], None] | None = None,
) -> None:  # fmt: skip
    """Lower the mean cross entropy of the tokens of answers, batch by batch; prompts count for nothing.

    Parameters
    ----------
    decoder : Decoder
        Those of its weights that want a gradient are changed.
    sequences : Sequences
    schedule : Schedule
    seed : int
        Of the order of examples; what dropout leaves out is up to torch's own.
    after_epoch : callable, optional
        Is told the number of the epoch that has ended, from 1.
    """
    learnt = [one for one in decoder.model.parameters() if one.requires_grad]
    optimizer, slope = adamw(
        learnt, learning_rate=schedule.learning_rate, weight_decay=schedule.weight_decay, warmup=schedule.warmup,
        steps=schedule.epochs * -(-len(sequences) // schedule.batch_size),
    )  # fmt: skip
    decoder.model.train()
    for epoch in range(1, schedule.epochs + 1):
        for batch in _batches(sequences, schedule.batch_size, np.random.default_rng([seed, epoch])):
            optimizer.zero_grad(set_to_none=True)
            _learn(decoder, sequences, batch, learnt)
            start_torch().nn.utils.clip_grad_norm_(learnt, 1.0)
            optimizer.step()
            slope.step()
        if after_epoch is not None:
            after_epoch(epoch)
    decoder.model.eval()


def _learn(decoder: Decoder, sequences: Sequences, batch: np.ndarray[Any, Any], learnt: list[Any]) -> None:
    """Add the gradient of the mean loss of the answers' tokens; in halves where memory runs out."""
    tokens = sum(len(sequences[place][1]) for place in batch)

    def add(part: np.ndarray[Any, Any]) -> None:
        before = [None if one.grad is None else one.grad.clone() for one in learnt]
        try:
            (-log_likelihoods(decoder, [sequences[place] for place in part]).sum() / tokens).backward()
        except (RuntimeError, MemoryError) as error:
            if is_out_of_memory(error):  # gradients of a part that ran out half-way must not stay behind
                for one, gradient in zip(learnt, before, strict=True):
                    one.grad = gradient
            raise

    with_oom_backoff(add, batch)


def _batches(sequences: Sequences, size: int, random: np.random.Generator) -> Iterator[np.ndarray[Any, Any]]:
    """All examples in batches: shuffled, then sorted by length within pools, then batches shuffled."""
    lengths = np.array([len(read) + len(answer) for read, answer in sequences])
    shuffled = random.permutation(len(sequences))
    found = []
    for first in range(0, len(shuffled), POOL * size):
        pool = shuffled[first : first + POOL * size]
        pool = pool[np.argsort(lengths[pool], kind="stable")]
        found += [pool[place : place + size] for place in range(0, len(pool), size)]
    for number in random.permutation(len(found)):
        yield found[number]
