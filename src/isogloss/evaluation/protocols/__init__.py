"""Protocols: what is left out of the evidence and then asked for, so that forecasts can be judged.

A protocol is a function from evidence to splits. Each says in its first line what it leaves out, is
deterministic, and takes `every` (leave out only every n-th of what could be), `folds` and `seed`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from typing import Any

from isogloss.evaluation.protocols.split import Split
from isogloss.registry import Registry

__all__ = ["Split", "explain", "protocols"]

_HERE = "isogloss.evaluation.protocols"

protocols: Registry[Callable[..., Iterable[Split]]] = Registry(
    "protocol",
    {
        "configs": f"{_HERE}.rows:configs",
        "models": f"{_HERE}.rows:models",
        "tasks": f"{_HERE}.rows:tasks",
        "lolo": f"{_HERE}.languages:lolo",
        "low-resource": f"{_HERE}.languages:low_resource",
        "family": f"{_HERE}.languages:family",
        "script": f"{_HERE}.languages:script",
        "shift-aware": f"{_HERE}.shift:shift_aware",
        "anchors": f"{_HERE}.shift:anchors",
        "language-in-task": f"{_HERE}.elsewhere:language_in_task",
        "target-in-model": f"{_HERE}.elsewhere:target_in_model",
    },
    "isogloss.protocols",
)
"""Protocols by name; other packages announce theirs in the entry-point group `isogloss.protocols`."""


def explain(protocol: Any) -> str:
    """What a protocol leaves out: the first line of its documentation."""
    return (inspect.getdoc(protocol) or "").partition("\n")[0].rstrip(".")
