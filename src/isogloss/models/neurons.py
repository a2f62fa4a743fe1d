"""Neurons of the inner layers of a transformer: on which tokens each fires, and a model without some of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from isogloss.errors import BadValue
from isogloss.models.runtime import by_length, coefficients, count, forward_flops, padded, start_torch, with_oom_backoff

Array = np.ndarray[Any, Any]

ACTIVATIONS = ("act_fn", "act", "activation_fn", "intermediate_act_fn", "activation")
"""Names that architectures give to the function between the two matrices of an inner layer."""


def firing_shares(model: Any, sequences: Sequence[Array], special: Sequence[int] = ()) -> Array:
    """Share of the tokens of each sequence on which each neuron fires.

    Parameters
    ----------
    model : transformers.PreTrainedModel
        A decoder, or an encoder.
    sequences : sequence of numpy.ndarray of int
        Tokens of each, at least one that is not special.
    special : sequence of int
        Tokens that do not count.

    Returns
    -------
    numpy.ndarray of float32, shape (sequences, layers, neurons)
        A neuron fires where its activation, behind the nonlinear function, is above 0.

    Raises
    ------
    BadValue
        If the inner layers of the model are not recognised.
    """
    torch = start_torch()
    modules = _activations(model)
    shares: list[Any] = [None] * len(modules)
    counted: Any = None
    numbers: Any = None

    def see(layer: int, values: Any) -> None:
        fires = ((values > 0) * counted[..., None]).sum(1) / counted.sum(1, keepdim=True)  # (batch, neurons)
        if shares[layer] is None:
            shares[layer] = np.zeros((len(sequences), values.shape[-1]), np.float32)
        shares[layer][numbers] = fires.float().cpu().numpy()

    def work(batch: Array) -> None:
        nonlocal counted, numbers
        ids, mask = padded([sequences[number] for number in batch], model.config.pad_token_id or 0)
        counted, numbers = mask * ~torch.isin(ids, torch.tensor([*special], device=ids.device)), batch
        model(input_ids=ids, attention_mask=mask)

    lengths = np.array([len(one) for one in sequences])
    count(tokens=int(lengths.sum()), flops=forward_flops(coefficients(model), lengths))
    with torch.inference_mode(), _hooked(modules, see):
        for batch in by_length(lengths):
            with_oom_backoff(work, batch)
    return np.stack(shares, axis=1)


@contextmanager
def switched_off(model: Any, neurons: Array) -> Iterator[None]:
    """A model some of whose neurons never fire, within the block.

    Parameters
    ----------
    model : transformers.PreTrainedModel
    neurons : numpy.ndarray of bool, shape (layers, neurons)
    """
    torch = start_torch()
    modules = _activations(model)
    kept = [torch.from_numpy(~own) for own in neurons]
    with _hooked(modules, lambda layer, values: values * kept[layer].to(values.device)):
        yield


def _activations(model: Any) -> list[Any]:
    """The module behind the first matrix of each inner layer, in order."""
    found = [
        module for name, module in model.named_modules()
        if name.rpartition(".")[2] in ACTIVATIONS and "pooler" not in name
    ]  # fmt: skip
    if len(found) != model.config.num_hidden_layers:
        raise BadValue(
            f"{len(found)} inner layers are recognised of {model.config.num_hidden_layers}",
            where=type(model).__name__, hint="give a transformer without experts, such as Llama, Qwen, GPT-2 or BERT",
        )  # fmt: skip
    return found


@contextmanager
def _hooked(modules: Sequence[Any], see: Any) -> Iterator[None]:
    """Call `see(layer, values)` with what each module gives; a value that it returns takes the place of that."""
    handles = [
        module.register_forward_hook(lambda _module, _inputs, values, layer=layer: see(layer, values))
        for layer, module in enumerate(modules)
    ]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()
