"""An encoder whose upper layers read states of a template beside those of a text. Imported only once torch is there."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import numpy as np
import torch
from torch import nn
from transformers.modeling_outputs import BaseModelOutputWithPooling

from isogloss.errors import BadValue
from isogloss.lab.recipe.hyper_network import layers_of
from isogloss.lab.recipe.neural.network import Network, vectors_of
from isogloss.models.inputs import Tokens
from isogloss.models.runtime import by_length, coefficients, forward_flops, with_oom_backoff


class TemplateEncoder(nn.Module):
    """An encoder with states of a template, whose answer is about the text alone.

    Parameters
    ----------
    encoder : transformers.PreTrainedModel
    template : torch.Tensor of int64, shape (1, tokens)
        What the states begin as those of.
    layer : int
        Before which the states are put.
    max_length : int
        Tokens that a text may have.
    place : int, optional
        The token of the template whose last state answers.
    copied : bool, default False
        Whether a copy of the layers below reads the template anew for each batch, so that it is learnt; else its states
        are parameters themselves.

    Raises
    ------
    BadValue
        If there are too few positions, or the layers cannot be given states.

    Notes
    -----
    The model is given a text with room behind it, which lower layers do not see: so masks have the right size for the
    upper ones, and positions of the text are its own. States have read their positions before, so that their order
    does not count.
    """

    def __init__(
        self, encoder: Any, template: Any, layer: int, max_length: int, *, place: int | None = None,
        copied: bool = False,
    ):  # fmt: skip
        super().__init__()
        self.config, self.encoder, self.layer, self.place = encoder.config, encoder, layer, place
        self.text = self.total = 0
        self.below: Any = None
        self.read: Any = None
        self.copy: Any = None
        count, positions = template.shape[1], getattr(encoder.config, "max_position_embeddings", None)
        if positions is not None and count + max_length > positions:
            raise BadValue(
                f"a template of {count} and {max_length} tokens are more than the {positions} positions of the model",
                hint=f"set max_length = {max(4, positions - count)}, or a shorter template",
            )  # fmt: skip
        copy = deepcopy(encoder) if copied else None
        with torch.no_grad():
            states = self._states(encoder, template)
        self.prompts: Any = nn.Parameter(states[0].clone())
        for place, one in enumerate(layers_of(encoder)[: layer + 1]):
            one.register_forward_pre_hook(self._before(place), with_kwargs=True)
        self._try_out(template, states)
        self.register_buffer("template", template, persistent=False)
        if copy is not None:
            del layers_of(copy)[layer + 1 :]
            self.copy, self.prompts = copy, None

    @property
    def pooler(self) -> Any:
        """What makes one vector of the first state, if the model has it."""
        return getattr(self.encoder, "pooler", None)

    def forward(self, input_ids: Any, attention_mask: Any) -> BaseModelOutputWithPooling:
        """States of the text's tokens, (texts, tokens, width), and what answers if `place` does, or a pooler."""
        self.read = self.prompts[:] if self.copy is None else self._states(self.copy, self.template)[0]
        count, self.text = len(self.read), input_ids.shape[1]
        self.total = self.text + count
        room = input_ids.new_full((len(input_ids), count), self.config.pad_token_id or 0)
        found = self.encoder(
            input_ids=torch.cat([input_ids, room], dim=1),
            attention_mask=torch.cat([attention_mask, torch.ones_like(room)], dim=1),
        )
        states = found.last_hidden_state[:, : self.text]
        if self.place is not None:
            pooled = found.last_hidden_state[:, self.text + self.place]
        else:
            pooled = self.pooler(states) if self.pooler is not None else None
        return BaseModelOutputWithPooling(last_hidden_state=states, pooler_output=pooled)

    def _before(self, place: int) -> Any:
        """What a layer gets: below, the text alone; at the layer, the states of the template behind it."""

        def hook(module: Any, given: tuple[Any, ...], named: dict[str, Any]) -> Any:
            first = given[0] if given else named["hidden_states"]
            states = first[:, : self.text]
            if place < self.layer:
                given, named = tuple(map(self._cut, given)), {name: self._cut(one) for name, one in named.items()}
            else:
                self.below = states
                states = torch.cat([states, self.read.to(states.dtype).expand(len(states), -1, -1)], dim=1)
            return ((states, *given[1:]), named) if given else (given, {**named, "hidden_states": states})

        return hook

    def _cut(self, given: Any) -> Any:
        """A mask without the room behind the text."""
        if not isinstance(given, torch.Tensor) or given.ndim < 2 or given.shape[-1] != self.total:
            return given
        given = given[..., : self.text]
        return given[..., : self.text, :] if given.ndim > 2 and given.shape[-2] == self.total else given

    def _states(self, encoder: Any, ids: Any) -> Any:
        """States of a text before the layer, read by itself, without dropout."""
        was_training = encoder.training
        encoder.eval()
        found = encoder(input_ids=ids, attention_mask=torch.ones_like(ids), output_hidden_states=True)
        encoder.train(was_training)
        return found.hidden_states[self.layer]

    def _try_out(self, template: Any, states: Any) -> None:
        """Some models have other things that depend on the length of a text, or never look at what stands behind it."""
        was_training, found = self.training, []
        self.eval()
        try:
            with torch.no_grad():
                for change in (1, -1):
                    found.append(self(template, torch.ones_like(template)).last_hidden_state)
                    self.prompts.add_(change)
        except (TypeError, ValueError, RuntimeError, KeyError) as error:
            raise self._cannot(str(error).splitlines()[0]) from None
        self.train(was_training)
        if not torch.allclose(self.below, states, atol=1e-4):
            raise self._cannot("lower layers see them")
        if torch.equal(*found):
            raise self._cannot("it takes no notice of them")

    def _cannot(self, reason: str) -> BadValue:
        kind = self.config.model_type
        return BadValue(f"models of the type {kind} cannot be given states of a template ({reason})",
                        hint='take name = "prompt-tuning"')  # fmt: skip


class TemplateNetwork(Network):
    """An encoder with states of a template, and a head for the text or for the mask of the template."""

    def vectors(self, ids: Any, there: Any, rows: Any = None, columns: Any = None, every: bool = False) -> Any:
        if self.encoder.place is None:
            return super().vectors(ids, there, rows, columns, every)
        return self.encoder(ids, there).pooler_output

    def flops(self, lengths: np.ndarray[Any, Any]) -> float:
        """Operations of reading texts; the template, read once for each batch, is not counted."""
        return forward_flops(coefficients(self.encoder.encoder), lengths)


def begin_at_means(network: Network, tokens: Tokens, rows: np.ndarray[Any, Any], labels: np.ndarray[Any, Any]) -> None:
    """Let the head answer with the label whose mean vector over some rows is nearest.

    Parameters
    ----------
    network : Network
    tokens : Tokens
    rows, labels : numpy.ndarray of int, shape (rows,)
    """
    right = dict(zip(rows.tolist(), labels.tolist(), strict=True))
    sums = torch.zeros(network.outputs, network.head.in_features, dtype=torch.float64)
    counts = torch.zeros(network.outputs, 1, dtype=torch.float64)
    network.eval()

    def add(batch: np.ndarray[Any, Any]) -> None:
        found, units = vectors_of(network, tokens, rows[batch])
        places = torch.tensor([right[unit] for unit in units.tolist()])
        sums.index_add_(0, places, found.double().cpu())
        counts.index_add_(0, places, torch.ones(len(places), 1, dtype=torch.float64))

    with torch.no_grad():
        for batch in by_length(tokens.lengths[rows]):
            with_oom_backoff(add, batch)
        whole = sums.sum(dim=0) / counts.sum()
        means = torch.where(counts > 0, sums / counts.clamp(min=1), whole)
        root = means.shape[1] ** 0.5
        network.head.weight.copy_((means - whole) / root)
        network.head.bias.copy_(((whole**2).sum() - (means**2).sum(dim=1)) / (2 * root))
