"""The steps of training: on the answers of demonstrations, and on preferences. Imported only once torch is there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import replace
from typing import Any

import numpy as np

from isogloss.errors import BadValue
from isogloss.lab.tuning import Demonstration, Method, Tuning
from isogloss.lab.tuning.preferences import Pair, Samples, draw_pairs, pair_pools, preference_loss
from isogloss.models.decoder import Decoder, forced, forward, room
from isogloss.models.generation import generate
from isogloss.models.likelihood import divided
from isogloss.models.runtime import adamw, device, padded, start_torch

AT_ONCE = 8
"""Demonstrations, or pairs, whose gradients are held at once."""
WARMUP = 0.25
MOST_LENGTH = 2048
"""Tokens of prompt and answer together."""
LONGER = 2
"""How many times as long as the longest answer of a demonstration a sample may be."""

Sequences = list[tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]]


def train_on_answers(decoder: Decoder, demonstrations: Sequence[Demonstration], tuning: Tuning) -> None:
    """Lower the mean cross entropy of the tokens of all answers."""
    sequences = [in_tokens(decoder, one, one.answer) for one in demonstrations]
    tokens = sum(len(answer) for _, answer in sequences)
    optimizer, schedule = adamw(
        list(decoder.model.parameters()), learning_rate=tuning.learning_rate, weight_decay=0.0, warmup=WARMUP,
        steps=tuning.steps,
    )  # fmt: skip
    for _ in range(tuning.steps):
        _step(sequences, lambda some: -log_likelihoods(decoder, some).sum(), tokens, optimizer, schedule)


def train_on_preferences(
    decoder: Decoder, demonstrations: Sequence[Demonstration], method: Method, tuning: Tuning, seed: int
) -> None:
    """Prefer demonstrations to what the model says itself; the model as it is at the beginning is the reference."""
    reference = replace(decoder, model=deepcopy(decoder.model))
    optimizer, schedule = adamw(
        list(decoder.model.parameters()), learning_rate=tuning.preference_learning_rate, weight_decay=0.0,
        warmup=WARMUP, steps=tuning.preference_steps,
    )  # fmt: skip
    chance, answers, history = np.random.default_rng(seed), [one.answer for one in demonstrations], []
    pools: dict[str, list[Pair]] = {}

    def loss(some: Sequence[Pair]) -> Any:
        ratios = []
        for texts in ([one.chosen for one in some], [one.rejected for one in some]):
            prompts = [demonstrations[pair.place] for pair in some]
            sequences = [in_tokens(decoder, one, text) for one, text in zip(prompts, texts, strict=True)]
            with start_torch().no_grad():
                before = log_likelihoods(reference, sequences)
            ratios.append(log_likelihoods(decoder, sequences) - before)
        return preference_loss(ratios[0], ratios[1], tuning.beta).sum()

    for step in range(tuning.preference_steps):
        if not step or (method == "ditto" and step % tuning.every == 0):
            history.append(draw_samples(decoder, demonstrations, tuning.samples, int(chance.integers(2**31))))
            pools = pair_pools(answers, history)
        pairs = [*draw_pairs(pools, tuning.pairs, chance)]
        if pairs:
            _step(pairs, loss, len(pairs), optimizer, schedule)


def draw_samples(decoder: Decoder, demonstrations: Sequence[Demonstration], samples: int, seed: int) -> Samples:
    """What the model says to each prompt, drawn at temperature 1 and parted from it as the answer is."""
    longest = max(len(in_tokens(decoder, one, one.answer)[1]) for one in demonstrations)
    prompts = [one.prompt for one in demonstrations for _ in range(samples)]
    replies = generate(
        decoder, prompts, max_new=LONGER * longest, stop=("\n",), max_length=MOST_LENGTH, seed=seed
    )  # fmt: skip
    parts = [replies[first : first + samples] for first in range(0, len(replies), samples)]
    return [[_space(one.answer) + reply for reply in some] for one, some in zip(demonstrations, parts, strict=True)]


def _space(answer: str) -> str:
    """What stands before the first letter of an answer."""
    return answer[: len(answer) - len(answer.lstrip())]


def in_tokens(decoder: Decoder, one: Demonstration, answer: str) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """The tokens of a prompt and of an answer with its end.

    Raises
    ------
    BadValue
        If the model has no room for both.
    """
    read, (tokens,) = divided(decoder, one.prompt, [answer or " "])
    end = decoder.tokenizer(one.end, add_special_tokens=False)["input_ids"]
    whole = np.concatenate([tokens, np.array(end, np.int64)])
    if len(read) + len(whole) > room(decoder, MOST_LENGTH):
        raise BadValue(
            f"a demonstration takes {len(read) + len(whole):,} tokens, and there is room for "
            f"{room(decoder, MOST_LENGTH):,}", where="questions", hint="leave out the longest, or take another model",
        )  # fmt: skip
    return np.array(read, np.int64), whole


def log_likelihoods(decoder: Decoder, sequences: Sequences) -> Any:
    """Log-probability of each answer given its prompt, in nats, as a tensor with gradients, shape (sequences,)."""
    expected, there = expectations(decoder, sequences)
    ids, _ = padded([answer for _, answer in sequences], decoder.filler, left=not decoder.is_seq2seq)
    return (expected.gather(2, ids[:, :, None])[:, :, 0] * there).sum(dim=1)


def expectations(decoder: Decoder, sequences: Sequences) -> tuple[Any, Any]:
    """Log-probability of every token where an answer has one, given its prompt and the answer's tokens before.

    Returns
    -------
    expected : torch.Tensor, shape (sequences, tokens, vocabulary)
        In nats, with gradients.
    there : torch.Tensor, shape (sequences, tokens)
        1 where the answer has a token; answers end together for decoders, and begin together for encoder-decoders.
    """
    torch = start_torch()
    answers = [answer for _, answer in sequences]
    if decoder.is_seq2seq:
        logits = forced(decoder, [read for read, _ in sequences], answers)
    else:
        longest = max(map(len, answers))
        logits = forward(decoder, [np.concatenate([read, answer[:-1]]) for read, answer in sequences], longest)
    _, there = padded(answers, decoder.filler, left=not decoder.is_seq2seq)
    return torch.log_softmax(logits.float(), dim=-1), there.to(device())


def _step(whole: Sequence[Any], loss: Callable[[Any], Any], units: int, optimizer: Any, schedule: Any) -> None:
    """One step on the mean loss of `units`, summed over parts, so that memory does not grow with their number."""
    optimizer.zero_grad()
    for first in range(0, len(whole), AT_ONCE):
        (loss(whole[first : first + AT_ONCE]) / units).backward()
    start_torch().nn.utils.clip_grad_norm_([one for group in optimizer.param_groups for one in group["params"]], 1.0)
    optimizer.step()
    schedule.step()
