"""How a question is typed in a shell."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl

from isogloss.questions.catalogue import question_kind
from isogloss.questions.fields import Shell


def typed(command: str, fields: dict[str, Any], folder: Path) -> list[str]:
    """The words of a shell that ask the same."""
    kind = question_kind(command).model_fields
    options: list[str] = []
    arguments: dict[str, list[str]] = {}
    for name, value in fields.items():
        shell = next((one for one in reversed(kind[name].metadata) if isinstance(one, Shell)), Shell())
        if isinstance(value, pl.DataFrame):
            value.write_csv(folder / f"{name}.csv")
            value = folder / f"{name}.csv"
        if shell.argument:
            arguments[name] = [*map(str, value)] if isinstance(value, list) else [str(value)]
        elif value is True:
            options.append(_flag(name, shell))
        elif isinstance(value, dict):
            options += [word for key, one in value.items() for word in (_flag(name, shell), f"{key}={one}")]
        else:
            text = ",".join(map(str, value)) if isinstance(value, list) else str(value)
            options += [_flag(name, shell), text]
    ordered = [*question_kind(command).positional, *arguments]
    return [*command.split(), *(word for name in dict.fromkeys(ordered) for word in arguments.get(name, [])), *options]


def _flag(name: str, shell: Shell) -> str:
    return shell.flags[0] if shell.flags else f"--{name.replace('_', '-')}"
