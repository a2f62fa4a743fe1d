"""Training mixtures: which languages a model was adapted on, with how many examples each.

A mixture is written `eng:1000,hin:500`. A size that nobody recorded is left out (`eng,hin:500`), an
empty mixture means that the model was used as it is, and a language with zero examples is not in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from isogloss.errors import BadMixture
from isogloss.languages import resolve

MAX_EXAMPLES = 10**15


class Mixture(Mapping[str, int | None]):
    """Languages trained on, with the number of examples of each (None where unknown).

    Parameters
    ----------
    sizes : mapping of str to int or None
        Canonical language id to number of examples. Zeros are dropped.

    Raises
    ------
    BadMixture
        If a size is negative, absurdly large or not a whole number.

    Examples
    --------
    >>> str(Mixture.parse("hi:500,en:1000"))
    'eng:1000,hin:500'
    """

    __slots__ = ("_sizes",)

    def __init__(self, sizes: Mapping[str, int | None]):
        for language, size in sizes.items():
            _check_size(language, size)
        self._sizes = {language: sizes[language] for language in sorted(sizes) if sizes[language] != 0}

    @classmethod
    def parse(cls, text: str, *, where: str | None = None, language: Callable[[str], str] | None = None) -> Mixture:
        """Read `eng:1000,hin:500`; languages may be written in any way isogloss knows.

        Parameters
        ----------
        text : str
        where : str, optional
            File and row, for the error.
        language : callable, optional
            How to resolve a language, by default `isogloss.languages.resolve`.

        Raises
        ------
        BadMixture, UnknownLanguage
        """
        to_id = language or (lambda code: resolve(code, where=where).id)
        sizes: dict[str, int | None] = {}
        for part in filter(None, (part.strip() for part in text.split(","))):
            code, colon, number = (piece.strip() for piece in part.partition(":"))
            if not code:
                raise BadMixture(f"no language before '{part}'", where=where, mend="write it as eng:1000,hin:500")
            identifier = to_id(code)
            if identifier in sizes:
                raise BadMixture(
                    f"'{identifier}' stands twice in the mixture '{text}'", where=where, mend="add the sizes up"
                )
            sizes[identifier] = _read_size(number, text, where) if colon else None
        try:
            return cls(sizes)
        except BadMixture as error:
            raise BadMixture(error.reason, where=where, mend=error.mend) from None

    def without(self, language: str) -> Mixture:
        """The same mixture, with nothing of `language`."""
        return Mixture({other: size for other, size in self._sizes.items() if other != language})

    def __getitem__(self, language: str) -> int | None:
        return self._sizes[language]

    def __iter__(self) -> Iterator[str]:
        return iter(self._sizes)

    def __len__(self) -> int:
        return len(self._sizes)

    def __str__(self) -> str:
        return ",".join(code if size is None else f"{code}:{size}" for code, size in self._sizes.items())

    def __repr__(self) -> str:
        return f"Mixture.parse({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Mixture) and self._sizes == other._sizes

    def __hash__(self) -> int:
        return hash(str(self))


def _read_size(number: str, text: str, where: str | None) -> int:
    try:
        value = float(number) if any(mark in number for mark in ".eE") else int(number)
        if value != int(value):
            raise ValueError
        return int(value)
    except (ValueError, OverflowError):
        raise BadMixture(
            f"size '{number}' in the mixture '{text}' is not a whole number", where=where, mend="write eng:1000"
        ) from None


def _check_size(language: str, size: int | None) -> None:
    if size is None:
        return
    if isinstance(size, bool) or not isinstance(size, int):
        raise BadMixture(f"size {size!r} of '{language}' is not a whole number", mend="write eng:1000")
    if size < 0:
        raise BadMixture(f"size {size} of '{language}' is negative", mend="sizes count training examples, from 0 up")
    if size > MAX_EXAMPLES:
        raise BadMixture(f"size {size} of '{language}' is beyond {MAX_EXAMPLES}", mend="sizes count training examples")
