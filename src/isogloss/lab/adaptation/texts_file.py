"""Texts by language in a file, which a grid names and adaptations learn from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import polars as pl

from isogloss.errors import UnknownName
from isogloss.lab.adaptation.texts import check_texts, digest
from isogloss.languages import resolve
from isogloss.texts.tables import read_table


@dataclass(frozen=True)
class TextsFile:
    """Texts by language in a file.

    Parameters
    ----------
    path : pathlib.Path
        A table in any form that the lab reads.
    column, language : str
        The columns of texts and of languages.
    where : tuple of (str, str)
        Columns and the value that rows must have there.
    languages : tuple of str
        As the file writes them; all where it is empty.
    most : int, default 1000
        Texts of each language at most.
    item : str, optional
        The column that tells which texts are translations of one another: of these, those are taken that every language
        has, in the order of this column.
    """

    path: Path
    column: str = "text"
    language: str = "language"
    where: tuple[tuple[str, str], ...] = ()
    languages: Sequence[str] = ()
    most: int = 1000
    item: str | None = None

    def read(self, where: str | None = None) -> dict[str, list[str]]:
        """The texts of each language, as the file writes it.

        Parameters
        ----------
        where : str, optional
            What names the languages, for errors.

        Raises
        ------
        UnknownName
            If the file has not one of the languages.
        InputError
            If it cannot be read, or a language is not known.
        """
        columns = {"text": self.column, "language": self.language}
        columns |= {"item": self.item} if self.item else {}
        read = read_table(self.path, columns | {f"where {name}": name for name, _ in self.where})
        kept = read.filter(*(pl.col(f"where {name}") == value for name, value in self.where))
        there = kept["language"].unique().sort().to_list()
        for code in self.languages or there:
            if code not in there:
                raise UnknownName("language of the texts", code, there, where=where)
            resolve(code)
        chosen = self.languages or there
        if self.item:
            kept = kept.filter(pl.col("language").is_in(list(chosen))).unique(["language", "item"], maintain_order=True)
            kept = kept.filter(pl.len().over("item") == len(chosen)).sort("item", maintain_order=True)
        texts = {code: kept.filter(language=code)["text"].to_list()[: self.most] for code in chosen}
        return check_texts(texts, translations=self.item is not None)

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of the texts; it goes with copies to other processes."""
        return digest(self.read())
