"""A language model that reads an encoder's states through a linear map. Imported only once torch is there."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, Self

import numpy as np
import torch
from torch import nn

from isogloss.lab.recipe.neural.network import Network
from isogloss.lab.tuning.mapped import scale_output
from isogloss.models.encoder import pool
from isogloss.models.inputs import Tokens
from isogloss.models.runtime import by_length, padded, with_oom_backoff

Integers = np.ndarray[Any, Any]
SCALED = 32
"""Texts that the size of what is mapped is set on, before training."""


class Stack(nn.Module):
    """An encoder that never learns, a linear map, and a language model without its head.

    Parameters
    ----------
    encoder, model : transformers.PreTrainedModel
    """

    def __init__(self, encoder: Any, model: Any):
        super().__init__()
        self.encoder, self.model = encoder, model
        self.embeddings = model.get_input_embeddings().weight
        self.map = nn.Linear(encoder.config.hidden_size, self.embeddings.shape[1])
        self.config = SimpleNamespace(
            hidden_size=model.config.hidden_size, num_hidden_layers=model.config.num_hidden_layers,
            pad_token_id=encoder.config.pad_token_id,
        )  # fmt: skip

    def train(self, mode: bool = True) -> Self:
        """The encoder leaves nothing out."""
        super().train(mode)
        self.encoder.eval()
        return self

    def read(self, ids: Any, there: Any) -> Any:
        """The encoder's states of texts, (texts, tokens, width)."""
        with torch.no_grad():
            return self.encoder(input_ids=ids, attention_mask=there).last_hidden_state.float()

    def forward(self, input_ids: Any, attention_mask: Any) -> Any:
        """What the language model has to say of texts in tokens of the encoder."""
        return self.model(inputs_embeds=self.map(self.read(input_ids, attention_mask)), attention_mask=attention_mask)

    def scale(self, tokens: Tokens) -> None:
        """Let what is mapped of some texts be as large as the language model's embeddings."""
        some = [tokens.sequence(place) for place in range(min(SCALED, len(tokens.lengths)))]
        size = float(self.embeddings.float().pow(2).mean().sqrt())
        scale_output(self.map, self.map(self.read(*padded(some, self.config.pad_token_id or 0))), size)


class StackedNetwork(Network):
    """A stack with a head, which learns vectors as long as its objective is "vectors"."""

    def forward(self, ids: Any, there: Any, rows: Any = None, columns: Any = None, every: bool = False) -> Any:
        """Vectors, (texts, width), or scores, (texts, outputs)."""
        if self.objective == "vectors":
            return self.vectors(ids, there)
        return super().forward(ids, there, rows, columns, every)


def vectors_of(model: Any, tokens: Tokens, rows: Integers, pooling: str) -> Integers:
    """What a language model makes of texts that it reads itself, (rows, width)."""
    found = np.zeros((len(rows), model.config.hidden_size), np.float32)

    def keep(batch: Integers) -> None:
        ids, there = padded([tokens.sequence(int(rows[place])) for place in batch], model.config.pad_token_id or 0)
        with torch.inference_mode():
            states = model(input_ids=ids, attention_mask=there).last_hidden_state
            found[batch] = pool(states.float(), there, pooling).cpu().numpy()

    for batch in by_length(tokens.lengths[rows]):
        with_oom_backoff(keep, batch)
    return found
