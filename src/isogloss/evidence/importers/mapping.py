"""Mapping files: how the columns of somebody's table become the columns of an observation."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

from annotated_types import MaxLen
from pydantic import BeforeValidator, Field, PrivateAttr

from isogloss.config import Help, Table, known, read_toml, validate
from isogloss.errors import UnknownName
from isogloss.evidence.schema import OBSERVATION, SCALES

READABLE = tuple(name for name in OBSERVATION if name not in ("target_as_reported", "origin", "origin_row", "importer"))
"""Columns that a table may fill; the others say where a row came from, which is this table."""

BESIDE = ("standard_error", "items")
"""What a column of its own may hold for each column of scores."""

SchemaColumn = Annotated[str, known("column", READABLE)]
Melted = Annotated[
    dict[SchemaColumn, Any], BeforeValidator(lambda value: value if isinstance(value, dict) else {"model": value})
]


class Recognised(Table):
    """Columns by which a table is recognised."""

    columns: list[str] = Field(default_factory=list)


class TrainColumns(Table):
    """Where a table says what was trained on: one source language per row, and its number of examples."""

    column: Annotated[str, Help(example='"..."')]
    size_column: str | None = None
    size: int | None = None
    regex: str | None = None


class ColumnMapping(Table):
    """What a mapping file says; see the how-to "How do I import my own table?".

    Attributes
    ----------
    columns : dict of str to str
        Schema column to the column of the table.
    values : dict of str to Any
        Schema column to the value that holds for every row.
    regex : dict of str to str
        Schema column to a pattern whose first group is what counts.
    train : TrainColumns or None
    melt : dict of str to dict
        Score column to the schema values (usually the model) that hold for its scores; `standard_error` and `items`
        may name the column that holds them.
    scale : str or None
    details : list of str
        Columns that are kept as they are, in `details`.
    pair : list of str
        Columns that hold the two languages of a pair, from and to; one alone where a header names the other.
    recognise : Recognised
        A table with all of its columns is read by this mapping without asking.
    """

    columns: dict[SchemaColumn, str] = Field(default_factory=dict)
    values: dict[SchemaColumn, Any] = Field(default_factory=dict)
    regex: dict[SchemaColumn, str] = Field(default_factory=dict)
    train: TrainColumns | None = None
    melt: dict[str, Melted] = Field(default_factory=dict)
    scale: Annotated[str, known("scale", SCALES)] | None = None
    details: list[str] = Field(default_factory=list)
    pair: Annotated[list[str], MaxLen(2)] = Field(default_factory=list)
    recognise: Recognised = Recognised()
    _name: str = PrivateAttr("")

    @property
    def name(self) -> str:
        """The file, for errors."""
        return self._name

    def named(self) -> list[str]:
        """The columns of a table that the mapping speaks of."""
        of_train = [] if self.train is None else [self.train.column, self.train.size_column]
        beside = [values[name] for values in self.melt.values() for name in BESIDE if isinstance(values.get(name), str)]
        return [*self.columns.values(), *self.melt, *beside, *self.details, *self.pair, *filter(None, of_train)]

    def check(self, present: Iterable[str], where: str) -> None:
        """Refuse a table that lacks a column the mapping speaks of."""
        present = list(present)
        for column in self.named():
            if column not in present:
                raise UnknownName("column", column, present, where=f"{self.name} for {where}")


def mapping_text(mapping: ColumnMapping) -> str:
    """A mapping as the file that `load_mapping` reads."""
    lines = [f"scale = {_toml(mapping.scale)}"] if mapping.scale is not None else []
    lines += [f"{name} = {_toml(value)}" for name in ("details", "pair") if (value := getattr(mapping, name))]
    for name in ("columns", "values", "regex"):
        if table := getattr(mapping, name):
            lines += [f"\n[{name}]", *(f"{key} = {_toml(value)}" for key, value in table.items())]
    if mapping.melt:
        lines.append("\n[melt]")
        for column, values in mapping.melt.items():
            lines.append(
                f"{_toml(column)} = {{ {', '.join(f'{key} = {_toml(value)}' for key, value in values.items())} }}"
            )
    return "\n".join(lines).lstrip() + "\n"


def _toml(value: Any) -> str:
    return json.dumps(value)  # which is TOML for text, numbers, truth and lists of them


def load_mapping(path: Path | str) -> ColumnMapping:
    """Read a mapping file.

    Raises
    ------
    BadFile, BadValue
        If there is no such file, or it says something a mapping cannot say.
    """
    mapping = validate(ColumnMapping, read_toml(Path(path)), str(path))
    mapping._name = str(path)
    return mapping
