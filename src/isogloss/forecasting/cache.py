"""Fitted forecasters in the cache folder, each in one file under a key that says what it was learnt from.

A file that is damaged, or no forecaster, counts as none and is written anew. No lock is held: a file gets its name when
it is whole, and of two processes that write the same one, either may be the last. The files last used stay.
"""

from __future__ import annotations

import io
import os
import re
import time
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path

from isogloss.errors import BadFile, BadValue, InputError
from isogloss.files import cache_folder, read_input, write_to_cache
from isogloss.forecasting.forecaster import Forecaster
from isogloss.forecasting.persistence.pieces import pack, unpack

SIZE = 2000
"""Megabytes of forecasters that are kept, unless the environment variable `ISOGLOSS_CACHE_SIZE` says otherwise."""
MEGABYTE = 1 << 20
MOST_FILES = 1000
DAY = 24 * 60 * 60
_warned: set[Path] = set()


def read(key: str) -> Forecaster | None:
    """The forecaster of a key; None where there is none that can be read."""
    path = _path(key)
    if not _most_bytes() or not path.exists():
        return None
    try:
        forecaster = _unzip(read_input(path), str(path))
        os.utime(path, ns=(time.time_ns(), path.stat().st_mtime_ns))
    except Exception:  # whatever a damaged file leads to, learning anew is the answer
        return None
    return forecaster


def write(key: str, forecaster: Forecaster) -> None:
    """Keep a forecaster, and of the others those last used; where nothing can be written, warn once."""
    path, most = _path(key), _most_bytes()
    if not most:
        return
    try:
        content = _zipped(pack(forecaster))
    except InputError:  # a plugin's, which holds something that has no form in a file
        return
    try:
        if len(content) <= most:
            write_to_cache(path, lambda place: place.write_bytes(content), "what forecasters learnt", "")
            _remove_oldest(path.parent, most)
    except (BadFile, OSError) as error:
        _warn(path.parent, error)


def _path(key: str) -> Path:
    return cache_folder() / "forecasters" / f"{key}.zip"


def _most_bytes() -> int:
    written = os.environ.get("ISOGLOSS_CACHE_SIZE", str(SIZE))
    if not re.fullmatch("[0-9]{1,9}", written):
        raise BadValue(f"'{written}' is no number of megabytes", where="ISOGLOSS_CACHE_SIZE", hint=f"write {SIZE}")
    return int(written) * MEGABYTE


def _zipped(pieces: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, content in pieces.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def _unzip(content: bytes, where: str) -> Forecaster:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if any(member.compress_type != zipfile.ZIP_STORED for member in archive.infolist()):
            raise BadFile("is compressed", where=where)
        return unpack(archive.read, Forecaster, where)[0]


def _remove_oldest(folder: Path, most: int) -> None:
    """Remove what was used longest ago, until files are few and small enough, and what a killed process left behind."""
    now, files = time.time(), []
    with os.scandir(folder) as entries:
        for entry in entries:
            status = entry.stat(follow_symlinks=False)
            if re.fullmatch(r"[0-9a-f]{64}\.zip", entry.name):
                files.append((status.st_atime_ns, status.st_size, entry.path))
            elif re.match(r"\.[0-9a-f]{64}\.zip\.", entry.name) and now - status.st_mtime > DAY:
                _remove(entry.path)
    total = 0
    for place, (_, size, path) in enumerate(sorted(files, reverse=True)):
        total += size
        if total > most or place >= MOST_FILES:
            _remove(path)


def _remove(path: str) -> None:
    """Another process may have been faster."""
    Path(path).unlink(missing_ok=True)


def _warn(folder: Path, error: BadFile | OSError) -> None:
    if folder in _warned:
        return
    _warned.add(folder)
    reason = error.reason if isinstance(error, BadFile) else f"{folder} cannot be written: {error.strerror}"
    warnings.warn(
        f"{reason}; every process learns anew. Set ISOGLOSS_CACHE to a folder that can be written, or "
        "ISOGLOSS_CACHE_SIZE=0 to keep nothing",
        stacklevel=2,
    )
