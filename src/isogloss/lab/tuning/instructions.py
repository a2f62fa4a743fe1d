"""Gradient descent on the answers to prompts, all weights or those of an adapter. Imported only once torch is there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from isogloss.lab.tuning.preferences import preference_loss
from isogloss.lab.tuning.training import Sequences, expectations, log_likelihoods
from isogloss.models.decoder import PLAIN, Decoder, Direction, prompt_tokens, room
from isogloss.models.likelihood import divided
from isogloss.models.runtime import adamw, is_out_of_memory, padded, start_torch, with_oom_backoff

Places = np.ndarray[Any, Any]
"""Which examples, by their places."""
Loss = Callable[[Places, Places, int], Any]

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


def in_tokens(
    decoder: Decoder, prompt: str, answer: str, direction: Direction = PLAIN
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """A prompt, and its answer with the token that ends a text, in tokens."""
    own = decoder.tokenizer.eos_token_id
    end = np.array(sorted(decoder.ends)[:1] if own is None else [own], np.int64)
    if decoder.is_seq2seq:
        read = prompt_tokens(decoder, prompt, direction)
        tokens = decoder.tokenizer(text_target=answer, add_special_tokens=False)["input_ids"]
    else:
        read, (tokens,) = divided(decoder, prompt, [answer])
    whole = np.concatenate([np.array(direction.begin, np.int64), np.array(tokens, np.int64), end])
    return np.array(read, np.int64), whole


def has_room(decoder: Decoder, sequence: tuple[Any, Any], max_length: int) -> bool:
    """Whether prompt and answer fit; cut, an answer would lose its end, and teach not to end."""
    lengths = [len(part) for part in sequence]
    return (max(lengths) if decoder.is_seq2seq else sum(lengths)) <= room(decoder, max_length)


def train_answers(decoder: Decoder, sequences: Sequences, schedule: Schedule, seed: int) -> None:
    """Lower the mean cross entropy of the tokens of answers, batch by batch; prompts count for nothing.

    Parameters
    ----------
    decoder : Decoder
        Those of its weights that want a gradient are changed.
    sequences : Sequences
    schedule : Schedule
    seed : int
        Of the order of examples; what dropout leaves out is up to torch's own.
    """

    def loss(part: Places, batch: Places, step: int) -> Any:
        tokens = sum(len(sequences[place][1]) for place in batch)
        return -log_likelihoods(decoder, [sequences[place] for place in part]).sum() / tokens

    descend(decoder, sequences, loss, schedule, seed)


def train_preferences(
    decoder: Decoder, chosen: Sequences, rejected: Sequences, schedule: Schedule, seed: int, beta: float, weight: float,
    *, answers: float = 1.0, reference: Decoder | None = None,
) -> None:  # fmt: skip
    """Lower the loss of `train_answers` on chosen answers, and that of preferring them to rejected ones.

    Parameters
    ----------
    decoder : Decoder
    chosen, rejected : Sequences
        Pairs with one prompt each.
    beta : float
        See `isogloss.lab.tuning.preferences.preference_loss`.
    weight : float
        Of the mean of that loss.
    answers : float, default 1
        Weight of the loss of `train_answers`.
    reference : Decoder, optional
        Which differences of log-probability are counted from; by default the model as it is now.
    """
    torch, apart = start_torch(), []
    with torch.no_grad():
        for pair in zip(chosen, rejected, strict=True):
            one, other = log_likelihoods(reference or decoder, list(pair)).tolist()
            apart.append(one - other)

    def loss(part: Places, batch: Places, step: int) -> Any:
        tokens = sum(len(chosen[place][1]) for place in batch)
        better, worse = (log_likelihoods(decoder, [some[place] for place in part]) for some in (chosen, rejected))
        before = torch.tensor([apart[place] for place in part], device=better.device)
        preferred = preference_loss(better - worse, before, beta).sum() / len(batch)
        return -answers * better.sum() / tokens + weight * preferred

    descend(decoder, chosen, loss, schedule, seed)


def train_rewarded(
    decoder: Decoder, sequences: Sequences, advantages: Sequence[float], schedule: Schedule, seed: int
) -> None:
    """Make answers likelier, or less likely, by how much more they are worth than others.

    Parameters
    ----------
    decoder : Decoder
    sequences : Sequences
        Answers that the model gave.
    advantages : sequence of float
        What each is worth more than the others to its prompt.
    schedule : Schedule
    seed : int

    Notes
    -----
    The gradient of REINFORCE (Williams 1992), of whole answers.
    """

    def loss(part: Places, batch: Places, step: int) -> Any:
        likely = log_likelihoods(decoder, [sequences[place] for place in part])
        worth = start_torch().tensor([advantages[place] for place in part], device=likely.device)
        return -(worth * likely).sum() / len(batch)

    descend(decoder, sequences, loss, schedule, seed)


def train_compared(
    decoder: Decoder, sequences: Sequences, others: Sequences, weights: Places, schedule: Schedule, seed: int,
    *, teacher: Decoder | None = None,
) -> None:  # fmt: skip
    """Lower the loss of `train_answers`, and how far what is expected of an answer diverges after another prompt.

    Parameters
    ----------
    decoder : Decoder
    sequences : Sequences
    others : Sequences
        The other prompt of each; their answers, which are the same texts, are not looked at.
    weights : numpy.ndarray of float, shape (sequences,)
        Of the divergence, the mean over tokens of answers of KL(after the prompt || after the other one).
    schedule : Schedule
    seed : int
    teacher : Decoder, optional
        Which expects something after the other prompt, without gradient or dropout; the divergence is then KL(after the
        other one || after the prompt). By default it is the model that learns, with a gradient.
    """

    def loss(part: Places, batch: Places, step: int) -> Any:
        tokens = sum(len(sequences[place][1]) for place in batch)
        answers = [sequences[place][1] for place in part]
        other = [(others[place][0], one) for place, one in zip(part, answers, strict=True)]
        beside = expectations(decoder, other)[0] if teacher is None else _standard(teacher, other)
        own, there = expectations(decoder, [sequences[place] for place in part])
        first, second = (own, beside) if teacher is None else (beside, own)
        divergence = (first.exp() * (first - second)).sum(dim=-1)
        ids, _ = padded(answers, decoder.filler, left=not decoder.is_seq2seq)
        right = own.gather(2, ids[:, :, None])[:, :, 0]
        weight = start_torch().tensor(weights[part], dtype=own.dtype, device=own.device)
        return ((weight[:, None] * divergence - right) * there).sum() / tokens

    descend(decoder, sequences, loss, schedule, seed)


def _standard(teacher: Decoder, sequences: Sequences) -> Any:
    """What a teacher expects of answers, which may be the model that learns."""
    is_learning = teacher.model.training
    teacher.model.eval()
    with start_torch().no_grad():
        expected, _ = expectations(teacher, sequences)
    teacher.model.train(is_learning)
    return expected


def descend(
    decoder: Decoder, sequences: Sequences, loss: Loss, schedule: Schedule, seed: int, beside: Sequence[Any] = ()
) -> None:
    """Gradient descent on a loss of a part of a batch in a step, of which parts add up to that of the batch.

    Parameters
    ----------
    decoder : Decoder
    sequences : Sequences
    loss : callable
        Of the part, the batch, and the step, from 0.
    schedule : Schedule
    seed : int
    beside : sequence of torch.nn.Parameter
        What is learnt beside the weights of the model that want a gradient.
    """
    learnt = [one for one in [*decoder.model.parameters(), *beside] if one.requires_grad]
    optimizer, slope = adamw(
        learnt, learning_rate=schedule.learning_rate, weight_decay=schedule.weight_decay, warmup=schedule.warmup,
        steps=steps_of(schedule, sequences),
    )  # fmt: skip
    decoder.model.train()
    step = 0
    for epoch in range(1, schedule.epochs + 1):
        for batch in _batches(sequences, schedule.batch_size, np.random.default_rng([seed, epoch])):
            optimizer.zero_grad(set_to_none=True)
            with_oom_backoff(partial(_add_gradient, loss, batch, step, learnt), batch)
            start_torch().nn.utils.clip_grad_norm_(learnt, 1.0)
            optimizer.step()
            slope.step()
            step += 1
    decoder.model.eval()


def steps_of(schedule: Schedule, sequences: Sequences) -> int:
    """How many steps a training takes."""
    return schedule.epochs * -(-len(sequences) // schedule.batch_size)


def _add_gradient(loss: Loss, batch: Places, step: int, learnt: list[Any], part: Places) -> None:
    """Add the gradient of a part; of one that ran out of memory half-way, nothing stays behind."""
    before = [None if one.grad is None else one.grad.clone() for one in learnt]
    try:
        loss(part, batch, step).backward()
    except (RuntimeError, MemoryError) as error:
        if is_out_of_memory(error):
            for one, gradient in zip(learnt, before, strict=True):
                one.grad = gradient
        raise


def _batches(sequences: Sequences, size: int, random: np.random.Generator) -> Iterator[Places]:
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
