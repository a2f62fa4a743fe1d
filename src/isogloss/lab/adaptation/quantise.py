"""`quantise-int8`, `quantise-int4`, `quantise-dynamic-int8`: numbers of few values, by rounding or by calibration."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

from annotated_types import Ge

from isogloss.lab.adaptation import Adaptation, Inputs
from isogloss.lab.adaptation.blocks import CalibratedAdaptation, Linear
from isogloss.lab.adaptation.draft import Draft
from isogloss.lab.adaptation.vocabulary_trim import vocabulary_dimensions
from isogloss.lab.adaptation.weights import Weights
from isogloss.models.rounded import SETTING
from isogloss.models.runtime import start_torch

DAMPING = 0.01
"""Share of the mean of its diagonal that is added to the diagonal of H."""
AT_ONCE = 128
"""Columns after which the error is taken to all later ones."""
SCALE_BYTES = 2
"""Bytes of a scale, stored as a 16-bit number."""


@dataclass(frozen=True)
class QuantiseInt8(CalibratedAdaptation):
    """Rounds weights to 8-bit integers times a scale.

    Parameters
    ----------
    method : {"nearest", "gptq"}, default "nearest"
        Round each weight to the nearest value, without any text; or let later columns of a matrix make up for the
        errors of earlier ones, by calibration text of chosen languages.
    group : int, default 0
        Inputs that share a scale; 0 for all of a row.
    embeddings : bool, default True
        Whether embeddings and head are rounded too, always to the nearest value.
    tokens : int, default 8192
        Tokens of calibration text, in equal parts of each language.

    Notes
    -----
    Symmetric, with the scale max |w| / (2^(b-1) - 1). GPTQ is that of Frantar et al. (2023): H = 2 X X' / n, and 1 % of
    the mean of its diagonal on top of that; column by column, the error over U_jj times the rest of row j of U is taken
    from later columns, with U the upper Cholesky factor of the inverse of H. Numbers are stored as floats, as the
    checkpoint has them, so that every program loads them: the folder gets no smaller. `packed_bytes` of the card is
    what integers, scales and the rest would take.
    """

    name: ClassVar[str] = "quantise-int8"
    bits: ClassVar[int] = 8

    method: Literal["nearest", "gptq"] = "nearest"
    group: Annotated[int, Ge(0)] = 0
    embeddings: bool = True

    @property
    def needs_texts(self) -> bool:
        return self.method == "gptq"

    @property
    def needs_products(self) -> bool:
        return True

    def memory(self, source: Weights) -> int:
        return super().memory(source) if self.needs_texts else Adaptation.memory(self, source)

    def apply(self, source: Weights, inputs: Inputs, draft: Draft) -> None:
        if self.needs_texts:
            super().apply(source, inputs, draft)
            return
        names = self._rounded(source)
        for name in draft.steps(source.names):
            draft.put(name, {name: self._nearest(name, source[name], names)})

    def change(self, weight: Any, linear: Linear) -> Any:
        return compensated(weight, linear, self.bits, self.group)

    def others(self, source: Weights, names: list[str]) -> dict[str, Any]:
        chosen = self._rounded(source)
        return {name: self._nearest(name, source[name], chosen) for name in names}

    def _rounded(self, source: Weights) -> set[str]:
        """Names of the matrices that are rounded."""
        of_tokens = [name for name in vocabulary_dimensions(source) if len(source.shape(name)) == 2]
        return {*source.linears(), *(of_tokens if self.embeddings else ())}

    def _nearest(self, name: str, tensor: Any, names: set[str]) -> Any:
        return rounded(tensor, self.bits, self.group).to(tensor.dtype) if name in names else tensor

    def facts(self, source: Weights, target: Weights) -> dict[str, Any]:
        names = self._rounded(source)
        sizes = {name: math.prod(source.shape(name)) for name in source.names}
        scales = sum(math.ceil(source.shape(one)[1] / (self.group or source.shape(one)[1])) * source.shape(one)[0]
                     for one in names)  # fmt: skip
        stored = {name: sizes[name] * source.width(name) for name in source.names}
        integers = sum(sizes[name] for name in names) * self.bits // 8 + SCALE_BYTES * scales
        return {
            "stored_bytes": sum(stored.values()),
            "packed_bytes": integers + sum(size for name, size in stored.items() if name not in names),
            "parameters": target.parameters,
        }


@dataclass(frozen=True)
class QuantiseInt4(QuantiseInt8):
    """Rounds weights to 4-bit integers times a scale.

    Parameters
    ----------
    method : {"nearest", "gptq"}, default "nearest"
        See `quantise-int8`.
    group : int, default 64
        Inputs that share a scale; 0 for all of a row.
    """

    name: ClassVar[str] = "quantise-int4"
    bits: ClassVar[int] = 4

    group: Annotated[int, Ge(0)] = 64


@dataclass(frozen=True)
class QuantiseDynamicInt8(QuantiseInt8):
    """Rounds weights to 8-bit integers times a scale, and what they are multiplied with too, whenever the model runs.

    Notes
    -----
    Every state that a matrix takes is rounded to the nearest multiple of its own scale, max |x| / 127; the head takes
    its states as they are. The folder has the weights of `quantise-int8` and `activation_bits` in config.json, by which
    isogloss rounds states wherever it loads the model. It computes with floats, so it measures what rounding costs, and
    not how fast integers are; other programs load the weights and round no states.
    """

    name: ClassVar[str] = "quantise-dynamic-int8"

    def apply(self, source: Weights, inputs: Inputs, draft: Draft) -> None:
        draft.write("config.json", source.config | {SETTING: self.bits})
        super().apply(source, inputs, draft)

    def facts(self, source: Weights, target: Weights) -> dict[str, Any]:
        return super().facts(source, target) | {SETTING: self.bits}


def rounded(weight: Any, bits: int, group: int = 0) -> Any:
    """The nearest multiples of the scale of each row, or of each group of inputs of it."""
    parts = [_nearest(part, _scale(part, bits), bits) for part in weight.float().split(group or weight.shape[1], dim=1)]
    return start_torch().cat(parts, dim=1)


def _scale(weight: Any, bits: int) -> Any:
    """The scale of each row; shape (rows, 1)."""
    return (weight.abs().amax(dim=1, keepdim=True) / (2 ** (bits - 1) - 1)).clamp_min(1e-30)


def _nearest(weight: Any, scale: Any, bits: int) -> Any:
    most = 2 ** (bits - 1) - 1
    return (weight / scale).round().clamp(-most, most) * scale


def compensated(weight: Any, linear: Linear, bits: int, group: int = 0) -> Any:
    """A matrix rounded column by column, later columns making up for the errors of earlier ones; see `QuantiseInt8`."""
    torch = start_torch()
    new, made = weight.double().clone(), torch.zeros_like(weight, dtype=torch.float64)
    upper = _factor(linear, new)
    columns, size = new.shape[1], group or new.shape[1]
    for first in range(0, columns, AT_ONCE):
        last = min(first + AT_ONCE, columns)
        errors = new.new_zeros(len(new), last - first)
        for column in range(first, last):
            if column % size == 0:
                scale = _scale(new[:, column : column + size], bits)
            made[:, column] = _nearest(new[:, column : column + 1], scale, bits)[:, 0]
            error = (new[:, column] - made[:, column]) / upper[column, column]
            new[:, column:last] -= error[:, None] * upper[column, column:last]
            errors[:, column - first] = error
        new[:, last:] -= errors @ upper[first:last, last:]
    return made.float()


def _factor(linear: Linear, weight: Any) -> Any:
    """U with U'U the inverse of H; weights of inputs that are always 0 become 0."""
    torch = start_torch()
    products = 2 * linear.products / linear.tokens
    diagonal = products.diagonal()
    dead = diagonal == 0
    diagonal[dead] = 1
    weight[:, dead] = 0
    diagonal += DAMPING * diagonal.mean()
    return torch.linalg.cholesky(torch.cholesky_inverse(torch.linalg.cholesky(products)), upper=True)
