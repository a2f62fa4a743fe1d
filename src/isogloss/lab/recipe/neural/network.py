"""An encoder with a linear head, for texts, words and choices alike. Imported only once torch is there."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import nn

from isogloss.errors import BadValue
from isogloss.models import encoder
from isogloss.models.batches import padded
from isogloss.models.runtime import device
from isogloss.models.tokens import Tokens

POOLINGS = (*encoder.POOLINGS, "pooler")


class Network(nn.Module):
    """An encoder and a head.

    Parameters
    ----------
    model : transformers.PreTrainedModel
    outputs : int
        Labels; 1 for choices, each of which gets a score.
    pooling : str
        How the states of a text's tokens become one vector, see `isogloss.models.pool`, or "pooler" for what the
        model's own pooler makes of the first one. Words have that of one token, see `Tokens`.
    dropout : float
        Share of a vector's numbers that are left out in training.
    """

    def __init__(self, model: Any, outputs: int, pooling: str, dropout: float):
        super().__init__()
        if pooling == "pooler" and getattr(model, "pooler", None) is None:
            raise BadValue("this model has no pooler", hint='set pooling = "mean"')
        self.encoder = model
        self.pooling = pooling
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(model.config.hidden_size, outputs)
        nn.init.normal_(self.head.weight, std=0.02)
        nn.init.zeros_(self.head.bias)

    def forward(self, ids: Any, there: Any, rows: Any = None, columns: Any = None, every: bool = False) -> Any:
        """Scores, (units, outputs); `rows` and `columns` say where the token of each word stands.

        Of every token if so wanted, (sequences, tokens, outputs).
        """
        found = self.encoder(input_ids=ids, attention_mask=there)
        states = found.last_hidden_state
        if every:
            vectors = states
        elif rows is not None:
            vectors = states[rows, columns]
        elif self.pooling == "pooler":
            vectors = found.pooler_output
        else:
            vectors = encoder.pool(states, there, self.pooling)
        return self.head(self.dropout(vectors.to(self.head.weight.dtype)))


def scores_of(network: Network, tokens: Tokens, batch: np.ndarray[Any, Any]) -> tuple[Any, np.ndarray[Any, Any]]:
    """Scores of some sequences, and which units of `tokens` they are of; words that were cut off have none."""
    ids, there = padded([tokens.sequence(int(number)) for number in batch], network.encoder.config.pad_token_id or 0)
    if not tokens.has_words:
        return network(ids, there), batch
    units = np.concatenate([np.arange(tokens.units[row], tokens.units[row + 1]) for row in batch])
    rows = np.repeat(np.arange(len(batch)), np.diff(tokens.units)[batch])
    seen = tokens.positions[units] >= 0
    places = [torch.from_numpy(np.asarray(one[seen], np.int64)) for one in (rows, tokens.positions[units])]
    return network(ids, there, *(place.to(device()) for place in places)), units[seen]
