"""What tells two runs of one model on one task apart: its weights in the revision, how it was asked in the recipe."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from isogloss.evidence.importers.base import ReadOptions

FIRST_VERSION = 1
"""Tasks begin with version 0 or 1; the scores of later ones are told apart."""

LONGEST_PROMPT = 24
"""Characters of the name of a prompt; a longer text is told apart by the start of its SHA-256."""

_PRECISION = ("dtype", "torch_dtype", "precision", "quantization", "quantization_method", "quant", "gguf_file")
_NAME = re.compile(r"[\w.-]+")


def precision_of(arguments: Mapping[str, Any]) -> list[str]:
    """How exact a model's weights were, as far as it was asked for, and the file of them."""
    bits = [f"{count}bit" for count in (4, 8) if str(arguments.get(f"load_in_{count}bit", "")).casefold() == "true"]
    written = [arguments.get(name) for name in _PRECISION]
    named = dict.fromkeys(one for one in written if isinstance(one, str) and one not in ("", "auto", "none"))
    return [*named, *bits]


def revision_with(revision: str | None, parts: list[str]) -> str | None:
    """A revision with what else tells its weights from others: `abc123+bfloat16`."""
    return "+".join(filter(None, (revision, *parts))) or None


def recipe_with(
    options: ReadOptions,
    recipe: str = "in-context",
    *,
    chat: bool = False,
    reasoning: bool = False,
    prompt: str | None = None,
    version: Any = None,
) -> str:
    """How a model was asked, with what tells it from other ways: `in-context+chat+v2`; as given, where the user does.

    Parameters
    ----------
    options : ReadOptions
    recipe : str
    chat, reasoning : bool
        Whether it was asked through its chat template, and to reason before it answered.
    prompt : str, optional
        Name or text of the prompt.
    version : optional
        Of the task; later ones than `FIRST_VERSION` are told apart.
    """
    if "recipe" in options.values:
        return options.values["recipe"]
    later = isinstance(version, int | float) and not isinstance(version, bool) and version > FIRST_VERSION
    parts = (recipe, "chat" * chat, "reasoning" * reasoning, _prompt(prompt), f"v{version:g}" if later else "")
    return "+".join(filter(None, parts))


def _prompt(prompt: str | None) -> str:
    if not prompt:
        return ""
    if len(prompt) <= LONGEST_PROMPT and _NAME.fullmatch(prompt):
        return f"prompt-{prompt}"
    return "prompt-" + hashlib.sha256(prompt.encode("utf-8", "replace")).hexdigest()[:8]
