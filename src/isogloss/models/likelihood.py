"""Likelihoods of continuations of prompts: what prompts have in common is read once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from isogloss.errors import BadValue
from isogloss.models.decoder import (
    Decoder,
    Reading,
    common_beginning,
    first_token,
    forward,
    go_on,
    prompt_tokens,
    read_prompts,
    room,
    shortened,
    take_back,
    with_leads,
)
from isogloss.models.runtime import by_length, device, start_torch, with_oom_backoff

Matrix = np.ndarray[Any, Any]

LOGITS = 1 << 26
"""Logits that may be held at once: 256 MiB."""


@dataclass(frozen=True)
class Likelihoods:
    """How likely each prompt is to go on in each of its continuations, one after the other.

    Attributes
    ----------
    sums : numpy.ndarray of float, shape (continuations,)
        Natural logarithm of the probability of the continuation, given its prompt.
    tokens, characters : numpy.ndarray of int, shape (continuations,)
        How many it has; white space around it is not counted among the characters.
    starts : numpy.ndarray of int, shape (prompts + 1,)
        Where the continuations of each prompt begin.
    cut : int
        How many prompts were too long and lost their beginning.
    """

    sums: Matrix
    tokens: Matrix
    characters: Matrix
    starts: Matrix
    cut: int

    def normalised(self, by: str) -> Matrix:
        """Sums, or means per token or per character.

        Parameters
        ----------
        by : {"sum", "tokens", "characters"}
        """
        return self.sums if by == "sum" else self.sums / np.maximum(1, getattr(self, by))


@dataclass(frozen=True)
class _Item:
    """A prompt in tokens with its continuations.

    All continuations are scored after the same tokens: where a tokenizer joins the end of the prompt to the beginning
    of a continuation, what is scored begins before that, for all of them.
    """

    prompt: Matrix
    continuations: list[Matrix]
    is_cut: bool

    @property
    def longest(self) -> int:
        """Tokens of the prompt with its longest continuation."""
        return len(self.prompt) + max(map(len, self.continuations))


def score(
    decoder: Decoder, prompts: Sequence[str], continuations: Sequence[Sequence[str]], *, max_length: int,
    share: bool = True, leads: Sequence[Sequence[int]] | None = None,
) -> Likelihoods:  # fmt: skip
    """Score continuations of prompts.

    Parameters
    ----------
    decoder : Decoder
    prompts : sequence of str
    continuations : sequence of sequence of str
        What may follow each prompt, at least one each; a space between belongs here, not to the prompt.
    max_length : int
        Tokens that prompt and continuation may have together; where there are more, the prompt loses its beginning.
    share : bool, default True
        Read the tokens that prompts have in common once, and each prompt once for all its continuations; without, every
        continuation is read anew with all that comes before. Scores are the same but for rounding.
    leads : sequence of sequence of int, optional
        Tokens that stand before each prompt alone and are never cut off.

    Raises
    ------
    BadValue
        If a continuation has no token.
    IsoglossError
        If memory does not suffice for a single prompt.
    """
    led = with_leads(decoder, len(prompts), leads)
    items = [_item(one, prompt, some, max_length)
             for one, prompt, some in zip(led, prompts, continuations, strict=True)]  # fmt: skip
    scores: list[Matrix] = [np.zeros(len(one.continuations)) for one in items]
    remembers = share and all(one.longest <= decoder.remembered for one in items)
    with start_torch().inference_mode():
        for is_cut in (False, True):  # those that lost their beginning have none in common with the others
            numbers = np.array([place for place, one in enumerate(items) if one.is_cut == is_cut], np.int64)
            if len(numbers) and (remembers or decoder.is_seq2seq):
                _score_shared(decoder, items, numbers, scores)
            elif len(numbers):
                _score_alone(decoder, items, numbers, scores)
    return Likelihoods(
        np.concatenate(scores) if scores else np.empty(0),
        np.array([len(continuation) for one in items for continuation in one.continuations]),
        np.array([len(continuation.strip()) for some in continuations for continuation in some]),
        np.cumsum([0, *map(len, continuations)]),
        sum(one.is_cut for one in items),
    )


def _item(decoder: Decoder, prompt: str, continuations: Sequence[str], max_length: int) -> _Item:
    if decoder.is_seq2seq:
        read = prompt_tokens(decoder, prompt)
        answers = [np.array(decoder.tokenizer(text_target=one.strip())["input_ids"]) for one in continuations]
    else:
        read, answers = divided(decoder, prompt, continuations)
    empty = next((place for place, answer in enumerate(answers) if not len(answer)), None)
    if empty is not None:
        raise BadValue(f"nothing is left of {continuations[empty]!r} in tokens", hint="answers need at least one token")
    answered = 0 if decoder.is_seq2seq else max(map(len, answers))
    shorter, is_cut = shortened(decoder, read, max(1, room(decoder, max_length) - answered))
    return _Item(shorter, answers, is_cut)


def divided(decoder: Decoder, prompt: str, continuations: Sequence[str]) -> tuple[list[int], list[Matrix]]:
    """Prompt and continuations in tokens, cut together, and parted before any continuation has begun."""
    tokenizer, texts = decoder.tokenizer, [prompt + one for one in continuations]
    encoded = tokenizer(texts, add_special_tokens=False, return_offsets_mapping=tokenizer.is_fast)
    wholes = [np.array(ids, np.int64) for ids in encoded["input_ids"]]
    if tokenizer.is_fast:
        start = min(
            next((place for place, (_, end) in enumerate(ends) if end > len(prompt)), len(ends))
            for ends in encoded["offset_mapping"]
        )
    else:
        alone = np.array(tokenizer(prompt, add_special_tokens=False)["input_ids"], np.int64)
        start = _common(alone, wholes[0])
    for other in wholes[1:]:
        start = min(start, _common(other[:start], wholes[0]))
    read = decoder.lead + wholes[0][:start].tolist()
    return read or first_token(decoder), [whole[start:] for whole in wholes]


def _common(one: Matrix, other: Matrix) -> int:
    """How many tokens two sequences begin with alike."""
    length = min(len(one), len(other))
    differs = np.flatnonzero(one[:length] != other[:length])
    return int(differs[0]) if len(differs) else length


def _score_shared(decoder: Decoder, items: list[_Item], numbers: Matrix, scores: list[Matrix]) -> None:
    """Score items, reading what their prompts begin with once, and each prompt once for all its continuations."""
    common = 0 if decoder.is_seq2seq else common_beginning([items[number].prompt for number in numbers])
    shared = read_prompts(decoder, [items[numbers[0]].prompt[:common]]) if common else None
    # What is shared is remembered for each prompt, so it takes room in a batch as well.
    lengths = np.array([items[number].longest for number in numbers])
    widest = max(len(continuation) for number in numbers for continuation in items[number].continuations)

    def keep(batch: Matrix) -> None:
        chosen = [items[number] for number in numbers[batch]]
        reading = read_prompts(decoder, [one.prompt[common:] for one in chosen], shared)
        sums = _score_continuations(decoder, reading, chosen)
        for number, values in zip(numbers[batch], sums, strict=True):
            scores[number] = values

    at_once = max(1, LOGITS // (decoder.model.config.vocab_size * widest))
    for batch in by_length(lengths):
        for first in range(0, len(batch), at_once):
            with_oom_backoff(keep, batch[first : first + at_once])


def _score_continuations(decoder: Decoder, reading: Reading, chosen: list[_Item]) -> list[Matrix]:
    """Try the first continuation of every prompt, take it back, try the second, and so on."""
    torch = start_torch()
    first = torch.log_softmax(reading.logits.float(), dim=-1)  # (prompts, vocabulary)
    scores = [np.zeros(len(one.continuations)) for one in chosen]
    for place in range(max(map(len, scores))):
        # A prompt that has no such continuation goes along with its last, whose score comes out again.
        continuations = [one.continuations[min(place, len(one.continuations) - 1)] for one in chosen]
        longest = max(map(len, continuations))
        ids = torch.zeros((len(continuations), longest), dtype=torch.int64)
        there = torch.zeros((len(continuations), longest), dtype=torch.bool)
        for row, continuation in enumerate(continuations):
            ids[row, : len(continuation)] = torch.from_numpy(continuation)
            there[row, : len(continuation)] = True
        ids, there = ids.to(device()), there.to(device())
        values = first.gather(1, ids[:, :1])
        if longest > 1:
            logits = torch.log_softmax(go_on(decoder, reading, ids[:, :-1]).float(), dim=-1)
            take_back(reading, longest - 1)
            values = torch.cat([values, logits.gather(2, ids[:, 1:, None])[:, :, 0]], dim=1)
        sums = (values.double() * there).sum(dim=1).tolist()
        for row, one in enumerate(chosen):
            scores[row][min(place, len(one.continuations) - 1)] = sums[row]
    return scores


def _score_alone(decoder: Decoder, items: list[_Item], numbers: Matrix, scores: list[Matrix]) -> None:
    """Score every continuation by reading it with all that comes before, as the definition has it."""
    torch = start_torch()
    cells = [(number, place) for number in numbers for place in range(len(items[number].continuations))]
    wholes = [
        np.concatenate([items[number].prompt, items[number].continuations[place][:-1]]) for number, place in cells
    ]

    def keep(batch: Matrix) -> None:
        tails = [items[cells[one][0]].continuations[cells[one][1]] for one in batch]
        longest = max(map(len, tails))
        logits = torch.log_softmax(forward(decoder, [wholes[one] for one in batch], longest).float(), dim=-1)
        for row, (one, tail) in enumerate(zip(batch, tails, strict=True)):
            of_tail = logits[row, longest - len(tail) :].gather(1, torch.from_numpy(tail).to(device())[:, None])
            number, place = cells[one]
            scores[number][place] = float(of_tail.double().sum())

    for batch in by_length(np.array([len(whole) for whole in wholes])):
        with_oom_backoff(keep, batch)
