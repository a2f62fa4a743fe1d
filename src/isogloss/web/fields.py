"""Questions as a browser asks them: which fields it may give, and how each is written in an address.

A browser names no file on the server, and no table in memory; what a field costs is bounded.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin

from fastapi import Query
from pydantic import TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from isogloss.config import bare_type
from isogloss.errors import BadValue
from isogloss.questions.about import AboutEvidence
from isogloss.questions.catalogue import question_kinds
from isogloss.questions.question import default_of, ordered_fields

EXCLUDED = {"evidence query", "evidence plan"}
"""Commands for the shell alone: nobody sends SQL from a browser, and how a file is read is a page of its own."""
HIDDEN = {
    "evidence",
    "format",
    "mapping",
    "background",
    "probe",
    "unfinished",
    "filled",
    "save",
    "forecaster_from",
    "queries",
}
"""Fields that name files or say how files are read."""
MOST = 10_000
"""Of whole numbers that stand for work; seeds, sizes of mixes and volumes stand for none."""
UNBOUNDED = {"seed", "start", "end", "examples", "budget", "volume", "shots"}
LARGEST = 2**53
LONGEST = 4_000
"""Letters of one text."""


def web_questions() -> dict[str, type[AboutEvidence]]:
    """Command to question, of all that a browser may ask."""
    return {
        name: kind for name, kind in question_kinds().items()
        if issubclass(kind, AboutEvidence) and not kind.writes and name not in EXCLUDED
    }  # fmt: skip


def web_fields(kind: type[AboutEvidence]) -> dict[str, FieldInfo]:
    """The fields that a browser may give."""
    return {name: field for name, field in ordered_fields(kind).items() if name not in HIDDEN and not _private(field)}


def signature(kind: type[AboutEvidence], before: Iterable[inspect.Parameter]) -> inspect.Signature:
    """Parameters of the API for a question, after others."""
    parameters = list(before)
    for name, field in web_fields(kind).items():
        read, default = _type(field), default_of(field)
        text = bare_type(read) in (str, list[str])
        bounds: dict[str, Any] = {"max_length": LONGEST} if bare_type(read) is str else {}
        if not text and bare_type(read) in (int, float):
            bounds = {"le": LARGEST if name in UNBOUNDED or bare_type(read) is float else MOST, "ge": _least(field)}
        query = Query(description=field.description, **bounds)
        if default is None and not field.is_required():
            read = read | None
        parameters.append(
            inspect.Parameter(
                name, inspect.Parameter.KEYWORD_ONLY, annotation=Annotated[read, query],
                default=inspect.Parameter.empty if field.is_required() else _written(default),
            )
        )  # fmt: skip
    return inspect.Signature(parameters)


def read_fields(kind: type[AboutEvidence], given: Mapping[str, list[str]]) -> dict[str, Any]:
    """Values of fields from an address: what is empty is left out, and what is no field passed over.

    Raises
    ------
    BadValue
        If a number is none, or asks for too much work.
    """
    values: dict[str, Any] = {}
    for name, field in web_fields(kind).items():
        texts = [text.strip() for text in given.get(name, []) if text.strip()]
        if not texts:
            continue
        if any(len(text) > LONGEST for text in texts):
            raise BadValue("is too long", where=name, hint=f"write at most {LONGEST} letters")
        bare = bare_type(_type(field))
        values[name] = ",".join(texts) if bare == list[str] else _read(bare, texts[-1], name)
        if get_origin(bare_type(field.annotation)) is dict:
            values[name] = texts
    return values


def _read(kind: Any, text: str, name: str) -> Any:
    if kind is bool:
        return _read_bool(text, name)
    if kind not in (int, float):
        return text
    try:
        value = kind(text)
    except ValueError:
        raise BadValue(f"'{text}' is no number", where=name, hint="write digits") from None
    if not abs(value) <= (LARGEST if name in UNBOUNDED or kind is float else MOST):
        raise BadValue(f"{text} is too large", where=name, hint="write a smaller number")
    return value


def _read_bool(text: str, name: str) -> bool:
    try:
        return TypeAdapter(bool).validate_python(text)  # as the API's own parameters are read
    except ValidationError:
        raise BadValue(f"'{text}' is neither yes nor no", where=name, hint=f"{name}=true or {name}=false") from None


def _least(field: FieldInfo) -> float:
    return next((float(one.ge) for one in field.metadata if type(one).__name__ == "Ge"), -LARGEST)


def _type(field: FieldInfo) -> Any:
    """What an address holds for a field: lists and pairs are texts."""
    bare = bare_type(field.annotation)
    return list[str] if get_origin(bare) in (list, dict) else bare


def _private(field: FieldInfo) -> bool:
    """Whether a field takes a file or anything at all."""
    bare = bare_type(field.annotation)
    return bare is Any or bare is Path or (get_origin(bare) is list and get_args(bare) == (Any,))


def _written(default: Any) -> Any:
    return [str(one) for one in default] if isinstance(default, list) else default
