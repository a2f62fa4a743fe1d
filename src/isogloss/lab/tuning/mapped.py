"""States of an encoder as embeddings of a decoder, through a small network. Imported only once torch is there."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import nn

from isogloss.lab.adaptation.objectives.pairs import mean_states
from isogloss.lab.tuning.soft_prompt import FurtherTokens
from isogloss.models.decoder import Decoder

Integers = np.ndarray[Any, Any]
Reader = Callable[[Sequence[Integers]], tuple[Any, Any]]
"""From the tokens of texts to the encoder's states of them, (texts, tokens, width), and their mask."""


def scale_output(layer: nn.Linear, vectors: Any, size: float) -> None:
    """Let what comes out of a layer, of which these are some, have a root mean square."""
    with torch.no_grad():
        by = size / vectors.pow(2).mean().sqrt().clamp(min=1e-12)
        layer.weight.mul_(by)
        layer.bias.mul_(by)


class Mapping(nn.Module):
    """From the states of a text to vectors as a decoder reads them.

    Parameters
    ----------
    width, out : int
        Numbers of a state, and of an embedding of the decoder.
    """

    def __init__(self, width: int, out: int):
        super().__init__()
        self.inner, self.outer = nn.Linear(width, 2 * width), nn.Linear(2 * width, out)

    @property
    @abstractmethod
    def last(self) -> nn.Linear:
        """The layer that the vectors come out of."""

    def layers(self, states: Any) -> Any:
        """Two layers with a rectifier between them, (..., out)."""
        return self.outer(nn.functional.relu(self.inner(states)))

    @abstractmethod
    def count(self, tokens: int) -> int:
        """How many vectors a text of so many tokens gets."""

    @abstractmethod
    def summary(self, states: Any, mask: Any) -> Any:
        """One vector per text, (texts, out)."""

    def scale(self, size: float, states: Any, mask: Any) -> None:
        """Let the vectors of some texts have a root mean square."""
        scale_output(self.last, self(states, mask), size)


class TokenMapping(Mapping):
    """A vector for each token of the encoder."""

    @property
    def last(self) -> nn.Linear:
        return self.outer

    def count(self, tokens: int) -> int:
        return tokens

    def summary(self, states: Any, mask: Any) -> Any:
        return mean_states(self(states, mask), mask)

    def forward(self, states: Any, mask: Any) -> Any:
        """Vectors, (texts, tokens, out)."""
        return self.layers(states)


class SlotMapping(Mapping):
    """A fixed number of vectors for each text, out of the mean of its states: after two layers, one for all slots.

    Parameters
    ----------
    width, out : int
    slots : int
    """

    def __init__(self, width: int, out: int, slots: int):
        super().__init__(width, out)
        self.slots, self.spread = slots, nn.Linear(out, slots * out)

    @property
    def last(self) -> nn.Linear:
        return self.spread

    def count(self, tokens: int) -> int:
        return self.slots

    def summary(self, states: Any, mask: Any) -> Any:
        return self.layers(mean_states(states, mask))

    def forward(self, states: Any, mask: Any) -> Any:
        """Vectors, (texts, slots, out)."""
        return self.spread(self.summary(states, mask)).unflatten(1, (self.slots, -1))


class MappedTokens(FurtherTokens):
    """Further tokens whose vectors are mapped from an encoder's states of some texts; the first one is a boundary.

    Parameters
    ----------
    embeddings : torch.nn.Embedding
        Of the decoder.
    mapping : Mapping
    read : callable
        Reads texts with the encoder, whose weights are not among those of this module.

    Attributes
    ----------
    boundary : torch.nn.Parameter, shape (width,)
        Stands behind the vectors of a text; it begins as zeros.
    """

    def __init__(self, embeddings: Any, mapping: Mapping, read: Reader):
        super().__init__(embeddings)
        self.mapping, self.read = mapping, read
        self.boundary = nn.Parameter(torch.zeros_like(embeddings.weight[0], dtype=torch.float32))
        self._texts: list[Integers] = []
        self._starts = np.zeros(1, np.int64)

    def take(self, texts: Sequence[Integers]) -> list[list[int]]:
        """Forget the texts of before; what stands for each of these, in further tokens."""
        self._texts = list(texts)
        counts = [self.mapping.count(len(one)) for one in texts]
        self._starts = 1 + np.cumsum([0, *counts])
        firsts = (self.first + self._starts[:-1]).tolist()
        return [[*range(first, first + count), self.first] for first, count in zip(firsts, counts, strict=True)]

    def vectors_of(self, places: Any) -> Any:
        found = self.boundary.expand(len(places), -1)
        wanted = places.cpu().numpy()
        of_text = wanted > 0
        if not of_text.any():
            return found
        owners = np.searchsorted(self._starts, wanted[of_text], side="right") - 1
        texts, rows = np.unique(owners, return_inverse=True)
        states, mask = self.read([self._texts[text] for text in texts])
        columns = wanted[of_text] - self._starts[owners]
        device = states.device
        vectors = self.mapping(states.to(found.dtype), mask)[
            torch.from_numpy(rows).to(device), torch.from_numpy(columns).to(device)
        ]
        return found.index_put((torch.from_numpy(of_text).to(device),), vectors.to(found.dtype))


def add_mapping(model: Any, mapping: Mapping, read: Reader) -> None:
    """Let a decoder read what is mapped from an encoder."""
    model.set_input_embeddings(MappedTokens(model.get_input_embeddings(), mapping.to(model.device), read))


def has_mapping(decoder: Decoder) -> bool:
    """Whether a decoder reads what is mapped."""
    return isinstance(decoder.model.get_input_embeddings(), MappedTokens)


def mapped_tokens(decoder: Decoder) -> MappedTokens:
    """The mapped tokens of a decoder that has them."""
    found = decoder.model.get_input_embeddings()
    assert isinstance(found, MappedTokens)
    return found
