"""Mapping files: how the columns of somebody's table become the columns of an observation."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from isogloss.errors import BadFile, UnknownName
from isogloss.evidence.schema import OBSERVATION, SCALES

READABLE = tuple(name for name in OBSERVATION if name not in ("target_as_reported", "origin", "origin_row", "importer"))
"""Columns that a table may fill; the others say where a row came from, which is this table."""

SHIPPED = Path(__file__).parent / "mappings"
_SECTIONS = ("scale", "recognise", "columns", "values", "regex", "train", "melt")
_TRAIN = ("column", "size_column", "size", "regex")


@dataclass(frozen=True)
class ColumnMapping:
    """What a mapping file says; see the how-to "How do I import my own table?".

    Attributes
    ----------
    name : str
        The file, for errors.
    columns : dict of str to str
        Schema column to the column of the table.
    values : dict of str to Any
        Schema column to the value that holds for every row.
    regex : dict of str to str
        Schema column to a pattern whose first group is what counts.
    train : dict of str to Any
        `column` with one source language per row; `size_column` or `size`, its number of examples;
        `regex` as above.
    melt : dict of str to dict
        Score column to the schema values (usually the model) that hold for its scores.
    scale : str or None
    recognise : tuple of str
        A table with all of these columns is read by this mapping without asking.
    """

    name: str
    columns: dict[str, str] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    regex: dict[str, str] = field(default_factory=dict)
    train: dict[str, Any] = field(default_factory=dict)
    melt: dict[str, dict[str, Any]] = field(default_factory=dict)
    scale: str | None = None
    recognise: tuple[str, ...] = ()

    def check(self, present: Iterable[str], where: str) -> None:
        """Refuse a table that lacks a column the mapping speaks of."""
        present = list(present)
        named = [*self.columns.values(), *self.melt, *(self.train[key] for key in _TRAIN[:2] if key in self.train)]
        for column in named:
            if column not in present:
                raise UnknownName("column", column, present, where=f"{self.name} for {where}")


def load_mapping(mapping: Path | str) -> ColumnMapping:
    """Read a mapping file, or the one of that name that ships.

    Raises
    ------
    UnknownName, BadFile
        If there is no such file, or it says something a mapping cannot say.
    """
    path = SHIPPED / f"{mapping}.toml" if str(mapping) in shipped_mappings() else Path(mapping)
    try:
        said = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UnknownName("mapping", str(mapping), shipped_mappings(), where="--map") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadFile(f"is not TOML: {error}", where=str(mapping)) from None
    except OSError as error:
        raise BadFile(f"cannot be read: {error.strerror or error}", where=str(mapping)) from None
    return _checked(said, str(mapping))


def shipped_mappings() -> list[str]:
    """Names of the mappings that ship with isogloss."""
    return sorted(path.stem for path in SHIPPED.glob("*.toml"))


def recognised(columns: Iterable[str]) -> ColumnMapping | None:
    """The shipped mapping made for a table with these columns, if there is one."""
    present = set(columns)
    fitting = [one for name in shipped_mappings() if (one := load_mapping(name)).recognise]
    fitting = [one for one in fitting if present.issuperset(one.recognise)]
    return max(fitting, key=lambda one: len(one.recognise), default=None)


def _checked(said: dict[str, Any], name: str) -> ColumnMapping:
    for section in said:
        if section not in _SECTIONS:
            raise UnknownName("section", section, _SECTIONS, where=name)
    sections = {key: _section(said, key, name) for key in ("recognise", "columns", "values", "regex", "train", "melt")}
    melt = {column: _melted(values) for column, values in sections["melt"].items()}
    for column in _schema_columns(sections, melt):
        if column not in READABLE:
            raise UnknownName("column", column, READABLE, where=name)
    for key in sections["train"]:
        if key not in _TRAIN:
            raise UnknownName("entry of [train]", key, _TRAIN, where=name)
    if sections["train"] and "column" not in sections["train"]:
        raise BadFile("[train] does not say its column", where=name, hint='add column = "..."')
    texts = [*sections["columns"].values(), *sections["regex"].values()]
    texts += [sections["train"][key] for key in ("column", "size_column", "regex") if key in sections["train"]]
    for text in texts:
        if not isinstance(text, str):
            raise BadFile(f"{text!r} is not text", where=name, hint="write names and patterns between quotes")
    if (scale := said.get("scale")) is not None and scale not in SCALES:
        raise UnknownName("scale", str(scale), SCALES, where=name)
    columns = sections.pop("recognise").get("columns", [])
    return ColumnMapping(name, **(sections | {"melt": melt}), scale=scale, recognise=tuple(map(str, columns)))


def _section(said: dict[str, Any], key: str, name: str) -> dict[str, Any]:
    section = said.get(key, {})
    if not isinstance(section, dict):
        raise BadFile(f"{key} is not a table", where=name, hint=f"write it as [{key}] with one entry per line")
    return section


def _melted(values: Any) -> dict[str, Any]:
    return values if isinstance(values, dict) else {"model": values}


def _schema_columns(sections: dict[str, dict[str, Any]], melt: dict[str, dict[str, Any]]) -> Iterator[str]:
    for key in ("columns", "values", "regex"):
        yield from sections[key]
    for values in melt.values():
        yield from values
