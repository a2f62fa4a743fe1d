"""Floating-point operations of a transformer, counted from its shape."""

from __future__ import annotations

from typing import Any

import numpy as np


def coefficients(encoder: Any) -> tuple[float, float]:
    """Operations of one pass per token, and per pair of tokens of one sequence.

    Parameters
    ----------
    encoder : transformers.PreTrainedModel

    Returns
    -------
    per_token, per_pair : float
        2 N, with N the weights that tokens are multiplied with (embeddings are looked up); and 4 d per layer,
        for attention (Kaplan et al. 2020, Scaling laws for neural language models, table 1). A training step
        takes three times as many, two of them backwards.
    """
    looked_up = {name for name, module in encoder.named_modules() if type(module).__name__ == "Embedding"}
    weights = sum(
        parameter.numel()
        for name, parameter in encoder.named_parameters()
        if parameter.ndim > 1 and name.rpartition(".")[0] not in looked_up
    )
    configuration = encoder.config
    return 2.0 * weights, 4.0 * configuration.num_hidden_layers * configuration.hidden_size


def forward_flops(per: tuple[float, float] | np.ndarray[Any, Any], lengths: np.ndarray[Any, Any]) -> float:
    """Operations of one pass over sequences of these lengths, with the coefficients of a model."""
    sizes = lengths.astype(float)
    return float(per[0] * sizes.sum() + per[1] * (sizes * sizes).sum())
