"""Standard output of commands: nothing from outside acts on a terminal, and a full disk is said in one line."""

from __future__ import annotations

import io
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from isogloss.errors import IsoglossError
from isogloss.text import printable

BROKEN_PIPE = 141
"""What a shell reports of a program that nobody reads from any more (128 + SIGPIPE)."""

_STYLE = re.compile(r"(\x1b\[[0-9;]*m|\n)")
"""What may pass unchanged: bold and colours, of which our own help is made, and line breaks."""


class OutputError(IsoglossError):
    """Standard output cannot be written to; no OSError, which would be taken for one of the command's own files."""

    def __init__(self, error: OSError):
        super().__init__(f"cannot be written: {error.strerror or error}", where="standard output")
        self.exit_code = BROKEN_PIPE if isinstance(error, BrokenPipeError) else 1


class Output:
    """A text stream that spells out characters that are not seen, and raises `OutputError` where it cannot write."""

    def __init__(self, stream: Any):
        self._stream = stream

    def write(self, text: str) -> int:
        """Write text; returns its length."""
        pieces = _STYLE.split(text)
        pieces[::2] = map(printable, pieces[::2])
        try:
            self._stream.write("".join(pieces))
        except OSError as error:
            raise OutputError(error) from None
        return len(text)

    def flush(self) -> None:
        """Write what is held back."""
        try:
            self._stream.flush()
        except OSError as error:
            raise OutputError(error) from None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def safe_output() -> Iterator[None]:
    """Let `sys.stdout` be an `Output` for the length of a block, at whose end all of it is written.

    Raises
    ------
    OutputError
        From the block or at its end; what is left then is thrown away.
    """
    stream = sys.stdout
    if stream is None:  # it was closed before we began
        raise OutputError(OSError("it is closed"))
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="backslashreplace")  # a name that its encoding lacks is shown all the same
    output = Output(stream)
    sys.stdout = output
    try:
        yield
        output.flush()
    except OutputError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())  # or else Python tries again when it ends
        raise
    finally:
        sys.stdout = stream
