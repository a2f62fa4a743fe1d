"""`in-context`: a decoder is shown some examples in its prompt, or none, and learns nothing."""

from __future__ import annotations

from isogloss.lab.recipe.in_context.recipe import InContext

__all__ = ["InContext"]
