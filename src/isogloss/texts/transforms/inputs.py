"""Inputs of a task through a text transform: which are changed, which are dropped and why, and what it took."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from isogloss.models.inputs import InputType
from isogloss.texts.transforms import Item, TextTransform, Transformed
from isogloss.texts.translations import FIGURES
from isogloss.texts.words import cut_words

OTHER_WORDS = "comes back with another number of words"
NO_TAGS = "comes back without tags of its words"
STRANGE_TAG = "comes back with a tag that the task lacks"

Tags = tuple[str | None, ...]


@dataclass(frozen=True)
class InputsToTransform:
    """Inputs of one language, and what is to become of them.

    Attributes
    ----------
    transform : TextTransform
    inputs : sequence
        Of the type that `input_type` is about.
    items : sequence of str
        Their ids.
    origin, into : str
        Canonical languages.
    input_type : InputType
    tags : sequence of tuple of (str or None), or None
        Of the words of each input, which are to be carried over; None where there are none, or where answers are to be
        given word by word, so that there must be as many words as before.
    labels : sequence of str
        Tags that the task has.
    gaps : bool
        Whether some words may come back without a tag.
    """

    transform: TextTransform
    inputs: Sequence[Any]
    items: Sequence[str]
    origin: str
    into: str
    input_type: InputType[Any]
    tags: Sequence[Tags] | None = None
    labels: Sequence[str] = ()
    gaps: bool = False


@dataclass(frozen=True)
class TransformedInputs:
    """What became of inputs.

    Attributes
    ----------
    inputs : list
        As many as before, in their order; those that are dropped are as they were.
    dropped : list of str
        Why each cannot be used; empty where it can.
    tags : list of tuple of (str or None)
        Of the words of each input, where tags were to be carried over; else empty.
    figures : numpy.ndarray of float64, shape (inputs, 4)
        `isogloss.texts.translations.FIGURES` of each, the time shared out by length.
    measures : dict of str to float
        See `isogloss.texts.Outcome`.
    """

    inputs: list[Any]
    dropped: list[str]
    tags: list[Tags]
    figures: np.ndarray[tuple[int, ...], np.dtype[np.float64]]
    measures: dict[str, float]


def transform_inputs(given: InputsToTransform) -> TransformedInputs:
    """Transform all texts of some inputs.

    Raises
    ------
    IsoglossError
        If the transform cannot be done.
    """
    several = [_items(given, place) for place in range(len(given.inputs))]
    made = given.transform.transform([item for items in several for item in items], given.origin, given.into)
    found = {(item.id, item.part): item for item in made.items}
    inputs, dropped, tags = list(given.inputs), [], list(given.tags or [])
    for place, items in enumerate(several):
        own = [found.get((item.id, item.part)) for item in items]
        whole = [one for one in own if one is not None]
        reason = made.dropped.get(given.items[place], "")
        if len(whole) == len(own) and not reason:
            reason = _fault(given, items, whole)
            if not reason:
                inputs[place] = _with(given, inputs[place], whole)
                if given.tags is not None:
                    tags[place] = whole[0].tags
        dropped.append(reason)
    return TransformedInputs(inputs, dropped, tags, _figures(several, made), made.measures)


def _items(given: InputsToTransform, place: int) -> list[Item]:
    one, name = given.inputs[place], given.items[place]
    if given.input_type.unit == "word":
        return [Item(name, tuple(one), tags=given.tags[place] if given.tags is not None else ())]
    texts = given.input_type.texts(one)
    return [Item(name, tuple(cut_words(text)), text=text, part=part) for part, text in enumerate(texts)]


def _fault(given: InputsToTransform, before: Sequence[Item], after: Sequence[Item]) -> str:
    """Why words cannot be used that came back; nothing where they can."""
    if given.input_type.unit != "word":
        return ""
    if given.tags is None:
        return OTHER_WORDS if len(before[0].words) != len(after[0].words) else ""
    tags = {*after[0].tags}
    if not tags - {None} or (None in tags and not given.gaps):
        return NO_TAGS
    return "" if tags - {None} <= {*given.labels} else STRANGE_TAG


def _with(given: InputsToTransform, one: Any, made: Sequence[Item]) -> Any:
    if given.input_type.unit == "word":
        return made[0].words
    return given.input_type.with_texts(one, [item.written for item in made])


def _figures(several: Sequence[Sequence[Item]], made: Transformed) -> np.ndarray[Any, np.dtype[np.float64]]:
    counts = np.array([(len(items), sum(len(item.written) for item in items)) for items in several], float)
    if not len(counts):
        return np.zeros((0, len(FIGURES)))
    lengths = counts.sum(axis=1)  # one more for each text, so that an empty one has a share
    share = lengths / lengths.sum()
    return np.column_stack([counts, made.seconds * share, made.cpu_seconds * share])
