"""`structured-prune`: a model with fewer feed-forward units and heads in each block, whose tensors really shrink."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal, NamedTuple

from annotated_types import Ge, Lt

from isogloss.errors import BadValue
from isogloss.lab.adaptation import Adaptation, Inputs
from isogloss.lab.adaptation.blocks import CalibratedAdaptation, Linear, Reading
from isogloss.lab.adaptation.draft import Draft
from isogloss.lab.adaptation.weights import Weights
from isogloss.models.runtime import start_torch

WIDTHS = ("intermediate_size", "n_inner", "ffn_dim", "d_ff")
"""What configurations call the number of feed-forward units."""
HEADS, GROUPS, OF_A_HEAD = "num_attention_heads", "num_key_value_heads", "head_dim"
Share = Annotated[float, Ge(0), Lt(1)]


class Place(NamedTuple):
    """Where a tensor has something for each unit, or for each group of heads.

    Attributes
    ----------
    dimension : int
    size : int
        Numbers in that dimension for each.
    """

    dimension: int
    size: int


@dataclass(frozen=True)
class Parts:
    """Units, or groups of heads, of every block.

    Attributes
    ----------
    count : int
        In a block.
    places : dict of str to Place
        The tensors that have them, as the checkpoint calls them.
    config : dict of str to int
        What the configuration counts, for one of them.
    fixed : dict of str to int
        What the configuration has to say beside that.
    """

    count: int
    places: dict[str, Place]
    config: dict[str, int]
    fixed: dict[str, int]

    def shape(self, count: int) -> dict[str, int]:
        """What the configuration says of so many."""
        return {name: count * size for name, size in self.config.items()} | self.fixed


@dataclass(frozen=True)
class StructuredPrune(CalibratedAdaptation):
    """Leaves out the feed-forward units and the heads that matter least, as many in every block.

    Parameters
    ----------
    units : float, default 0.25
        Share of the feed-forward units of each block that goes.
    heads : float, default 0
        Share of the heads of each block that goes; heads that share keys and values go together.
    score : {"magnitude", "activation"}, default "magnitude"
        What matters: the norm of all weights of a unit or head; or the norm of what it adds to the states when the
        model reads calibration text of chosen languages.
    tokens : int, default 8192
        Tokens of calibration text, in equal parts of each language.

    Notes
    -----
    With x_j the inputs of the matrix W that leads out of the units, ||x_j|| ||W_:j||; of a head, the root of the sum of
    the squares over its inputs: what Wanda (Sun et al. 2024) does by weight, by unit. All are measured in the whole
    model, and left out at once. Heads can go where the configuration gives the width of a head by itself (`head_dim`),
    as those of Llama, Mistral, Qwen and Gemma do, and BERT's does not.
    """

    name: ClassVar[str] = "structured-prune"

    units: Share = 0.25
    heads: Share = 0.0
    score: Literal["magnitude", "activation"] = "magnitude"

    @property
    def needs_texts(self) -> bool:
        return self.score == "activation"

    def memory(self, source: Weights) -> int:
        return super().memory(source) if self.needs_texts else Adaptation.memory(self, source)

    def change(self, weight: Any, linear: Linear) -> Any:
        return weight

    def apply(self, source: Weights, inputs: Inputs, draft: Draft) -> None:
        shares = [(self.units, _units), (self.heads, _heads)]
        every = [(share, find(source)) for share, find in shares if share]
        prefix, blocks = source.blocks()
        inside = re.compile(rf"^(?:.+\.)?{re.escape(prefix)}\.(\d+)\.")
        numbers = {name: int(match[1]) for name in source.names if (match := inside.match(name))}
        known = self._linears(source, inputs, blocks) if self.needs_texts else {}
        config, kept = source.config, []
        for share, parts in every:
            left = parts.count - int(share * parts.count)
            config = _with_config(config, parts.shape(left))
            scores = _scores(source, parts, numbers, known if self.needs_texts else None)
            kept.append((parts, {block: _best(one, left) for block, one in scores.items()}))
        draft.write("config.json", config)
        for name in draft.steps(source.names):
            tensor = source[name]
            for parts, best in kept:
                if name in parts.places:
                    tensor = _of_parts(tensor, parts.places[name], best[numbers[name]])
            draft.put(name, {name: tensor})

    def _linears(self, source: Weights, inputs: Inputs, blocks: int) -> dict[str, Linear]:
        """What goes into each matrix of the blocks, by what the checkpoint calls the matrix."""
        reading = Reading(source, inputs.texts, self.tokens)
        found = {}
        for number in range(blocks):
            reading.go_to(number, lambda _: {})
            for inner, linear in reading.linears(number).items():
                stored = source.stored(reading.name_of(number, inner))
                if stored is not None:
                    found[stored] = linear
        return found

    def facts(self, source: Weights, target: Weights) -> dict[str, Any]:
        return {"parameters_before": source.parameters, "parameters": target.parameters}


def _units(source: Weights) -> Parts:
    """The feed-forward units.

    Raises
    ------
    BadValue
        If the configuration does not give their number, or it gives something else too.
    """
    config = source.skeleton().config.get_text_config()
    name = next((one for one in WIDTHS if isinstance(getattr(config, one, None), int)), None)
    if name is None:
        raise BadValue("config.json does not give the number of units", where="units", hint="take units = 0")
    count = getattr(config, name)
    return _parts(source, count, {name: 1}, "units")


def _heads(source: Weights) -> Parts:
    """The heads, those that share keys and values together.

    Raises
    ------
    BadValue
        If the width of a head follows from their number.
    """
    config = source.skeleton().config.get_text_config()
    width = getattr(config, OF_A_HEAD, None)
    if width is None or not hasattr(config, HEADS):
        raise BadValue(
            "the width of its heads follows from their number, so that none can go", where="heads",
            hint="take heads = 0, or a model whose config.json may give head_dim",
        )  # fmt: skip
    heads = getattr(config, HEADS)
    count = getattr(config, GROUPS, None) or heads
    groups = {GROUPS: 1} if hasattr(config, GROUPS) else {}
    return _parts(source, count, {HEADS: heads // count} | groups, "heads", {OF_A_HEAD: width})


def _parts(
    source: Weights, count: int, config: dict[str, int], where: str, fixed: dict[str, int] | None = None
) -> Parts:
    """The tensors that have another shape when there is one unit or group less.

    Raises
    ------
    BadValue
        If there is none, or one that cannot be divided.
    """
    parts = Parts(count, {}, config, fixed or {})
    whole, less = source.skeleton().state_dict(), source.skeleton(**parts.shape(count - 1)).state_dict()
    prefix, _ = source.blocks()
    for name, one in whole.items():
        different = [place for place in range(one.ndim) if one.shape[place] != less[name].shape[place]]
        stored = source.stored(name) if different else None
        if stored is not None:
            size = one.shape[different[0]] - less[name].shape[different[0]]
            if len(different) > 1 or size * count != one.shape[different[0]] or f"{prefix}." not in f".{name}":
                raise BadValue(f"{stored} cannot be divided among them", where=where, hint=f"take {where} = 0")
            parts.places[stored] = Place(different[0], size)
    if not parts.places:
        raise BadValue("no tensor has a part for each of them", where=where, hint=f"take {where} = 0")
    return parts


def _scores(
    source: Weights, parts: Parts, numbers: Mapping[str, int], known: Mapping[str, Linear] | None
) -> dict[int, Any]:
    """How much each unit or group matters, by block, shape (count,)."""
    torch = start_torch()
    matrices = source.linears()
    totals: dict[int, Any] = defaultdict(lambda: torch.zeros(parts.count, dtype=torch.float64))
    for name, place in parts.places.items():
        leads_out = name in matrices and place.dimension == (0 if matrices[name] else 1)
        if known is not None and not (leads_out and name in known):
            continue
        flat = source[name].double().movedim(place.dimension, 0).reshape(parts.count * place.size, -1)
        squares = flat.square().sum(dim=1)
        if known is not None:
            squares = squares * known[name].squares.cpu()
        totals[numbers[name]] += squares.reshape(parts.count, place.size).sum(dim=1)
    return dict(totals)


def _best(scores: Any, count: int) -> list[int]:
    """Those with the highest scores, in their order."""
    return sorted(scores.argsort(descending=True, stable=True)[:count].tolist())


def _of_parts(tensor: Any, place: Place, kept: list[int]) -> Any:
    """A tensor with some of its units or groups."""
    torch = start_torch()
    rows = torch.tensor([one * place.size + inner for one in kept for inner in range(place.size)])
    return tensor.index_select(place.dimension, rows)


def _with_config(config: dict[str, Any], changed: Mapping[str, int]) -> dict[str, Any]:
    """A configuration with other numbers, in the part of it that has them."""
    inner = {name: _with_config(value, changed) for name, value in config.items() if isinstance(value, dict)}
    has = any(name in config for name in changed)
    return config | inner | (dict(changed) if has else {})
