"""Generation in batches, of the likeliest tokens or of tokens drawn at random, until an answer has ended."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from isogloss.errors import BadValue
from isogloss.models.decoder import (
    PLAIN,
    Decoder,
    Direction,
    Reading,
    common_beginning,
    forward,
    go_on,
    prompt_tokens,
    read_prompts,
    room,
    shortened,
    with_leads,
)
from isogloss.models.runtime import by_length, device, start_torch, with_oom_backoff

Matrix = np.ndarray[Any, Any]
_Take = Callable[[Any], Matrix]
"""The next token of each prompt, of logits of shape (prompts, vocabulary)."""


def generate(
    decoder: Decoder, prompts: Sequence[str], *, max_new: int, stop: Sequence[str] = ("\n",), max_length: int,
    direction: Direction = PLAIN, seed: int | None = None, leads: Sequence[Sequence[int]] | None = None,
) -> list[str]:  # fmt: skip
    """What a model writes after each prompt.

    Parameters
    ----------
    decoder : Decoder
    prompts : sequence of str
    max_new : int
        Tokens of an answer at most.
    stop : sequence of str
        An answer ends before the first of these that it has.
    max_length : int
        Tokens that prompt and answer may have together; where there are more, the prompt loses its beginning.
    direction : Direction
        From which language into which an encoder-decoder writes.
    seed : int, optional
        Of tokens that are drawn from what the model gives each, at temperature 1; by default the likeliest is taken.
    leads : sequence of sequence of int, optional
        Tokens that stand before each prompt alone and are never cut off.

    Returns
    -------
    list of str
        Answers, without white space around them.

    Notes
    -----
    Greedy without a seed: no chance is in it. What a checkpoint says of sampling is never heeded.

    Raises
    ------
    BadValue
        If there is no room for a prompt beside such an answer.
    IsoglossError
        If memory does not suffice for a single prompt.
    """
    most = room_for_prompts(decoder, max_new, max_length)
    led = with_leads(decoder, len(prompts), leads)
    found = [shortened(one, prompt_tokens(one, prompt, direction), most)
             for one, prompt in zip(led, prompts, strict=True)]  # fmt: skip
    answers = [""] * len(prompts)
    take = _likeliest if seed is None else _Drawn(seed)
    with start_torch().inference_mode():
        for is_cut in (False, True):  # those that lost their beginning have none in common with the others
            numbers = [place for place, one in enumerate(found) if one[1] == is_cut]
            some = [found[number][0] for number in numbers]
            written = _write_all(decoder, some, max_new, stop, direction.begin, take)
            for number, text in zip(numbers, written, strict=True):
                answers[number] = text
    return answers


def _write_all(
    decoder: Decoder, prompts: list[Matrix], max_new: int, stop: Sequence[str], begin: Sequence[int], take: _Take
) -> list[str]:
    """The answers to prompts, in batches of like lengths; what they begin with is read once."""
    answers = [""] * len(prompts)
    lengths = np.array([len(prompt) + max_new for prompt in prompts], np.int64)
    remembers = decoder.is_seq2seq or int(lengths.max(initial=0)) <= decoder.remembered
    common = common_beginning(prompts) if remembers and not decoder.is_seq2seq else 0
    shared = read_prompts(decoder, [prompts[0][:common]]) if common else None

    def write(batch: Matrix) -> None:
        some = [prompts[place][common:] for place in batch]
        writer = _Writer(decoder, some, shared) if remembers else _Rereader(decoder, some)
        for token in begin:
            writer.take(np.full(len(some), token))
        for place, text in zip(batch, _write(decoder, writer, len(some), max_new, stop, take), strict=True):
            answers[place] = text

    for batch in by_length(lengths):
        with_oom_backoff(write, batch)
    return answers


def room_for_prompts(decoder: Decoder, max_new: int, max_length: int) -> int:
    """Tokens that a prompt may have beside an answer.

    Raises
    ------
    BadValue
        If there are none.
    """
    whole = room(decoder, max_length)
    left = whole if decoder.is_seq2seq else whole - max_new
    if left < 1:
        raise BadValue(
            f"answers may take {max_new} tokens, and prompt and answer together have room for {whole}",
            hint="lower max_new",
        )
    return left


def _likeliest(logits: Any) -> Matrix:
    tokens: Matrix = logits.argmax(dim=-1).cpu().numpy()
    return tokens


class _Drawn:
    """Tokens drawn at random, the same for the same seed."""

    def __init__(self, seed: int):
        self._chance = np.random.default_rng(seed)

    def __call__(self, logits: Any) -> Matrix:
        reached = logits.double().softmax(dim=-1).cumsum(dim=-1).cpu().numpy()  # (prompts, vocabulary)
        below = self._chance.random(len(reached))[:, None] * reached[:, -1:]
        tokens: Matrix = np.minimum((reached <= below).sum(axis=-1), reached.shape[1] - 1)
        return tokens


class _Writer:
    """Goes on from what it remembers."""

    def __init__(self, decoder: Decoder, prompts: Sequence[Matrix], shared: Reading | None):
        self._decoder, self._reading = decoder, read_prompts(decoder, prompts, shared)
        self.logits = self._reading.logits

    def take(self, tokens: Matrix) -> None:
        ids = start_torch().from_numpy(tokens[:, None]).to(device())
        self.logits = go_on(self._decoder, self._reading, ids)[:, -1]


class _Rereader:
    """Reads everything anew for each token, for models that remember in ways that cannot be gone on from in batches."""

    def __init__(self, decoder: Decoder, prompts: Sequence[Matrix]):
        self._decoder, self._prompts = decoder, list(prompts)
        self.logits = forward(decoder, self._prompts, 1)[:, -1]

    def take(self, tokens: Matrix) -> None:
        self._prompts = [np.append(prompt, token) for prompt, token in zip(self._prompts, tokens, strict=True)]
        self.logits = forward(self._decoder, self._prompts, 1)[:, -1]


def _write(
    decoder: Decoder, writer: _Writer | _Rereader, prompts: int, max_new: int, stop: Sequence[str], take: _Take
) -> list[str]:
    """The answers of a batch; it goes on until the last of them has ended."""
    written: list[list[int]] = [[] for _ in range(prompts)]
    ended = [False] * prompts
    for place in range(max_new):
        tokens = take(writer.logits)
        for row in range(prompts):
            if ended[row]:
                continue
            if int(tokens[row]) in decoder.ends:
                ended[row] = True
                continue
            written[row].append(int(tokens[row]))
            # A stop cannot be told from tokens: it may be a part of one, or stand in several.
            ended[row] = any(one in _text(decoder, written[row]).lstrip() for one in stop)
        if all(ended) or place == max_new - 1:
            break
        writer.take(tokens)
    return [_until(_text(decoder, ids).lstrip(), stop) for ids in written]


def _text(decoder: Decoder, ids: list[int]) -> str:
    return str(decoder.tokenizer.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False))


def _until(text: str, stop: Sequence[str]) -> str:
    """The text before the first of some strings."""
    ends = [place for one in stop if (place := text.find(one)) >= 0]
    return text[: min(ends)].strip() if ends else text.strip()
