"""The libraries of extras, which only some of isogloss needs."""

from __future__ import annotations

from importlib.util import find_spec

from isogloss.errors import IsoglossError


class MissingExtra(IsoglossError):
    """A library is not installed that only some of isogloss needs."""

    exit_code = 2


def need(*libraries: str, extra: str = "lab") -> None:
    """Raise MissingExtra, saying how to install it, for the first library that is not there."""
    for library in libraries:
        if find_spec(library) is None:
            raise MissingExtra(f"needs {library}, which is not installed", hint=f"pip install 'isogloss[{extra}]'")
