"""Parts: the files a store is made of, each written whole, and read only if it is still what was written."""

from __future__ import annotations

import io
import os
import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import polars as pl

from isogloss.errors import BadFile, DamageWarning, StoreError, first_line
from isogloss.evidence.bounds import CELL, memory
from isogloss.evidence.duplicates import AHEAD
from isogloss.evidence.parquet_bounds import check_parquet
from isogloss.evidence.schema import ITEM, MODEL, OBSERVATION, REQUIRED, SCHEMA_VERSION, SOURCE, TASK, conform
from isogloss.evidence.storage import FolderStorage, StorageBackend, digest
from isogloss.files import open_input
from isogloss.forks import check_fork

SUFFIX = ".parquet"
ATTEMPTS = 20
"""How often reading starts again because parts vanished meanwhile, as they do while a store is compacted."""

MOST_TIMES = 400
"""How many times its size on disk a part may take in memory, where that is more than one file may; ours take 150."""

_READERS = 16
_FILES_AT_ONCE = 500
_BYTES_AT_ONCE = 64 * 1024 * 1024
_NAME = re.compile(r"-(?P<digest>[0-9a-f]{16})\.v(?P<version>\d+)\.parquet$")
_POLARS_FAILURES = (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError, TypeError)
_DATED = re.compile(r"[a-z]+-(?P<moment>\d{8}T\d{6}\.\d{6}Z)-")
Query = Callable[[pl.LazyFrame], pl.LazyFrame]


class Kind(NamedTuple):
    """What a part holds."""

    prefix: str  # of its name
    schema: pl.Schema
    required: tuple[str, ...]  # columns without which it is none


OBSERVATIONS = Kind("part", OBSERVATION, REQUIRED)
ITEMS = Kind("items", ITEM, tuple(ITEM))
MODELS = Kind("models", MODEL, ("model",))
TASKS = Kind("tasks", TASK, ("task",))
SOURCES = Kind("sources", SOURCE, ("source", "file", "checksum"))
KINDS = (ITEMS, MODELS, TASKS, SOURCES, OBSERVATIONS)
_BESIDE = tuple(f"{kind.prefix}-" for kind in KINDS if kind is not OBSERVATIONS)


def find_parts(storage: StorageBackend, kind: Kind) -> list[str]:
    """Names of the parts of a kind, oldest first; a Parquet file of no other kind may hold observations.

    A part that is dated in the future, by a wrong clock, comes first, so that it does not win over all others.

    Looks until nothing vanishes between two looks: a single look could miss both the parts that another
    process has just merged and the part they went into.

    Raises
    ------
    StoreError
        If nobody lets us look.
    """
    check_fork()
    before, names = {""}, set[str]()
    try:
        while not before <= names:
            before, names = set(storage.names()), set(storage.names())
    except OSError as error:
        raise StoreError(f"cannot be read: {error.strerror or error}", where=_where(storage)) from None
    beside = f"{kind.prefix}-" if kind is not OBSERVATIONS else ""
    parts = (name for name in names if name.endswith(SUFFIX) and name.startswith(beside))
    limit = f"{datetime.now(UTC) + AHEAD:%Y%m%dT%H%M%S}"
    return sorted(
        (name for name in parts if beside or not name.startswith(_BESIDE)),
        key=lambda name: (not ((dated := _DATED.match(name)) and dated["moment"] > limit), name),
    )


def write_part(table: pl.DataFrame, storage: StorageBackend, kind: Kind, moment: datetime) -> str:
    """Add a part, named for the moment and a digest of its content.

    Raises
    ------
    OSError
        If it cannot be written; nothing is left behind then.
    """
    buffer = io.BytesIO()
    conform(table, kind.schema).write_parquet(buffer, compression="zstd")
    content = buffer.getvalue()
    name = f"{kind.prefix}-{moment:%Y%m%dT%H%M%S.%fZ}-{digest(content)}.v{SCHEMA_VERSION}{SUFFIX}"
    storage.write(name, content)
    return name


def moment_of(name: str) -> datetime | None:
    """When a part was written, after its name."""
    try:
        return datetime.fromisoformat(match["moment"]) if (match := _DATED.match(name)) else None
    except ValueError:
        return None


def collect_parts(storage: StorageBackend, kind: Kind, query: Query = lambda rows: rows) -> pl.DataFrame | None:
    """The answer to a query about the rows of all parts of a kind; None if there are none.

    Rows come with the columns of the kind, part after part, oldest first. Only what the query asks for is
    read of parts in a folder. A part that is not what was written, or cannot be read, is left out with a warning.

    Parameters
    ----------
    storage : StorageBackend
    kind : Kind
    query : callable
        From a lazy frame of all rows to a lazy frame of the answer.

    Raises
    ------
    StoreError
        If there are parts and none can be read, or they vanish as fast as they are read.
    """
    for _ in range(ATTEMPTS):
        if not (names := find_parts(storage, kind)):
            return None
        try:
            return _collect(names, storage, kind, query)
        except _VanishedError:
            continue  # they were merged into another one, which the next look finds
    raise StoreError(
        "its parts vanish while they are read", where=_where(storage), hint="wait until nobody removes any"
    )


def read_each(names: Sequence[str], kind: Kind, storage: StorageBackend) -> Iterator[tuple[str, pl.DataFrame]]:
    """Name and rows of each part that was written by us or before us; others, and those that are gone, are passed over.

    A part that is not what was written is left out with a warning.
    """
    ours = [name for name in names if _is_ours(name)]
    for some in _handfuls(ours, storage):
        whole = {name: part for name in some for part in _present(name, storage)}
        together = _read_together([name for name, content in whole.items() if content is None], kind, storage)
        for name, content in whole.items():
            try:
                yield name, together[name] if name in together else _table(name, content, storage, kind)
            except _UnreadableError as error:
                _warn(storage, name, error)
            except _VanishedError:
                continue


def _is_ours(name: str) -> bool:
    written = _NAME.search(name)
    return moment_of(name) is not None and written is not None and int(written["version"]) <= SCHEMA_VERSION


def _handfuls(names: Sequence[str], storage: StorageBackend) -> Iterator[list[str]]:
    """Names a few at a time, so that what is read together stays small."""
    few: list[str] = []
    size = 0
    for name in names:
        here = storage.size(name)
        if few and (len(few) >= _FILES_AT_ONCE or size + here > _BYTES_AT_ONCE):
            yield few
            few, size = [], 0
        few.append(name)
        size += here
    yield few


def _present(name: str, storage: StorageBackend) -> Iterator[bytes | None]:
    """The content of a part, None if it can be read in place; nothing if it is gone or damaged."""
    try:
        content = _content(name, storage)
    except _VanishedError:
        return
    if isinstance(content, _UnreadableError):
        _warn(storage, name, content)
    else:
        yield content


def _read_together(names: list[str], kind: Kind, storage: StorageBackend) -> dict[str, pl.DataFrame]:
    """Rows of parts that lie in a folder; nothing if they cannot be read together."""
    try:
        scanned = _scanned(names, kind, storage, "_path")
        table = scanned[0].collect() if scanned else None
    except _POLARS_FAILURES:
        return {}
    if table is None:
        return {}
    runs = table["_path"].rle().struct.unnest()
    ends = runs["len"].cum_sum()
    rows = table.drop("_path")
    return {
        Path(path).name: rows.slice(end - length, length)
        for path, length, end in zip(runs["value"], runs["len"], ends, strict=True)
    }


class _VanishedError(Exception):
    """A part that was there a moment ago is gone."""


class _UnreadableError(Exception):
    """Why a part cannot be read."""


def _collect(names: list[str], storage: StorageBackend, kind: Kind, query: Query) -> pl.DataFrame:
    whole = _whole(names, storage)
    for careful in (False, True):
        try:
            return query(_frame(whole, storage, kind, careful)).collect()
        except _POLARS_FAILURES as error:
            if not set(whole) <= set(storage.names()):
                raise _VanishedError from None
            if careful:
                raise StoreError(f"cannot be read: {first_line(error)}", where=_where(storage)) from None
    raise AssertionError  # the second time round it is read or refused


def _whole(names: list[str], storage: StorageBackend) -> dict[str, bytes | None]:
    """The parts that are still what was written, with their content unless it can be read in place."""
    whole: dict[str, bytes | None] = {}
    with ThreadPoolExecutor(1 if isinstance(storage, FolderStorage) else _READERS) as pool:
        for name, content in zip(names, pool.map(lambda name: _content(name, storage), names), strict=True):
            if isinstance(content, _UnreadableError):
                _warn(storage, name, content)
            else:
                whole[name] = content
    return whole


def _content(name: str, storage: StorageBackend) -> bytes | _UnreadableError | None:
    """The content of a part, None if it can be read in place, or why it cannot be read.

    Damaged Parquet can bring the whole process down, so it must not reach the parser.
    """
    written, content, actual = _NAME.search(name), None, ""
    try:
        if not isinstance(storage, FolderStorage):
            content = storage.read(name)
            actual = digest(content)
        else:
            actual = storage.digest(name)
    except FileNotFoundError:
        raise _VanishedError from None
    except BadFile as error:  # of a folder
        if not os.path.lexists(storage.locate(name)):
            raise _VanishedError from None
        return _UnreadableError(error.reason)
    except OSError as error:
        return _UnreadableError(f"cannot be read: {error.strerror or error}")
    if written and actual != written["digest"]:
        return _UnreadableError("is damaged, its content is not what was written")
    return content


def _frame(whole: dict[str, bytes | None], storage: StorageBackend, kind: Kind, careful: bool) -> pl.LazyFrame:
    """All rows of some parts; runs of those that lie in a folder are scanned together."""
    frames: list[pl.LazyFrame] = []
    run: list[str] = []
    for name, content in whole.items():
        try:
            table = None if _plain(name, content, storage, kind, careful) else _table(name, content, storage, kind)
        except _UnreadableError as error:
            _warn(storage, name, error)
            continue
        if table is None:
            run.append(name)
        else:
            frames += [*_scanned(run, kind, storage), table.lazy()]
            run = []
    frames += _scanned(run, kind, storage)
    if not frames:
        raise StoreError("none of its parts can be read", where=_where(storage), hint="restore them from a copy")
    return pl.concat(frames)


def _scanned(
    names: Sequence[str], kind: Kind, storage: StorageBackend, path_column: str | None = None
) -> list[pl.LazyFrame]:
    if not (names := _bounded(names, kind, storage)):
        return []
    # Columns that came later than a part are filled with nulls, those that came later than we are not looked at.
    scanned = pl.scan_parquet(
        [Path(storage.locate(name)) for name in names],
        schema=kind.schema,
        missing_columns="insert",
        extra_columns="ignore",
        glob=False,
        hive_partitioning=False,
        include_file_paths=path_column,
    )
    return [scanned]


def _bounded(names: Sequence[str], kind: Kind, storage: StorageBackend) -> list[str]:
    """Names of the parts of a folder that do not claim many more rows than there is room for; others are warned of."""
    new = [name for name in names if name not in storage.bounded]
    if new and not _is_bounded(new, kind, storage):
        for name in new:
            if not _is_bounded([name], kind, storage):
                _warn(storage, name, _UnreadableError("claims more rows than memory may hold"))
        new = [name for name in new if name not in storage.named]
    storage.bounded.update(new)
    return [name for name in names if name in storage.bounded]


def _is_bounded(names: Sequence[str], kind: Kind, storage: StorageBackend) -> bool:
    paths = [Path(storage.locate(name)) for name in names]
    scanned = pl.scan_parquet(paths, schema=kind.schema, missing_columns="insert", extra_columns="ignore", glob=False)
    rows = scanned.select(pl.len()).collect().item()
    at_least = MOST_TIMES * sum(storage.size(name) for name in names)
    return bool(rows * len(kind.schema) * CELL <= max(memory(), at_least))


def _plain(name: str, content: bytes | None, storage: StorageBackend, kind: Kind, careful: bool) -> bool:
    """Whether a part can be scanned where it lies; one without a digest in its name might be anything."""
    if content is not None or not _NAME.search(name):
        return False
    if not careful:
        return True
    schema = _schema(storage.locate(name))
    return set(kind.required) <= set(schema) and all(
        schema.get(key, kind_) == kind_ for key, kind_ in kind.schema.items()
    )


def _schema(path: Path | str) -> dict[str, pl.DataType]:
    try:
        with Path(path).open("rb") as file:
            return dict(pl.read_parquet_schema(file))
    except _POLARS_FAILURES:
        raise _UnreadableError("is not whole Parquet") from None


def _table(name: str, content: bytes | None, storage: StorageBackend, kind: Kind) -> pl.DataFrame:
    where = str(storage.locate(name))
    try:
        if content is None:
            with open_input(Path(where)) as file:
                check_parquet(file, where, MOST_TIMES)
                table = pl.read_parquet(file, glob=False)
        else:
            check_parquet(content, where, MOST_TIMES)
            table = pl.read_parquet(io.BytesIO(content), glob=False)
    except BadFile as error:
        if content is None and not os.path.lexists(where):
            raise _VanishedError from None
        raise _UnreadableError(error.reason) from None
    except FileNotFoundError:
        raise _VanishedError from None
    except _POLARS_FAILURES:
        raise _UnreadableError("is not whole Parquet") from None
    if absent := [column for column in kind.required if column not in table.columns]:
        raise _UnreadableError(f"is no part of a store: no {', '.join(absent)}")
    try:
        return conform(table, kind.schema)
    except _POLARS_FAILURES:
        raise _UnreadableError("is no part of a store: its columns have other types") from None


def _warn(storage: StorageBackend, name: str, reason: _UnreadableError) -> None:
    """Say once of a part why it is left out, however often the store is asked."""
    if name in storage.named:
        return
    storage.named.add(name)
    warnings.warn(f"{storage.locate(name)}: {reason}; skipped", DamageWarning, stacklevel=7)


def _where(storage: StorageBackend) -> str:
    return str(storage.locate("")).rstrip("/")
