"""Storage backends: where the parts of a store lie, a folder or an object store, behind a few operations."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import time
from abc import ABC, abstractmethod
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

from isogloss.errors import StoreError, first_line
from isogloss.files import open_input

_URL = re.compile(r"(?P<scheme>s3|gs|gcs|abfs|abfss|hdfs):/{1,2}(?=[^/])")
_SECRETS = re.compile(r"//[^/@]*@")
_TEMPORARY = ".tmp"


class StorageBackend(ABC):
    """Keeps files of bytes by name.

    A file appears whole or not at all, and is never changed. All operations raise OSError if they fail,
    FileNotFoundError if the file is not there.

    Attributes
    ----------
    named : set of str
        Files of which a user has been told that they cannot be read.
    bounded : set of str
        Parts of which it is known that they claim no more rows than memory may hold.
    """

    def __init__(self) -> None:
        self.named: set[str] = set()
        self.bounded: set[str] = set()

    @abstractmethod
    def exists(self) -> bool:
        """Whether there is anything at all."""

    @abstractmethod
    def names(self) -> list[str]:
        """Names of all files directly in it."""

    @abstractmethod
    def read(self, name: str) -> bytes:
        """What a file holds."""

    @abstractmethod
    def size(self, name: str) -> int:
        """How many bytes a file holds; 0 if it is gone."""

    @abstractmethod
    def digest(self, name: str) -> str:
        """`digest` of what a file holds."""

    @abstractmethod
    def write(self, name: str, content: bytes) -> None:
        """Add a file; once this returns it is there for good."""

    @abstractmethod
    def remove(self, name: str) -> None:
        """Take a file away; it is no error if it is gone already."""

    @abstractmethod
    def locate(self, name: str) -> Path | str:
        """The path or URL of a file."""

    def tidy(self, older_than: float) -> int:
        """Remove what writers that were killed left behind, if untouched for so many seconds; returns how much."""
        return 0


def open_storage(path: str | Path) -> tuple[StorageBackend, Path | str]:
    """The place at a path or URL, and what to call it: a URL as text without its secrets, anything else as a path.

    Raises
    ------
    StoreError
        If what reading the URL takes is not installed, or the URL cannot be understood.
    """
    text = str(path)
    if found := _URL.match(text):
        url = f"{found['scheme']}://{text[found.end() :]}"  # a Path has made one slash of the two
        place = ObjectStorage(url)
        return place, place.url
    return FolderStorage(Path(text)), Path(text)


def is_url(path: str | Path) -> bool:
    """Whether a path is the URL of an object store."""
    return _URL.match(str(path)) is not None


def digest(content: bytes) -> str:
    """Sixteen hexadecimal digits that tell whether content is what was written."""
    return hashlib.blake2b(content, digest_size=8).hexdigest()


class FolderStorage(StorageBackend):
    """A folder on a disk."""

    def __init__(self, path: Path):
        super().__init__()
        self.path = path
        self._digests: dict[tuple[str, int, int, int], str] = {}

    def exists(self) -> bool:
        return self.path.exists()

    def names(self) -> list[str]:
        try:
            return [name for name in os.listdir(self.path) if not name.startswith(".")]
        except (FileNotFoundError, NotADirectoryError):
            return []

    def read(self, name: str) -> bytes:
        return (self.path / name).read_bytes()

    def size(self, name: str) -> int:
        try:
            return (self.path / name).stat().st_size
        except FileNotFoundError:
            return 0

    def digest(self, name: str) -> str:
        """As of every storage; BadFile for what is no regular file."""
        with open_input(self.path / name) as file:
            about = os.fstat(file.fileno())
            key = (name, about.st_ino, about.st_size, about.st_mtime_ns)
            if key not in self._digests:
                self._digests[key] = hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=8)).hexdigest()
        return self._digests[key]

    def write(self, name: str, content: bytes) -> None:
        """Write beside the final place, flush to disk, then rename."""
        self.path.mkdir(parents=True, exist_ok=True)
        temporary = self.path / f".{name}.{secrets.token_hex(4)}{_TEMPORARY}"
        try:
            with temporary.open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, self.path / name)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        self._flush()

    def remove(self, name: str) -> None:
        (self.path / name).unlink(missing_ok=True)

    def locate(self, name: str) -> Path:
        return self.path / name

    def tidy(self, older_than: float) -> int:
        left = [path for path in self.path.glob(f".*{_TEMPORARY}") if _age(path) > older_than]
        for path in left:
            path.unlink(missing_ok=True)
        return len(left)

    def _flush(self) -> None:
        """Make the rename itself survive a power cut, where the system lets a folder be flushed."""
        try:
            handle = os.open(self.path, os.O_RDONLY)
        except OSError:
            return
        with suppress(OSError):
            os.fsync(handle)
        os.close(handle)


class ObjectStorage(StorageBackend):
    """A prefix in an object store such as S3, whose uploads are whole or not there by themselves.

    Parameters
    ----------
    url : str
        `s3://bucket/prefix`. Credentials and region are those of the environment (`AWS_ACCESS_KEY_ID`, ...);
        another server is named by `AWS_ENDPOINT_URL`, or in the URL: `?endpoint_override=localhost:9000&scheme=http`.
    """

    def __init__(self, url: str):
        super().__init__()
        path, _, options = url.partition("?")
        self.url = _SECRETS.sub("//", path.rstrip("/"))
        try:
            from pyarrow import fs
        except ImportError:
            raise StoreError(
                "an object store needs pyarrow", where=self.url, hint="pip install 'isogloss[cloud]'"
            ) from None
        try:
            self._files, self._prefix = fs.FileSystem.from_uri(
                quote(path.rstrip("/"), safe=":/@%") + "?" * bool(options) + options
            )
        except (ValueError, OSError) as error:
            raise StoreError(f"cannot be opened: {first_line(error)}", where=self.url) from None
        self._selector: Any = fs.FileSelector(self._prefix, allow_not_found=True)

    def exists(self) -> bool:
        return bool(self.names())

    def names(self) -> list[str]:
        return [file.base_name for file in self._files.get_file_info(self._selector) if file.is_file]

    def read(self, name: str) -> bytes:
        with self._files.open_input_file(f"{self._prefix}/{name}") as file:
            return bytes(file.readall())

    def size(self, name: str) -> int:
        return int(self._files.get_file_info(f"{self._prefix}/{name}").size or 0)

    def digest(self, name: str) -> str:
        return digest(self.read(name))

    def write(self, name: str, content: bytes) -> None:
        with self._files.open_output_stream(f"{self._prefix}/{name}") as file:
            file.write(content)

    def remove(self, name: str) -> None:
        with suppress(FileNotFoundError):
            self._files.delete_file(f"{self._prefix}/{name}")

    def locate(self, name: str) -> str:
        return f"{self.url}/{name}"


def _age(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except FileNotFoundError:
        return 0.0
