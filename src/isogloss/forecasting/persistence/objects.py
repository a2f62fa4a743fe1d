"""Trees of objects as JSON, with arrays, tables and boosted trees beside it.

What JSON has is written as it is. Anything else is an object with one key that says what it is: `tuple`, `array`,
`object`, ... Things that can be shared (objects, lists, dictionaries, arrays) are numbered in the order in which
they are met, and a second meeting is a `ref` to that number: so what was one thing is one thing again.
"""

from __future__ import annotations

import base64
import dataclasses
import importlib
import math
import re
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import numpy as np
import polars as pl

from isogloss.forecasting.booster import Booster
from isogloss.forecasting.persistence.boosters import booster_text, is_boosted, read_booster, read_trees

Class = TypeVar("Class", bound=type)

OURS = ("isogloss.forecasting", "isogloss.evidence", "isogloss.languages")
_NAME = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*(\.[A-Za-z_]\w*)*", re.ASCII)
_allowed: dict[str, type] = {}

Node = Any
"""What `json` reads and writes."""


class CannotSave(Exception):
    """Something that has no form in a file; the text says where it is."""


class CannotLoad(Exception):
    """A node that `Writer` does not write."""


class Writer:
    """Makes nodes of objects.

    Attributes
    ----------
    arrays : dict of str to array
    tables : dict of str to polars.DataFrame
    texts : dict of str to str
        Boosted trees.
    """

    def __init__(self) -> None:
        self.arrays: dict[str, np.ndarray] = {}
        self.tables: dict[str, pl.DataFrame] = {}
        self.texts: dict[str, str] = {}
        self._met: dict[int, tuple[int, Any]] = {}  # with the thing itself, whose id is then not given to another

    def write(self, value: Any, at: str) -> Node:
        """The node of a value; `at` says where it is, for the error."""
        if value is None or type(value) in (bool, int, str):
            return value
        if type(value) is float:
            return value if math.isfinite(value) else {"float": repr(value)}
        if type(value) is bytes:
            return {"bytes": base64.b64encode(value).decode()}
        if isinstance(value, np.generic) and value.dtype.kind in "biufU":
            return {"scalar": self._array(np.asarray(value))}
        if type(value) in (tuple, set, frozenset):
            members = sorted(value, key=repr) if not isinstance(value, tuple) else value
            return {type(value).__name__: self._items(members, at)}
        if isinstance(value, type) and is_model(value):
            return {"model": name_of(value)}
        if isinstance(value, tuple) and hasattr(value, "_fields") and allowed(type(value)):
            return {"named": name_of(type(value)), "items": self._items(value, at)}
        if id(value) in self._met:
            return {"ref": self._met[id(value)][0]}
        self._met[id(value)] = len(self._met), value
        return self._shared(value, at)

    def _shared(self, value: Any, at: str) -> Node:
        if type(value) is list:
            return {"list": self._items(value, at)}
        if type(value) is dict:
            pairs = (
                [self.write(key, f"a key of {at}"), self.write(held, f"{at}[{key!r}]")] for key, held in value.items()
            )
            return {"dict": list(pairs)}
        if type(value) is np.ndarray:
            return self._of_array(value, at)
        if isinstance(value, pl.DataFrame):
            self.tables[name := f"table-{len(self.tables)}"] = value
            return {"table": name}
        if is_boosted(value):
            try:
                self.texts[name := f"booster-{len(self.texts)}"] = booster_text(value)
            except (ValueError, AttributeError) as error:
                raise CannotSave(f"{at} is made of trees that cannot be saved: {error}") from None
            return {"trees" if isinstance(value, Booster) else "booster": name}
        if allowed(type(value)):
            state = [(name, self.write(held, f"{at}.{name}")) for name, held in _state(value)]
            return {"object": name_of(type(value)), "state": dict(state)}
        raise CannotSave(f"{at} is a {type(value).__module__}.{type(value).__qualname__}")

    def _items(self, values: Any, at: str) -> list[Node]:
        return [self.write(held, f"{at}[{place}]") for place, held in enumerate(values)]

    def _of_array(self, value: np.ndarray, at: str) -> Node:
        if value.dtype == object:
            return {"objects": self._items(value.ravel().tolist(), at), "shape": list(value.shape)}
        if value.dtype.kind not in "biufUSMm":
            raise CannotSave(f"{at} is an array of {value.dtype}")
        # Sums depend in their last digit on the order in memory, so that order is kept.
        axes = sorted(range(value.ndim), key=lambda axis: -abs(value.strides[axis]))
        return {"array": self._array(np.array(value.transpose(axes), order="C")), "axes": axes}

    def _array(self, value: np.ndarray) -> str:
        self.arrays[name := f"a{len(self.arrays)}"] = value
        return name


class Reader:
    """Makes objects of nodes; builds only classes that may be built, and calls nothing of theirs.

    Parameters
    ----------
    array, table, text : callable
        What a name stands for.
    """

    def __init__(
        self, array: Callable[[str], np.ndarray], table: Callable[[str], pl.DataFrame], text: Callable[[str], str]
    ):
        self._array, self._table, self._text = array, table, text
        self._met: list[Any] = []

    def read(self, node: Node) -> Any:
        """What a node stands for."""
        if node is None or isinstance(node, bool | int | float | str):
            return node
        if not isinstance(node, dict) or not node:
            raise CannotLoad("a node that is no object")
        kind = next(iter(node))
        if kind not in KINDS or set(node) != {kind, *KINDS[kind]}:
            raise CannotLoad(f"a node of the unknown kind '{', '.join(map(str, node))}'")
        return getattr(self, f"_read_{kind}")(*node.values())

    def _items(self, nodes: Node) -> Iterator[Any]:
        if not isinstance(nodes, list):
            raise CannotLoad("no list where there should be one")
        return map(self.read, nodes)

    def _keep(self, value: Any) -> Any:
        self._met.append(value)
        return value

    def _read_float(self, text: str) -> float:
        if text not in ("nan", "inf", "-inf"):
            raise CannotLoad(f"a number '{text}'")
        return float(text)

    def _read_bytes(self, text: str) -> bytes:
        return base64.b64decode(text, validate=True)

    def _read_scalar(self, name: str) -> Any:
        return self._array(name)[()]

    def _read_tuple(self, nodes: Node) -> tuple[Any, ...]:
        return tuple(self._items(nodes))

    def _read_set(self, nodes: Node) -> set[Any]:
        return set(self._items(nodes))

    def _read_frozenset(self, nodes: Node) -> frozenset[Any]:
        return frozenset(self._items(nodes))

    def _read_named(self, name: str, nodes: Node) -> Any:
        cls = self._class(name)
        items = tuple(self._items(nodes))
        if not issubclass(cls, tuple) or len(items) != len(getattr(cls, "_fields", ())):
            raise CannotLoad(f"{name} with {len(items)} fields")
        return tuple.__new__(cls, items)

    def _read_model(self, name: str) -> type:
        cls = self._class(name)
        if not is_model(cls):
            raise CannotLoad(f"the class {name}, which is no model of a grid")
        return cls

    def _read_ref(self, number: int) -> Any:
        if not isinstance(number, int) or not 0 <= number < len(self._met):
            raise CannotLoad(f"a reference to {number}, which there is not")
        return self._met[number]

    def _read_list(self, nodes: Node) -> list[Any]:
        made: list[Any] = self._keep([])
        made.extend(self._items(nodes))
        return made

    def _read_dict(self, pairs: Node) -> dict[Any, Any]:
        made: dict[Any, Any] = self._keep({})
        for pair in pairs if isinstance(pairs, list) else [None]:
            if not isinstance(pair, list) or len(pair) != 2:
                raise CannotLoad("no pair of key and value where there should be one")
            key = self.read(pair[0])
            made[key] = self.read(pair[1])
        return made

    def _read_array(self, name: str, axes: list[int]) -> np.ndarray:
        stored = self._array(name)
        if sorted(axes) != list(range(stored.ndim)):
            raise CannotLoad(f"an array with the axes {axes}")
        return self._keep(stored.transpose(np.argsort(axes)))

    def _read_objects(self, nodes: Node, shape: list[int]) -> np.ndarray:
        made = self._keep(np.empty(shape, dtype=object))
        items = list(self._items(nodes))
        if made.size != len(items):
            raise CannotLoad(f"{len(items)} things in an array of {made.size}")
        for place, item in zip(np.ndindex(*shape), items, strict=True):
            made[place] = item
        return made

    def _read_table(self, name: str) -> pl.DataFrame:
        return self._keep(self._table(name))

    def _read_booster(self, name: str) -> Any:
        return self._keep(read_booster(self._text(name)))

    def _read_trees(self, name: str) -> Booster:
        return self._keep(read_trees(self._text(name)))

    def _read_object(self, name: str, state: dict[str, Node]) -> Any:
        cls = self._class(name)
        if issubclass(cls, tuple) or not isinstance(state, dict):
            raise CannotLoad(f"{name} without a state")
        made = self._keep(object.__new__(cls))
        _check_state(cls, state)
        for attribute, node in state.items():
            object.__setattr__(made, attribute, self.read(node))
        return made

    def _class(self, name: str) -> type:
        cls = class_called(name) if isinstance(name, str) else None
        if cls is None:
            raise CannotLoad(f"the class '{name}', which is neither isogloss's nor registered")
        return cls


KINDS: dict[str, tuple[str, ...]] = {
    "float": (), "bytes": (), "scalar": (), "tuple": (), "set": (), "frozenset": (), "named": ("items",), "model": (),
    "ref": (), "list": (), "dict": (), "array": ("axes",), "objects": ("shape",), "table": (), "booster": (),
    "trees": (), "object": ("state",),
}  # fmt: skip
"""Every kind of node, with its further keys."""


def _state(value: Any) -> Iterator[tuple[str, Any]]:
    """Every attribute of an object, its slots first."""
    for slot in _slots(type(value)):
        if hasattr(value, slot):
            yield slot, getattr(value, slot)
    yield from getattr(value, "__dict__", {}).items()


def _slots(cls: type) -> list[str]:
    named = [base.__dict__.get("__slots__", ()) for base in reversed(cls.__mro__)]
    every = [slot for slots in named for slot in ((slots,) if isinstance(slots, str) else slots)]
    return [slot for slot in every if slot not in ("__dict__", "__weakref__")]


def _check_state(cls: type, state: dict[str, Node]) -> None:
    for name in state:
        if not name.isidentifier() or name.startswith("__"):
            raise CannotLoad(f"an attribute '{name}' of {cls.__name__}")
    if dataclasses.is_dataclass(cls) and (missing := {field.name for field in dataclasses.fields(cls)} - set(state)):
        raise CannotLoad(f"a {cls.__name__} without {', '.join(sorted(missing))}")


def savable(made_of: Class) -> Class:
    """Let forecasters hold objects of a class that is not isogloss's: put it above the class.

    A registered forecaster and its `grid_model` need no such leave. When a forecaster is loaded, the attributes of
    its objects are set without calling anything of theirs.
    """
    _allowed[name_of(made_of)] = made_of
    return made_of


def name_of(cls: type) -> str:
    """`module:Class`."""
    return f"{cls.__module__}:{cls.__qualname__}"


def allowed(cls: type) -> bool:
    """Whether objects of a class may be saved."""
    return class_called(name_of(cls)) is cls


def is_model(cls: type) -> bool:
    """Whether a class itself may be kept, to be called for a fresh model: only that of a model of a grid."""
    from isogloss.forecasting.grid_model import GridModel

    return issubclass(cls, GridModel) and allowed(cls)


def class_called(name: str) -> type | None:
    """The class of a name, None where it is none that may be made."""
    if not _NAME.fullmatch(name):
        return None
    if name in _allowed:
        return _allowed[name]
    module, _, path = name.partition(":")
    if any(module == ours or module.startswith(f"{ours}.") for ours in OURS):
        return _ours(module, path)
    return _registered().get(name)


def _ours(module: str, path: str) -> type | None:
    try:
        cls: Any = importlib.import_module(module)
        for part in path.split("."):
            cls = getattr(cls, part)
    except (ImportError, AttributeError):
        return None
    plain = isinstance(cls, type) and not issubclass(cls, (BaseException, Booster))
    return cls if plain and name_of(cls) == f"{module}:{path}" else None


def _registered() -> dict[str, type]:
    from isogloss.forecasting import forecasters

    classes = (entry for _, entry in forecasters.items() if isinstance(entry, type))
    models = [model for entry in classes for model in (entry, getattr(entry, "grid_model", None))]
    return {name_of(model): model for model in models if isinstance(model, type)}
