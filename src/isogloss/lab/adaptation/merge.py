"""`merge-average` and `layer-swap`: one checkpoint from several of the same shape, tensor by tensor."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar

from annotated_types import Ge

from isogloss.errors import BadValue
from isogloss.lab.adaptation import Adaptation, Inputs
from isogloss.lab.adaptation.draft import Draft
from isogloss.lab.adaptation.weights import Weights
from isogloss.models.checkpoints import locate
from isogloss.models.runtime import start_torch
from isogloss.text import first_of

MOST_NAMED = 3
"""Tensors that an error names."""


@dataclass(frozen=True)
class MergeAverage(Adaptation):
    """The weighted mean of the weights of several checkpoints.

    Parameters
    ----------
    others : list of str, default []
        Checkpoints to merge with, at least one.
    weights : list of float, default []
        Of the checkpoint and the others, in this order; they are divided by their sum. All the same by default.

    Notes
    -----
    Wortsman et al. (2022, Model soups). Checkpoints have to come from one beginning: the mean of two that were trained
    apart from random weights is none that works. Whole numbers are those of the first.
    """

    name: ClassVar[str] = "merge-average"
    partners: ClassVar[tuple[str, ...]] = ("others",)

    others: tuple[str, ...] = ()
    weights: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.others:
            raise BadValue("no checkpoint to merge with", where="others", hint='give others=["folder"]')
        if self.weights and (len(self.weights) != 1 + len(self.others) or sum(self.weights) <= 0):
            raise BadValue(
                f"{len(self.weights)} weights for {1 + len(self.others)} checkpoints", where="weights",
                hint="give one for each, with a sum above 0",
            )  # fmt: skip

    def apply(self, source: Weights, inputs: Inputs, draft: Draft) -> None:
        every = [source, *(Weights(locate(one)) for one in self.others)]
        for other in every[1:]:
            check_alike(source, other)
        given = self.weights or (1.0,) * len(every)
        shares = [(one, weight / sum(given)) for one, weight in zip(every, given, strict=True)]
        for name in draft.steps(source.names):
            draft.put(name, {name: mean(shares, name)})


@dataclass(frozen=True)
class LayerSwap(Adaptation):
    """The middle blocks of an expert of a task between the outer blocks of an expert of a language.

    Parameters
    ----------
    other : str, default ""
        The expert of the language; the checkpoint itself is that of the task. Both were made from one model.
    bottom, top : int, default 1 and 1
        Blocks at either end that are the language's, with all that belongs to no block.
    transition : int, default 0
        Blocks next to these that are means of both, the share of the language falling evenly.

    Notes
    -----
    Bandarkar et al. (2025, Layer swapping for zero-shot cross-lingual transfer in large language models).
    """

    name: ClassVar[str] = "layer-swap"
    partners: ClassVar[tuple[str, ...]] = ("other",)

    other: str = ""
    bottom: Annotated[int, Ge(0)] = 1
    top: Annotated[int, Ge(0)] = 1
    transition: Annotated[int, Ge(0)] = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.other:
            raise BadValue("no checkpoint to take blocks from", where="other", hint='give other="folder"')

    def apply(self, source: Weights, inputs: Inputs, draft: Draft) -> None:
        other = Weights(locate(self.other))
        check_alike(source, other)
        _, count = source.blocks()
        if self.bottom + self.top > count:
            raise BadValue(f"bottom and top are {self.bottom + self.top}, and the model has {count} blocks")
        places = source.places(source.names)
        for name in draft.steps(source.names):
            place = places[name]
            share = 1.0 if place is None else self.share(place, count)
            draft.put(name, {name: mean([(source, 1 - share), (other, share)], name)})

    def share(self, block: int, count: int) -> float:
        """The weight of the language's expert in a block."""
        ends = [block - self.bottom + 1 if self.bottom else count, count - self.top - block if self.top else count]
        return max(0.0, min(1.0, 1 - min(ends) / (self.transition + 1)))


def mean(parts: list[tuple[Weights, float]], name: str) -> Any:
    """The weighted sum of one tensor of several checkpoints; never more than two tensors are held."""
    torch = start_torch()
    first = parts[0][0][name]
    if not first.is_floating_point():
        return first
    whole = [one for one, weight in parts if weight == 1]
    if whole:
        return whole[0][name]
    total = first.to(torch.float32) * parts[0][1]
    for one, weight in parts[1:]:
        total.add_(one[name], alpha=weight)
    return total.to(first.dtype)


def check_alike(first: Weights, second: Weights) -> None:
    """Make sure that two checkpoints have the same tensors and tokens.

    Raises
    ------
    BadValue
        Naming the tensors that differ.
    """
    wrong = [f"{name} is missing" for name in first.names if name not in second.names]
    wrong += [f"{name} is not in the first" for name in second.names if name not in first.names]
    wrong += [
        f"{name} is {second.shape(name)}, not {first.shape(name)}"
        for name in first.names
        if name in second.names and first.shape(name) != second.shape(name)
    ]
    if wrong:
        named = first_of(wrong, MOST_NAMED, separator="; ")
        raise BadValue(
            f"has other tensors than {first.folder}: {named}", where=str(second.folder),
            hint="merge checkpoints that were made from one model",
        )  # fmt: skip
    check_tokens(first.folder, second.folder)


def check_tokens(first: Path, second: Path) -> None:
    """Make sure that two checkpoints have the same tokens.

    Raises
    ------
    BadValue
    """
    if _tokens(first) != _tokens(second):
        raise BadValue(f"has other tokens than {first}", where=str(second), hint="take checkpoints with one tokenizer")


def _tokens(folder: Path) -> Any:
    path = folder / "tokenizer.json"
    return json.loads(path.read_text(encoding="utf-8"))["model"]["vocab"] if path.is_file() else None
