"""The store: a folder of immutable Parquet parts, which any number of writers may add to without a lock."""

from __future__ import annotations

import hashlib
import io
import os
import re
import secrets
import warnings
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import polars as pl

from isogloss.errors import BadFile, BadValue, StoreError
from isogloss.evidence.evidence import Evidence, newest
from isogloss.evidence.schema import ITEM, OBSERVATION, REQUIRED, SCHEMA_VERSION, conform

_SUFFIX = f".v{SCHEMA_VERSION}.parquet"
_DIGEST = re.compile(rf"-([0-9a-f]{{16}}){re.escape(_SUFFIX)}$")
_POLARS_FAILURES = (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError, TypeError)
Read = TypeVar("Read")


class Store:
    """Evidence on disk, one Parquet part per append.

    A part is written whole, flushed to disk and renamed into place, so a reader never meets half of
    one and a killed writer leaves the store as it was. Its name holds the time and a digest of its
    content, so that damage is noticed before it is read. Readers merge the parts: of several rows with
    the same identity (see `isogloss.evidence.schema.IDENTITY`) the one recorded last counts.

    Parameters
    ----------
    path : str or pathlib.Path
        The folder. It is made on the first append.
    """

    def __init__(self, path: str | Path):
        self.path = Path(path)

    def append(self, observations: pl.DataFrame, items: pl.DataFrame | None = None) -> Path:
        """Add observations, and their items, as a new part.

        Parameters
        ----------
        observations : polars.DataFrame
            With columns of `isogloss.evidence.schema.OBSERVATION`, already normalised. `recorded_at` is
            set to now where it is null.
        items : polars.DataFrame, optional
            With columns of `isogloss.evidence.schema.ITEM`.

        Returns
        -------
        pathlib.Path
            The new part of observations.

        Raises
        ------
        BadValue
            If there is nothing to add, or a column that must be filled is not.
        StoreError
            If the folder cannot be written; nothing is left behind then.
        """
        now = datetime.now(UTC)
        observations = conform(observations, OBSERVATION)
        _check(observations)
        stamped = observations.with_columns(pl.col("recorded_at").fill_null(pl.lit(now)))
        moment = f"{now:%Y%m%dT%H%M%S.%fZ}"
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            if items is not None and items.height:
                # Items first: whoever sees the observations finds their items too.
                _write_whole(conform(items, ITEM), self.path, f"items-{moment}")
            return _write_whole(stamped, self.path, f"part-{moment}")
        except OSError as error:
            raise StoreError(
                f"cannot be written: {error.strerror or error}",
                where=str(self.path),
                mend="choose a folder you may write to, with room on its disk",
            ) from None

    def read(self) -> Evidence:
        """All observations, the newest of each; a part that cannot be read is skipped with a warning.

        Raises
        ------
        BadFile
            If there is no store here.
        StoreError
            If none of its parts can be read.
        """
        parts = self.parts()
        if not parts:
            raise BadFile(
                "is not a store" if self.path.exists() else "no such store",
                where=str(self.path),
                mend=f"make one with `isogloss evidence import FILE --into {self.path}`",
            )
        return Evidence(newest(_read_parts(parts, OBSERVATION, self.path)))

    def read_items(self) -> pl.DataFrame:
        """All items, the newest of each (observation, item); empty where none were stored."""
        parts = sorted(self.path.glob("items-*.parquet"))
        if not parts:
            return pl.DataFrame(schema=ITEM)
        items = _read_parts(parts, ITEM, self.path)
        return items.unique(subset=["observation", "item"], keep="last", maintain_order=True)

    def parts(self) -> list[Path]:
        """The parts of observations, oldest first."""
        return sorted(
            (path for path in self.path.glob("*.parquet") if not path.name.startswith(("items-", "."))),
            key=lambda path: path.name,
        )

    def __repr__(self) -> str:
        return f"Store({str(self.path)!r})"


def _check(observations: pl.DataFrame) -> None:
    if observations.is_empty():
        raise BadValue("no observation to store")
    for name in REQUIRED:
        if missing := observations[name].null_count():
            raise BadValue(f"{missing} of {observations.height} observations have no {name}", where="store")


def _write_whole(table: pl.DataFrame, folder: Path, start: str) -> Path:
    """Write next to the final place, flush to disk, then rename: the part is there whole or not at all."""
    buffer = io.BytesIO()
    table.write_parquet(buffer, compression="zstd")
    path = folder / f"{start}-{_digest(buffer.getvalue())}{_SUFFIX}"
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


def _read_parts(parts: list[Path], schema: pl.Schema, folder: Path) -> pl.DataFrame:
    contents = _readable(parts, _whole_content)
    if contents and all(part.name.endswith(_SUFFIX) for part in contents):
        try:
            return conform(pl.read_parquet(list(contents.values()), glob=False), schema)
        except _POLARS_FAILURES:
            pass  # one of them is at fault; find out which
    tables = _readable(contents, lambda part: _table(contents[part], schema))
    if not tables:
        raise StoreError("none of its parts can be read", where=str(folder), mend="restore them from a copy")
    return pl.concat(tables.values())


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


def _table(content: bytes, schema: pl.Schema) -> pl.DataFrame:
    try:
        table = pl.read_parquet(content)
    except _POLARS_FAILURES:
        raise _UnreadableError("is not whole Parquet") from None
    if absent := [name for name in (REQUIRED if schema is OBSERVATION else ITEM) if name not in table.columns]:
        raise _UnreadableError(f"is no part of a store: no {', '.join(absent)}")
    try:
        return conform(table, schema)
    except _POLARS_FAILURES:
        raise _UnreadableError("is no part of a store: its columns have other types") from None
