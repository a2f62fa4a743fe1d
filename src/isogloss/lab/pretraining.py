"""What a byte transformer is to read: a TOML file that names texts, copies of languages, and nonsense."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import polars as pl
from annotated_types import Ge, Gt, Le
from pydantic import Field, model_validator

from isogloss.config import Help, OneOrMore, Table, build, checked, read_toml, validate
from isogloss.errors import BadFile, BadValue
from isogloss.files import read_input
from isogloss.lab.byte_tokenizer import clone_text
from isogloss.lab.byte_transformer import ByteTransformer
from isogloss.texts.tables import read_table


@dataclass(frozen=True)
class Texts:
    """Some texts, and what becomes of them.

    Attributes
    ----------
    file : pathlib.Path
        Plain text (.txt), a line each; or a table, a row each.
    column : str
        Of a table.
    where : dict of str to str
        What other columns of a table must say.
    copy : int
        Which copy of the language they are put in, see `clone_text`; 0 for the language itself.
    share : float
        Share of the words that are put in the copy, each by chance; all of them where it is 1.
    nonsense : bool
        Whether each text is replaced by as many characters drawn by their frequency in all of these: the control of
        models that have read what is no language.
    """

    file: Path
    column: str = "text"
    where: dict[str, str] = field(default_factory=dict)
    copy: int = 0
    share: float = 1.0
    nonsense: bool = False

    def read(self, seed: int = 0) -> list[str]:
        """The texts as they are to be read.

        Raises
        ------
        BadFile, UnknownName, BadValue
            If there is no such file, column or row.
        """
        found = self._lines() if self.file.suffix == ".txt" else self._rows()
        if self.nonsense:
            found = nonsense_texts(found, seed)
        if not self.copy:
            return found
        if self.share == 1:
            return [clone_text(text, self.copy) for text in found]
        chance = np.random.default_rng(seed)
        return [mix_copy(text, self.copy, self.share, chance) for text in found]

    def _lines(self) -> list[str]:
        try:
            return read_input(self.file).decode("utf-8").splitlines()
        except UnicodeDecodeError:
            raise BadFile("is not UTF-8", where=str(self.file)) from None

    def _rows(self) -> list[str]:
        columns = {f"where {name}": name for name in self.where}
        table = read_table(self.file, {"text": self.column, **columns})
        kept = table.filter(*(pl.col(f"where {name}") == value for name, value in self.where.items()))
        if kept.is_empty():
            said = ", ".join(f"{name} = {value}" for name, value in self.where.items())
            raise BadValue(f"no row with {said}", where=str(self.file))
        return kept["text"].drop_nulls().to_list()


def nonsense_texts(texts: Sequence[str], seed: int) -> list[str]:
    """As many texts of the same lengths, whose characters are drawn one by one with the frequencies of all texts.

    What is left of a language is its letters and how often they are used; there are no words and no order.
    """
    counts = Counter("".join(texts))
    letters = sorted(counts)
    shares = np.array([counts[letter] for letter in letters]) / max(1, counts.total())
    chance = np.random.default_rng(seed)
    return ["".join(letters[place] for place in chance.choice(len(letters), len(text), p=shares)) for text in texts]


def mix_copy(text: str, copy: int, share: float, chance: np.random.Generator) -> str:
    """A text of which some words, each with the space after it, are in a copy of the language, see `clone_text`."""
    words = text.split(" ")
    whole = [word + " " for word in words[:-1]] + words[-1:]
    return "".join(clone_text(word, copy) if chance.random() < share else word for word in whole)


class TextTable(Table):
    """A section `[[text]]`; see `Texts`."""

    file: Annotated[str, Help(example='"texts.txt"')]
    column: str = "text"
    where: dict[str, str | int | float | bool] = Field(default_factory=dict)
    number: Annotated[int, Ge(0)] = Field(0, alias="copy")
    share: Annotated[float, Gt(0), Le(1)] = 1.0
    nonsense: bool = False

    @model_validator(mode="after")
    @checked
    def _check_share(self) -> TextTable:
        if self.share < 1 and not self.number:
            raise BadValue("share without a copy", hint="say with copy = 1 which one words are put in")
        return self


class PretrainingFile(Table):
    """What a byte transformer is to read, and its shape."""

    text: OneOrMore[TextTable]
    model: dict[str, Any] = Field(default_factory=dict)


def read_pretraining(path: str | Path, *, data: str | Path | None = None) -> tuple[list[Texts], ByteTransformer]:
    """Read what a byte transformer is to read, and its shape.

    Parameters
    ----------
    path : str or pathlib.Path
        TOML, with one or several sections `[[text]]` (file, column, where, copy, share, nonsense) and perhaps
        `[model]`, with parameters of `ByteTransformer`; there are as many copies as the texts need, or more where that
        is asked for.
    data : str or pathlib.Path, optional
        Folder of the files, by default that of `path`.

    Raises
    ------
    BadFile, BadValue, UnknownName
        One line: the section, the key, the reason, the hint.
    """
    file = validate(PretrainingFile, read_toml(Path(path)), str(path))
    folder = Path(data) if data is not None else Path(path).parent
    texts = [
        Texts(
            folder / one.file, one.column, {name: str(value) for name, value in one.where.items()},
            one.number, one.share, one.nonsense,
        )
        for one in file.text
    ]  # fmt: skip
    shape = build(ByteTransformer, file.model, str(path), "model")
    return texts, replace(shape, copies=max(shape.copies, *(one.copy for one in texts)))
