"""A masked model that gives the scores of some words at the first mask of each sequence.

Imported only once torch is there.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import nn

from isogloss.lab.recipe.neural.network import Network


class MaskedNetwork(Network):
    """A model of hidden words, which has its own head.

    Parameters
    ----------
    model : transformers.PreTrainedModel
        With its head.
    words : numpy.ndarray of int, shape (labels,)
        The token of each label.
    mask : int
        The token that hides a word.
    objective : str
        See `Network`.
    """

    words: torch.Tensor

    def __init__(self, model: Any, words: np.ndarray[Any, Any], mask: int, objective: str):
        nn.Module.__init__(self)
        self.encoder, self.objective, self.mask = model, objective, mask
        self.register_buffer("words", torch.from_numpy(np.asarray(words, np.int64)), persistent=False)
        self._has_plain_head = self._is_plain()

    @property
    def outputs(self) -> int:
        return len(self.words)

    def forward(self, ids: Any, there: Any, rows: Any = None, columns: Any = None, every: bool = False) -> Any:
        """Scores of the words, (sequences, labels)."""
        each, places = torch.arange(len(ids), device=ids.device), (ids == self.mask).int().argmax(dim=1)
        if not self._has_plain_head:
            return self.encoder(input_ids=ids, attention_mask=there).logits[each, places][:, self.words]
        states = self.encoder.base_model(input_ids=ids, attention_mask=there).last_hidden_state
        return self._head(states[each, places][:, None])[:, 0, self.words]

    def _head(self, states: Any) -> Any:
        """What the model makes of states: its own parts behind the encoder, one after the other."""
        for name, module in self.encoder.named_children():
            if name != self.encoder.base_model_prefix:
                states = module(states)
        return states

    def _is_plain(self) -> bool:
        """Whether its parts one after the other are its head, so that only the states of masks need go through it."""
        ids = torch.full((1, 4), self.mask)
        self.encoder.eval()
        with torch.inference_mode():
            try:
                found = self._head(self.encoder.base_model(input_ids=ids).last_hidden_state)
            except (RuntimeError, TypeError, AttributeError):
                return False
            right = self.encoder(input_ids=ids).logits
            return found.shape == right.shape and bool(torch.allclose(found, right, atol=1e-4))
