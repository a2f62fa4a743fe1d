"""Reading single members of a zip archive from outside, with bounded work."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path

from isogloss.errors import BadFile

MAX_MEMBER = 256 * 1024 * 1024
MAX_RATIO = 200
"""A member that unpacks to more times its size, and to more than SMALL, is refused as a zip bomb."""
SMALL = 16 * 1024 * 1024
MAX_MEMBERS = 1_000_000

_FAILURES = (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, RuntimeError, NotImplementedError)


def read_members(path: Path, names: tuple[str, ...]) -> dict[str, bytes]:
    """The content of those members that are there.

    Raises
    ------
    BadFile
        If it is no whole zip archive, or a member is too large.
    """
    where = str(path)
    try:
        with zipfile.ZipFile(path) as archive:
            if len(archive.filelist) > MAX_MEMBERS:
                raise BadFile("has too many members", where=where)
            present = set(archive.namelist())
            return {name: _read(archive, name, where) for name in names if name in present}
    except _FAILURES as error:
        raise BadFile(f"is not a whole zip archive: {error}", where=where, hint="check that it is whole") from None


def _read(archive: zipfile.ZipFile, name: str, where: str) -> bytes:
    info = archive.getinfo(name)
    _check_size(info.file_size, info.compress_size, f"{where} {name}")
    # What the directory says about a size may be a lie, so no more than that is unpacked.
    with archive.open(info) as member:
        content = member.read(info.file_size + 1)
    _check_size(len(content), info.compress_size, f"{where} {name}")
    return content


def _check_size(size: int, packed: int, where: str) -> None:
    if size > MAX_MEMBER or (size > SMALL and size > MAX_RATIO * max(packed, 1)):
        raise BadFile(f"unpacks to {size / 2**20:.0f} MB", where=where, hint="check that it is a log")
