"""Protocols by name."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from isogloss.registry import Registry

if TYPE_CHECKING:
    from isogloss.evaluation.split import Split

protocols: Registry[Callable[..., Iterable[Split]]] = Registry(
    "protocol",
    {
        "configs": "isogloss.evaluation.setting_protocols:configs",
        "models": "isogloss.evaluation.setting_protocols:models",
        "tasks": "isogloss.evaluation.setting_protocols:tasks",
        "language-in-task": "isogloss.evaluation.setting_protocols:language_in_task",
        "target-in-model": "isogloss.evaluation.setting_protocols:target_in_model",
        "lolo": "isogloss.evaluation.language_protocols:lolo",
        "low-resource": "isogloss.evaluation.language_protocols:low_resource",
        "family": "isogloss.evaluation.language_protocols:family",
        "script": "isogloss.evaluation.language_protocols:script",
        "shift-aware": "isogloss.evaluation.language_protocols:shift_aware",
        "anchors": "isogloss.evaluation.language_protocols:anchors",
    },
    "isogloss.protocols",
)
"""Protocols by name; other packages announce theirs in the entry-point group `isogloss.protocols`."""


def describe_protocol(protocol: Callable[..., Iterable[Split]]) -> str:
    """What a protocol leaves out: the first line of its docstring."""
    return (inspect.getdoc(protocol) or "").partition("\n")[0].rstrip(".")
