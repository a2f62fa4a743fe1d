"""Linear layers with several low-rank additions, and routers that weight them. Imported only once torch is there."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from torch import nn

from isogloss.lab.recipe.hyper_network import layers_of
from isogloss.models.inputs import Tokens
from isogloss.models.runtime import padded


class Router(nn.Module):
    """The weights of additions for each text, from the state of its first token.

    Parameters
    ----------
    width, experts : int
    top : int
        How many weights are not 0 once learning is over; 0 for all.
    """

    def __init__(self, width: int, experts: int, top: int):
        super().__init__()
        self.expert_scores = nn.Linear(width, experts)
        self.top = top
        self.weights: Any = None

    def forward(self, states: Any) -> None:
        """Keep the weights, (texts, experts), of texts with these states, (texts, tokens, width)."""
        scores = self.expert_scores(states[:, 0].to(self.expert_scores.weight.dtype))
        if self.top and not self.training:
            kept = torch.topk(scores, self.top, dim=-1).indices
            scores = torch.full_like(scores, -torch.inf).scatter(-1, kept, scores.gather(-1, kept))
        self.weights = torch.softmax(scores, dim=-1)


class RoutedLinear(nn.Module):
    """A linear layer, plus (alpha / rank) sum_i p_i B_i A_i x with the weights p of a router.

    Parameters
    ----------
    linear : torch.nn.Linear
    router : Router
        Of the layer that it stands in; it is no part of this module.
    experts, rank, alpha : int
    """

    def __init__(self, linear: Any, router: Router, experts: int, rank: int, alpha: int):
        super().__init__()
        self.linear, self.rank, self.scale = linear, rank, alpha / rank
        self.expert_down = nn.Parameter(torch.empty(experts * rank, linear.in_features))
        self.expert_up = nn.Parameter(torch.zeros(linear.out_features, experts * rank))
        nn.init.kaiming_uniform_(self.expert_down, a=math.sqrt(5))
        self._router = [router]  # in a list, so that its weights are counted once

    def forward(self, inputs: Any) -> Any:
        """Of (texts, tokens, width)."""
        weights = self._router[0].weights.repeat_interleave(self.rank, dim=-1).to(inputs.dtype)
        inner = nn.functional.linear(inputs, self.expert_down) * weights[:, None]
        return self.linear(inputs) + self.scale * nn.functional.linear(inner, self.expert_up)


def with_routed(encoder: Any, experts: int, rank: int, alpha: int, top: int) -> Any:
    """The encoder with a router for each layer and additions beside each of its linear layers.

    Raises
    ------
    BadValue
        If it has no list of layers.
    """
    for layer in layers_of(encoder):
        router = Router(encoder.config.hidden_size, experts, top)
        for name, module in [*layer.named_modules()]:
            if isinstance(module, nn.Linear):
                above, _, own = name.rpartition(".")
                setattr(layer.get_submodule(above), own, RoutedLinear(module, router, experts, rank, alpha))
        layer.add_module("expert_router", router)
        layer.register_forward_pre_hook(_read, with_kwargs=True)
    return encoder


def routes(network: Any, tokens: Tokens, sequences: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Mean weights of additions over layers and some sequences, (experts,)."""
    ids, there = padded([tokens.sequence(int(one)) for one in sequences], network.encoder.config.pad_token_id or 0)
    with torch.inference_mode():
        network.encoder(input_ids=ids, attention_mask=there)
    every = [module.weights.mean(dim=0) for module in network.modules() if isinstance(module, Router)]
    return np.asarray(torch.stack(every).mean(dim=0).double().cpu().numpy())


def _read(layer: Any, given: tuple[Any, ...], named: dict[str, Any]) -> None:
    """Let the router of a layer read the states that the layer is given."""
    layer.expert_router(given[0] if given else named["hidden_states"])
