"""Training mixes: which languages a model was adapted on, with how many examples each.

A mix is written `eng:1000,hin:500`. A size that nobody recorded is left out (`eng,hin:500`), an
empty mix means that the model was used as it is, and a language with zero examples is not in it.
Examples that nobody wrote in the language say so after a plus: `eng:3696,swa:500,swa+translated:1000`
holds 500 Swahili examples as they were labelled, and 1,000 that a machine translated into Swahili.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from isogloss.errors import BadTrainingMix, UnknownName
from isogloss.languages import resolve

MAX_EXAMPLES = 10**15

LABELLED = ""
"""The kind of examples that were written and labelled in the language itself, the usual one."""

KINDS = ("generated", "post-edited", "translated")
"""Other kinds: written by a model; translated by machine and corrected by people; translated by machine."""


class Part(NamedTuple):
    """Examples of one language and one kind."""

    language: str
    kind: str
    size: int | None


class TrainingMix(Mapping[str, int | None]):
    """Languages trained on, with the number of examples of each (None where unknown), of all kinds together.

    Parameters
    ----------
    sizes : mapping of str to int or None
        Canonical language id, or id and kind (`swa+translated`), to number of examples. Zeros are dropped.

    Attributes
    ----------
    parts : tuple of Part
        Language, kind and size, sorted; the kind is `LABELLED` or one of `KINDS`.

    Raises
    ------
    BadTrainingMix
        If a size is negative, absurdly large or not a whole number, or if a kind is not known.

    Examples
    --------
    >>> str(TrainingMix.parse("hi:500,en:1000"))
    'eng:1000,hin:500'
    >>> mix = TrainingMix.parse("sw+translated:1000,sw:500,en:3696")
    >>> mix["swa"], mix.of_kind("translated")
    (1500, {'swa': 1000})
    """

    __slots__ = ("_sizes", "parts")

    def __init__(self, sizes: Mapping[str, int | None]):
        for source, size in sizes.items():
            _check_size(source, size)
        parts = (Part(*_split(source), size) for source, size in sizes.items() if size != 0)
        self.parts = tuple(sorted(parts, key=lambda part: part[:2]))
        self._sizes: dict[str, int | None] = {}
        for language, _, size in self.parts:
            others = self._sizes.get(language, 0)
            self._sizes[language] = None if size is None or others is None else others + size

    @classmethod
    def parse(cls, text: str, *, where: str | None = None, language: Callable[[str], str] | None = None) -> TrainingMix:
        """Read `eng:1000,hin:500,hin+translated:2000`; languages may be written in any way isogloss knows.

        Parameters
        ----------
        text : str
        where : str, optional
            File and row, for the error.
        language : callable, optional
            How to resolve a language, by default `isogloss.languages.resolve`.

        Raises
        ------
        BadTrainingMix, UnknownLanguage
        """
        to_id = language or (lambda code: resolve(code, where=where).id)
        sizes: dict[str, int | None] = {}
        for part in filter(None, (part.strip() for part in text.split(","))):
            code, colon, number = (piece.strip() for piece in part.partition(":"))
            if not code:
                raise BadTrainingMix(f"no language before '{part}'", where=where, hint="write it as eng:1000,hin:500")
            written, kind = _split(code, where)
            identifier = to_id(written) + (f"+{kind}" if kind else "")
            if identifier in sizes:
                raise BadTrainingMix(
                    f"'{identifier}' stands twice in the mix '{text}'", where=where, hint="add the sizes up"
                )
            sizes[identifier] = _read_size(number, text, where) if colon else None
        try:
            return cls(sizes)
        except BadTrainingMix as error:
            raise BadTrainingMix(error.reason, where=where, hint=error.hint) from None

    def without(self, language: str) -> TrainingMix:
        """The same mix, with nothing of `language`, of whatever kind."""
        return TrainingMix({_joined(part): part.size for part in self.parts if part.language != language})

    def of_kind(self, kind: str) -> dict[str, int | None]:
        """Examples of one kind (`LABELLED`, or one of `KINDS`) by language; None where their number is not known."""
        return {part.language: part.size for part in self.parts if part.kind == kind}

    def __getitem__(self, language: str) -> int | None:
        return self._sizes[language]

    def __iter__(self) -> Iterator[str]:
        return iter(self._sizes)

    def __len__(self) -> int:
        return len(self._sizes)

    def __str__(self) -> str:
        return ",".join(_joined(part) + ("" if part.size is None else f":{part.size}") for part in self.parts)

    def __repr__(self) -> str:
        return f"TrainingMix.parse({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TrainingMix) and self.parts == other.parts

    def __hash__(self) -> int:
        return hash(self.parts)


def _joined(part: Part) -> str:
    return f"{part.language}+{part.kind}" if part.kind else part.language


def _split(source: str, where: str | None = None) -> tuple[str, str]:
    """Language and kind of `swa+translated`."""
    language, plus, kind = source.partition("+")
    if not plus:
        return source, LABELLED
    if not language:
        raise BadTrainingMix(f"no language before '{source}'", where=where, hint="write it as swa+translated:1000")
    if kind not in KINDS:
        unknown = UnknownName("kind of examples", kind, KINDS)
        raise BadTrainingMix(f"{unknown.reason} in '{source}'", where=where,
                             hint=f"{unknown.hint}; write several languages as en,fr")  # fmt: skip
    return language, kind


def _read_size(number: str, text: str, where: str | None) -> int:
    try:
        value = float(number) if any(mark in number for mark in ".eE") else int(number)
        if value != int(value):
            raise ValueError
        return int(value)
    except (ValueError, OverflowError):
        raise BadTrainingMix(
            f"size '{number}' in the mix '{text}' is not a whole number", where=where, hint="write eng:1000"
        ) from None


def _check_size(language: str, size: int | None) -> None:
    if size is None:
        return
    if isinstance(size, bool) or not isinstance(size, int):
        raise BadTrainingMix(f"size {size!r} of '{language}' is not a whole number", hint="write eng:1000")
    if size < 0:
        raise BadTrainingMix(
            f"size {size} of '{language}' is negative", hint="sizes count training examples, from 0 up"
        )
    if size > MAX_EXAMPLES:
        raise BadTrainingMix(
            f"size {size} of '{language}' is beyond {MAX_EXAMPLES}", hint="sizes count training examples"
        )
