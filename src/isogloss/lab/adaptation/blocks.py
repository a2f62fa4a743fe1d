"""Calibration: what goes into each matrix of a model when it reads texts, block by block."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge

from isogloss.errors import BadFile
from isogloss.lab.adaptation import OVERHEAD, Adaptation, Inputs, Texts
from isogloss.lab.adaptation.draft import Draft
from isogloss.lab.adaptation.weights import Weights
from isogloss.models.checkpoints import load_model, load_tokenizer
from isogloss.models.runtime import by_length, count, padded, start_torch

LONGEST = 128
"""Tokens of a calibration text that are read."""
REST = "rest"


@dataclass
class Linear:
    """What is known of the inputs of a matrix.

    Attributes
    ----------
    squares : torch.Tensor, shape (inputs,)
        Sum of the squares of each input over the tokens.
    products : torch.Tensor, shape (inputs, inputs), or None
        Sums of products of inputs over the tokens, where they are wanted.
    tokens : int
    """

    squares: Any
    products: Any
    tokens: int = 0


@dataclass(frozen=True)
class CalibratedAdaptation(Adaptation):
    """One that changes the matrices of a model by what goes into them when it reads texts of chosen languages."""

    tokens: Annotated[int, Ge(1)] = 8192

    @property
    def needs_texts(self) -> bool:
        return True

    @property
    def needs_products(self) -> bool:
        """Whether sums of products of inputs are wanted."""
        return False

    def memory(self, source: Weights) -> int:
        return 4 * source.parameters + 2 * source.largest + OVERHEAD

    @abstractmethod
    def change(self, weight: Any, linear: Linear) -> Any:
        """A matrix, outputs in rows, from what it was and what goes into it."""

    def apply(self, source: Weights, inputs: Inputs, draft: Draft) -> None:
        matrices = source.linears()
        reading = Reading(source, inputs.texts, self.tokens)
        names = [f"block {number:04}" for number in range(len(reading.blocks))]
        for name in draft.steps([*names, REST]):
            if name == REST:
                done = {one for step in names for one in draft.tensors(step)}
                draft.put(REST, self.others(source, [one for one in source.names if one not in done]))
                continue
            number = names.index(name)
            reading.go_to(number, lambda block: draft.tensors(names[block]))
            changed = {}
            for inner, linear in reading.linears(number, products=self.needs_products).items():
                stored = source.stored(reading.name_of(number, inner))
                if stored in matrices:
                    weight = source[stored].T if matrices[stored] else source[stored]
                    new = self.change(weight, linear).to(weight.dtype)
                    changed[stored] = new.T if matrices[stored] else new
            draft.put(name, changed)

    def others(self, source: Weights, names: list[str]) -> dict[str, Any]:
        """The tensors that are no matrices of blocks; by default they stay."""
        return {name: source[name] for name in names}


class Reading:
    """A model that reads calibration texts block by block.

    Parameters
    ----------
    source : Weights
    texts : mapping of str to sequence of str
    tokens : int
        To read at most, in equal parts of each language.

    Raises
    ------
    BadFile
        If the model has no blocks in a row.
    """

    def __init__(self, source: Weights, texts: Texts, tokens: int):
        torch = start_torch()
        self._source = source
        self._model = load_model("AutoModel", source.folder, "float32")
        lists = [(name, one) for name, one in self._model.named_modules() if isinstance(one, torch.nn.ModuleList)]
        if not lists:
            raise BadFile("its model has no blocks in a row", where=str(source.folder), hint="take another adaptation")
        self.prefix, self.blocks = max(lists, key=lambda one: sum(inner.numel() for inner in one[1].parameters()))
        sequences = calibration(load_tokenizer(source.folder), texts, tokens)
        batches = by_length(np.array([len(one) for one in sequences]))
        filler = load_tokenizer(source.folder).pad_token_id or 0
        self._batches = [padded([sequences[number] for number in batch], filler) for batch in batches]
        count(tokens=sum(map(len, sequences)))
        self._at, self._states = 0, [self._first(*batch) for batch in self._batches]

    def _first(self, ids: Any, mask: Any) -> tuple[Any, tuple[Any, ...], dict[str, Any]]:
        """What goes into the first block."""
        taken: list[tuple[tuple[Any, ...], dict[str, Any]]] = []

        def take(_: Any, given: tuple[Any, ...], named: dict[str, Any]) -> None:
            taken.append((given, named))
            raise _EnoughError

        hook = self.blocks[0].register_forward_pre_hook(take, with_kwargs=True)
        try:
            with start_torch().inference_mode():
                self._model(input_ids=ids, attention_mask=mask, **({"use_cache": False} if self._caches else {}))
        except _EnoughError:
            pass
        finally:
            hook.remove()
        given, named = taken[0]
        state = given[0] if given else named.pop("hidden_states")
        return state, given[1:], {key: value for key, value in named.items() if "past_key" not in key}

    @property
    def _caches(self) -> bool:
        return hasattr(self._model.config, "use_cache")

    def name_of(self, number: int, inner: str) -> str:
        """What the model calls the weight of a module of a block."""
        return f"{self.prefix}.{number}.{inner}.weight"

    def _run(self, block: Any) -> list[Any]:
        """What a block puts out for each batch."""
        found = []
        with start_torch().inference_mode():
            for (state, given, named), (_, mask) in zip(self._states, self._batches, strict=True):
                self._mask = mask
                made = block(state, *given, **named)
                found.append(made[0] if isinstance(made, tuple) else made)
        return found

    def go_to(self, number: int, changed: Callable[[int], dict[str, Any]]) -> None:
        """Read on up to a block, with the changed matrices of those before it."""
        while self._at < number:
            block = self.blocks[self._at]
            new = changed(self._at)
            with start_torch().no_grad():
                for inner, module in block.named_modules():
                    stored = self._source.stored(self.name_of(self._at, inner)) if hasattr(module, "weight") else None
                    if stored in new:
                        module.weight.copy_(new[stored])
            states = self._run(block)
            self._states = [(new, *rest) for new, (_, *rest) in zip(states, self._states, strict=True)]
            self._at += 1

    def influences(self) -> list[float]:
        """1 - the mean cosine, over tokens, between what goes into each block and what comes out."""
        found = []
        for block in self.blocks:
            states = self._run(block)
            cosines, tokens = 0.0, 0
            for new, (old, *_), (_, mask) in zip(states, self._states, self._batches, strict=True):
                pairs = start_torch().cosine_similarity(old.double(), new.double(), dim=-1)[mask.bool()]
                cosines, tokens = cosines + float(pairs.sum()), tokens + len(pairs)
            self._states = [(new, *rest) for new, (_, *rest) in zip(states, self._states, strict=True)]
            found.append(1 - cosines / tokens)
        return found

    def linears(self, number: int, *, products: bool = False) -> dict[str, Linear]:
        """What goes into each matrix of the block that was gone to."""
        seen: dict[str, Linear] = {}
        with self._watched(self.blocks[number], seen, products):
            self._run(self.blocks[number])
        return seen

    @contextmanager
    def _watched(self, block: Any, seen: dict[str, Linear], products: bool) -> Iterator[None]:
        hooks = [
            module.register_forward_pre_hook(self._watcher(inner, seen, products))
            for inner, module in block.named_modules()
            if type(module).__name__ in ("Linear", "Conv1D")
        ]
        try:
            yield
        finally:
            for hook in hooks:
                hook.remove()

    def _watcher(self, inner: str, seen: dict[str, Linear], products: bool) -> Callable[..., None]:
        def watch(_: Any, given: tuple[Any, ...]) -> None:
            state = given[0]
            rows = state[self._mask.bool()] if state.ndim == 3 else state.reshape(-1, state.shape[-1])
            rows = rows.double()
            linear = seen.setdefault(inner, Linear(rows.new_zeros(rows.shape[1]), None))
            linear.squares = linear.squares + rows.square().sum(dim=0)
            linear.tokens += len(rows)
            if products:
                linear.products = rows.T @ rows + (0 if linear.products is None else linear.products)

        return watch


class _EnoughError(Exception):
    """The first block was reached."""


def calibration(tokenizer: Any, texts: Texts, tokens: int) -> list[Any]:
    """Token sequences to calibrate on, as many tokens of each language, in the order of the texts."""
    found = []
    for some in texts.values():
        left = tokens // len(texts)
        for text in some:
            ids = np.array(tokenizer(text)["input_ids"][: min(left, LONGEST)], np.int64)
            if not len(ids):
                break
            found.append(ids)
            left -= len(ids)
    return found
