"""A snapshot: the files of a public source at one moment, with checksums, before they are read."""

from __future__ import annotations

import hashlib
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator

MAX_BYTES = 512 * 1024 * 1024
"""Files that unpack to more are refused: results of one task have no such size."""

Progress = Callable[[str, int, int | None], None]
"""Called with what is going on, how much is done and how much there is."""


class Snapshot(ABC):
    """The files of a source as they are now.

    Attributes
    ----------
    revision : str
        A commit, or the checksum of an archive.
    files : dict of str to str
        Path, as the source's pattern cuts it out, to `blob_checksum` of its content.
    """

    revision: str
    files: dict[str, str]

    @abstractmethod
    def read(self, paths: Collection[str], progress: Progress) -> Iterator[tuple[str, bytes]]:
        """Path and content of some of the files.

        Raises
        ------
        IsoglossError
            If they cannot be had.
        """


def blob_checksum(content: bytes) -> str:
    """What git calls a file of this content, so that a repository and an archive of it agree on what has changed."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def cut(path: str, pattern: str) -> str | None:
    """The part of a path that counts; None for a file that is none of the source's."""
    found = re.fullmatch(pattern, path)
    parts = found["file"].split("/") if found else []
    return found["file"] if found and not {"", ".", ".."} & set(parts) else None
