"""Vectors before a prompt, learnt as the embeddings of tokens that no text has. Imported only once torch is there."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn


class SoftPrompt(nn.Module):
    """The input embeddings of a model, with further tokens behind its vocabulary whose vectors alone are learnt.

    Parameters
    ----------
    embeddings : torch.nn.Module
        From tokens to vectors.
    vocabulary : int
        How many tokens the model has.
    length : int
        How many are added.

    Attributes
    ----------
    vectors : torch.nn.Parameter, shape (length, width)
        They begin as those of tokens of the vocabulary, drawn at random.
    """

    def __init__(self, embeddings: Any, vocabulary: int, length: int):
        super().__init__()
        self.embeddings, self.vocabulary = embeddings, vocabulary
        drawn = torch.randint(vocabulary, (length,), device=embeddings.weight.device)
        with torch.no_grad():
            self.vectors = nn.Parameter(embeddings(drawn).float().clone())

    @property
    def ids(self) -> range:
        """The tokens added."""
        return range(self.vocabulary, self.vocabulary + len(self.vectors))

    def forward(self, tokens: Any) -> Any:
        """Vectors of tokens, (..., width)."""
        added = tokens >= self.vocabulary
        own = self.embeddings(tokens.masked_fill(added, 0))
        learnt = self.vectors[(tokens - self.vocabulary).clamp(min=0)]
        return torch.where(added[..., None], learnt.to(own.dtype), own)


def add_prompts(model: Any, length: int) -> Any:
    """Freeze a decoder, or an encoder-decoder, and let its prompts begin with soft ones."""
    model.requires_grad_(False)
    part = _reader(model)
    embeddings = part.get_input_embeddings()
    part.set_input_embeddings(SoftPrompt(embeddings, embeddings.num_embeddings, length))
    return model


def prompts_of(model: Any) -> SoftPrompt:
    """The soft prompts of a model that has them."""
    found = _reader(model).get_input_embeddings()
    assert isinstance(found, SoftPrompt)
    return found


def _reader(model: Any) -> Any:
    """What reads prompts: the encoder, if there is one."""
    return model.get_encoder() if model.config.is_encoder_decoder else model
