"""An encoder with adapters of languages and of the task after its layers. Imported only once torch is there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn.utils import parameters_to_vector, vector_to_parameters

from isogloss.lab.recipe.hyper_network import layers_of


class Bottleneck(nn.Module):
    """What is added to states: U relu(D h + a) + b; U and b begin as 0.

    Parameters
    ----------
    states, size : int
        Widths.
    """

    def __init__(self, states: int, size: int):
        super().__init__()
        self.down, self.up = nn.Linear(states, size), nn.Linear(size, states)
        nn.init.zeros_(self.up.weight)
        nn.init.zeros_(self.up.bias)

    def forward(self, states: Any) -> Any:
        """States and what is added to them."""
        return states + self.up(torch.relu(self.down(states)))


class LanguageAdapter(nn.ModuleList):
    """The adapter of one language: a bottleneck for every layer but the last."""

    def __init__(self, encoder: Any, size: int):
        count, width = len(layers_of(encoder)) - 1, encoder.config.hidden_size
        super().__init__([Bottleneck(width, size) for _ in range(count)])

    @property
    def numbers(self) -> np.ndarray[Any, Any]:
        """All its weights, one after the other."""
        return parameters_to_vector(self.parameters()).detach().cpu().numpy()

    @numbers.setter
    def numbers(self, numbers: np.ndarray[Any, Any]) -> None:
        vector_to_parameters(torch.from_numpy(np.array(numbers)), self.parameters())


class AdapterEncoder(nn.Module):
    """An encoder with adapters, whose first tokens tell the language, see `isogloss.lab.recipe.marks`.

    Parameters
    ----------
    encoder : transformers.PreTrainedModel
    languages : sequence of LanguageAdapter
        By the number of the language.
    task_size : int
        Width of an adapter of the task after every layer, behind that of the language; 0 for none.
    """

    def __init__(self, encoder: Any, languages: Sequence[LanguageAdapter], task_size: int):
        super().__init__()
        self.config, self.encoder = encoder.config, encoder
        self.languages = nn.ModuleList(languages)
        layers = layers_of(encoder)
        width = encoder.config.hidden_size
        self.task = nn.ModuleList([Bottleneck(width, task_size) for _ in layers] if task_size else [])
        self.spoken: Any = None
        for place, layer in enumerate(layers):
            layer.register_forward_hook(self._after(place))

    @property
    def pooler(self) -> Any:
        """What makes one vector of the first state, if the model has it."""
        return getattr(self.encoder, "pooler", None)

    def forward(self, input_ids: Any, attention_mask: Any) -> Any:
        """What the encoder gives, with the adapter of each text's language."""
        self.spoken = input_ids[:, 0] // self.config.vocab_size - 1
        return self.encoder(input_ids=input_ids % self.config.vocab_size, attention_mask=attention_mask)

    def adapted(self, place: int, states: Any) -> Any:
        """States of a layer, (texts, tokens, width), after the adapters behind it."""
        for number in self.spoken.unique().tolist():
            bottlenecks: Any = self.languages[number]
            if place < len(bottlenecks):
                rows = self.spoken == number
                states = states.index_put((rows,), bottlenecks[place](states[rows]))
        return self.task[place](states) if len(self.task) else states

    def _after(self, place: int) -> Any:
        def hook(module: Any, given: Any, found: Any) -> Any:
            if isinstance(found, tuple):
                return (self.adapted(place, found[0]), *found[1:])
            return self.adapted(place, found)

        return hook


class Reader(nn.Module):
    """A model of hidden words with the adapter of one language, for learning this from texts.

    Parameters
    ----------
    model : transformers.PreTrainedModel
        With its head; it stays as it is.
    size : int
        Width of the adapter.
    """

    def __init__(self, model: Any, size: int):
        super().__init__()
        self.config, self.model = model.config, model.requires_grad_(False)
        self.adapter = LanguageAdapter(model.base_model, size)
        self._hooks = [
            layer.register_forward_hook(self._after(bottleneck))
            for layer, bottleneck in zip(layers_of(model.base_model), self.adapter, strict=False)
        ]

    def forward(self, input_ids: Any, attention_mask: Any) -> Any:
        """What the model gives, with the adapter."""
        return self.model(input_ids=input_ids, attention_mask=attention_mask)

    def learnt(self) -> Iterator[Any]:
        """The weights of the adapter."""
        return self.adapter.parameters()

    def _after(self, bottleneck: Any) -> Any:
        def hook(module: Any, given: Any, found: Any) -> Any:
            return (bottleneck(found[0]), *found[1:]) if isinstance(found, tuple) else bottleneck(found)

        return hook
