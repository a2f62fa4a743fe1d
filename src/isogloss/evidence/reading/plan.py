"""A reading plan: how a file or a table in memory is read, before it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import polars as pl

from isogloss.errors import BadFile, BadValue
from isogloss.evidence.importers import importer_for, importers
from isogloss.evidence.importers.base import Importer, RawTable, ReadOptions
from isogloss.evidence.importers.mapping import ColumnMapping, load_mapping, mapping_text
from isogloss.evidence.importers.sheets import Sheet
from isogloss.evidence.importers.table import Table
from isogloss.evidence.importers.tables import read_sheets
from isogloss.evidence.reading.columns import with_own_names
from isogloss.evidence.reading.decisions import Confidence, Decision, NoScores, sentences
from isogloss.evidence.reading.halves import with_halves_apart
from isogloss.evidence.reading.tables import TablePlan, plan_table


@dataclass(frozen=True)
class ReadingPlan:
    """How a source is read.

    Attributes
    ----------
    where : str
        What errors call the source.
    importer : Importer
    options : ReadOptions
        What the caller said.
    source : pathlib.Path or None
        The file or folder; None for a table in memory.
    tables : tuple of TablePlan
        Where the source holds tables that nobody described: how each is read.
    notes : tuple of str
        Sheets that are left out, and why.
    """

    where: str
    importer: Importer
    options: ReadOptions = field(default_factory=ReadOptions)
    source: Path | None = None
    tables: tuple[TablePlan, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def decisions(self) -> tuple[Decision, ...]:
        """What is taken for what, the format first."""
        by_name = Decision("format", self.importer.name, Confidence.CERTAIN, "recognised from the file, or named")
        return (by_name, *(one for table in self.tables for one in table.decisions))

    @property
    def questions(self) -> tuple[Decision, ...]:
        """What has to be asked before the source can be read."""
        return tuple(one for one in self.decisions if one.confidence is Confidence.UNCLEAR)

    @property
    def sentences(self) -> tuple[str, ...]:
        """What is certain, what is assumed, and what has to be asked: a line each, as far as there is any."""
        asked = "; ".join(dict.fromkeys(f"{one.value} ({one.answer})" for one in self.questions))
        return (*sentences(self.decisions), *self.notes, *([f"to be asked: {asked}"] if asked else []))

    @property
    def row_options(self) -> ReadOptions:
        """What the caller said that holds for every row; a metric `f1/em` names the two numbers of a cell."""
        values = {name: value for name, value in self.options.values.items()
                  if all(table.options.values.get(name) == value for table in self.tables)}  # fmt: skip
        return replace(self.options, values=values)

    def mapping(self) -> str:
        """The plan as a mapping file, to be edited and given as `mapping=...`.

        Raises
        ------
        BadValue
            If the source is not one table that needs a mapping.
        """
        described = [table for table in self.tables if table.mapping is not None]
        if len(described) != 1:
            reason = "holds several tables" if described else "needs no mapping file"
            raise BadValue(reason, where=self.where, hint="give each table as a file of its own" if described else None)
        (table,) = described
        assert table.mapping is not None
        return "".join(f"# {one}\n" for one in self.sentences) + mapping_text(table.mapping)

    def execute(self) -> RawTable:
        """Read the source, as it is written.

        Raises
        ------
        BadFile, BadValue
            If it cannot be read, or something has to be asked first: all of it at once.
        """
        if not self.tables:
            assert self.source is not None
            return self.importer.read(self.source, self.options)
        if questions := self.questions:
            raise BadValue(
                "; ".join(dict.fromkeys(one.value for one in questions)),
                where=self.where,
                hint="give " + ", ".join(dict.fromkeys(one.answer for one in questions)),
            )
        read = [replace(raw, notes=(*raw.notes, *table.sheet.notes))
                for table in self.tables for raw in [table.execute()]]  # fmt: skip
        if len(read) == 1:
            return replace(read[0], notes=(*read[0].notes, *self.notes))
        rows = [raw.rows.with_columns(origin=pl.lit(table.where)) for raw, table in zip(read, self.tables, strict=True)]
        return RawTable(
            pl.concat(rows, how="diagonal_relaxed"),
            pl.concat([raw.dropped for raw in read]),
            marks_queries=all(raw.marks_queries for raw in read),
            notes=(*(note for raw in read for note in raw.notes), *self.notes),
        )


def plan_source(
    source: Path | Sheet,
    options: ReadOptions,
    format: str | None = None,
    *,
    queries: bool = False,
    table_name: str = "table",
) -> ReadingPlan:
    """Plan how one file, folder or table is read; with `queries`, by the names of its columns alone.

    Raises
    ------
    BadFile, BadValue, UnknownName
        If it cannot be read at all.
    """
    if isinstance(source, Sheet):
        named = importers.get(format)() if format else None
        table = named if isinstance(named, Table) else Table()
        return _of_tables([source], table, options, table_name, None, queries)
    # Only tables have mappings, so naming one names the format too.
    importer = importer_for(source, format or ("table" if options.mapping is not None else None))
    # A name that is not UTF-8 can be opened but not stored.
    where = str(source).encode("utf-8", "replace").decode()
    if not isinstance(importer, Table):
        return ReadingPlan(where, importer, options, source)
    return _of_tables(read_sheets(source, options.values), importer, options, where, source, queries)


def _of_tables(
    sheets: Sequence[Sheet], importer: Table, options: ReadOptions, where: str, source: Path | None, queries: bool
) -> ReadingPlan:
    """The plan of tables; of several, those that hold no scores of languages are left out."""
    if queries and type(importer) is Table and options.mapping is None:
        sheets = [with_own_names(sheet) for sheet in sheets]
    if type(importer) is Table and options.mapping is not None:
        mapping = options.mapping if isinstance(options.mapping, ColumnMapping) else load_mapping(options.mapping)
        options = replace(options, mapping=mapping)
        sheets = [one if set(mapping.named()) <= set(one.frame.columns) else with_halves_apart(one) for one in sheets]
    if type(importer) is not Table or options.mapping is not None or queries:
        described = tuple(TablePlan(sheet, options, where, importer=importer) for sheet in sheets[:1])
        return ReadingPlan(where, importer, options, source, described)
    if len(sheets) == 1:
        return ReadingPlan(where, importer, options, source, (plan_table(sheets[0], options, where),))
    plans, notes = [], []
    for sheet in sheets:
        try:
            plans.append(plan_table(sheet, options, f"{where} sheet {sheet.name}"))
        except BadFile as error:
            notes.append(f"sheet '{sheet.name}' is left out: {error.reason}")
    if not plans:
        raise NoScores("holds no table of scores", where=where, hint="; ".join(notes))
    return ReadingPlan(where, importer, options, source, tuple(plans), tuple(notes))
