"""Encoder-decoders with a deeper decoder, or with an encoder whose states tell less of positions."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

DEPTHS = ("num_decoder_layers", "decoder_layers")
"""What configurations call the number of layers of a decoder."""
FREED = ("t5", "mt5", "umt5")
"""Model types whose encoder can be without a residual connection."""


def depth_name(configuration: Any) -> str:
    """What a configuration calls the number of layers of its decoder; empty where it has none that is known."""
    return next((name for name in DEPTHS if getattr(configuration, name, None)), "")


def deepened(model: Any, layers: int) -> Any:
    """A copy whose decoder has so many layers: those there are, and behind them new ones with random weights."""
    configuration = deepcopy(model.config)
    setattr(configuration, depth_name(configuration), layers)
    made = type(model)(configuration)
    made.load_state_dict(model.state_dict(), strict=False)
    return made.train(model.training)


def free_of_positions(model: Any, layer: int) -> None:
    """Take away the residual connection around the self-attention of a layer of the encoder, counted from 1."""

    def without(module: Any, inputs: tuple[Any, ...], named: dict[str, Any], found: Any) -> Any:
        read = inputs[0] if inputs else named["hidden_states"]
        return (found[0] - read, *found[1:])

    model.get_encoder().block[layer - 1].layer[0].register_forward_hook(without, with_kwargs=True)
