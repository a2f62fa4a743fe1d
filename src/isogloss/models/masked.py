"""Masked models: how likely candidates are in the slot of a sentence, one mask for each of their tokens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np

from isogloss.errors import BadFile, BadValue
from isogloss.models.checkpoints import load_model, load_tokenizer
from isogloss.models.inputs import SLOT, Cloze
from isogloss.models.likelihood import Likelihoods
from isogloss.models.runtime import (
    by_length,
    check_precision,
    coefficients,
    count,
    device,
    forward_flops,
    padded,
    start_torch,
    with_oom_backoff,
)

Integers = np.ndarray[Any, Any]


@dataclass(frozen=True)
class MaskedModel:
    """A model of hidden words.

    Attributes
    ----------
    model : transformers.PreTrainedModel
    tokenizer : transformers.PreTrainedTokenizerFast
    cost : tuple of float
        See `isogloss.models.runtime.coefficients`.
    """

    model: Any
    tokenizer: Any
    cost: tuple[float, float]


@lru_cache(maxsize=1)
def load_masked(folder: Path, precision: str = "float32") -> MaskedModel:
    """A masked model, loaded once per process.

    Raises
    ------
    BadFile
        If it is damaged, has no head for hidden words, or its tokenizer has no mask.
    """
    check_precision(precision)
    tokenizer = load_tokenizer(folder)
    if not tokenizer.is_fast or tokenizer.mask_token_id is None:
        raise BadFile("its tokenizer has no mask", where=str(folder), hint="choose a decoder or a masked model")
    try:
        model = load_model("AutoModelForMaskedLM", folder, precision)
    except BadFile as error:
        if error.reason.startswith("lacks"):
            hint = "choose a masked model with its head, such as XLM-R as it was published, or a decoder"
            raise BadFile("has no head for hidden words", where=str(folder), hint=hint) from None
        raise
    return MaskedModel(model, tokenizer, coefficients(model))


@dataclass(frozen=True)
class _Hidden:
    """A sentence of which the tokens of one candidate are hidden."""

    ids: Integers
    places: Integers
    truth: Integers


def score_masked(masked: MaskedModel, clozes: Sequence[Cloze], *, max_length: int) -> Likelihoods:
    """Score the candidates of sentences with a slot.

    Parameters
    ----------
    masked : MaskedModel
    clozes : sequence of Cloze
    max_length : int
        Tokens that a sentence may have.

    Returns
    -------
    Likelihoods
        `sums` over the tokens of a candidate of log P(token | sentence with all of them hidden).

    Raises
    ------
    BadValue
        For a sentence that is too long, or a candidate of no token.

    Notes
    -----
    The scores of Qi, Fernández and Bisazza (2023) for encoders: the sentence is cut into tokens with the candidate in
    it, and all of the candidate's tokens are masked at once.
    """
    limit = min(max_length, getattr(masked.model.config, "max_position_embeddings", max_length))
    hidden = [_hide(masked, cloze, choice, limit) for cloze in clozes for choice in cloze.choices]
    sums = np.zeros(len(hidden))
    torch = start_torch()

    def keep(batch: Integers) -> None:
        some = [hidden[place] for place in batch]
        ids, there = padded([one.ids for one in some], masked.tokenizer.pad_token_id or 0)
        lengths = np.array([len(one.ids) for one in some])
        count(tokens=int(lengths.sum()), flops=forward_flops(masked.cost, lengths))
        with torch.inference_mode():
            logits = masked.model(input_ids=ids, attention_mask=there).logits
            for row, (place, one) in enumerate(zip(batch, some, strict=True)):
                shares = torch.log_softmax(logits[row, torch.from_numpy(one.places).to(device())].float(), dim=-1)
                sums[place] = float(shares.gather(1, torch.from_numpy(one.truth).to(device())[:, None]).double().sum())

    for batch in by_length(np.array([len(one.ids) for one in hidden])):
        with_oom_backoff(keep, batch)
    return Likelihoods(
        sums,
        np.array([len(one.truth) for one in hidden]),
        np.array([len(choice.strip()) for cloze in clozes for choice in cloze.choices]),
        np.array([*accumulate((len(cloze.choices) for cloze in clozes), initial=0)]),
        0,
    )


def _hide(masked: MaskedModel, cloze: Cloze, choice: str, limit: int) -> _Hidden:
    before, slot, after = cloze.premise.partition(SLOT)
    if not slot:
        raise BadValue(f"no {SLOT} in {cloze.premise!r}", hint="write it where the answer belongs")
    encoded = masked.tokenizer(before + choice + after, return_offsets_mapping=True)
    ids = np.array(encoded["input_ids"], np.int64)
    spans = np.array(encoded["offset_mapping"])
    first, last = len(before) + len(choice) - len(choice.lstrip()), len(before) + len(choice.rstrip())
    places = np.flatnonzero((spans[:, 0] < last) & (spans[:, 1] > first) & (spans[:, 1] > spans[:, 0]))
    if not len(places):
        raise BadValue(f"nothing is left of {choice!r} in tokens", hint="answers need at least one token")
    if len(ids) > limit:
        raise BadValue(f"a sentence of {len(ids)} tokens, where {limit} have room", hint="shorten it")
    truth = ids[places]
    ids[places] = masked.tokenizer.mask_token_id
    return _Hidden(ids, places, truth)
