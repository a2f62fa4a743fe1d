"""How often the language of a line is identified right."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from isogloss.languages import resolve
from isogloss.texts.identification import UNKNOWN, identify, same_language

if TYPE_CHECKING:
    import polars as pl

__all__ = ["accuracy_of", "identification_accuracy", "identify", "name_of"]


def name_of(code: str) -> str:
    """The English name of a code of the identifier; `unknown` stays."""
    return code if code == UNKNOWN else resolve(code).name


def identification_accuracy() -> pl.DataFrame:
    """How often the language of a sentence is identified, measured on the 204 test sentences of SIB-200.

    Returns
    -------
    polars.DataFrame
        `language` (id), `accuracy`, `mistaken_for` (code that it is taken for most often, where it is not right) and
        `share` of the sentences that are. Languages that cannot be identified have accuracy 0.
    """
    import polars as pl

    text = files("isogloss.behaviour").joinpath("data", "identification.tsv").read_bytes()
    return pl.read_csv(text, separator="\t")


def accuracy_of(language: str) -> dict[str, Any] | None:
    """The row of `identification_accuracy` for a language or a member of it, the worst of several; None without one."""
    wanted = resolve(language)
    rows = [row for row in _accuracies() if row["language"] == wanted.id]
    rows = rows or [
        row for row in _accuracies() if same_language(wanted, resolve(row["language"])) and row["accuracy"] > 0
    ]
    return min(rows, key=lambda row: float(row["accuracy"]), default=None)


@cache
def _accuracies() -> list[dict[str, Any]]:
    return identification_accuracy().to_dicts()
