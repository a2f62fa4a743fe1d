"""A column whose names end in a language, as `xnli_de` or `XNLI (German)`, where no column of its own names one."""

from __future__ import annotations

import re
from dataclasses import dataclass

from isogloss.evidence.importers.headers import LONGEST
from isogloss.evidence.importers.sheets import Sheet
from isogloss.evidence.reading.columns import Columns
from isogloss.languages.context import read_column

_ENDINGS = (
    (r"^.+?\s*[(\[]([^()\[\]]+)[)\]]$", r"^(.+?)\s*[(\[][^()\[\]]+[)\]]$"),
    (r"^.+[\s_:/|-]([^\s_:/|-]+)$", r"^(.+)[\s_:/|-][^\s_:/|-]+$"),
)
"""How a language stands at the end of a name: patterns of the language, and of the rest."""


@dataclass(frozen=True)
class NamesInRows:
    """A column of names that end in a language.

    Attributes
    ----------
    column : str
    language, rest : str
        Patterns whose first group is the language, and what stands before it.
    example : str
    """

    column: str
    language: str
    rest: str
    example: str


def find_names(sheet: Sheet, columns: Columns) -> NamesInRows | None:
    """The column whose names all end in a language, if there is one."""
    for column in columns.texts + [columns.roles[role] for role in ("task", "model") if role in columns.roles]:
        values = sheet.frame[column].cast(str).drop_nulls().unique(maintain_order=True).to_list()
        if any(len(value) > LONGEST for value in values):
            continue
        for language, rest in _ENDINGS:
            matches = [re.match(language, value) for value in values]
            codes = [match[1] for match in matches if match is not None]
            if not codes or len(codes) < len(values):
                continue
            read = read_column(codes)
            if read.languages and not read.unknown and not read.unclear:
                return NamesInRows(column, language, rest, values[0])
    return None
