"""Vectors that a model reads as the embeddings of tokens that no text has. Imported only once torch is there."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import torch
from torch import nn


class FurtherTokens(nn.Module):
    """The input embeddings of a model, with further tokens behind its vocabulary.

    Parameters
    ----------
    embeddings : torch.nn.Embedding
        From tokens to vectors.

    Attributes
    ----------
    first : int
        The first token beyond the vocabulary.
    """

    def __init__(self, embeddings: Any):
        super().__init__()
        self.embeddings, self.first = embeddings, int(embeddings.num_embeddings)

    @abstractmethod
    def vectors_of(self, places: Any) -> Any:
        """Vectors of further tokens, (tokens, width), by their places behind the vocabulary, (tokens,)."""

    def forward(self, tokens: Any) -> Any:
        """Vectors of tokens, (..., width), of the vocabulary or beyond it."""
        beyond = tokens >= self.first
        found = self.embeddings(tokens.masked_fill(beyond, 0))
        if not bool(beyond.any()):
            return found
        return found.index_put((beyond,), self.vectors_of(tokens[beyond] - self.first).to(found.dtype))


class SoftPrompt(FurtherTokens):
    """Further tokens whose vectors alone are learnt.

    Parameters
    ----------
    embeddings : torch.nn.Embedding
    vectors : torch.Tensor, shape (length, width)
        What they begin as.

    Attributes
    ----------
    vectors : torch.nn.Parameter, shape (length, width)
    """

    def __init__(self, embeddings: Any, vectors: Any):
        super().__init__(embeddings)
        self.vectors = nn.Parameter(vectors)

    @property
    def ids(self) -> range:
        """The tokens added."""
        return range(self.first, self.first + len(self.vectors))

    def vectors_of(self, places: Any) -> Any:
        return self.vectors[places]


def add_prompts(model: Any, length: int) -> Any:
    """Freeze a decoder, or an encoder-decoder, and let its prompts begin with soft ones.

    They begin as tokens of the vocabulary, drawn at random.
    """
    model.requires_grad_(False)
    part = _reader(model)
    embeddings = part.get_input_embeddings()
    drawn = torch.randint(embeddings.num_embeddings, (length,), device=embeddings.weight.device)
    with torch.no_grad():
        vectors = embeddings(drawn).float().clone()
    part.set_input_embeddings(SoftPrompt(embeddings, vectors))
    return model


def prompts_of(model: Any) -> SoftPrompt:
    """The soft prompts of a model that has them."""
    found = _reader(model).get_input_embeddings()
    assert isinstance(found, SoftPrompt)
    return found


def _reader(model: Any) -> Any:
    """What reads prompts: the encoder, if there is one."""
    return model.get_encoder() if model.config.is_encoder_decoder else model
