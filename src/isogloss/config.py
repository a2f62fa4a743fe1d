"""Configuration: tables of TOML files and parameters, checked by pydantic, with all that is wrong in one error.

Imported when a file is read or a recipe is made, since importing pydantic takes a tenth of a second.
"""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache, wraps
from pathlib import Path
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    Literal,
    ParamSpec,
    TypeGuard,
    TypeVar,
    Union,
    cast,
    get_args,
    get_origin,
    get_type_hints,
)

from annotated_types import Ge, Gt, Le, Lt
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, create_model
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from isogloss.errors import BadFile, BadValue, InputError, UnknownName, closest
from isogloss.files import read_input

P = ParamSpec("P")
R = TypeVar("R")
D = TypeVar("D")
LONGEST_VALUE = 200
"""Characters of a wrong value that an error repeats."""


class Table(BaseModel):
    """A table of a configuration file: it has no keys but its fields, and numbers are not read from text."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        frozen=True,
        allow_inf_nan=False,
        protected_namespaces=(),
        populate_by_name=True,
        arbitrary_types_allowed=True,
    )


T = TypeVar("T", bound=Table)
Entry = TypeVar("Entry")
OneOrMore = Annotated[list[Entry], BeforeValidator(lambda value: [value] if isinstance(value, dict) else value)]
"""A table, or several, each written `[[name]]`."""


@dataclass(frozen=True)
class Help:
    """What errors say of a field, in its `Annotated` type.

    Parameters
    ----------
    expected : str, optional
        What it must be; by default in words made from its type.
    example : str, optional
        What to write where it is missing.
    hint : str, optional
        What to write where it is wrong.
    also : tuple of str
        Other names that people give it, which errors take for it.
    """

    expected: str | None = None
    example: str | None = None
    hint: str | None = None
    also: tuple[str, ...] = ()


def read_toml(path: Path) -> dict[str, Any]:
    """The table that a TOML file holds.

    Raises
    ------
    BadFile
        If it cannot be read, or is not TOML.
    """
    try:
        return tomllib.loads(read_input(path).decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadFile(f"is not TOML: {error}", where=str(path)) from None


def section_of(where: str | None, *names: str) -> str | None:
    """The place of a section for errors: `grid.toml: [task.columns]`."""
    return ": ".join(part for part in (where, f"[{'.'.join(names)}]" if any(names) else "") if part) or None


def numbered(name: str, position: int, count: int) -> str:
    """How errors call one of several tables of a name: `task 2`; `task` where there is one."""
    return f"{name} {position + 1}" if count > 1 else name


def validate(model: type[T], values: Any, where: str | None, section: str = "") -> T:
    """Check a table of values.

    Parameters
    ----------
    model : type of Table
    values : mapping of str
    where : str or None
        The file, for errors.
    section : str, default ""
        Name of the table in that file.

    Raises
    ------
    InputError
        UnknownName for a key that there is not, BadValue for one that is missing or wrong; where there are several,
        one BadFile that lists them all.
    """
    try:
        return model.model_validate(values)
    except ValidationError as error:
        problems = list(_problems(model, values, error.errors(include_url=False), section))
    if len(problems) == 1:
        place, problem = problems[0]
        raise problem.at(section_of(where, place) or problem.where)
    listed = (
        f"({number}) {problem.at(section_of(None, place))}" for number, (place, problem) in enumerate(problems, 1)
    )
    raise BadFile(f"{len(problems)} errors: {' '.join(listed)}", where=where)


def check_fields(instance: Any) -> None:
    """Check the fields of a dataclass by their annotations, leaving them as they are.

    Raises
    ------
    InputError
        As `validate` does.
    """
    model = _model_of(cast(Hashable, type(instance)))
    validate(model, {one.name: getattr(instance, one.name) for one in fields(instance)}, None)


def build(kind: type[D], values: Mapping[str, Any], where: str | None, section: str = "") -> D:
    """Make a dataclass from a table, after its keys and values were checked by its fields.

    Raises
    ------
    InputError
        As `validate` does, or as the dataclass itself does.
    """
    validate(_model_of(cast(Hashable, kind)), values, where, section)
    try:
        return kind(**values)
    except InputError as error:
        raise error.at(": ".join(filter(None, (section_of(where, section), error.where)))) from None


def checked(validator: Callable[P, R]) -> Callable[P, R]:
    """Let a validator of pydantic raise our errors, which it would not collect otherwise."""

    @wraps(validator)
    def run(*args: P.args, **keywords: P.kwargs) -> R:
        try:
            return validator(*args, **keywords)
        except InputError as error:
            raise _Collected(error) from None

    return run


def known(kind: str, names: Iterable[str] | Callable[[], Iterable[str]]) -> AfterValidator:
    """For an `Annotated` text: it must be one of some names, else UnknownName says what they are."""

    @checked
    def check(name: str) -> str:
        there = [*(names() if callable(names) else names)]
        if name not in there:
            raise UnknownName(kind, name, there)
        return name

    return AfterValidator(check)


class _Collected(ValueError):
    """One of our errors on its way through pydantic."""


@lru_cache
def _model_of(kind: Any) -> type[Table]:
    hints = get_type_hints(kind, include_extras=True)
    definitions: dict[str, Any] = {one.name: (hints[one.name], _default(one)) for one in fields(kind)}
    return create_model(kind.__name__, __base__=Table, **definitions)


def _default(one: dataclasses.Field[Any]) -> Any:
    if one.default_factory is not dataclasses.MISSING:
        return Field(default_factory=one.default_factory)
    return ... if one.default is dataclasses.MISSING else one.default


@dataclass(frozen=True)
class _Location:
    """Where an error is: the section, the keys known there with their types, the key, its type and its value."""

    section: str
    keys: Mapping[str, Any]
    key: str
    annotation: Any
    value: Any


def _problems(
    model: type[Table], values: Any, details: Sequence[ErrorDetails], section: str
) -> Iterator[tuple[str, InputError]]:
    """Each section in which something is wrong, with what it is; once per key."""
    located = [(_locate(model, values, one, section), one) for one in details]
    # A misspelt key is missing under its right name too, which is no second error.
    misspelt = {(at.section, near) for at, one in located if one["type"] == "extra_forbidden" for near in _meant(at)}
    seen = set()
    for at, one in located:
        place = at.section, at.key
        if place not in seen and not (one["type"] == "missing" and place in misspelt):
            seen.add(place)
            yield at.section, _problem(at, one)


def _locate(model: type[Table], values: Any, one: ErrorDetails, section: str) -> _Location:
    names, keys, annotation, value = section.split("."), {}, model, values
    for part in one["loc"]:
        bare = bare_type(annotation)
        if _is_table(bare):
            keys = {field.alias or name: _annotated(field) for name, field in bare.model_fields.items()}
            annotation = keys.get(str(part), Any)
            names.append(str(part))
        elif get_origin(bare) is dict and part != "[key]":
            keys, annotation = {}, get_args(bare)[1]
            names.append(str(part))
        elif get_origin(bare) is list and _is_table(get_args(bare)[0]) and isinstance(part, int):
            annotation = get_args(bare)[0]
            if isinstance(value, list):  # one table may stand for a list of them
                names[-1] = numbered(names[-1], part, len(value))
                value = value[part]
            continue
        else:
            break
        value = value.get(part) if isinstance(value, Mapping) else value
    whole = _is_table(annotation) and _collected(one) is not None
    return _Location(".".join(filter(None, names if whole else names[:-1])), keys, names[-1], annotation, value)


def _problem(at: _Location, one: ErrorDetails) -> InputError:
    if (collected := _collected(one)) is not None:
        return collected
    help_ = _help(at.annotation)
    if one["type"] == "extra_forbidden":
        return UnknownName("key", at.key, at.keys, meant=next(iter(_meant(at)), None))
    if one["type"] == "missing":
        return BadValue(f"no {at.key}", hint=f"add {_addition(at.key, at.annotation, help_.example)}")
    if get_origin(bare_type(at.annotation)) is Literal and isinstance(at.value, str):
        return UnknownName(at.key, at.value, map(str, get_args(bare_type(at.annotation))))
    shown = repr(at.value)
    shown = shown if len(shown) <= LONGEST_VALUE else f"{shown[:LONGEST_VALUE]}..."
    return BadValue(f"{at.key} must be {help_.expected or _expected(at.annotation)}, not {shown}", hint=help_.hint)


def _meant(at: _Location) -> list[str]:
    """The key that an unknown one stands for, if any."""
    also = [name for name, annotation in at.keys.items() if at.key in _help(annotation).also]
    return also or closest(at.key, at.keys, n=1)


def _help(annotation: Any) -> Help:
    return next((part for part in _metadata(annotation) if isinstance(part, Help)), Help())


def _addition(key: str, annotation: Any, example: str | None) -> str:
    """What to write where a key is missing."""
    if _is_table(annotation):
        return f"a section [{key}]"
    if get_origin(bare_type(annotation)) is list:
        item = get_args(bare_type(annotation))[0]
        if _is_table(item) or get_origin(bare_type(item)) is dict:
            return f"a section [{key}], or several [[{key}]]"
    return f"{key} = {example or '...'}"


def _collected(one: ErrorDetails) -> InputError | None:
    error = one.get("ctx", {}).get("error")
    return error.args[0] if isinstance(error, _Collected) else None


_WORDS = {str: "text", bool: "true or false", int: "a whole number", float: "a number"}
_PLURALS = {str: "texts", int: "whole numbers", float: "numbers"}


def _expected(annotation: Any) -> str:
    """What a value must be, in words made from its type."""
    bare = bare_type(annotation)
    if get_origin(bare) in (Union, UnionType):
        return " or ".join(map(_expected, get_args(bare)))
    if get_origin(bare) is Literal:
        *others, last = (f'"{one}"' for one in get_args(bare))
        return f"{', '.join(others)} or {last}" if others else last
    if get_origin(bare) in (list, dict):
        last = bare_type(get_args(bare)[-1])
        of = "tables" if _is_table(last) else _PLURALS.get(last, "")
        return f"a {'list' if get_origin(bare) is list else 'table'}{f' of {of}' if of else ''}"
    if _is_table(bare):
        return "a table"
    return " ".join([_WORDS.get(bare, "a value"), *_bounds(_metadata(annotation))])


def _bounds(metadata: Sequence[Any]) -> Iterator[str]:
    found: dict[type, Any] = {type(one): one for one in metadata}
    if Ge in found and Le in found:
        yield f"from {found[Ge].ge:g} to {found[Le].le:g}"
        return
    parts = [f"above {found[Gt].gt:g}"] if Gt in found else []
    parts += [f"from {found[Ge].ge:g} up"] if Ge in found else []
    parts += [f"below {found[Lt].lt:g}"] if Lt in found else []
    parts += [f"at most {found[Le].le:g}"] if Le in found else []
    if parts:
        yield " and ".join(parts)


def _annotated(field: FieldInfo) -> Any:
    return Annotated[(field.annotation, *field.metadata)] if field.metadata else field.annotation


def bare_type(annotation: Any) -> Any:
    """A type without what is annotated, and without None."""
    return _taken_apart(annotation)[0]


def _metadata(annotation: Any) -> tuple[Any, ...]:
    """What a type is annotated with."""
    return _taken_apart(annotation)[1]


def _taken_apart(annotation: Any) -> tuple[Any, tuple[Any, ...]]:
    if get_origin(annotation) is Annotated:
        inner, *metadata = get_args(annotation)
        bare, others = _taken_apart(inner)
        return bare, (*others, *metadata)
    if get_origin(annotation) in (Union, UnionType):
        some = [one for one in get_args(annotation) if one is not NoneType]
        return _taken_apart(some[0]) if len(some) == 1 else (annotation, ())
    return annotation, ()


def _is_table(annotation: Any) -> TypeGuard[type[Table]]:
    bare = bare_type(annotation)
    return isinstance(bare, type) and issubclass(bare, Table)
