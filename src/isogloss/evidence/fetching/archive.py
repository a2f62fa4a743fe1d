"""Snapshots of archives (.zip, .tar.gz) that were downloaded, read where they lie: nothing is unpacked to disk."""

from __future__ import annotations

import tarfile
import zipfile
import zlib
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import IO

from isogloss.errors import BadFile
from isogloss.evidence.fetching.snapshot import MAX_BYTES, Progress, Snapshot, blob_checksum, cut

_BROKEN = (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError)


class ArchiveSnapshot(Snapshot):
    """The regular files of an archive whose path fits; links and devices are passed over.

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
        If it is no whole archive, or a file in it unpacks to no sensible size.
    """

    def __init__(self, path: Path, checksum: str, pattern: str, progress: Progress):
        self.revision, self._path, self._pattern = checksum, path, pattern
        self.files = {}
        for file, content in self._contents():
            self.files[file] = blob_checksum(content)
            progress("Unpacking", len(self.files), None)

    def read(self, paths: Collection[str], progress: Progress) -> Iterator[tuple[str, bytes]]:
        wanted = set(paths)
        return ((file, content) for file, content in self._contents() if file in wanted)

    def _contents(self) -> Iterator[tuple[str, bytes]]:
        where = str(self._path)
        try:
            for name, member in _members(self._path):
                if (file := cut(name, self._pattern)) is None:
                    continue
                content = member.read(MAX_BYTES + 1)
                if len(content) > MAX_BYTES:
                    raise BadFile(f"{file} unpacks to more than {MAX_BYTES // 2**20} MB", where=where)
                yield file, content
        except _BROKEN as error:
            raise BadFile(f"is no whole archive: {error}", where=where, hint="fetch again") from None


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
