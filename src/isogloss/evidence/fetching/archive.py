"""Snapshots of archives (.zip, .tar.gz) that were downloaded."""

from __future__ import annotations

import json
import shutil
import tarfile
import zipfile
import zlib
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import IO

from isogloss.errors import BadFile
from isogloss.evidence.fetching.snapshot import MAX_BYTES, Progress, Snapshot, blob_checksum, cut
from isogloss.files import atomic_write

_BROKEN = (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)
_INDEX = "index.json"


class ArchiveSnapshot(Snapshot):
    """The files of an archive, unpacked once into a folder beside it.

    Only files whose path fits are unpacked, to places made from the part of the path that counts, so nothing
    can be written elsewhere; links and devices are passed over.

    Parameters
    ----------
    path : pathlib.Path
        The archive.
    checksum : str
        Its SHA-256, the revision of the snapshot.
    pattern : str
        Of the files that count.
    progress : Progress

    Raises
    ------
    BadFile
        If it is no whole archive, or unpacks to files of no sensible size.
    """

    def __init__(self, path: Path, checksum: str, pattern: str, progress: Progress):
        self.revision = checksum
        self.folder = path.with_name(f"unpacked-{checksum[:16]}")
        if not (self.folder / _INDEX).exists():
            for old in path.parent.glob("unpacked-*"):
                shutil.rmtree(old)
            self.files = _unpack(path, self.folder, pattern, progress)
            index = json.dumps(self.files)
            atomic_write(self.folder / _INDEX, lambda place: place.write_text(index, encoding="utf-8"))
        self.files = json.loads((self.folder / _INDEX).read_text(encoding="utf-8"))

    def read(self, paths: Collection[str], progress: Progress) -> Iterator[tuple[str, bytes]]:
        for path in paths:
            yield path, (self.folder / "files" / path).read_bytes()


def _unpack(path: Path, folder: Path, pattern: str, progress: Progress) -> dict[str, str]:
    files: dict[str, str] = {}
    folder.mkdir(parents=True)
    try:
        for name, content in _members(path):
            if (file := cut(name, pattern)) is None:
                continue
            text = content.read(MAX_BYTES + 1)
            if len(text) > MAX_BYTES:
                raise BadFile(f"{file} unpacks to more than {MAX_BYTES // 2**20} MB", where=str(path))
            place = folder / "files" / file
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(text)
            files[file] = blob_checksum(text)
            progress("Unpacking", len(files), None)
    except _BROKEN as error:
        raise BadFile(f"is no whole archive: {error}", where=str(path), hint="fetch again") from None
    except OSError as error:
        raise BadFile(
            f"cannot be unpacked: {error.strerror or error}", where=str(path), hint="make room for it"
        ) from None
    return files


def _members(path: Path) -> Iterator[tuple[str, IO[bytes]]]:
    """Name and content of every regular file."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            for info in archive.infolist():
                if not info.is_dir() and (info.external_attr >> 28) in (0, 8):
                    with archive.open(info) as content:
                        yield info.filename, content
        return
    with tarfile.open(path, "r:*") as tar:
        for member in tar:
            unpacked = tar.extractfile(member) if member.isfile() else None
            if unpacked is not None:
                with unpacked:
                    yield member.name, unpacked
