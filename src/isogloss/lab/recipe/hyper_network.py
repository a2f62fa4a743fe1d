"""An encoder with adapters whose weights a network makes. Imported only once torch is there."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from torch import nn

from isogloss.errors import BadValue
from isogloss.lab.adaptation.objectives.prediction import OwnLoss
from isogloss.lab.recipe.neural.network import Network
from isogloss.lab.recipe.neural.training import learn
from isogloss.models.inputs import Tokens
from isogloss.models.runtime import coefficients, count, forward_flops

EMBEDDED = 64
"""Width of what stands for a task, for a language and for a layer."""

Matrix = np.ndarray[Any, Any]


class HyperAdapters(nn.Module):
    """Adapters of all layers, made from vectors of a task and of languages.

    Parameters
    ----------
    tasks : int
        How many tasks there are.
    languages : numpy.ndarray of float32, shape (languages, numbers), or int
        Their vectors; or how many there are, whose vectors are learnt.
    layers, states, size, width : int
        How many layers, the width of their states, of adapters, and of what these are made from.
    """

    def __init__(self, tasks: int, languages: Matrix | int, layers: int, states: int, size: int, width: int):
        super().__init__()
        self.states, self.size = states, size
        up = nn.Linear(width, (size + 1) * states)
        nn.init.zeros_(up.weight)
        nn.init.zeros_(up.bias)
        self.vectors: Any
        if isinstance(languages, int):
            language: nn.Module = nn.Embedding(languages, EMBEDDED)
            self.vectors = None
        else:
            language = nn.Linear(languages.shape[1], EMBEDDED)
            # So that what stands for a language begins as long as what stands for a layer.
            length = float(np.sqrt((languages**2).sum(axis=1).mean())) or 1.0
            nn.init.normal_(language.weight, std=1 / length)
            self.register_buffer("vectors", torch.from_numpy(languages.copy()), persistent=False)
        self.made = nn.ModuleDict(
            {
                "task": nn.Embedding(tasks, EMBEDDED),
                "language": language,
                "layer": nn.Embedding(layers, EMBEDDED),
                "hidden": nn.Sequential(
                    nn.Linear(3 * EMBEDDED, 3 * EMBEDDED), nn.ReLU(), nn.Linear(3 * EMBEDDED, width)
                ),
                "down": nn.Linear(width, (states + 1) * size),
                "up": up,
            }
        )
        self.task = 0
        self.languages: Any = None

    def forward(self, layer: int, states: Any) -> Any:
        """States of a layer, (texts, tokens, width), each text's by the adapter of its language for the task."""
        wanted, places = torch.unique(self.languages, return_inverse=True)
        language = self.made["language"](wanted if self.vectors is None else self.vectors[wanted])
        task, beside = (self.made[name](torch.full_like(wanted, one)) for name, one in (("task", self.task),
                                                                                       ("layer", layer)))  # fmt: skip
        from_ = self.made["hidden"](torch.cat([task, language, beside], dim=1))
        down = self.made["down"](from_).view(-1, self.states + 1, self.size)[places].to(states.dtype)
        up = self.made["up"](from_).view(-1, self.size + 1, self.states)[places].to(states.dtype)
        inner = torch.relu(states @ down[:, :-1] + down[:, -1:])
        return states + inner @ up[:, :-1] + up[:, -1:]


class HyperEncoder(nn.Module):
    """An encoder with adapters, whose first tokens tell the language.

    Parameters
    ----------
    encoder : transformers.PreTrainedModel
    tasks, languages, size, width
        See `HyperAdapters`.

    Notes
    -----
    How first tokens tell the language: `isogloss.lab.recipe.marks`.
    """

    def __init__(self, encoder: Any, tasks: int, languages: Matrix | int, size: int, width: int):
        super().__init__()
        self.config = encoder.config
        layers = layers_of(encoder)
        self.encoder = encoder
        self.adapters = HyperAdapters(tasks, languages, len(layers), encoder.config.hidden_size, size, width)
        for place, layer in enumerate(layers):
            layer.register_forward_hook(self._after(place))

    @property
    def pooler(self) -> Any:
        """What makes one vector of the first state, if the model has it."""
        return getattr(self.encoder, "pooler", None)

    @property
    def cost(self) -> tuple[float, float]:
        """See `isogloss.models.runtime.coefficients`; what makes the adapters, once for each batch, is not counted."""
        per_token, per_pair = coefficients(self.encoder)
        return per_token + 4.0 * self.config.num_hidden_layers * self.adapters.states * self.adapters.size, per_pair

    def forward(self, input_ids: Any, attention_mask: Any, task: int = 0) -> Any:
        """What the encoder gives, with the adapters of each text's language for a task."""
        vocabulary = self.config.vocab_size
        self.adapters.task, self.adapters.languages = task, input_ids[:, 0] // vocabulary - 1
        return self.encoder(input_ids=input_ids % vocabulary, attention_mask=attention_mask)

    def _after(self, place: int) -> Any:
        def hook(module: Any, given: Any, found: Any) -> Any:
            if isinstance(found, tuple):
                return (self.adapters(place, found[0]), *found[1:])
            return self.adapters(place, found)

        return hook


class TaskEncoder(nn.Module):
    """The same encoder, for another task."""

    def __init__(self, encoder: HyperEncoder, task: int):
        super().__init__()
        self.config, self.encoder, self.task = encoder.config, encoder, task

    @property
    def pooler(self) -> Any:
        """As of the encoder."""
        return self.encoder.pooler

    @property
    def cost(self) -> tuple[float, float]:
        """As of the encoder."""
        return self.encoder.cost

    def forward(self, input_ids: Any, attention_mask: Any) -> Any:
        """What the encoder gives."""
        return self.encoder(input_ids, attention_mask, self.task)


class HyperNetwork(Network):
    """An encoder with such adapters, and a head.

    Attributes
    ----------
    others : torch.nn.ModuleList
        Of `OtherTask`, whose heads are learnt too.
    beside : list of OtherTask or HiddenWords
        What else is learnt from.
    """

    others: nn.ModuleList
    beside: list[OtherTask | HiddenWords]

    def flops(self, lengths: Matrix) -> float:
        return forward_flops(self.encoder.cost, lengths)


class OtherTask(HyperNetwork):
    """Another task that adapters are learnt from, with its head and its examples.

    Parameters
    ----------
    encoder : TaskEncoder
    outputs, pooling, dropout, objective
        See `Network`.
    tokens : Tokens
        Of its examples, language by language.
    labels : numpy.ndarray
        What is right in all units.
    sizes : numpy.ndarray of int
        Examples of each language.
    """

    def __init__(
        self, encoder: TaskEncoder, outputs: int, pooling: str, dropout: float, objective: str, tokens: Tokens,
        labels: Matrix, sizes: Matrix,
    ):  # fmt: skip
        super().__init__(encoder, outputs, pooling, dropout, objective=objective)
        self.tokens, self.labels, self.cells = tokens, labels, cells_of(sizes)

    def learn(self, cell: int, rows: Matrix, chance: np.random.Generator, precision: str) -> None:
        """Add the gradient of the mean loss of some examples of a language."""
        self.count_training(self.tokens, rows, 1)
        learn(self, self.tokens, rows, self.labels, precision)


class HiddenWords:
    """Hidden words in texts, as a task that adapters are learnt from.

    Parameters
    ----------
    model : transformers.PreTrainedModel
        With its head, which stays as it is.
    encoder : TaskEncoder
        What it reads with.
    own : OwnLoss
    tokens : Tokens
        Of texts, language by language.
    sizes, places : numpy.ndarray of int
        Texts of each language, and its number.
    """

    def __init__(self, model: Any, encoder: TaskEncoder, own: OwnLoss, tokens: Tokens, sizes: Matrix, places: Matrix):
        self.model, self.own, self.tokens, self.cells, self.places = model, own, tokens, cells_of(sizes), places
        self.task, self.adapters, self.cost = encoder.task, encoder.encoder.adapters, encoder.cost
        setattr(model, model.base_model_prefix, encoder.encoder.encoder)

    def learn(self, cell: int, rows: Matrix, chance: np.random.Generator, precision: str) -> None:
        """Add the gradient of the mean loss of hidden tokens in some texts of a language."""
        lengths = self.tokens.lengths[rows]
        count(tokens=int(lengths.sum()), flops=2 * forward_flops(self.cost, lengths))
        self.adapters.task = self.task
        self.adapters.languages = torch.full((1,), int(self.places[cell]), device=self.model.device)
        drawn = [np.asarray(self.tokens.sequence(one), np.int64) for one in rows]
        for term in self.own.terms(self.model, drawn, chance):
            term.backward()


def cells_of(sizes: Sequence[int] | Matrix) -> list[Matrix]:
    """The rows of each language."""
    return [np.arange(first, last) for first, last in pairwise([0, *np.cumsum(sizes).tolist()])]


def layers_of(encoder: Any) -> Any:
    """The list of the layers of a model."""
    wanted = encoder.config.num_hidden_layers
    lists = [module for module in encoder.modules() if isinstance(module, nn.ModuleList) and len(module) == wanted]
    if not lists:
        raise BadValue(
            f"models of the type {encoder.config.model_type} have no list of layers", hint="take another model"
        )
    return lists[0]
