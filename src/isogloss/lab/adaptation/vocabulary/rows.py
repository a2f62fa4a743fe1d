"""Rows of new tokens as weighted sums of rows of old ones, for every tensor that has a row for each token."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from scipy.sparse import coo_array, csr_array

from isogloss.lab.adaptation.draft import Draft
from isogloss.lab.adaptation.vocabulary_trim import vocabulary_dimensions
from isogloss.lab.adaptation.weights import Weights
from isogloss.models.runtime import start_torch

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
        torch = start_torch()
        flat = old.reshape(len(old), -1).to(torch.float64 if old.dtype == torch.float64 else torch.float32).numpy()
        known = flat[: self.weights.shape[1]]
        rows = np.asarray(self.weights.astype(flat.dtype) @ known)
        mean = known.mean(axis=0)
        rows[self.filled] = mean
        if self.filling == "random":
            rows[self.filled] += chance.normal(size=(len(self.filled), flat.shape[1])) * known.std(axis=0)
        return torch.from_numpy(rows).reshape(-1, *old.shape[1:]).to(old.dtype)


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
        if name in dimensions:
            own = inner if name == read else outer
            chance = np.random.default_rng([seed, source.names.index(name)])
            moved = own.apply(tensor.movedim(dimensions[name], 0), chance)
            tensor = moved.movedim(0, dimensions[name])
        draft.put(name, {name: tensor})


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
