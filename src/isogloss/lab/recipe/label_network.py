"""An encoder that compares what it reads with the names of labels, which it reads too.

Imported only once torch is there.
"""

from __future__ import annotations

from typing import Any

from torch import nn

from isogloss.lab.recipe.neural.network import Network
from isogloss.models.encoder import pool
from isogloss.models.inputs import Tokens
from isogloss.models.runtime import padded


class LabelNetwork(Network):
    """Scores are products of the vectors of texts or words with those of labels, by the root of their width.

    Parameters
    ----------
    model, pooling, dropout
        See `Network`.
    labels : Tokens
        The name of each label.
    """

    def __init__(self, model: Any, pooling: str, dropout: float, labels: Tokens):
        nn.Module.__init__(self)
        self.encoder, self.pooling, self.objective = model, pooling, "label"
        self.dropout = nn.Dropout(dropout)
        self.name(labels)

    def name(self, labels: Tokens) -> None:
        """Take other labels."""
        self.labels = labels

    @property
    def outputs(self) -> int:
        return len(self.labels.lengths)

    def forward(self, ids: Any, there: Any, rows: Any = None, columns: Any = None, every: bool = False) -> Any:
        """Scores, (units, labels)."""
        vectors = self.dropout(self.vectors(ids, there, rows, columns, every))
        filler = self.encoder.config.pad_token_id or 0
        names, mask = padded([self.labels.sequence(place) for place in range(self.outputs)], filler)
        states = self.encoder(input_ids=names, attention_mask=mask).last_hidden_state
        return vectors @ pool(states, mask, "mean").T / vectors.shape[-1] ** 0.5
