"""What a server is told when it starts: its evidence, its address and its limits."""

from __future__ import annotations

from dataclasses import dataclass

LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class ServerSettings:
    """Settings of a server.

    Attributes
    ----------
    evidence : tuple of str
        Stores, files or `isogloss:NAME` that every session sees. What ships is always there.
    files : tuple of str
        Files that every session is asked to check first, as if it had sent them.
    host, port : str, int
        The address it listens on.
    token : str, optional
        What a browser has to show first; needed for any address but this machine's own.
    upload_bytes : int
        Size of a file that is accepted.
    upload_rows : int
        Scores that a file may hold.
    read_seconds, read_megabytes : float, int
        What reading a file may take.
    uploads, sessions : int
        Files that a session keeps, and sessions that the server keeps: the last used.
    patience : float
        Seconds that a page waits for its answer before it shows progress instead.
    """

    evidence: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    host: str = "127.0.0.1"
    port: int = 8000
    token: str | None = None
    upload_bytes: int = 32 << 20
    upload_rows: int = 500_000
    read_seconds: float = 20.0
    read_megabytes: int = 400
    uploads: int = 8
    sessions: int = 200
    patience: float = 0.7

    @property
    def local(self) -> bool:
        """Whether only this machine can reach it."""
        return self.host in LOOPBACK
