"""An encoder whose upper layers read states of a template beside those of a text. Imported only once torch is there."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from transformers.modeling_outputs import BaseModelOutputWithPooling

from isogloss.errors import BadValue
from isogloss.lab.recipe.hyper_network import layers_of


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

    def __init__(self, encoder: Any, template: Any, layer: int, max_length: int):
        super().__init__()
        self.config, self.encoder, self.layer = encoder.config, encoder, layer
        self.text = self.total = 0
        self.below: Any = None
        count, positions = template.shape[1], getattr(encoder.config, "max_position_embeddings", None)
        if positions is not None and count + max_length > positions:
            raise BadValue(
                f"a template of {count} and {max_length} tokens are more than the {positions} positions of the model",
                hint=f"set max_length = {max(4, positions - count)}, or a shorter template",
            )  # fmt: skip
        states = self._states(template)
        self.prompts = nn.Parameter(states[0].clone())
        for place, one in enumerate(layers_of(encoder)[: layer + 1]):
            one.register_forward_pre_hook(self._before(place), with_kwargs=True)
        self._try_out(template, states)

    @property
    def pooler(self) -> Any:
        """What makes one vector of the first state, if the model has it."""
        return getattr(self.encoder, "pooler", None)

    def forward(self, input_ids: Any, attention_mask: Any) -> BaseModelOutputWithPooling:
        """States of the text's tokens, (texts, tokens, width), and what the pooler makes of them."""
        count, self.text = len(self.prompts), input_ids.shape[1]
        self.total = self.text + count
        room = input_ids.new_full((len(input_ids), count), self.config.pad_token_id or 0)
        found = self.encoder(
            input_ids=torch.cat([input_ids, room], dim=1),
            attention_mask=torch.cat([attention_mask, torch.ones_like(room)], dim=1),
        )
        states = found.last_hidden_state[:, : self.text]
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
                states = torch.cat([states, self.prompts.to(states.dtype).expand(len(states), -1, -1)], dim=1)
            return ((states, *given[1:]), named) if given else (given, {**named, "hidden_states": states})

        return hook

    def _cut(self, given: Any) -> Any:
        """A mask without the room behind the text."""
        if not isinstance(given, torch.Tensor) or given.ndim < 2 or given.shape[-1] != self.total:
            return given
        given = given[..., : self.text]
        return given[..., : self.text, :] if given.ndim > 2 and given.shape[-2] == self.total else given

    def _states(self, ids: Any) -> Any:
        """States of a text before the layer, read by itself."""
        was_training = self.encoder.training
        self.encoder.eval()
        with torch.no_grad():
            found = self.encoder(input_ids=ids, attention_mask=torch.ones_like(ids), output_hidden_states=True)
        self.encoder.train(was_training)
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
