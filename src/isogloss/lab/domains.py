"""Splits out of distribution: what is learnt from is of some domains, or short, and what is tested on of others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from isogloss.errors import BadValue, UnknownName

SHORT, LONG = "short", "long"


@dataclass(frozen=True)
class Domains:
    """Which texts are learnt from and tested on.

    Attributes
    ----------
    learnt, tested : tuple of str
        Values of the column `domain`, or `short` and `long`; all texts where there are none.
    characters : int
        Texts of so many characters at most are short; 0 where a column tells the domain.
    """

    learnt: tuple[str, ...] = ()
    tested: tuple[str, ...] = ()
    characters: int = 0

    def chosen(self, table: pl.DataFrame, plain: pl.Expr, where: str) -> pl.DataFrame:
        """The rows of train and dev that are learnt from, and those of test that are tested on.

        Parameters
        ----------
        table : polars.DataFrame
            With `split` and, without `characters`, `domain`.
        plain : polars.Expr
            The text of each row.
        where : str
            For errors.

        Raises
        ------
        UnknownName
            If no text is of a domain.
        BadValue
            If nothing is left to learn from or to test on.
        """
        domain = pl.col("domain")
        if self.characters:
            domain = pl.when(plain.str.len_chars() <= self.characters).then(pl.lit(SHORT)).otherwise(pl.lit(LONG))
        table = table.with_columns(domain=domain)
        known = table["domain"].unique().sort().to_list()
        for name in (*self.learnt, *self.tested):
            if name not in known:
                raise UnknownName("domain", name, known, where=where)
        is_test = pl.col("split") == "test"
        kept = table.filter(pl.when(is_test).then(_among(self.tested)).otherwise(_among(self.learnt)))
        for split, names in (("train", self.learnt), ("test", self.tested)):
            if kept.filter(split=split).is_empty():
                raise BadValue(f"no text of {' or '.join(names)} in the split {split}", where=where)
        return kept.drop("domain")


def _among(names: Sequence[str]) -> pl.Expr:
    return pl.col("domain").is_in([*names]) if names else pl.lit(True)
