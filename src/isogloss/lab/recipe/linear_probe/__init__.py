"""`linear-probe`: logistic regression on a frozen encoder, every layer from one encoding."""

from __future__ import annotations

from isogloss.lab.recipe.linear_probe.recipe import LinearProbe

__all__ = ["LinearProbe"]
