"""Every trouble a caller can act on, each one line: where it is, what is wrong, how to fix it."""

from __future__ import annotations

import difflib
import re
import shlex
from collections.abc import Iterable, Mapping
from typing import Self


class IsoglossError(Exception):
    """Base of all errors of isogloss.

    Parameters
    ----------
    reason : str
        What is wrong, in words a user knows.
    where : str, optional
        File, row or field in which it was found.
    hint : str, optional
        What to do about it.
    """

    exit_code = 1

    def __init__(self, reason: str, *, where: str | None = None, hint: str | None = None):
        self.reason, self.where, self.hint = reason, where, hint
        super().__init__(self.line())

    def line(self, options: Mapping[str, str] | None = None) -> str:
        """The error as one line.

        Parameters
        ----------
        options : mapping of str to str, optional
            Names of fields to what a command calls them. A field in `where`, and one written as `field=value` in
            `hint`, is given that name.
        """
        where, hint = self.where, self.hint
        if options:
            where = where and ", ".join(options.get(part, part) for part in where.split(", "))
            hint = hint and FIELD.sub(lambda field: _as_option(field, options), hint)
        return _one_line(": ".join(part for part in (where, self.reason) if part) + (f"; {hint}" if hint else ""))

    def at(self, where: str | None) -> Self:
        """The same error in another place."""
        moved = type(self).__new__(type(self))
        moved.__dict__.update(self.__dict__)
        IsoglossError.__init__(moved, self.reason, where=where, hint=self.hint)
        return moved


FIELD = re.compile(r"\b([a-z][a-z_]*)=(\.\.\.|True\b|\{'(.*?)': '(.*?)'\})?")
"""A field as hints name it: `metric=...`, `seed=1`, `unfinished=True`, `languages={'jp': 'jpn'}`."""


def _as_option(field: re.Match[str], options: Mapping[str, str]) -> str:
    name, value, key, meaning = field.groups()
    if name not in options:
        return field.group()
    if value is None:
        return f"{options[name]} "
    return f"{options[name]} {shlex.quote(f'{key}={meaning}')}" if key else options[name]


class InputError(IsoglossError):
    """The input cannot be used as it is; the command line exits with 2."""

    exit_code = 2


class UnknownLanguage(InputError):
    """A code or name that no language is known by.

    Parameters
    ----------
    code : str
        What the source wrote.
    where : str, optional
        File, row or field in which it was found.
    suggestions : sequence of (str, str)
        Nearest known codes with their names, best first.
    """

    def __init__(self, code: str, *, where: str | None = None, suggestions: Iterable[tuple[str, str]] = ()):
        self.code, self.suggestions = code, list(suggestions)
        meant = " or ".join(f"'{known}' ({name})" for known, name in self.suggestions)
        meaning = self.suggestions[0][0] if self.suggestions else "CODE"
        hint = (f"did you mean {meant}? " if meant else "") + f"to map it yourself: languages={{{code!r}: '{meaning}'}}"
        super().__init__(f"unknown language '{code}'", where=where, hint=hint)


class UnknownName(InputError):
    """A name (of a forecaster, importer, task, model, column, ...) that nothing is known by.

    Parameters
    ----------
    kind : str
        What should have had that name, in the singular: `forecaster`.
    name : str
        What was written.
    known : iterable of str
        All names there are; the nearest is suggested.
    where : str, optional
        File, row or field in which it was found.
    """

    def __init__(self, kind: str, name: str, known: Iterable[str], *, where: str | None = None):
        self.kind, self.name, self.known = kind, name, sorted(known)
        close = closest(name, self.known)
        listed = ", ".join(self.known[:12]) + (f", ... ({len(self.known)} in all)" if len(self.known) > 12 else "")
        hint = (f"did you mean '{close[0]}'? " if close else "") + (f"known: {listed}" if listed else "none is known")
        super().__init__(f"unknown {kind} '{name}'", where=where, hint=hint)


class BadPlugin(IsoglossError):
    """A plugin that does not load, or is not what it is announced as.

    Parameters
    ----------
    kind : str
        What it is announced as, in the singular: `forecaster`.
    name : str
        The name under which it is announced.
    origin : str
        Its `module:attribute`.
    reason : str
        First line of what went wrong.
    """

    def __init__(self, kind: str, name: str, origin: str, reason: str):
        self.kind, self.name, self.origin = kind, name, origin
        super().__init__(
            f"{kind} '{name}' from {origin} cannot be used: {reason}", hint="update or uninstall the package it is from"
        )


class NotFittedError(InputError, ValueError, AttributeError):
    """An estimator is used before it learnt anything; the bases are those of scikit-learn's error of that name."""


class BadFile(InputError):
    """A file that cannot be read as what it should be."""


class BadValue(InputError):
    """A value that its field does not admit."""


class BadTrainingMix(BadValue):
    """A training mix that cannot be read, such as a negative size."""


class ConflictingScores(InputError):
    """Several different scores for what is one and the same observation."""


class NotEnoughEvidence(InputError):
    """Too little was measured to answer the question."""


class StoreError(IsoglossError):
    """A store that cannot be read or written."""


def first_line(error: BaseException) -> str:
    """What an error of another library says, as far as it fits into a line of ours; its name if it says nothing."""
    said = str(error).strip()
    return said.splitlines()[0][:200] if said else type(error).__name__


def _one_line(text: str) -> str:
    """`text` with line breaks and control characters of the input spelt out, so that they cannot act on a terminal."""
    if text.isprintable():
        return text
    return "".join(mark if mark.isprintable() else mark.encode("unicode_escape").decode() for mark in text)


def closest(name: str, known: Iterable[str], n: int = 3) -> list[str]:
    """The names most like `name`, best first, letter case aside."""
    by_folded = {candidate.casefold(): candidate for candidate in known}
    return [by_folded[match] for match in difflib.get_close_matches(name.casefold(), by_folded, n=n, cutoff=0.6)]
