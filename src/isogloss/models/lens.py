"""The logit lens: what a decoder would say after each of its layers, were it the last."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from isogloss.errors import BadValue
from isogloss.models.decoder import Decoder
from isogloss.models.runtime import by_length, coefficients, count, forward_flops, padded, start_torch, with_oom_backoff

Array = np.ndarray[Any, Any]

NORMS = ("norm", "final_layernorm", "final_layer_norm", "ln_f")
"""Names that architectures give to the normalisation before the output."""
AT_ONCE = 128
"""Positions whose probabilities of the whole vocabulary are held at once."""


class LensReading(NamedTuple):
    """What the lens shows at some positions.

    Attributes
    ----------
    shares : numpy.ndarray, shape (layers + 1, positions, groups)
        Probability of the tokens of each group; the embeddings first.
    entropy : numpy.ndarray, shape (layers + 1, positions)
        Of the whole distribution, in bits.
    """

    shares: Array
    entropy: Array


def read_through_lens(
    decoder: Decoder, sequences: Sequence[Array], positions: Sequence[Sequence[int]], groups: Array
) -> LensReading:
    """Probability of groups of tokens as the next one, after every layer.

    Parameters
    ----------
    decoder : Decoder
    sequences : sequence of numpy.ndarray of int
    positions : sequence of sequence of int
        Of each sequence, the tokens after which the next one is looked at.
    groups : numpy.ndarray, shape (vocabulary, groups)
        1 where a token is of a group.

    Returns
    -------
    LensReading
        Positions in the order of `positions`, sequence by sequence.

    Raises
    ------
    BadValue
        If the model's output is not its last state, normalised and projected.

    Notes
    -----
    softmax(W norm(h_i)) with the state h_i after layer i and the model's own normalisation and output matrix W
    (nostalgebraist 2020, interpreting GPT: the logit lens). The last layer is the model itself.
    """
    torch = start_torch()
    norm, firsts = _norm(decoder.model), np.cumsum([0, *map(len, positions)])
    weights = torch.from_numpy(np.asarray(groups, np.float32)).to(decoder.model.device)
    layers = int(decoder.model.config.num_hidden_layers) + 1
    found = LensReading(np.zeros((layers, firsts[-1], groups.shape[1])), np.zeros((layers, firsts[-1])))

    def work(batch: Array) -> None:
        ids, mask = padded([sequences[number] for number in batch], decoder.filler)
        output = decoder.model(input_ids=ids, attention_mask=mask, output_hidden_states=True)
        rows = np.concatenate([np.full(len(positions[number]), row) for row, number in enumerate(batch)])
        columns = np.concatenate([np.asarray(positions[number], int) for number in batch])
        places = np.concatenate([np.arange(firsts[number], firsts[number + 1]) for number in batch])
        for begin in range(0, len(rows), AT_ONCE):
            part = slice(begin, begin + AT_ONCE)
            states = [one[rows[part], columns[part]] for one in output.hidden_states]
            logits = [_output(decoder.model, norm(one)) for one in states[:-1]]
            logits.append(output.logits[rows[part], columns[part]])
            _check(decoder.model, states[-1], logits[-1])
            for layer, own in enumerate(logits):
                chances = torch.softmax(own.float(), -1)
                found.shares[layer, places[part]] = (chances @ weights[: chances.shape[1]]).cpu().numpy()
                bits = -torch.xlogy(chances, chances).sum(-1) / np.log(2)
                found.entropy[layer, places[part]] = bits.cpu().numpy()

    lengths = np.array([len(one) for one in sequences])
    count(tokens=int(lengths.sum()), flops=forward_flops(coefficients(decoder.model), lengths))
    with torch.inference_mode():
        for batch in by_length(lengths):
            with_oom_backoff(work, batch)
    return found


def _norm(model: Any) -> Any:
    """The normalisation before the output; the last state that a model shows has passed it already."""
    inner = getattr(model.base_model, "decoder", model.base_model)
    norm = next((getattr(inner, name) for name in NORMS if hasattr(inner, name)), None)
    if norm is None:
        raise BadValue("no normalisation before the output is recognised", where=type(model).__name__,
                       hint="give a decoder such as Llama, Qwen, Gemma or GPT-2")  # fmt: skip
    return norm


def _output(model: Any, states: Any) -> Any:
    """Logits of normalised states."""
    torch = start_torch()
    logits = model.get_output_embeddings()(states)
    most = getattr(model.config, "final_logit_softcapping", None)
    return logits if most is None else torch.tanh(logits / most) * most


def _check(model: Any, states: Any, logits: Any) -> None:
    """Refuse a model whose own logits are something else than its projected last state."""
    torch = start_torch()
    if not torch.allclose(_output(model, states).float(), logits.float(), atol=1e-2, rtol=1e-3):
        raise BadValue("its output is not its last state, normalised and projected", where=type(model).__name__,
                       hint="give a decoder such as Llama, Qwen, Gemma or GPT-2")  # fmt: skip
