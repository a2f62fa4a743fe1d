"""Which classes a saved forecaster may be made of: ours, registered forecasters, and what their packages allow."""

from __future__ import annotations

import importlib
import re
from typing import Any, TypeVar

Class = TypeVar("Class", bound=type)

OURS = ("isogloss.forecasting", "isogloss.evidence", "isogloss.languages")
_NAME = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*(\.[A-Za-z_]\w*)*", re.ASCII)
_allowed: dict[str, type] = {}


def savable(made_of: Class) -> Class:
    """Let forecasters hold objects of a class that is not isogloss's: put it above the class.

    A registered forecaster and its `grid_model` need no such leave. When a forecaster is loaded, the attributes of
    its objects are set without calling anything of theirs.
    """
    _allowed[name_of(made_of)] = made_of
    return made_of


def name_of(found: type) -> str:
    """`module:Class`."""
    return f"{found.__module__}:{found.__qualname__}"


def allowed(found: type) -> bool:
    """Whether objects of a class may be saved."""
    return class_called(name_of(found)) is found


def is_model(found: type) -> bool:
    """Whether a class itself may be kept, to be called for a fresh model: only that of a model of a grid."""
    from isogloss.forecasting.grid_model import GridModel

    return issubclass(found, GridModel) and allowed(found)


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
        found: Any = importlib.import_module(module)
        for part in path.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError):
        return None
    plain = isinstance(found, type) and not issubclass(found, BaseException)
    return found if plain and name_of(found) == f"{module}:{path}" else None


def _registered() -> dict[str, type]:
    from isogloss.forecasting import forecasters

    classes = (entry for _, entry in forecasters.items() if isinstance(entry, type))
    models = [model for entry in classes for model in (entry, getattr(entry, "grid_model", None))]
    return {name_of(model): model for model in models if isinstance(model, type)}
