"""The stub of `isogloss.questions.functions`: what an editor completes, made from the questions."""

from __future__ import annotations

import inspect
import types
import typing
from pathlib import Path
from typing import Any

from isogloss.questions.catalogue import question_kinds
from isogloss.questions.functions import FUNCTIONS
from isogloss.questions.question import Question, signature_of

STUB = Path(__file__).parents[2] / "src/isogloss/questions/functions.pyi"
HEAD = """# Made from the questions by `python -m docs.generator`.
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from isogloss.questions.answer import Answer

FUNCTIONS: dict[str, str]
__all__: list[str]
"""


def stub() -> str:
    """The text of the stub."""
    functions = (_function(name, question_kinds()[command]) for command, name in FUNCTIONS.items())
    return f"{HEAD}\n{''.join(functions)}"


def _function(name: str, kind: type[Question]) -> str:
    parts, starred = [], False
    for parameter in signature_of(kind).parameters.values():
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY and not starred:
            parts.append("*")
            starred = True
        parts.append(f"{parameter.name}: {_hint(parameter)} = ...")
    return f"def {name}(\n" + "".join(f"    {part},\n" for part in parts) + ") -> Answer: ...\n"


def _hint(parameter: inspect.Parameter) -> str:
    """The type of an argument as callers may write it."""
    if parameter.name in ("evidence", "weights"):
        return "Any"
    hint = _text(parameter.annotation)
    return hint if parameter.default is not None or hint.endswith("| None") else f"{hint} | None"


def _text(kind: Any) -> str:
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is list:
        return f"{_text(arguments[0])} | Sequence[{_text(arguments[0])}]"
    if origin is dict:
        return f"Mapping[{', '.join(map(_text, arguments))}]"
    if origin is typing.Literal:
        return f"Literal[{', '.join(map(repr, arguments)).replace(chr(39), chr(34))}]"
    if origin in (typing.Union, types.UnionType):
        return " | ".join(map(_text, arguments))
    return {Path: "str | Path", type(None): "None", Any: "Any"}.get(kind) or kind.__name__
