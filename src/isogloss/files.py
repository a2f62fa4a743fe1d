"""Files that are written whole or not at all, inputs that are regular files, and delimited text as it is written."""

from __future__ import annotations

import errno
import os
import re
import secrets
import stat
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from io import BufferedReader
from pathlib import Path
from typing import TYPE_CHECKING, Any

from isogloss.errors import BadFile, BadValue

if TYPE_CHECKING:
    import polars as pl

BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def parse_delimited(text: bytes, separator: str, *, infer_schema: bool = False) -> pl.DataFrame:
    """The table in delimited text; all cells are text unless types are to be inferred, an empty cell is null.

    Polars takes text that begins like a compressed stream for one: a table whose first column is called `x^2` would
    be inflated to something else, and a small file to one of any size. A byte order mark, which it skips, stands
    before the text here, so that text stays text.

    Raises
    ------
    polars.exceptions.PolarsError
        If the text is not a whole table.
    """
    import polars as pl

    marked = BYTE_ORDER_MARK + text.removeprefix(BYTE_ORDER_MARK)
    return pl.read_csv(marked, separator=separator, infer_schema=infer_schema)


FORMULA = r"^'*[=+\-@\t\r]"
"""How a cell begins that a spreadsheet takes for a formula, whatever apostrophes stand before it."""


def write_csv(table: pl.DataFrame, path: Path) -> None:
    """Write a table as CSV that is safe to open in a spreadsheet.

    A text, or the name of a column, that a spreadsheet would take for a formula gets an apostrophe before it, which
    `without_apostrophes` takes away again. Numbers stay numbers.
    """
    import polars as pl

    text = pl.col(pl.String)
    safe = table.with_columns(pl.when(text.str.contains(FORMULA)).then(text.str.replace("^", "'")).otherwise(text))
    safe.rename({name: f"'{name}" for name in table.columns if re.match(FORMULA, name)}).write_csv(path)


def without_apostrophes(table: pl.DataFrame) -> pl.DataFrame:
    """A table that was read from CSV, with texts as they were before `write_csv` put an apostrophe before them."""
    import polars as pl

    escaped = FORMULA.replace("*", "+", 1)
    plain = table.with_columns(
        pl.when(pl.col(pl.String).str.contains(escaped))
        .then(pl.col(pl.String).str.slice(1))
        .otherwise(pl.col(pl.String))
    )
    return plain.rename({name: name[1:] for name in table.columns if re.match(escaped, name)})


_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
}


def other_kind(status: os.stat_result) -> str | None:
    """What something is that is no regular file: a folder, a pipe, a device, a socket."""
    return None if stat.S_ISREG(status.st_mode) else _KINDS.get(stat.S_IFMT(status.st_mode), "no regular file")


@contextmanager
def open_input(path: Path) -> Iterator[BufferedReader]:
    """A regular file, or a link to one, opened to be read; anything else could wait for ever or have no end.

    Raises
    ------
    BadFile
        If it is not there, is no regular file, cannot be read, or changed until the end of the block.
    """
    with _opened(path) as file:
        before = os.fstat(file.fileno())
        try:
            yield file
        except OSError as error:
            raise _not_read(path, error) from None
        after = os.fstat(file.fileno())
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise BadFile("changed while it was read", where=str(path), hint="wait until it is written")


def _opened(path: Path) -> BufferedReader:
    try:
        kind = other_kind(path.stat())
        if kind is None:
            # Something else that takes its place at this moment does not block either.
            handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
            file = os.fdopen(handle, "rb")
            if (kind := other_kind(os.fstat(handle))) is None:
                return file
            file.close()
    except FileNotFoundError:
        reason = "is a link to what is not there" if path.is_symlink() else "no such file"
        raise BadFile(reason, where=str(path)) from None
    except (OSError, ValueError) as error:
        raise _not_read(path, error) from None
    raise BadFile(f"is {kind}, not a file", where=str(path))


def _not_read(path: Path, error: OSError | ValueError) -> BadFile:
    return BadFile(f"cannot be read: {getattr(error, 'strerror', None) or error}", where=str(path))


def read_input(path: Path) -> bytes:
    """All of a regular file.

    Raises
    ------
    BadFile
        As for `open_input`.
    """
    with open_input(path) as file:
        return file.read()


def read_text(path: Path) -> str:
    """All of a regular file as UTF-8, without the mark of byte order that some editors put first.

    Raises
    ------
    BadFile
        As for `open_input`, and if it is not UTF-8, with the line.
    """
    content = read_input(path)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise BadFile("is not UTF-8", where=f"{path} line {line}", hint="save it as UTF-8") from None


def check_place(path: Path, endings: Sequence[str]) -> None:
    """Find out before the work whether its result can be written to a file.

    Raises
    ------
    BadValue
        If its ending is none of `endings`.
    BadFile
        If it is no regular file, or the folder it shall be in does not exist or may not be written to.
    """
    if path.suffix not in endings:
        raise BadValue(f"unknown ending '{path.suffix}'", where=str(path), hint=f"write to {', '.join(endings)}")
    target, _ = _target(path)
    if not target.parent.is_dir():
        raise _not_written(path, os.strerror(errno.ENOENT))
    if not os.access(target.parent, os.W_OK | os.X_OK):
        raise _not_written(path, os.strerror(errno.EACCES))


def atomic_write(path: Path, write: Callable[[Path], Any]) -> None:
    """Let `write` fill a file beside `path`, then put it in place of `path` in one step.

    A file that is replaced hands on its mode and owner; a new one gets those that a new file gets. A link to a file
    stays, and what it leads to is replaced.

    Raises
    ------
    BadFile
        If the folder cannot be written to, or `path` is a folder, a pipe, a device, a file that may not be written
        to, or a link to what is not there.
    """
    target, replaced = _target(path)
    temporary = target.with_name(f".{target.name[:64]}.{secrets.token_hex(6)}")
    try:
        # Nobody else may read what replaces a private file, not even while it is written.
        os.close(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666 if replaced is None else 0o600))
        try:
            write(temporary)
            if replaced is not None:
                _hand_on(replaced, temporary)
            os.replace(temporary, target)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise _not_written(path, error.strerror or str(error)) from None


def _target(path: Path) -> tuple[Path, os.stat_result | None]:
    """The file that a path leads to, with what is there now."""
    try:
        status = path.stat()
    except FileNotFoundError:
        if path.is_symlink():
            raise _not_written(path, "it is a link to what is not there") from None
        return path.absolute(), None
    except (OSError, ValueError) as error:
        raise _not_written(path, getattr(error, "strerror", None) or str(error)) from None
    if stat.S_ISDIR(status.st_mode):
        raise _not_written(path, os.strerror(errno.EISDIR))
    if kind := other_kind(status):
        raise _not_written(path, f"it is {kind}, not a file")
    if not os.access(path, os.W_OK):
        raise _not_written(path, os.strerror(errno.EACCES))
    return path.resolve(), status


def _hand_on(status: os.stat_result, path: Path) -> None:
    """Give a file the owner, as far as that is allowed, and the mode of another."""
    if hasattr(os, "chown"):
        with suppress(OSError):
            os.chown(path, status.st_uid, status.st_gid)
    os.chmod(path, stat.S_IMODE(status.st_mode))


def write_to_cache(path: Path, write: Callable[[Path], Any], what: str, hint: str) -> None:
    """Like `atomic_write`, for a file of the cache, whose folder is made; errors call it `what`.

    Raises
    ------
    BadFile
        If the folder cannot be made or written to.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        atomic_write(path, write)
    except (OSError, BadFile) as error:
        reason = error.reason if isinstance(error, BadFile) else f"cannot be written: {error.strerror}"
        raise BadFile(f"{what} {reason}", where=str(path.parent), hint=hint) from None


def cache_folder() -> Path:
    """The folder for what can be made again: `ISOGLOSS_CACHE`, or the user's cache folder."""
    if chosen := os.environ.get("ISOGLOSS_CACHE"):
        return Path(chosen)
    import platformdirs

    return Path(platformdirs.user_cache_dir("isogloss", appauthor=False))


@contextmanager
def atomic_folder(folder: Path) -> Iterator[Path]:
    """A temporary folder that gets the name of `folder` at the end of the block; nothing is left after a failure.

    Raises
    ------
    BadFile
        If the folder holds something already or cannot be made.
    """
    where = str(folder)
    folder = folder.resolve()
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        if folder.exists() and any(folder.iterdir()):
            raise BadFile("is not empty", where=where, hint="name a new folder")
        temporary = tempfile.TemporaryDirectory(
            prefix=f".{folder.name}.", dir=folder.parent, ignore_cleanup_errors=True
        )
    except OSError as error:
        raise _not_made(where, error) from None
    with temporary:
        inside = Path(temporary.name, folder.name)
        inside.mkdir()
        yield inside
        try:
            if folder.exists():
                _hand_on(folder.stat(), inside)
                folder.rmdir()  # it is empty, and not everywhere can a folder be put in place of another
            os.rename(inside, folder)
        except OSError as error:
            raise _not_made(where, error) from None


def _not_made(where: str, error: OSError) -> BadFile:
    return BadFile(f"cannot be made: {error.strerror}", where=where, hint="choose another place")


def _not_written(path: Path, reason: str) -> BadFile:
    return BadFile(f"cannot be written: {reason}", where=str(path), hint="choose another place")
