"""Commands made from questions: each field is an option, and the answer is printed, written or both."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal, get_origin

import typer
from pydantic.fields import FieldInfo

from isogloss.config import bare_type
from isogloss.errors import hint_at
from isogloss.files import check_place
from isogloss.questions.about import READING_FIELDS
from isogloss.questions.answer import ENDINGS, Answer
from isogloss.questions.evidence import ReadingQuestion, reading_options
from isogloss.questions.fields import choices_of, shell_of
from isogloss.questions.question import Question, default_of, ordered_fields, read_question
from isogloss.text import printable, printable_json, printable_lines

WRITTEN = f"Write the answer to a file: {', '.join(ENDINGS)}."


def command_of(kind: type[Question]) -> Callable[..., None]:
    """The command that asks a question."""

    def command(**values: Any) -> None:
        out, as_json, why = (values.pop(name) for name in ("out", "json", "why"))
        if out is not None:
            check_place(out, ENDINGS)
        run(kind, question_values(kind, values), out, as_json=as_json, why=why)

    return with_parameters(
        command,
        kind,
        option("out", Path | None, None, WRITTEN),
        option("json", bool, False, "Print JSON."),
        option("why", bool, False, "Print what the answer rests on, too."),
    )


def with_parameters(command: Callable[..., None], kind: type[Question], *own: inspect.Parameter) -> Callable[..., None]:
    """A command that takes the fields of a question, and after them what is its own."""
    fields = ordered_fields(kind)
    arguments = [name for name, field in fields.items() if shell_of(field).argument]
    twice = _twice(kind)
    parameters = [_argument(f"{name}_given" if name in twice else name, fields[name]) for name in arguments]
    parameters += [
        _parameter(name, _type(field), _option(name, field), _default(field))
        for name, field in fields.items() if name in twice or name not in arguments
    ]  # fmt: skip
    parameters += own
    command.__doc__ = command.__doc__ or inspect.getdoc(kind)
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # mypy knows no signature of functions; typer reads it
    command.__annotations__ = {one.name: one.annotation for one in parameters}
    return command


def question_values(kind: type[Question], values: dict[str, Any]) -> dict[str, Any]:
    """What a shell gave, as the values of a question's fields."""
    values = dict(values)
    for name in _twice(kind):
        given = [one for part in (values.pop(f"{name}_given"), values[name]) for one in _listed(part)]
        is_list = get_origin(bare_type(kind.model_fields[name].annotation)) is list
        values[name] = given if is_list or len(given) > 1 else next(iter(given), None)
    for name, field in ordered_fields(kind).items():
        if _is_list(field):
            values[name] = ",".join(values[name]) if values[name] else None
    return {name: value for name, value in values.items() if value is not None}


def _listed(value: Any) -> list[Any]:
    """What was written of a field: nothing, one value or several."""
    return [] if value is None else list(value) if isinstance(value, list | tuple) else [value]


def option(name: str, kind: Any, default: Any, help_: str) -> inspect.Parameter:
    """An option that is no field of a question."""
    return _parameter(name, kind, typer.Option(f"--{name}", help=help_), default)


def _twice(kind: type[Question]) -> list[str]:
    """Fields that stand without a flag, or behind one."""
    return [name for name, field in ordered_fields(kind).items() if shell_of(field).argument and shell_of(field).flags]


def run(kind: type[Question], values: dict[str, Any], out: Path | None, *, as_json: bool, why: bool) -> None:
    """Ask, print the answer and write it."""
    from isogloss.progress import Bar

    question = read_question(kind, values)
    with Bar(shown=not as_json) as bar:
        answer = question.answer(bar)
    _print(answer if as_json else with_own_options(answer, kind), as_json=as_json, why=why)
    if out is not None:
        answer.write(out)
        say_written(out, beside_json=as_json)
    if answer.failed:
        raise typer.Exit(1)


def with_own_options(answer: Answer, kind: type[Question]) -> Answer:
    """The answer with options where hints about reading files name fields: a value to paste, or a word for a scale."""
    taken = READING_FIELDS if not issubclass(kind, ReadingQuestion) else None

    def written(text: str) -> str:
        return hint_at(text, reading_options(), taken, IMPORT) if _OF_HINTS.search(text) else text

    return replace(
        answer, sentences=tuple(map(written, answer.sentences)), assumptions=tuple(map(written, answer.assumptions))
    )


IMPORT = "'isogloss evidence import'"
"""The command that has all of them. `--metric` of `rank` chooses among what was read."""
_OF_HINTS = re.compile(r"\w=\{?(\.\.\.|['\"])|\b(mapping|scale|better|duplicates)=[a-z]")


def say(line: str, *, beside_json: bool = False) -> None:
    """Print a line; `beside_json` to the error stream."""
    typer.echo(printable(line), err=beside_json)


def say_written(out: Path, *, beside_json: bool = False) -> None:
    """Say where an answer went."""
    say(f"written to {out}", beside_json=beside_json)


def _print(answer: Answer, *, as_json: bool, why: bool) -> None:
    """Print an answer for people or, as JSON, for programs."""
    from isogloss.layout import terminal_width

    if as_json:
        typer.echo(printable_json(json.dumps(answer.to_dict(), ensure_ascii=False, indent=1)))
    else:
        typer.echo(printable_lines(answer.text(terminal_width(), why=why)))


def _parameter(name: str, kind: Any, info: Any, default: Any) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=Annotated[kind, info])


def _argument(name: str, field: FieldInfo) -> inspect.Parameter:
    info = typer.Argument(help=field.description, metavar=shell_of(field).metavar)
    if field.is_required():
        return _parameter(name, bare_type(_type(field)), info, inspect.Parameter.empty)
    return _parameter(name, _type(field), info, None)


def _option(name: str, field: FieldInfo) -> Any:
    shell = shell_of(field)
    choices = choices_of(field)
    help_ = (field.description or "") + (f" One of {', '.join(choices)}." if choices else "")
    help_ += " Required." if field.is_required() else ""
    bounds: dict[str, Any] = {
        {"Ge": "min", "Le": "max"}[kind]: int(getattr(one, kind.lower()))
        for one in field.metadata if (kind := type(one).__name__) in ("Ge", "Le") and _type(field) in (int, int | None)
    }  # fmt: skip
    return typer.Option(*shell.flags_of(name), help=help_, metavar=shell.metavar, **bounds)


def _default(field: FieldInfo) -> Any:
    """What the shell shows as the default: a list with commas."""
    default = default_of(field)
    return [",".join(map(str, default))] if isinstance(default, list) and _is_list(field) else default


def _type(field: FieldInfo) -> Any:
    """What the shell reads for a field."""
    bare = bare_type(field.annotation)
    kind: Any = shell_of(field).kind
    if kind is not None and get_origin(bare) is list and shell_of(field).argument:
        kind = list[kind]
    elif _is_list(field) or (kind is None and get_origin(bare) in (list, dict)):
        kind = list[str]
    elif kind is None:
        kind = str if get_origin(bare) is Literal else bare
    return kind if default_of(field) is not None else kind | None


def _is_list(field: FieldInfo) -> bool:
    """Whether a list is written with commas, in one option or in several."""
    return (
        get_origin(bare_type(field.annotation)) is list and shell_of(field).kind is str and not shell_of(field).argument
    )
