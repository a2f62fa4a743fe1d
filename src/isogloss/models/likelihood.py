"""How likely texts are to go on in certain ways: what prompts have in common is read once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np

from isogloss.errors import BadValue
from isogloss.models.batches import by_length
from isogloss.models.decoder import Decoder, Reading, forward, go_on, read_prompts, take_back
from isogloss.models.encode import BUDGET, with_oom_backoff
from isogloss.models.runtime import device, start_torch

Matrix = np.ndarray[Any, Any]

WORTH_SHARING = 8
"""From how many tokens on that prompts begin with alike these are read once for all of them."""

LOGITS = 1 << 26
"""Logits that may be held at once: 256 MiB."""


@dataclass(frozen=True)
class Likelihoods:
    """How likely each prompt is to go on in each of its ways, one after the other.

    Attributes
    ----------
    sums : numpy.ndarray of float, shape (ways,)
        Natural logarithm of the probability of the way, given its prompt.
    tokens, characters : numpy.ndarray of int, shape (ways,)
        How many it has; white space around it is not counted among the characters.
    starts : numpy.ndarray of int, shape (prompts + 1,)
        Where the ways of each prompt begin.
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
class Question:
    """A prompt in tokens with the ways it may go on.

    All ways are scored after the same tokens: where a tokenizer joins the end of the prompt to the beginning of
    a way, what is scored begins before that, for all of them.
    """

    prompt: Matrix
    ways: list[Matrix]
    is_cut: bool

    @property
    def longest(self) -> int:
        """Tokens of the prompt with its longest way."""
        return len(self.prompt) + max(map(len, self.ways))


def log_likelihoods(
    decoder: Decoder, prompts: Sequence[str], ways: Sequence[Sequence[str]], *, max_length: int, share: bool = True
) -> Likelihoods:
    """Score the ways that prompts may go on.

    Parameters
    ----------
    decoder : Decoder
    prompts : sequence of str
    ways : sequence of sequence of str
        What may follow each prompt, at least one each; a space between belongs here, not to the prompt.
    max_length : int
        Tokens that prompt and way may have together; where there are more, the prompt loses its beginning.
    share : bool, default True
        Read the tokens that prompts have in common once, and each prompt once for all its ways; without, every
        way is read anew with all that comes before. Scores are the same but for rounding.

    Raises
    ------
    BadValue
        If a way has no token.
    IsoglossError
        If memory does not suffice for a single prompt.
    """
    questions = [_question(decoder, prompt, some, max_length) for prompt, some in zip(prompts, ways, strict=True)]
    found: list[Matrix] = [np.zeros(len(one.ways)) for one in questions]
    remembers = share and all(one.longest <= decoder.remembered for one in questions)
    with start_torch().inference_mode():
        for is_cut in (False, True):  # those that lost their beginning have none in common with the others
            numbers = np.array([place for place, one in enumerate(questions) if one.is_cut == is_cut], np.int64)
            if len(numbers) and (remembers or decoder.is_seq2seq):
                _score_shared(decoder, questions, numbers, found)
            elif len(numbers):
                _score_alone(decoder, questions, numbers, found)
    return Likelihoods(
        np.concatenate(found) if found else np.empty(0),
        np.array([len(way) for one in questions for way in one.ways]),
        np.array([len(way.strip()) for some in ways for way in some]),
        np.cumsum([0, *map(len, ways)]),
        sum(one.is_cut for one in questions),
    )


def room(decoder: Decoder, max_length: int) -> int:
    """Tokens that a sequence may have: as many as asked for, and as the model has positions for."""
    return max_length if decoder.limit is None else min(max_length, decoder.limit)


def shortened(decoder: Decoder, prompt: list[int], most: int) -> tuple[Matrix, bool]:
    """A prompt of `most` tokens at most, and whether it lost its beginning; what the tokenizer leads with stays."""
    lead = [] if decoder.is_seq2seq else decoder.lead
    if len(prompt) <= most:
        return np.array(prompt), False
    kept = most - len(lead)
    return np.array(lead + prompt[len(prompt) - kept :] if kept > 0 else prompt[-1:]), True


def prompt_tokens(decoder: Decoder, prompt: str) -> list[int]:
    """The tokens of a prompt; there is always one to go on from."""
    if decoder.is_seq2seq:
        return list(decoder.tokenizer(prompt)["input_ids"]) or [decoder.filler]
    found = decoder.lead + list(decoder.tokenizer(prompt, add_special_tokens=False)["input_ids"])
    return found or _beginning(decoder)


def _question(decoder: Decoder, prompt: str, ways: Sequence[str], max_length: int) -> Question:
    if decoder.is_seq2seq:
        read = prompt_tokens(decoder, prompt)
        answers = [np.array(decoder.tokenizer(text_target=way.strip())["input_ids"]) for way in ways]
    else:
        read, answers = _divided(decoder, prompt, ways)
    empty = next((place for place, answer in enumerate(answers) if not len(answer)), None)
    if empty is not None:
        raise BadValue(f"nothing is left of {ways[empty]!r} in tokens", hint="answers need at least one token")
    answered = 0 if decoder.is_seq2seq else max(map(len, answers))
    shorter, is_cut = shortened(decoder, read, max(1, room(decoder, max_length) - answered))
    return Question(shorter, answers, is_cut)


def _divided(decoder: Decoder, prompt: str, ways: Sequence[str]) -> tuple[list[int], list[Matrix]]:
    """Prompt and ways in tokens, cut together, and parted where none of the ways has begun in any token."""
    cut = decoder.tokenizer([prompt + way for way in ways], add_special_tokens=False, return_offsets_mapping=True)
    wholes = [np.array(ids, np.int64) for ids in cut["input_ids"]]
    start = min(
        next((place for place, (_, end) in enumerate(ends) if end > len(prompt)), len(ends))
        for ends in cut["offset_mapping"]
    )
    for other in wholes[1:]:
        start = next((place for place in range(start) if other[place] != wholes[0][place]), start)
    read = decoder.lead + wholes[0][:start].tolist()
    return read or _beginning(decoder), [whole[start:] for whole in wholes]


def _beginning(decoder: Decoder) -> list[int]:
    """A token to begin with where a prompt has none."""
    first = decoder.tokenizer.bos_token_id
    return [decoder.filler if first is None else int(first)]


def _score_shared(decoder: Decoder, questions: list[Question], numbers: Matrix, found: list[Matrix]) -> None:
    """Score some questions, reading what their prompts begin with once, and each prompt once for all its ways."""
    common = 0 if decoder.is_seq2seq else common_beginning([questions[number].prompt for number in numbers])
    shared = read_prompts(decoder, [questions[numbers[0]].prompt[:common]]) if common else None
    # What is shared is remembered for each prompt, so it takes room in a batch as well.
    lengths = np.array([questions[number].longest for number in numbers])
    widest = max(len(way) for number in numbers for way in questions[number].ways)

    def keep(batch: Matrix) -> None:
        chosen = [questions[number] for number in numbers[batch]]
        reading = read_prompts(decoder, [one.prompt[common:] for one in chosen], shared)
        scores = _score_ways(decoder, reading, chosen)
        for number, values in zip(numbers[batch], scores, strict=True):
            found[number] = values

    at_once = max(1, LOGITS // (decoder.model.config.vocab_size * widest))
    for batch in by_length(lengths, _budget()):
        for first in range(0, len(batch), at_once):
            with_oom_backoff(keep, batch[first : first + at_once])


def _score_ways(decoder: Decoder, reading: Reading, chosen: list[Question]) -> list[Matrix]:
    """Try the first way of every prompt, take it back, try the second, and so on."""
    torch = start_torch()
    first = torch.log_softmax(reading.logits.float(), dim=-1)  # (prompts, vocabulary)
    scores = [np.zeros(len(one.ways)) for one in chosen]
    for place in range(max(map(len, scores))):
        # A prompt that has no such way goes along with its last, whose score comes out again.
        ways = [one.ways[min(place, len(one.ways) - 1)] for one in chosen]
        longest = max(map(len, ways))
        ids = torch.zeros((len(ways), longest), dtype=torch.int64)
        there = torch.zeros((len(ways), longest), dtype=torch.bool)
        for row, way in enumerate(ways):
            ids[row, : len(way)] = torch.from_numpy(way)
            there[row, : len(way)] = True
        ids, there = ids.to(device()), there.to(device())
        values = first.gather(1, ids[:, :1])
        if longest > 1:
            logits = torch.log_softmax(go_on(decoder, reading, ids[:, :-1]).float(), dim=-1)
            take_back(reading, longest - 1)
            values = torch.cat([values, logits.gather(2, ids[:, 1:, None])[:, :, 0]], dim=1)
        sums = (values.double() * there).sum(dim=1).tolist()
        for row, one in enumerate(chosen):
            scores[row][min(place, len(one.ways) - 1)] = sums[row]
    return scores


def _score_alone(decoder: Decoder, questions: list[Question], numbers: Matrix, found: list[Matrix]) -> None:
    """Score every way by reading it with all that comes before, as the definition has it."""
    torch = start_torch()
    cells = list(
        chain.from_iterable(((number, way) for way in range(len(questions[number].ways))) for number in numbers)
    )
    wholes = [np.concatenate([questions[number].prompt, questions[number].ways[way][:-1]]) for number, way in cells]

    def keep(batch: Matrix) -> None:
        tails = [questions[cells[one][0]].ways[cells[one][1]] for one in batch]
        longest = max(map(len, tails))
        logits = torch.log_softmax(forward(decoder, [wholes[one] for one in batch], longest).float(), dim=-1)
        for row, (one, tail) in enumerate(zip(batch, tails, strict=True)):
            of_tail = logits[row, longest - len(tail) :].gather(1, torch.from_numpy(tail).to(device())[:, None])
            number, way = cells[one]
            found[number][way] = float(of_tail.double().sum())

    for batch in by_length(np.array([len(whole) for whole in wholes]), _budget()):
        with_oom_backoff(keep, batch)


def common_beginning(prompts: Sequence[Matrix]) -> int:
    """How many tokens prompts begin with alike, one being left to each; 0 if sharing them is not worth it."""
    if len(prompts) < 2:
        return 0
    most = min(map(len, prompts)) - 1
    first = prompts[0][:most]
    for other in prompts[1:]:
        differs = np.flatnonzero(first != other[: len(first)])
        first = first[: differs[0]] if len(differs) else first
    return len(first) if len(first) >= WORTH_SHARING else 0


def _budget() -> int:
    return BUDGET * (16 if device() == "cuda" else 1)
