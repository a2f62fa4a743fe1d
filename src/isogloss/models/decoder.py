"""Decoders and encoder-decoders: prompts are read once, and gone on from as often as is wanted."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from isogloss.errors import BadFile
from isogloss.models.checkpoints import configuration, load_model, load_tokenizer, locate
from isogloss.models.runtime import check_precision, coefficients, count, device, padded, start_torch
from isogloss.models.shifted import load_causal
from isogloss.models.tokenizers import lead

Integers = np.ndarray[Any, Any]

LEAST_SHARED = 8
"""Common tokens at the beginning of prompts from which they are read once for all of them."""


@dataclass(frozen=True)
class Direction:
    """What the tokens of an encoder-decoder say of the languages that it reads and writes.

    Attributes
    ----------
    reads : str
        What the tokenizer calls the language of prompts, if it marks it.
    begin : tuple of int
        Tokens that every answer begins with and that are no part of it, such as the language to write.
    """

    reads: str = ""
    begin: tuple[int, ...] = ()


PLAIN = Direction()
"""Nothing said of languages."""


@dataclass(frozen=True)
class Decoder:
    """A model that says how a text goes on.

    Attributes
    ----------
    model : transformers.PreTrainedModel
    tokenizer : transformers.PreTrainedTokenizerFast
    is_seq2seq : bool
        Whether prompts go to an encoder of its own.
    limit : int or None
        Tokens that it has positions for; None where nothing limits them.
    remembered : int
        For sequences of up to how many tokens what was read can be kept and gone on from: fewer than there are
        positions where attention reaches only so far back, 0 for models that remember in other ways.
    cost : tuple of float
        Operations per token and per pair of tokens, see `isogloss.models.runtime.coefficients`.
    lead : list of int
        What stands before every prompt and is never cut off: for decoders, what the tokenizer itself puts before a
        text; soft prompts.
    """

    model: Any
    tokenizer: Any
    is_seq2seq: bool
    limit: int | None
    remembered: int
    cost: tuple[float, float]
    lead: list[int]

    @property
    def filler(self) -> int:
        """What stands where a batch has no token; it is never looked at."""
        return int(self.tokenizer.pad_token_id or 0)

    @property
    def ends(self) -> set[int]:
        """The tokens that say that a text has ended."""
        named = self.model.config.eos_token_id
        return {one for one in (*(named if isinstance(named, list) else [named]), self.tokenizer.eos_token_id)
                if one is not None}  # fmt: skip


@dataclass
class Reading:
    """What a model remembers of a batch of prompts.

    Attributes
    ----------
    logits : torch.Tensor, shape (prompts, vocabulary)
        Of the token after each prompt.
    cache : transformers.Cache
    mask : torch.Tensor, shape (prompts, tokens)
        Which of the tokens remembered are no padding; for an encoder-decoder, of the encoder's.
    encoded : object or None
        What the encoder made of the prompts.
    """

    logits: Any
    cache: Any
    mask: Any
    encoded: Any = None


@lru_cache(maxsize=1)
def shared_decoder(folder: Path, precision: str) -> Decoder:
    """The decoder of a checkpoint, loaded once per process."""
    return load_decoder(folder, precision)


def load_decoder(name: str | Path, precision: str = "float32") -> Decoder:
    """A decoder or an encoder-decoder by name.

    Parameters
    ----------
    name : str or pathlib.Path
        A checkpoint, as `isogloss.models.locate` takes it.
    precision : {"float32", "bfloat16"}, default "float32"

    Raises
    ------
    BadFile
        If there is none, or it is damaged, lacks weights, or is no causal model.
    """
    check_precision(precision)
    folder = locate(str(name))
    tokenizer = load_tokenizer(folder)
    is_seq2seq = bool(getattr(configuration(folder), "is_encoder_decoder", False))
    model = load_model("AutoModelForSeq2SeqLM", folder, precision) if is_seq2seq else load_causal(folder, precision)
    remembered = _probe(model, is_seq2seq, folder)
    positions = getattr(model.config, "max_position_embeddings", None)
    before = [] if is_seq2seq else lead(tokenizer)
    return Decoder(model, tokenizer, is_seq2seq, positions, remembered, coefficients(model), before)


def read_prompts(decoder: Decoder, prompts: Sequence[Integers], shared: Reading | None = None) -> Reading:
    """Read prompts of several lengths.

    Parameters
    ----------
    decoder : Decoder
    prompts : sequence of numpy.ndarray of int
        The tokens of each, at least one.
    shared : Reading, optional
        Of one prompt that all of these go on from; it stays as it is.

    Notes
    -----
    Padding stands between what is shared and the rest of each prompt. It is masked, and positions are counted
    without it, so that no score depends on the batch beyond rounding.
    """
    torch = start_torch()
    ids, there = padded(prompts, decoder.filler, left=not decoder.is_seq2seq)
    _count(decoder, np.array(list(map(len, prompts))), 0 if shared is None else shared.mask.shape[1])
    if decoder.is_seq2seq:
        encoded = decoder.model.get_encoder()(input_ids=ids, attention_mask=there)
        reading = Reading(None, None, there, encoded)
        start = decoder.model.config.decoder_start_token_id or 0
        reading.logits = go_on(decoder, reading, torch.full_like(ids[:, :1], start))[:, -1]
        return reading
    if shared is None:
        return _read_on(decoder, Reading(None, None, there[:, :0]), ids, there, only_last=True)[0]
    cache = deepcopy(shared.cache)
    cache.batch_repeat_interleave(len(prompts))
    common = Reading(None, cache, shared.mask.expand(len(prompts), -1))
    return _read_on(decoder, common, ids, there, only_last=True)[0]


def go_on(decoder: Decoder, reading: Reading, ids: Any) -> Any:
    """Feed the same number of further tokens to each prompt of a batch, which is remembered in `reading`.

    Parameters
    ----------
    ids : torch.Tensor of int64, shape (prompts, tokens)

    Returns
    -------
    torch.Tensor, shape (prompts, tokens, vocabulary)
        Logits of what comes after each token.
    """
    torch = start_torch()
    _count(decoder, np.full(len(ids), ids.shape[1]), reading.mask.shape[1])
    if not decoder.is_seq2seq:
        read, logits = _read_on(decoder, reading, ids, torch.ones_like(ids), only_last=False)
        reading.cache, reading.mask, reading.logits = read.cache, read.mask, read.logits
        return logits
    found = decoder.model(
        decoder_input_ids=ids, encoder_outputs=reading.encoded, attention_mask=reading.mask,
        past_key_values=reading.cache, use_cache=True,
    )  # fmt: skip
    reading.cache = found.past_key_values
    return found.logits


def take_back(reading: Reading, tokens: int) -> None:
    """Forget the last tokens of each prompt of a batch."""
    if reading.encoded is not None:
        reading.cache.self_attention_cache.crop(-tokens)
        return
    reading.cache.crop(-tokens)
    reading.mask = reading.mask[:, :-tokens]


def forward(decoder: Decoder, prompts: Sequence[Integers], keep: int) -> Any:
    """Logits of what comes after each of the last `keep` tokens, nothing being remembered."""
    ids, there = padded(prompts, decoder.filler, left=True)
    _count(decoder, np.array(list(map(len, prompts))), 0)
    options = _options(decoder.model, there, ids.shape[1]) | _keeping(decoder.model, keep)
    return decoder.model(input_ids=ids, attention_mask=there, use_cache=False, **options).logits[:, -keep:]


def forced(decoder: Decoder, prompts: Sequence[Integers], answers: Sequence[Integers]) -> Any:
    """Logits of each token of the answers of an encoder-decoder, given the prompt and the tokens before it.

    Returns
    -------
    torch.Tensor, shape (prompts, tokens, vocabulary)
        Answers begin at the first token; what stands behind a shorter one means nothing.
    """
    return forced_after(decoder, *encoded(decoder, prompts), answers)


def encoded(decoder: Decoder, prompts: Sequence[Integers]) -> tuple[Any, Any]:
    """What the encoder makes of prompts, shape (prompts, tokens, width), and 1 where there is a token."""
    ids, there = padded(prompts, decoder.filler)
    _count(decoder, np.array(list(map(len, prompts))), 0)
    return decoder.model.get_encoder()(input_ids=ids, attention_mask=there).last_hidden_state, there


def forced_after(decoder: Decoder, states: Any, there: Any, answers: Sequence[Integers]) -> Any:
    """As `forced`, after states that stand for those of the encoder."""
    torch = start_torch()
    said, _ = padded(answers, decoder.filler)
    _count(decoder, np.array(list(map(len, answers))), states.shape[1])
    start = torch.full_like(said[:, :1], decoder.model.config.decoder_start_token_id or 0)
    before = torch.cat([start, said[:, :-1]], dim=1)
    return decoder.model(
        encoder_outputs=(states,), attention_mask=there, decoder_input_ids=before, use_cache=False
    ).logits


def room(decoder: Decoder, max_length: int) -> int:
    """Tokens that a sequence may have: as many as asked for, and as the model has positions for."""
    return max_length if decoder.limit is None else min(max_length, decoder.limit)


def shortened(decoder: Decoder, prompt: list[int], most: int) -> tuple[Integers, bool]:
    """A prompt of `most` tokens at most, and whether it lost its beginning; what the tokenizer leads with stays."""
    lead = decoder.lead
    if len(prompt) <= most:
        return np.array(prompt), False
    kept = most - len(lead)
    return np.array(lead + prompt[len(prompt) - kept :] if kept > 0 else prompt[-1:]), True


def prompt_tokens(decoder: Decoder, prompt: str, direction: Direction = PLAIN) -> list[int]:
    """The tokens of a prompt; there is always one to go on from."""
    if decoder.is_seq2seq:
        if direction.reads:
            decoder.tokenizer.src_lang = direction.reads
        return decoder.lead + list(decoder.tokenizer(prompt)["input_ids"]) or [decoder.filler]
    found = decoder.lead + list(decoder.tokenizer(prompt, add_special_tokens=False)["input_ids"])
    return found or first_token(decoder)


def with_leads(decoder: Decoder, prompts: int, leads: Sequence[Sequence[int]] | None) -> list[Decoder]:
    """A decoder for each prompt, with what stands before that prompt alone behind its own lead."""
    if leads is None:
        return [decoder] * prompts
    return [replace(decoder, lead=[*decoder.lead, *one]) for one in leads]


def common_beginning(prompts: Sequence[Integers]) -> int:
    """How many tokens prompts begin with alike, one being left to each; 0 if sharing them is not worth it."""
    if len(prompts) < 2:
        return 0
    most = min(map(len, prompts)) - 1
    first = prompts[0][:most]
    for other in prompts[1:]:
        differs = np.flatnonzero(first != other[: len(first)])
        first = first[: differs[0]] if len(differs) else first
    return len(first) if len(first) >= LEAST_SHARED else 0


def first_token(decoder: Decoder) -> list[int]:
    """A token to begin with where a prompt has none."""
    first = decoder.tokenizer.bos_token_id
    return [decoder.filler if first is None else int(first)]


def _read_on(decoder: Decoder, before: Reading, ids: Any, there: Any, *, only_last: bool) -> tuple[Reading, Any]:
    torch = start_torch()
    mask = torch.cat([before.mask, there], dim=1)
    options = _options(decoder.model, mask, ids.shape[1]) | _keeping(decoder.model, 1 if only_last else 0)
    found = decoder.model(
        input_ids=ids, attention_mask=mask, past_key_values=before.cache, use_cache=True, **options
    )  # fmt: skip
    return Reading(found.logits[:, -1], found.past_key_values, mask), found.logits


def _options(model: Any, mask: Any, new: int) -> dict[str, Any]:
    """Positions counted without padding, for models that do not count them from the mask themselves."""
    if "position_ids" not in inspect.signature(model.forward).parameters:
        return {}
    return {"position_ids": (mask.cumsum(1) - 1).clamp(min=0)[:, -new:]}


def _keeping(model: Any, last: int) -> dict[str, Any]:
    """Not to compute logits that nobody looks at: with large vocabularies they are most of the memory."""
    return {"logits_to_keep": last} if last and "logits_to_keep" in inspect.signature(model.forward).parameters else {}


def _count(decoder: Decoder, lengths: Integers, before: int) -> None:
    """Tokens and operations of reading sequences after so many other tokens."""
    per_token, per_pair = decoder.cost
    pairs = lengths.astype(float) * (lengths + before)
    count(tokens=int(lengths.sum()), flops=float(per_token * lengths.sum() + per_pair * pairs.sum()))


def _probe(model: Any, is_seq2seq: bool, folder: Path) -> int:
    """Make sure that a model never looks ahead; how many tokens it remembers as `Decoder.remembered` says."""
    torch = start_torch()
    ids = torch.tensor([[1, 2, 3, 4], [1, 2, 3, 5]], device=device()) % model.config.vocab_size
    name = "decoder_input_ids" if is_seq2seq else "input_ids"
    with torch.inference_mode():
        found = model(**{name: ids}, **({"input_ids": ids[:1].expand(2, -1)} if is_seq2seq else {}), use_cache=True)
    if not torch.allclose(found.logits[0, :3], found.logits[1, :3], atol=1e-3):
        raise BadFile(
            "is not a causal model: it cannot generate",
            where=f"checkpoint {folder}", hint="choose a decoder, or a recipe for encoders such as linear-probe",
        )  # fmt: skip
    return _remembered(getattr(found, "past_key_values", None))


def _remembered(cache: Any) -> int:
    from transformers.cache_utils import DynamicLayer, DynamicSlidingWindowLayer

    own = getattr(cache, "self_attention_cache", cache)
    reach = 2**31
    for layer in getattr(own, "layers", [None]):
        if type(layer) is DynamicSlidingWindowLayer:
            reach = min(reach, int(layer.sliding_window) - 1)
        elif type(layer) is not DynamicLayer:
            return 0
    return reach
