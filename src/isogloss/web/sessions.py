"""Sessions: what one browser sent and accepted, which no other browser sees."""

from __future__ import annotations

import hashlib
import re
import secrets
import shutil
import tempfile
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any

import polars as pl

from isogloss.errors import InputError
from isogloss.evidence import Evidence
from isogloss.web.reading import Reading
from isogloss.web.setting import Choice
from isogloss.web.settings import ServerSettings

LONGEST_NAME = 80


@dataclass(frozen=True)
class Held:
    """Evidence that can be asked.

    Attributes
    ----------
    key : str
        Its name in addresses.
    title : str
        Its name for people.
    load : callable
        Gives the evidence.
    stamp : callable
        Gives a text that changes when the evidence does.
    own : bool
        Whether a session brought it.
    may_change : bool
        Whether it lies in a file or store that others write to, so that its stamp has to be looked up.
    choices : dict
        Its settings that pages were about lately; they go when it goes.
    """

    key: str
    title: str
    load: Callable[[], Evidence] = field(repr=False)
    stamp: Callable[[], str] = field(repr=False)
    own: bool = False
    may_change: bool = False
    choices: dict[tuple[Any, ...], Choice] = field(default_factory=dict, repr=False, compare=False)


@dataclass
class Upload:
    """A file that was sent, how it is read at present, and what a person said about that."""

    key: str
    path: Path
    options: dict[str, str] = field(default_factory=dict)
    languages: dict[str, str] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()
    reading: Reading | None = None
    accepted: str | None = None

    @property
    def title(self) -> str:
        """The name of the file."""
        return self.path.name

    @property
    def read_as(self) -> str:
        """Checksum of the file and of what a person said: the same reading has the same."""
        said = (self.key, self.options, self.languages, self.left_out)
        return hashlib.sha256(repr(said).encode()).hexdigest()[:10]


@dataclass(frozen=True)
class ItemTable:
    """A table of test items that was sent.

    Attributes
    ----------
    key : str
        Its name in addresses, a checksum of the file.
    title : str
        The name of the file.
    frame : polars.DataFrame
        As it is written.
    """

    key: str
    title: str
    frame: pl.DataFrame = field(repr=False)


@dataclass
class Session:
    """One browser's."""

    key: str
    uploads: OrderedDict[str, Upload] = field(default_factory=OrderedDict)
    evidence: OrderedDict[str, Held] = field(default_factory=OrderedDict)
    items: OrderedDict[str, ItemTable] = field(default_factory=OrderedDict)


class Sessions:
    """All sessions, the last used; files that were sent lie in a folder that is removed in the end."""

    def __init__(self, settings: ServerSettings):
        self.settings = settings
        self.folder = Path(tempfile.mkdtemp(prefix="isogloss-web-"))
        self._kept: OrderedDict[str, Session] = OrderedDict()
        self._lock = Lock()

    def find(self, key: str | None) -> Session | None:
        """The session of a cookie."""
        with self._lock:
            if key is None or key not in self._kept:
                return None
            self._kept.move_to_end(key)
            return self._kept[key]

    def begin(self) -> Session:
        """A new session, with the files that the server was started with."""
        session = Session(secrets.token_urlsafe(18))
        with self._lock:
            self._kept[session.key] = session
            while len(self._kept) > self.settings.sessions:
                old = self._kept.popitem(last=False)[1]
                shutil.rmtree(self.folder / old.key, ignore_errors=True)
        for file in self.settings.files:
            self.take(session, Path(file).name, Path(file).read_bytes())
        return session

    def take(self, session: Session, name: str, content: bytes) -> Upload:
        """Keep a file for a session.

        Raises
        ------
        InputError
            If it is empty or too large.
        """
        key = self._checked(name, content)
        folder = self.folder / session.key / key
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / safe_name(name)
        path.write_bytes(content)
        upload = session.uploads[key] = Upload(key, path)
        session.uploads.move_to_end(key)
        while len(session.uploads) > self.settings.uploads:
            self.forget(session, next(iter(session.uploads)))
        return upload

    def take_items(
        self, session: Session, name: str, content: bytes, read: Callable[[Path], pl.DataFrame]
    ) -> ItemTable:
        """Read a table of test items for a session; the file itself is not kept.

        Raises
        ------
        InputError
            If it is empty, too large, or no table.
        """
        key = self._checked(name, content)
        with tempfile.TemporaryDirectory(dir=self.folder) as folder:
            path = Path(folder) / safe_name(name)
            path.write_bytes(content)
            taken = session.items[key] = ItemTable(key, path.name, read(path))
        session.items.move_to_end(key)
        while len(session.items) > self.settings.uploads:
            session.items.popitem(last=False)
        return taken

    def _checked(self, name: str, content: bytes) -> str:
        """Checksum of a file that was sent, if it is neither empty nor too large."""
        if not content:
            raise InputError("the file is empty", hint="choose another")
        if len(content) > self.settings.upload_bytes:
            raise InputError(f"the file is larger than {self.settings.upload_bytes >> 20} MB", hint="send a part of it")
        return hashlib.sha256(content + name.encode("utf-8", "replace")).hexdigest()[:12]

    def forget(self, session: Session, key: str) -> None:
        """Remove a file and the evidence that was read from it."""
        upload = session.uploads.pop(key, None)
        if upload is not None:
            shutil.rmtree(upload.path.parent, ignore_errors=True)
            session.evidence.pop(upload.accepted or "", None)

    def accept(self, session: Session, upload: Upload) -> Held:
        """Make evidence of a file as it is read now; the same reading has the same address."""
        evidence = None if upload.reading is None else upload.reading.evidence
        if evidence is None:
            raise InputError("the file is not read yet", where=upload.title, hint="say first what is unclear")
        key = upload.read_as
        if upload.accepted is not None:
            session.evidence.pop(upload.accepted, None)
        held = Held(key, upload.title, lambda: evidence, lambda: key, own=True)
        session.evidence[key] = held
        upload.accepted = key
        return held

    def close(self) -> None:
        """Remove all files."""
        shutil.rmtree(self.folder, ignore_errors=True)


def safe_name(name: str) -> str:
    """The name of a file without anything that could lead out of its folder; the ending says what it is."""
    last = re.split(r"[/\\]", name)[-1]
    plain = re.sub(r"[^\w .()+-]", "_", last, flags=re.UNICODE).strip(" .")
    stem, dot, ending = plain.rpartition(".")
    return f"{stem[:LONGEST_NAME]}{dot}{ending[:12]}" if stem else (plain[:LONGEST_NAME] or "file")
