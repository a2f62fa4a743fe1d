"""What only some forecasters can do: declared by their classes, required by what uses them."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from isogloss.errors import InputError


class Capability(StrEnum):
    """What only some forecasters can do, as an error names it."""

    LANGUAGES = "forecasts that differ between unmeasured languages"
    MIXES = "forecasts that differ between unmeasured training mixes"
    MODELS = "forecasts of unmeasured models"
    OTHER_SETTINGS = "forecasts from other tasks and models"
    CONTRIBUTIONS = "contributions of named features and measured languages"


def capabilities_of(forecaster: Any) -> frozenset[Capability]:
    """Capabilities that a forecaster, or its class, declares; none where it declares nothing."""
    return frozenset(getattr(forecaster, "capabilities", ()))


def require(forecaster: Any, *capabilities: Capability) -> None:
    """Refuse a forecaster that lacks a capability.

    Raises
    ------
    InputError
        Naming what it lacks.
    """
    if missing := [one for one in capabilities if one not in capabilities_of(forecaster)]:
        name = (forecaster if isinstance(forecaster, type) else type(forecaster)).__name__
        raise InputError(
            f"{name} has no {' and no '.join(missing)}", where="forecaster", hint="forecaster=default has them"
        )
