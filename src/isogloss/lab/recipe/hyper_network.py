"""An encoder with adapters whose weights a network makes. Imported only once torch is there."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import nn

from isogloss.errors import BadValue

EMBEDDED = 64
"""Width of what stands for a language and for a layer."""


class HyperAdapters(nn.Module):
    """Adapters of all layers, made from vectors of languages.

    Parameters
    ----------
    vectors : numpy.ndarray of float32, shape (languages, numbers)
    layers, states, size, width : int
        How many layers, the width of their states, of adapters, and of what these are made from.
    """

    def __init__(self, vectors: np.ndarray[Any, Any], layers: int, states: int, size: int, width: int):
        super().__init__()
        self.states, self.size = states, size
        self.vectors: Any
        self.register_buffer("vectors", torch.from_numpy(vectors.copy()), persistent=False)
        up = nn.Linear(width, (size + 1) * states)
        nn.init.zeros_(up.weight)
        nn.init.zeros_(up.bias)
        self.made = nn.ModuleDict(
            {
                "language": nn.Linear(vectors.shape[1], EMBEDDED),
                "layer": nn.Embedding(layers, EMBEDDED),
                "hidden": nn.Sequential(
                    nn.Linear(2 * EMBEDDED, 2 * EMBEDDED), nn.ReLU(), nn.Linear(2 * EMBEDDED, width)
                ),
                "down": nn.Linear(width, (states + 1) * size),
                "up": up,
            }
        )
        self.languages: Any = None

    def forward(self, layer: int, states: Any) -> Any:
        """States of a layer, (texts, tokens, width), each text's by the adapter of its language."""
        wanted, places = torch.unique(self.languages, return_inverse=True)
        beside = self.made["layer"](torch.full_like(wanted, layer))
        from_ = self.made["hidden"](torch.cat([self.made["language"](self.vectors[wanted]), beside], dim=1))
        down = self.made["down"](from_).view(-1, self.states + 1, self.size)[places].to(states.dtype)
        up = self.made["up"](from_).view(-1, self.size + 1, self.states)[places].to(states.dtype)
        inner = torch.relu(states @ down[:, :-1] + down[:, -1:])
        return states + inner @ up[:, :-1] + up[:, -1:]


class HyperEncoder(nn.Module):
    """An encoder with adapters, whose first tokens tell the language.

    Parameters
    ----------
    encoder : transformers.PreTrainedModel
    vectors : numpy.ndarray of float32, shape (languages, numbers)
    size, width : int
        See `HyperAdapters`.

    Notes
    -----
    How first tokens tell the language: `isogloss.lab.recipe.marks`.
    """

    def __init__(self, encoder: Any, vectors: np.ndarray[Any, Any], size: int, width: int):
        super().__init__()
        self.config = encoder.config
        layers = layers_of(encoder)
        self.encoder = encoder
        self.adapters = HyperAdapters(vectors, len(layers), encoder.config.hidden_size, size, width)
        for place, layer in enumerate(layers):
            layer.register_forward_hook(self._after(place))

    @property
    def pooler(self) -> Any:
        """What makes one vector of the first state, if the model has it."""
        return getattr(self.encoder, "pooler", None)

    def forward(self, input_ids: Any, attention_mask: Any) -> Any:
        """What the encoder gives, with the adapters of each text's language."""
        vocabulary = self.config.vocab_size
        self.adapters.languages = input_ids[:, 0] // vocabulary - 1
        return self.encoder(input_ids=input_ids % vocabulary, attention_mask=attention_mask)

    def _after(self, place: int) -> Any:
        def hook(module: Any, given: Any, found: Any) -> Any:
            if isinstance(found, tuple):
                return (self.adapters(place, found[0]), *found[1:])
            return self.adapters(place, found)

        return hook


def layers_of(encoder: Any) -> Any:
    """The list of the layers of a model."""
    wanted = encoder.config.num_hidden_layers
    lists = [module for module in encoder.modules() if isinstance(module, nn.ModuleList) and len(module) == wanted]
    if not lists:
        raise BadValue(
            f"models of the type {encoder.config.model_type} have no list of layers", hint="take another model"
        )
    return lists[0]
