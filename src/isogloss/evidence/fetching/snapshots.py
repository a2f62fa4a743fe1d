"""Snapshots: the files of a git repository or an archive at one moment, with checksums, before they are read.

Nothing is unpacked or checked out to disk, so that no path, link, hook or filter of a source has any effect here.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import tarfile
import tempfile
import zipfile
import zlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from typing import IO

from isogloss.errors import BadFile, InputError, IsoglossError

MAX_BYTES = 512 * 1024 * 1024
"""Files that unpack to more are refused: results of one task have no such size."""

Progress = Callable[[str, int, int | None], None]
"""Called with what is going on, how much is done and how much there is."""

LATEST = "refs/isogloss/latest"
_PERCENT = re.compile(r"([A-Z][\w ]+):\s+(\d+)%")
_ENVIRONMENT = {
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_HTTP_LOW_SPEED_LIMIT": "1000",
    "GIT_HTTP_LOW_SPEED_TIME": "60",
    "LC_ALL": "C",
}
_FILE_MODES = ("100644", "100755")
_BROKEN = (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError)


class Snapshot(ABC):
    """The files of a source as they are now; links and devices are no files.

    Attributes
    ----------
    revision : str
        A commit, or the checksum of an archive.
    files : dict of str to str
        Path, as the source's pattern cuts it out, to the name that git gives its content.
    """

    revision: str
    files: dict[str, str]

    @abstractmethod
    def read(self, paths: Collection[str], progress: Progress) -> Iterator[tuple[str, bytes]]:
        """Path and content of some of the files."""


class ArchiveSnapshot(Snapshot):
    """The files of an archive (.zip, .tar.gz); `checksum` is its SHA-256."""

    def __init__(self, path: Path, checksum: str, pattern: str, progress: Progress):
        self.revision, self._path, self._pattern = checksum, path, pattern
        self.files = {}
        for file, content in self._contents():
            blob = b"blob %d\0" % len(content) + content
            self.files[file] = hashlib.sha1(blob, usedforsecurity=False).hexdigest()
            progress("Unpacking", len(self.files), None)

    def read(self, paths: Collection[str], progress: Progress) -> Iterator[tuple[str, bytes]]:
        wanted = set(paths)
        return ((file, content) for file, content in self._contents() if file in wanted)

    def _contents(self) -> Iterator[tuple[str, bytes]]:
        where = str(self._path)
        try:
            for name, member in _members(self._path):
                if (file := _cut(name, self._pattern)) is None:
                    continue
                content = member.read(MAX_BYTES + 1)
                if len(content) > MAX_BYTES:
                    raise BadFile(f"{file} unpacks to more than {MAX_BYTES // 2**20} MB", where=where)
                yield file, content
        except _BROKEN as error:
            raise BadFile(f"is no whole archive: {error}", where=where, hint="fetch again") from None


class GitSnapshot(Snapshot):
    """The newest commit of a repository, mirrored without history in a cache folder.

    Contents are fetched when they are read, and stay there, so that a fetch that breaks off goes on where it
    stopped. Git itself checks every file against the checksum that the commit names.
    """

    def __init__(self, url: str, folder: Path, pattern: str, progress: Progress):
        if url.startswith("-") or "::" in url:
            raise InputError("is no URL of a repository", where=url, hint="give https://..., ssh://... or a folder")
        self.url, self.folder = url, folder
        if not (folder / "HEAD").exists():
            folder.mkdir(parents=True, exist_ok=True)
            self._git("init", "--quiet", "--bare", "--template=", str(folder))
        self._git("config", "remote.origin.url", url)
        self._fetch("--depth=1", "--force", "origin", f"HEAD:{LATEST}", progress=progress)
        self.revision = self._git("rev-parse", LATEST).strip()
        self.files = {}
        for entry in self._git("ls-tree", "-r", "-z", "--full-tree", LATEST).split("\0"):
            kind, _, path = entry.partition("\t")
            mode, _, checksum = kind.partition(" blob ")
            if mode in _FILE_MODES and (file := _cut(path, pattern)) is not None:
                self.files[file] = checksum

    def read(self, paths: Collection[str], progress: Progress) -> Iterator[tuple[str, bytes]]:
        if not paths:
            return
        checksums = [self.files[path] for path in paths]
        self._fetch("--no-write-fetch-head", "--stdin", "origin", progress=progress, lines=sorted(set(checksums)))
        with tempfile.TemporaryFile() as output:
            self._run(["cat-file", "--batch"], output, checksums)
            for path in paths:
                _, kind, size = (*output.readline().split(), b"", b"")[:3]
                if kind != b"blob" or int(size) > MAX_BYTES:
                    raise IsoglossError(f"{path} cannot be had", where=self.url, hint="fetch again")
                yield path, output.read(int(size))
                output.read(1)

    def _fetch(self, *arguments: str, progress: Progress, lines: Collection[str] = ()) -> None:
        """Fetch without contents that are not asked for by name; those that are come in one go."""
        safe = ("--no-tags", "--recurse-submodules=no", "--filter=blob:none", "--progress")
        self._git("-c", "fetch.negotiationAlgorithm=noop", "fetch", *safe, *arguments, lines=lines, progress=progress)

    def _git(self, *arguments: str, lines: Collection[str] = (), progress: Progress | None = None) -> str:
        with tempfile.TemporaryFile() as output:
            self._run(arguments, output, lines, progress)
            return output.read().decode("utf-8", "replace")

    def _run(
        self, arguments: Sequence[str], output: IO[bytes], lines: Collection[str], progress: Progress | None = None
    ) -> None:
        """Fill a file with what git answers to some lines; no hook runs, and git's own progress is passed on."""
        safe = ["-c", "core.hooksPath=/dev/null", "-c", "protocol.ext.allow=never", "-c", "gc.auto=0"]
        command = ["git", *safe, f"--git-dir={self.folder}", *arguments]
        environment = os.environ | _ENVIRONMENT
        with tempfile.TemporaryFile() as given:
            given.write("".join(f"{line}\n" for line in lines).encode())
            given.seek(0)
            try:
                process = subprocess.Popen(command, stdin=given, stdout=output, stderr=subprocess.PIPE, env=environment)
            except FileNotFoundError:
                hint = "install it, or give the URL of an archive: url=..."
                raise InputError("git is not installed", where=self.url, hint=hint) from None
        message = ""
        with process:
            assert process.stderr is not None
            while chunk := os.read(process.stderr.fileno(), 4096):
                message = (message + chunk.decode("utf-8", "replace"))[-10_000:]
                if progress and (steps := _PERCENT.findall(message)):
                    progress(steps[-1][0], int(steps[-1][1]), 100)
        if process.returncode:
            written = [line.strip() for line in re.split(r"[\r\n]", message) if line.strip()]
            errors = [line for line in written if line.startswith(("fatal:", "error:"))]
            reason = (errors or written[-1:] or ["git failed"])[0].removeprefix("fatal: ")[:200]
            raise IsoglossError(reason, where=self.url, hint="check the URL and the network")
        output.seek(0)


def _cut(path: str, pattern: str) -> str | None:
    """The part of a path that counts; None for a file that is none of the source's."""
    match = re.fullmatch(pattern, path)
    return match["file"] if match and not {"", ".", ".."} & set(match["file"].split("/")) else None


def _members(path: Path) -> Iterator[tuple[str, IO[bytes]]]:
    """Name and content of every regular file of an archive."""
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
