"""The command that asks a question again, or the call where no shell can ask it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from isogloss.questions.fields import shell_of
from isogloss.questions.functions import FUNCTIONS
from isogloss.questions.question import Question, default_of
from isogloss.text import printable, shell_word


def command(question: Question, out: str) -> str:
    """What to type for the same answer, of files; of a table in memory, the call.

    Parameters
    ----------
    question : Question
    out : str
        File that the answer is written to.
    """
    given = dict(_given(question))
    kind, first = type(question).model_fields, question.positional[0]
    options = {name: value for name, value in given.items() if name != first}
    if all(map(_can_be_typed, given.values())):
        sources = [shell_word(str(one)) for one in _listed(given.get(first, []))]
        flagged = {shell_of(kind[name]).flags_of(name)[0]: value for name, value in options.items()}
        flags = [part for flag, value in flagged.items() for part in _option(flag, value)]
        return printable(" ".join(["isogloss", question.command, *sources, *flags, "--out", shell_word(out)]))
    named = "".join(f", {name}={_in_python(name, value)}" for name, value in options.items())
    call = f"{FUNCTIONS[question.command]}({_in_python(first, given.get(first))}{named})"
    return printable(f'isogloss.{call}.write("{out}")')


def _given(question: Question) -> Iterator[tuple[str, Any]]:
    """The fields that are not as they would be without a word."""
    for name, field in type(question).model_fields.items():
        value = getattr(question, name)
        if value is None or (isinstance(value, list | dict) and not value):
            continue
        if not _can_be_typed(value) or value != default_of(field):
            yield name, value


def _in_python(name: str, value: Any) -> str:
    """A value in a call; a table in memory by the name of its field."""
    if not _can_be_typed(value):
        return name
    return repr(str(value) if isinstance(value, Path) else value)


def _can_be_typed(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return all(map(_can_be_typed, value))
    return isinstance(value, str | Path | int | float | dict)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _option(flag: str, value: Any) -> list[str]:
    if value is True:
        return [flag]
    if isinstance(value, dict):
        return [part for key, one in value.items() for part in (flag, shell_word(f"{key}={one}"))]
    text = ",".join(f'"{one}"' if "," in str(one) else str(one) for one in _listed(value))
    return [flag, shell_word(text)]
