"""Every trouble a caller can act on, each one line: where it is, what is wrong, how to fix it."""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Self

from isogloss.text import printable, quoted, shell_word

READER = "isogloss.read_evidence"
"""What reads files alone in Python, with all fields that say how."""


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

    Attributes
    ----------
    taken : tuple of str or None
        Of an error in reading for a question: the fields of reading that the question has. None of other errors.
    """

    exit_code = 1
    taken: tuple[str, ...] | None = None

    def __init__(self, reason: str, *, where: str | None = None, hint: str | None = None):
        self.reason, self.where, self.hint = reason, where, hint
        super().__init__(self.line())

    def line(self, options: Mapping[str, str] | None = None, reader: str = READER) -> str:
        """The error as one line.

        Parameters
        ----------
        options : mapping of str to str, optional
            Names of fields to what a command calls them. A field in `where`, and one written as `field=value` in
            `hint`, is given that name.
        reader : str
            What reads files alone, named where the hint is about a field that only this has.
        """
        where, options = self.where, options or {}
        where = where and ", ".join(options.get(part, part) for part in where.split(", "))
        hint = self.hint and hint_at(self.hint, options, self.taken, reader)
        return printable(": ".join(part for part in (where, self.reason) if part) + (f"; {hint}" if hint else ""))

    def in_reading(self, taken: tuple[str, ...]) -> Self:
        """The same error, raised in reading for a question that has only these fields of reading."""
        self.taken = taken
        self.args = (self.line(),)
        return self

    def at(self, where: str | None) -> Self:
        """The same error in another place."""
        moved = type(self).__new__(type(self))
        moved.__dict__.update(self.__dict__)
        IsoglossError.__init__(moved, self.reason, where=where, hint=self.hint)
        return moved


_WORD = r"""(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
FIELD = re.compile(
    rf"\b([a-z][a-z_]*)=(?:(\{{?\.\.\.\}}?|True\b)|(\{{{_WORD}: {_WORD}(?:, {_WORD}: {_WORD})*\}})|({_WORD}))?"
)
"""A field as hints name it: `metric=...`, `seed=1`, `unfinished=True`, `task='a b'`, `languages={'jp': 'jpn'}`.

`languages={...}` stands for any such mapping.
"""


def hint_at(text: str, options: Mapping[str, str], taken: Sequence[str] | None, reader: str) -> str:
    """A hint in the words of a door: with its options, and with what reads files where only that has a field.

    Parameters
    ----------
    text : str
    options : mapping of str to str
        Names of fields to what the door calls them; those that it leaves out stay as they are.
    taken : sequence of str or None
        Fields of reading that the question has; None where it has all.
    reader : str
        What reads files alone, and has all fields of reading.
    """
    named = {field[1] for field in FIELD.finditer(text)}
    text = with_options(text, options)
    if taken is None or named <= set(taken) or reader.strip("'`") in text:
        return text
    return f"{text.rstrip()} (of {reader})"


def with_options(text: str, options: Mapping[str, str]) -> str:
    """A text with what a command calls the fields in it: `--metric` for `metric=...`."""
    return FIELD.sub(lambda field: _as_option(field, options), text)


def _as_option(field: re.Match[str], options: Mapping[str, str]) -> str:
    name, sign, pairs, value = field.groups()
    if name not in options:
        return field.group()
    option = options[name]
    if pairs:
        words = [f"{key}={meaning}" for key, meaning in ast.literal_eval(pairs).items()]
        return " ".join(f"{option} {shell_word(word)}" for word in words)
    if value:
        return f"{option} {shell_word(ast.literal_eval(value))}"
    return option if sign else f"{option} "


class InputError(IsoglossError):
    """The input cannot be used as it is; the command line exits with 2."""

    exit_code = 2


MOST_UNKNOWN = 40
"""Unknown languages that one error lists at most: looking for what each may mean takes a while."""


class UnknownLanguage(InputError):
    """Codes or names that no language is known by.

    Parameters
    ----------
    code : str
        What the source wrote.
    where : str, optional
        File, row or field in which it was found.
    suggestions : sequence of (str, str)
        Nearest known codes with their names, best first.
    others : mapping of str to sequence of (str, str), optional
        Others in the same source, each with its suggestions.
    mappable : bool, default True
        Whether the caller can say how a code is to be read, with `languages=...`.

    Attributes
    ----------
    unknown : dict of str to list of (str, str)
        Every code or name, with its suggestions.
    """

    def __init__(
        self,
        code: str,
        *,
        where: str | None = None,
        suggestions: Iterable[tuple[str, str]] = (),
        others: Mapping[str, Sequence[tuple[str, str]]] | None = None,
        mappable: bool = True,
    ):
        self.unknown = {code: list(suggestions)} | {name: list(near) for name, near in (others or {}).items()}
        self.code, self.suggestions = code, self.unknown[code]
        several = len(self.unknown) > 1
        meant = [_meant(near, 1 if several else 3) for near in self.unknown.values() if near]
        readings = {name: near[0][0] if near else "CODE" for name, near in self.unknown.items()}
        parts = [f"did you mean {', '.join(meant)}?"] if meant else []
        parts += [f"to map {'them' if several else 'it'} yourself: languages={readings!r}"] if mappable else []
        hint = " ".join(parts) or "give a code of ISO 639 or Glottolog, or an English name"
        names = ", ".join(map(quoted, self.unknown))
        super().__init__(f"unknown language{'s' * several} {names}", where=where, hint=hint)

    @classmethod
    def together(cls, errors: Sequence[UnknownLanguage], *, mappable: bool = True) -> UnknownLanguage:
        """One error for several; where it is, is where the first is."""
        unknown = {name: near for error in errors for name, near in error.unknown.items()}
        first = errors[0]
        return cls(
            first.code, where=first.where, suggestions=unknown.pop(first.code), others=unknown, mappable=mappable
        )


def _meant(near: Sequence[tuple[str, str]], count: int) -> str:
    return " or ".join(f"{quoted(code)} ({name})" for code, name in near[:count])


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
    meant : str, optional
        The name to suggest instead of the nearest.
    """

    def __init__(
        self, kind: str, name: str, known: Iterable[str], *, where: str | None = None, meant: str | None = None
    ):
        self.kind, self.name, self.known = kind, name, sorted(known)
        close = [meant] if meant else closest(name, self.known)
        listed = ", ".join(map(shell_word, self.known[:12]))
        listed += f", ... ({len(self.known)} in all)" if len(self.known) > 12 else ""
        hint = (f"did you mean {quoted(close[0])}? " if close else "") + (
            f"known: {listed}" if listed else "none is known"
        )
        super().__init__(f"unknown {kind} {quoted(name)}", where=where, hint=hint)


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


class DamageWarning(UserWarning):
    """Part of the evidence could not be read and is left out; a command answers all the same, and exits with 1."""

    def __init__(self, message: str):
        super().__init__(message)


class ForkedProcess(IsoglossError):
    """The process was forked from one in which polars was at work, and would wait for ever if it used it."""

    def __init__(self) -> None:
        super().__init__(
            "evidence cannot be used in a process that was forked",
            hint="start it anew: multiprocessing.get_context('spawn'), or concurrent.futures with that as mp_context",
        )


def first_line(error: BaseException) -> str:
    """What an error of another library says, as far as it fits into a line of ours; its name if it says nothing."""
    said = str(error).strip()
    return said.splitlines()[0][:200] if said else type(error).__name__


def closest(name: str, known: Iterable[str], n: int = 3) -> list[str]:
    """The names most like `name`, best first, letter case aside: `prune(0.3)` for `prune` before all others."""
    by_folded = {candidate.casefold(): candidate for candidate in known}
    folded = name.casefold()
    begun = sorted(one for one in by_folded if re.match(rf"{re.escape(folded)}\W", one)) if folded else []
    near = [*begun, *difflib.get_close_matches(folded, by_folded, n=n, cutoff=0.6)]
    return [by_folded[match] for match in dict.fromkeys(near)][:n]
