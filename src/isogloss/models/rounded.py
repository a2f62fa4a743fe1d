"""Models that round what their matrices take to integers when they run, as dynamic quantisation does."""

from __future__ import annotations

from typing import Any

from isogloss.models.runtime import start_torch

SETTING = "activation_bits"
"""What config.json calls the bits of the integers; programs that do not know it round nothing."""


def round_activations(model: Any, bits: int) -> None:
    """Round the states that each matrix but the head takes, from now on.

    Parameters
    ----------
    model : torch.nn.Module
    bits : int

    Notes
    -----
    Each state x, of one token, becomes the nearest multiple of max |x| / (2^(bits - 1) - 1): its own scale, so that
    neither the batch nor padding changes it. Numbers stay floats, so nothing gets faster. Gradients pass as if nothing
    were rounded.
    """
    head = model.get_output_embeddings()
    for module in model.modules():
        if type(module).__name__ in ("Linear", "Conv1D") and module is not head:
            module.register_forward_pre_hook(lambda _, given: (_rounded(given[0], bits), *given[1:]))


def _rounded(states: Any, bits: int) -> Any:
    torch = start_torch()
    least = torch.finfo(states.dtype).tiny
    scale = (states.detach().abs().amax(-1, keepdim=True) / (2 ** (bits - 1) - 1)).clamp_min(least)
    return states + ((states / scale).round() * scale - states).detach()
