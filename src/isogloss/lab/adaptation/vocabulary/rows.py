"""Rows of new tokens as weighted sums of rows of old ones, for every tensor that has a row for each token."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from scipy.sparse import coo_array, csr_array

from isogloss.lab.adaptation.draft import Draft
from isogloss.lab.adaptation.vocabulary_trim import vocabulary_dimensions
from isogloss.lab.adaptation.weights import Weights
from isogloss.models.runtime import start_torch

AT_ONCE = 16_384
"""Rows that are made at once."""
Filling = Literal["random", "mean"]
Matrix = Any
"""`scipy.sparse.csr_array`: weights of the old tokens in each new one, shape (new tokens, old tokens)."""


def weights_of(shares: Mapping[int, Mapping[int, float]], shape: tuple[int, int]) -> Matrix:
    """Weights, from each new token to what each old one has in it."""
    cells = [(new, old, weight) for new, some in shares.items() for old, weight in some.items()]
    new, old, weights = (np.array([cell[place] for cell in cells]) for place in range(3))
    return csr_array(coo_array((weights.astype(np.float64), (new.astype(int), old.astype(int))), shape=shape))


def evenly(shares: Mapping[int, Sequence[int]], shape: tuple[int, int]) -> Matrix:
    """Weights of means: each new token to the old tokens it is the mean of."""
    counted: dict[int, dict[int, float]] = {}
    for new, some in shares.items():
        own = counted.setdefault(new, {})
        for old in some:
            own[old] = own.get(old, 0.0) + 1 / len(some)
    return weights_of(counted, shape)


@dataclass(frozen=True)
class Combination:
    """Where the rows of new tokens come from.

    Attributes
    ----------
    weights : scipy.sparse.csr_array, shape (new tokens, old tokens)
        A row without any weight is filled.
    filling : {"random", "mean"}
        By numbers drawn from a normal distribution with mean and standard deviation of each dimension over the old
        tokens, or by that mean.
    """

    weights: Matrix
    filling: Filling

    @property
    def filled(self) -> Any:
        """Which new tokens have no weights."""
        return np.flatnonzero(np.diff(self.weights.indptr) == 0)

    def apply(self, old: Any, chance: np.random.Generator) -> Any:
        """Rows of the new tokens, from a tensor with those of the old ones in its first dimension."""
        return start_torch().cat([*self.parts(old, chance)])

    def parts(self, old: Any, chance: np.random.Generator) -> Iterator[Any]:
        """The same, some rows at a time."""
        torch = start_torch()
        flat = old.reshape(len(old), -1).to(torch.float64 if old.dtype == torch.float64 else torch.float32).numpy()
        known, weights = flat[: self.weights.shape[1]], self.weights.astype(flat.dtype)
        is_filled = np.diff(weights.indptr) == 0
        mean = known.mean(axis=0) if is_filled.any() else 0.0
        spread = known.std(axis=0) if is_filled.any() and self.filling == "random" else 0.0
        for first in range(0, weights.shape[0], AT_ONCE):
            rows = np.asarray(weights[first : first + AT_ONCE] @ known)
            filled = np.flatnonzero(is_filled[first : first + AT_ONCE])
            rows[filled] = mean
            if self.filling == "random" and len(filled):
                rows[filled] += chance.normal(size=(len(filled), flat.shape[1])) * spread
            yield torch.from_numpy(rows).reshape(-1, *old.shape[1:]).to(old.dtype)


def write_rows(source: Weights, draft: Draft, inner: Combination, outer: Combination, seed: int) -> None:
    """Write every tensor, those with rows for tokens with the new ones, one at a time.

    Parameters
    ----------
    source : Weights
    draft : Draft
    inner, outer : Combination
        Of the embeddings of what is read, and of all that the head has.
    seed : int
    """
    dimensions = vocabulary_dimensions(source)
    read = input_embeddings(source)
    for name in draft.steps(source.names):
        tensor = source[name]
        if name not in dimensions:
            draft.put(name, {name: tensor})
            continue
        own = inner if name == read else outer
        chance = np.random.default_rng([seed, source.names.index(name)])
        if dimensions[name] == 0:
            shape = (own.weights.shape[0], *tensor.shape[1:])
            draft.put_parts(name, shape, source.kind(name), own.parts(tensor, chance))
        else:
            moved = own.apply(tensor.movedim(dimensions[name], 0), chance)
            draft.put(name, {name: moved.movedim(0, dimensions[name])})


def input_embeddings(source: Weights) -> str | None:
    """What the checkpoint calls the embeddings of what is read."""
    model = source.skeleton()
    module = model.get_input_embeddings()
    names = [name for name, one in model.named_modules() if one is module]
    return source.stored(f"{names[0]}.weight") if names else None


def output_embeddings(source: Weights) -> str | None:
    """What the checkpoint calls the embeddings of what is told; None where it stores none of their own."""
    dimensions, read = vocabulary_dimensions(source), input_embeddings(source)
    others = [name for name in dimensions if name != read and len(source.shape(name)) == 2]
    return others[0] if others else None
