"""`layer-drop`: a model with fewer blocks."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

from annotated_types import Ge

from isogloss.errors import BadValue
from isogloss.lab.adaptation import Inputs
from isogloss.lab.adaptation.blocks import CalibratedAdaptation, Linear, Reading
from isogloss.lab.adaptation.draft import Draft
from isogloss.lab.adaptation.weights import Weights

COUNTS = ("num_hidden_layers", "n_layer", "n_layers", "num_layers")
"""What configurations call the number of blocks."""


@dataclass(frozen=True)
class LayerDrop(CalibratedAdaptation):
    """Leaves out whole blocks: those that change the states of calibration text least, the last, or evenly.

    Parameters
    ----------
    drop : int, default 1
        How many blocks are left out.
    order : {"influence", "last", "even"}, default "influence"
        Which ones: those of least influence on the texts; the last ones, or all but every k-th one, for which no text
        is needed.
    tokens : int, default 8192
        Tokens of calibration text, in equal parts of each language.

    Notes
    -----
    Men et al. (2024, ShortGPT): the influence of a block is 1 - the mean over tokens of the cosine between what goes
    into it and what comes out; padding is left out. All are measured in the whole model, and left out at once.
    """

    name: ClassVar[str] = "layer-drop"

    drop: Annotated[int, Ge(1)] = 1
    order: Literal["influence", "last", "even"] = "influence"

    @property
    def needs_texts(self) -> bool:
        return self.order == "influence"

    def change(self, weight: Any, linear: Linear) -> Any:
        return weight

    def apply(self, source: Weights, inputs: Inputs, draft: Draft) -> None:
        reading = Reading(source, inputs.texts or {"": ["a"]}, self.tokens)
        total = len(reading.blocks)
        if self.drop >= total:
            raise BadValue(f"drop is {self.drop}, and the model has {total} blocks", hint="leave at least one")
        ways: dict[str, Callable[[], list[float]]] = {
            "influence": reading.influences,
            "last": lambda: [float(-place) for place in range(total)],
            "even": lambda: _even(total, self.drop),
        }
        order = ways[self.order]()
        dropped = sorted(sorted(range(total), key=lambda place: (order[place], -place))[: self.drop])
        new = {old: place for place, old in enumerate(place for place in range(total) if place not in dropped)}
        inside = re.compile(rf"^((?:.+\.)?{re.escape(reading.prefix)}\.)(\d+)(\..+)$")
        names = {name: _renamed(inside.match(name), name, new) for name in source.names}
        draft.write("config.json", _shorter(source.config, total, list(new)) | {"dropped_blocks": dropped})
        for name in draft.steps([name for name in source.names if names[name]]):
            draft.put(name, {names[name]: source[name]})

    def facts(self, source: Weights, target: Weights) -> dict[str, Any]:
        return {"dropped_blocks": target.config["dropped_blocks"],
                "parameters_before": source.parameters, "parameters": target.parameters}  # fmt: skip


def _even(total: int, drop: int) -> list[float]:
    """1 for every k-th block, which stay, and 0 for the others.

    Raises
    ------
    BadValue
        If what stays is no k-th part of all.
    """
    every, rest = divmod(total, total - drop)
    if rest:
        raise BadValue(
            f"drop is {drop}: {total - drop} of {total} blocks are not every k-th one",
            hint="leave a half, a third, a quarter",
        )  # fmt: skip
    return [float((place + 1) % every == 0) for place in range(total)]


def _renamed(match: re.Match[str] | None, name: str, new: dict[int, int]) -> str:
    """A tensor's new name; nothing if its block is left out."""
    if match is None:
        return name
    return f"{match[1]}{new[int(match[2])]}{match[3]}" if int(match[2]) in new else ""


def _shorter(config: dict[str, Any], total: int, kept: list[int]) -> dict[str, Any]:
    """A configuration of fewer blocks: their number, and lists with something for each."""
    changed = dict(config)
    for name, value in config.items():
        if name in COUNTS and value == total:
            changed[name] = len(kept)
        elif isinstance(value, list) and len(value) == total and "layer" in name:
            changed[name] = [value[place] for place in kept]
        elif isinstance(value, dict):
            changed[name] = _shorter(value, total, kept)
    return json.loads(json.dumps(changed))  # type: ignore[no-any-return]  # what config.json holds
