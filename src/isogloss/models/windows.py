"""Questions with their contexts as tokens: long contexts in windows that overlap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from isogloss.errors import BadValue
from isogloss.models.inputs import Question

Integers = np.ndarray[Any, Any]

LEAST = 32
"""Tokens that a window must have room for."""


@dataclass(frozen=True)
class Windows:
    """The windows of some questions.

    Attributes
    ----------
    sequences : list of list of int
        Question and part of the context, window by window.
    counts : list of int
        How many windows each question has.
    spans : list of numpy.ndarray of int32, shape (tokens, 2)
        Between which characters of the context each token stands; -1 for tokens that are not of the context.
    """

    sequences: list[list[int]]
    counts: list[int]
    spans: list[Integers]


def overlap(max_length: int) -> int:
    """Tokens that two windows share; no answer that is shorter is cut by all of them."""
    return max_length // 4


def cut_windows(tokenizer: Any, some: Sequence[Question], max_length: int) -> Windows:
    """Cut questions and contexts into windows.

    Parameters
    ----------
    tokenizer : transformers.PreTrainedTokenizerFast
    some : sequence of Question
        At least one.
    max_length : int
        Tokens of a window; a question may take up half of them, and the rest of it is left out.

    Raises
    ------
    BadValue
        If windows are too short to hold anything.
    """
    if max_length < LEAST:
        raise BadValue(f"max_length is {max_length}", hint=f"questions with contexts need {LEAST} at least")
    found = tokenizer(
        _shortened(tokenizer, [one.question for one in some], max_length // 2), [one.context for one in some],
        truncation="only_second", max_length=max_length, stride=overlap(max_length),
        return_overflowing_tokens=True, return_offsets_mapping=True, return_attention_mask=False,
    )  # fmt: skip
    counts = np.bincount(found["overflow_to_sample_mapping"], minlength=len(some)).tolist()
    spans = [
        np.where(_of_context(found.sequence_ids(place))[:, None], np.array(offsets), -1).astype(np.int32)
        for place, offsets in enumerate(found["offset_mapping"])
    ]
    return Windows(found["input_ids"], counts, spans)


def _of_context(sequences: list[int | None]) -> Integers:
    return np.array([sequence == 1 for sequence in sequences])


def _shortened(tokenizer: Any, questions: list[str], most: int) -> list[str]:
    """Questions without what goes beyond some tokens."""
    found = tokenizer(
        questions, add_special_tokens=False, truncation=True, max_length=most, return_offsets_mapping=True
    )
    ends = [offsets[-1][1] if len(offsets) == most else None for offsets in found["offset_mapping"]]
    return [question[:end] for question, end in zip(questions, ends, strict=True)]
