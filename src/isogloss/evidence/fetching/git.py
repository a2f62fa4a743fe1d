"""Snapshots of git repositories: only the newest commit, and of that only the files that are asked for."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Collection, Iterator
from pathlib import Path

from isogloss.errors import InputError, IsoglossError
from isogloss.evidence.fetching.snapshot import MAX_BYTES, Progress, Snapshot, cut

LATEST = "refs/isogloss/latest"
_PERCENT = re.compile(r"([A-Z][\w ]+):\s+(\d+)%")
_ENVIRONMENT = {
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_HTTP_LOW_SPEED_LIMIT": "1000",
    "GIT_HTTP_LOW_SPEED_TIME": "60",
    "LC_ALL": "C",
}
_FILE_MODES = ("100644", "100755")


class GitSnapshot(Snapshot):
    """The newest commit of a repository, mirrored without history in a cache folder.

    What was fetched stays there, so that a fetch that breaks off goes on where it stopped. Git itself
    checks every file against the checksum that the commit names. Links are no files here.

    Parameters
    ----------
    url : str
    folder : pathlib.Path
        Of the mirror; made where it does not exist.
    pattern : str
        Of the files that count.
    progress : Progress

    Raises
    ------
    InputError
        If git is not installed, or the URL is none git should be given.
    IsoglossError
        If the repository cannot be fetched.
    """

    def __init__(self, url: str, folder: Path, pattern: str, progress: Progress):
        if url.startswith("-") or "::" in url:
            raise InputError("is no URL of a repository", where=url, hint="give https://..., ssh://... or a folder")
        self.url, self.folder = url, folder
        self._prepare()
        fetch = [
            "fetch",
            "--depth=1",
            "--no-tags",
            "--filter=blob:none",
            "--progress",
            "--force",
            "origin",
            f"HEAD:{LATEST}",
        ]
        self._watched(fetch, progress)
        self.revision = self._git("rev-parse", LATEST).decode().strip()
        self._objects = dict(self._listed(pattern))
        self.files = self._objects

    def read(self, paths: Collection[str], progress: Progress) -> Iterator[tuple[str, bytes]]:
        wanted = {path: self._objects[path] for path in paths}
        if not wanted:
            return
        # Asked for together; git would fetch them one by one otherwise.
        together = ["-c", "fetch.negotiationAlgorithm=noop", "fetch", "--no-tags", "--no-write-fetch-head",
                    "--recurse-submodules=no", "--filter=blob:none", "--progress", "--stdin", "origin"]  # fmt: skip
        self._watched(together, progress, "\n".join(sorted(set(wanted.values()))) + "\n")
        yield from self._contents(wanted)

    def _prepare(self) -> None:
        if not (self.folder / "HEAD").exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            self._git("init", "--quiet", "--bare", "--template=", str(self.folder))
        settings = {
            "remote.origin.url": self.url,
            "remote.origin.promisor": "true",
            "remote.origin.partialclonefilter": "blob:none",
            "core.repositoryformatversion": "1",
            "extensions.partialClone": "origin",
            "gc.auto": "0",
        }
        for name, value in settings.items():
            self._git("config", name, value)

    def _listed(self, pattern: str) -> Iterator[tuple[str, str]]:
        for entry in self._git("ls-tree", "-r", "-z", "--full-tree", LATEST).decode("utf-8", "replace").split("\0"):
            about, _, path = entry.partition("\t")
            mode, _, checksum = about.partition(" blob ")
            if mode in _FILE_MODES and (file := cut(path, pattern)) is not None:
                yield file, checksum

    def _contents(self, wanted: dict[str, str]) -> Iterator[tuple[str, bytes]]:
        with self._started(["cat-file", "--batch"], stdin=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            for path, checksum in wanted.items():
                process.stdin.write(f"{checksum}\n".encode())
                process.stdin.flush()
                _, kind, size = (*process.stdout.readline().split(), b"", b"")[:3]
                if kind != b"blob" or int(size) > MAX_BYTES:
                    process.kill()
                    raise IsoglossError(f"{path} cannot be had", where=self.url, hint="fetch again")
                yield path, process.stdout.read(int(size))
                process.stdout.read(1)
            process.stdin.close()

    def _git(self, *arguments: str) -> bytes:
        with self._started(list(arguments), stderr=subprocess.PIPE) as process:
            out, complaint = process.communicate()
        if process.returncode:
            raise _failed(complaint.decode("utf-8", "replace"), self.url)
        return out

    def _watched(self, arguments: list[str], progress: Progress, asked: str = "") -> None:
        """Run git, passing on what it says about its progress."""
        with self._started(arguments, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            assert process.stdin is not None
            assert process.stderr is not None
            process.stdin.write(asked.encode())
            process.stdin.close()
            said = ""
            while chunk := os.read(process.stderr.fileno(), 4096):
                said = (said + chunk.decode("utf-8", "replace"))[-10_000:]
                if steps := _PERCENT.findall(said):
                    progress(steps[-1][0], int(steps[-1][1]), 100)
        if process.returncode:
            raise _failed(said, self.url)

    def _started(self, arguments: list[str], stderr: int, stdin: int = subprocess.DEVNULL) -> subprocess.Popen[bytes]:
        """Git on the mirror, with no hook and no setting of others."""
        safe = ["git", "-c", "core.hooksPath=/dev/null", "-c", "protocol.ext.allow=never", f"--git-dir={self.folder}"]
        try:
            return subprocess.Popen(
                [*safe, *arguments], stdin=stdin, stdout=subprocess.PIPE, stderr=stderr, env=os.environ | _ENVIRONMENT
            )
        except FileNotFoundError:
            raise InputError(
                "git is not installed", where=self.url, hint="install it, or give the URL of an archive: url=..."
            ) from None


def _failed(complaint: str, url: str) -> IsoglossError:
    lines = [line.strip() for line in re.split(r"[\r\n]", complaint) if line.strip()]
    told = [line for line in lines if line.startswith(("fatal:", "error:"))] or lines[-1:] or ["git failed"]
    return IsoglossError(told[0].removeprefix("fatal: ")[:200], where=url, hint="check the URL and the network")
