"""What all questions are: fields with types, defaults and help, from which every door makes its form."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, TypeVar

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from isogloss.config import Table, validate
from isogloss.errors import InputError
from isogloss.progress import Progress
from isogloss.questions.answer import Answer


class Question(Table):
    """A question: its fields are the options of a command and the arguments of a function.

    Attributes
    ----------
    command : str
        Name of the command, after that of its group, if any: `evidence show`.
    positional : tuple of str
        Fields that the function takes by position.
    writes : bool
        Whether answering it writes files that its fields name, or a default; no browser may ask it.
    """

    command: ClassVar[str]
    positional: ClassVar[tuple[str, ...]] = ("evidence",)
    writes: ClassVar[bool] = False

    def answer(self, progress: Progress | None = None) -> Answer:
        """Answer it.

        Raises
        ------
        InputError
            Naming the field, the reason and what to do.
        """
        raise NotImplementedError


Q = TypeVar("Q", bound=Question)


def read_question(kind: type[Q], values: Mapping[str, Any]) -> Q:
    """A question of some values, checked.

    Raises
    ------
    InputError
        For one wrong field; where there are several, one error that lists them all.
    """
    missing = [name for name, field in kind.model_fields.items() if field.is_required() and values.get(name) is None]
    if missing:
        hint = "give " + " and ".join(f"{name}=..." for name in missing)
        if len(missing) == 1:
            hint += f" ({_said_of(kind.model_fields[missing[0]])})"
        raise InputError(f"no {' and no '.join(missing)}", where=", ".join(missing), hint=hint)
    return validate(kind, dict(values), None)


def _said_of(field: FieldInfo) -> str:
    """The first sentence of what a field holds: `Grid file (TOML)`."""
    return (field.description or "").partition(". ")[0].removesuffix(".")


def function_of(kind: type[Question], name: str) -> Callable[..., Answer]:
    """The function that asks a question: its fields are the arguments, with their defaults and types."""

    def ask(*positional: Any, **fields: Any) -> Answer:
        bound = signature.bind_partial(*positional, **fields)
        return read_question(kind, bound.arguments).answer()

    signature = signature_of(kind)
    ask.__name__ = ask.__qualname__ = name
    ask.__doc__ = docstring_of(kind)
    ask.__signature__ = signature  # type: ignore[attr-defined]  # mypy knows none of functions
    return ask


def ordered_fields(kind: type[Question]) -> dict[str, Any]:
    """Fields in the order of readers: by position, then those of the question alone, then the shared ones."""
    fields = kind.model_fields
    own = [name for name in fields if name in kind.__annotations__]
    return {name: fields[name] for name in dict.fromkeys((*kind.positional, *own, *fields))}


def signature_of(kind: type[Question]) -> inspect.Signature:
    """The arguments of the function: some by position, the others by name."""
    parameters = []
    for name, field in ordered_fields(kind).items():
        by_position = name in kind.positional
        parameters.append(
            inspect.Parameter(
                name,
                inspect.Parameter.POSITIONAL_OR_KEYWORD if by_position else inspect.Parameter.KEYWORD_ONLY,
                default=default_of(field),
                annotation=field.annotation,
            )
        )
    return inspect.Signature(parameters, return_annotation=Answer)


def default_of(field: Any) -> Any:
    """The default of a field; None where it is needed or empty."""
    value = field.get_default(call_default_factory=True)
    return None if value is PydanticUndefined or value in ([], {}) else value


def docstring_of(kind: type[Question]) -> str:
    """The docstring of the function: what the question is, and what each field means."""
    summary = inspect.cleandoc(kind.__doc__ or "")
    lines = [summary, "", "Parameters", "----------"]
    for name, field in ordered_fields(kind).items():
        lines += [name, f"    {field.description or ''}"]
    lines += ["", "Returns", "-------", "Answer", "", "Raises", "------", "InputError", "    Naming what is wrong."]
    return "\n".join(lines)
