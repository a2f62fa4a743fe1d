"""Parts: the files a store is made of, each written whole, and read only if it is still what was written."""

from __future__ import annotations

import hashlib
import io
import os
import re
import secrets
import warnings
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import NamedTuple, TypeVar

import polars as pl

from isogloss.errors import StoreError
from isogloss.evidence.schema import ITEM, MODEL, OBSERVATION, REQUIRED, SCHEMA_VERSION, TASK, conform

_SUFFIX = f".v{SCHEMA_VERSION}.parquet"
_DIGEST = re.compile(r"-([0-9a-f]{16})\.v\d+\.parquet$")
_POLARS_FAILURES = (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError, TypeError)
Read = TypeVar("Read")


class Kind(NamedTuple):
    """What a part holds."""

    prefix: str  # of its name
    schema: pl.Schema
    required: tuple[str, ...]  # columns without which it is none


OBSERVATIONS = Kind("part", OBSERVATION, REQUIRED)
ITEMS = Kind("items", ITEM, tuple(ITEM))
MODELS = Kind("models", MODEL, ("model",))
TASKS = Kind("tasks", TASK, ("task",))
_BESIDE = tuple(f"{kind.prefix}-" for kind in (ITEMS, MODELS, TASKS))


def find_parts(folder: Path, kind: Kind) -> list[Path]:
    """The parts of a kind, oldest first; any Parquet file that is of no other kind may hold observations."""
    names = folder.glob("*.parquet" if kind is OBSERVATIONS else f"{kind.prefix}-*.parquet")
    return sorted(
        (path for path in names if kind is not OBSERVATIONS or not path.name.startswith((".", *_BESIDE))),
        key=lambda path: path.name,
    )


def write_part(table: pl.DataFrame, folder: Path, kind: Kind, moment: datetime) -> Path:
    """Write next to the final place, flush to disk, then rename: the part is there whole or not at all."""
    buffer = io.BytesIO()
    conform(table, kind.schema).write_parquet(buffer, compression="zstd")
    name = f"{kind.prefix}-{moment:%Y%m%dT%H%M%S.%fZ}-{_digest(buffer.getvalue())}{_SUFFIX}"
    path = folder / name
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        with temporary.open("xb") as file:
            file.write(buffer.getbuffer())
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _flush_folder(path.parent)
    return path


def read_parts(parts: list[Path], kind: Kind, folder: Path) -> pl.DataFrame:
    """All rows of some parts; one that cannot be read is left out with a warning.

    Raises
    ------
    StoreError
        If none can be read.
    """
    contents = _readable(parts, _whole_content)
    if contents and all(part.name.endswith(_SUFFIX) for part in contents):
        try:
            return conform(pl.read_parquet(list(contents.values()), glob=False), kind.schema)
        except _POLARS_FAILURES:
            pass  # one of them is at fault; find out which
    tables = _readable(contents, lambda part: _table(contents[part], kind))
    if not tables:
        raise StoreError("none of its parts can be read", where=str(folder), mend="restore them from a copy")
    return pl.concat(tables.values())


def _digest(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=8).hexdigest()


def _flush_folder(folder: Path) -> None:
    """Make the rename itself survive a power cut, where the system lets a folder be flushed."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(handle)
    except OSError:
        pass
    finally:
        os.close(handle)


class _UnreadableError(Exception):
    """Why a part cannot be read."""


def _readable(parts: Iterable[Path], read: Callable[[Path], Read]) -> dict[Path, Read]:
    """What each part reads as; those that do not are left out with a warning."""
    found = {}
    for part in parts:
        try:
            found[part] = read(part)
        except _UnreadableError as error:
            warnings.warn(f"{part}: {error}; skipped", stacklevel=5)
    return found


def _whole_content(part: Path) -> bytes:
    """What a part holds, if it is still what was written: damaged Parquet can bring the whole process down."""
    try:
        content = part.read_bytes()
    except OSError as error:
        raise _UnreadableError(f"cannot be read: {error.strerror or error}") from None
    named = _DIGEST.search(part.name)
    if named and named[1] != _digest(content):
        raise _UnreadableError("is damaged, its content is not what was written")
    return content


def _table(content: bytes, kind: Kind) -> pl.DataFrame:
    try:
        table = pl.read_parquet(content)
    except _POLARS_FAILURES:
        raise _UnreadableError("is not whole Parquet") from None
    if absent := [name for name in kind.required if name not in table.columns]:
        raise _UnreadableError(f"is no part of a store: no {', '.join(absent)}")
    try:
        return conform(table, kind.schema)
    except _POLARS_FAILURES:
        raise _UnreadableError("is no part of a store: its columns have other types") from None
