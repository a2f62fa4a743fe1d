"""Taking values out of JSON that a tool wrote: what is absent is None, what is of another kind is one line."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from isogloss.errors import BadFile, BadValue
from isogloss.evidence.bounds import check_memory
from isogloss.evidence.importers.base import DROPPED, RAW_ITEM, ReadOptions
from isogloss.evidence.importers.files import parse_json
from isogloss.evidence.schema import MODEL, OBSERVATION
from isogloss.files import open_input
from isogloss.metrics.registry import find_metric

ABSENT = ("", "N/A", "n/a", "-", "nan", "NaN", "None")
"""How tools write that there is no number."""

LARGEST = 2**63 - 1
MAX_LINE = 64 * 1024 * 1024
"""A longer line of JSON is refused unread."""

OUTCOME = 400
"""Bytes that Python takes for what is kept of a line: which item it is, its score, what was predicted."""

RAW = re.compile(r".+_(diff|max)")
"""Metrics whose scale the scores do not give away, such as differences of log-likelihoods."""

BRANCHES = ("main", "master")

LANGUAGE_KEYS = ("language", "lang", "target_language", "lang_code", "language_code", "locale")
"""What results call the language that is tested, among arguments, details and metadata."""

RawRow = dict[str, Any]


def section(data: Any, key: str, where: str) -> dict[str, Any]:
    """The object under a key; empty where there is none. As `listed` and `text`, it refuses all else by BadFile."""
    return _of_kind(data, key, dict, "an object", where) or {}


def listed(data: Any, key: str, where: str) -> list[Any]:
    """The list under a key; empty where there is none."""
    return _of_kind(data, key, list, "a list", where) or []


def text(data: Any, key: str, where: str) -> str | None:
    """The text under a key; None where there is none, or it is empty."""
    return _of_kind(data, key, str, "text", where) or None


def _of_kind(data: Any, key: str, kind: type, kind_name: str, where: str) -> Any:
    if not isinstance(data, dict):
        reason = f"what should hold '{_shown(key)}' is no object"
        raise BadFile(reason, where=where, hint="check that it is a result file")
    value = data.get(key)
    if value is not None and not isinstance(value, kind):
        raise BadFile(f"'{_shown(key)}' is not {kind_name}", where=where, hint="check that it is a result file")
    return value


def number(value: Any, what: str, where: str) -> float | None:
    """A number; NaN, null and what tools write instead of one are None.

    Raises
    ------
    BadValue
        If it is something else, or too large.
    """
    if value is None or (isinstance(value, str) and value.strip() in ABSENT):
        return None
    try:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError
        found = float(value)
    except (ValueError, OverflowError):
        raise BadValue(f"{_shown(what)} {_shown(value)} is not a number", where=where, hint="correct it") from None
    return None if math.isnan(found) else found


def whole(value: Any, what: str, where: str) -> int | None:
    """A whole number from 0 up, written as 42 or 42.0."""
    found = number(value, what, where)
    if found is None:
        return None
    if found != found // 1 or not 0 <= found <= LARGEST:
        raise BadValue(f"{_shown(what)} {_shown(value)} is not a whole number", where=where, hint="correct it")
    return int(found)


def moment(value: Any) -> datetime | None:
    """A point in time, from seconds since 1970 or ISO text; None where it is neither."""
    try:
        if isinstance(value, str):
            found = datetime.fromisoformat(value)
            return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        pass
    return None


def prompted(options: ReadOptions) -> RawRow:
    """How a model was adapted that a tool only prompted: not at all, unless the user says otherwise."""
    return {"train": options.values.get("train", ""), "recipe": options.values.get("recipe", "in-context")}


def revision_of(*written: str | None) -> str | None:
    """The first revision that is written; the name of a branch is none, as it means another one every day."""
    return next((one for one in written if one and one not in BRANCHES), None)


def scale_of(metric: str) -> str | None:
    """How tools write the scores of a metric, where the scores themselves do not give it away."""
    if RAW.fullmatch(metric):
        return "raw"
    known = find_metric(metric)
    return "percent" if known.is_fraction and known.unit == "percent" else None


def details(**values: Any) -> str | None:
    """What is known beside the score, as JSON; None where nothing is."""
    known = {key: value for key, value in values.items() if value is not None and value == value}
    return json.dumps(known) if known else None


def raw_rows(rows: Iterable[Mapping[str, Any]], where: str) -> pl.DataFrame:
    """Rows as a table with the columns of an observation.

    Raises
    ------
    BadFile
        If a name holds half a character.
    """
    return _table([{name: row.get(name) for name in OBSERVATION} for row in rows], OBSERVATION, where)


def raw_items(items: Iterable[tuple[int, str, float, str | None]], where: str) -> pl.DataFrame:
    """Outcomes of test items as a table: row, item, score, prediction."""
    return _table(list(items), RAW_ITEM, where)


def dropped_rows(rows: Iterable[tuple[int, str]]) -> pl.DataFrame:
    """Rows that hold no observation: position and reason."""
    return pl.DataFrame(list(rows), schema=DROPPED, orient="row")


def model_facts(where: str, **facts: Any) -> pl.DataFrame:
    """Facts about one model, as a table."""
    return _table([{name: facts.get(name) for name in MODEL}], MODEL, where)


def json_lines(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each object of a JSONL file, with its place; one line at a time is in memory.

    Raises
    ------
    BadFile
    """
    with open_input(path) as file:
        position = 0
        while line := file.readline(MAX_LINE + 1):
            position += 1
            where = f"{path} line {position}"
            if len(line) > MAX_LINE:
                raise BadFile("is too large", where=where, hint="check that it has one object per line")
            check_memory(position * OUTCOME, where)
            if line.strip():
                entry = parse_json(line, where)
                if not isinstance(entry, dict):
                    raise BadFile("is not an object", where=where, hint="write one JSON object per line")
                yield where, entry


def _table(rows: list[Any], schema: pl.Schema, where: str) -> pl.DataFrame:
    try:
        return pl.DataFrame(rows, schema=schema, orient="row")
    except (OverflowError, TypeError, pl.exceptions.PolarsError):
        raise BadFile("holds a number that is too large", where=where, hint="correct it") from None


def _shown(value: Any) -> str:
    written = value if isinstance(value, str) else repr(value)
    written = written.encode("utf-8", "backslashreplace").decode()
    return written if len(written) <= 60 else f"{written[:60]}..."
