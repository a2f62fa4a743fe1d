"""Tables: any CSV, TSV, JSONL or Parquet, by the names of its columns or by a mapping file."""

from __future__ import annotations

import difflib
import re
from dataclasses import replace
from pathlib import Path, PurePath
from typing import ClassVar

import polars as pl

from isogloss.errors import BadFile, BadValue, UnknownName
from isogloss.evidence.importers.base import Importer, RawTable, ReadOptions
from isogloss.evidence.importers.cells import is_numeric, read_numbers
from isogloss.evidence.importers.columns import cast_columns, with_numbers
from isogloss.evidence.importers.files import PARQUET_MAGIC
from isogloss.evidence.importers.headers import is_bookkeeping
from isogloss.evidence.importers.mapping import BESIDE, READABLE, ColumnMapping, TrainColumns, load_mapping
from isogloss.evidence.importers.nested import looks_nested
from isogloss.evidence.importers.spreadsheets import SUFFIXES, is_spreadsheet
from isogloss.evidence.importers.tables import read_sheets
from isogloss.evidence.importers.text_tables import is_text_table
from isogloss.evidence.pairs import SEPARATOR
from isogloss.languages.context import is_summary

NEEDED = ("model", "task", "metric", "target", "train")
_SUFFIXES = (".csv", ".tsv", ".tab", ".jsonl", ".ndjson", ".parquet", *SUFFIXES)
MISSPELT = 0.8
"""Likeness from which on a column's name is taken for a slip: `sed` for seed, not `notes` for shots."""


class Table(Importer):
    """Any CSV, TSV, JSONL or Parquet table.

    Columns named as in `isogloss.evidence.schema.OBSERVATION` are taken as they are; others take a
    mapping file. A table without a score is a table of queries. Without a mapping, columns of other
    names are kept in `details`, unless they look like a misspelt one.
    """

    name = "table"

    def sniff(self, head: bytes, path: PurePath) -> float:
        if head.startswith(PARQUET_MAGIC) or is_spreadsheet(head, path.suffix) or is_text_table(head, path.suffix):
            return 0.6
        if path.suffix.lower() == ".json" and (start := head.lstrip())[:1] in (b"[", b"{"):
            records = start[:1] == b"[" and start[1:].lstrip().startswith(b"{")
            lines = start[:1] == b"{" and all(f'"{name}"'.encode() in start for name in ("model", "target", "score"))
            return 0.4 if records or lines or looks_nested(head) else 0.0
        header = re.split(r"\W+", head.removeprefix(b"\xef\xbb\xbf").split(b"\n", 1)[0].decode("utf-8", "replace"))
        return 0.7 if len(set(NEEDED) & set(header)) >= 2 else 0.5 * (path.suffix.lower() in _SUFFIXES)

    def read(self, path: Path, options: ReadOptions) -> RawTable:
        return self.tidy(read_sheets(path, options.values)[0].frame, options, str(path))

    def tidy(self, table: pl.DataFrame, options: ReadOptions, where: str) -> RawTable:
        """A table that is already in memory, by the same rules.

        Raises
        ------
        BadFile, BadValue, UnknownName
        """
        if table.is_empty():
            raise BadFile("holds no rows", where=where)
        mapping = options.mapping
        if isinstance(mapping, str | Path):
            mapping = load_mapping(mapping)
        if mapping is not None:
            mapping.check(table.columns, where)
        rows = _mapped(table, mapping, options, where) if mapping else _named(table, where)
        _require_columns(rows, table, options, where)
        empty = pl.Series(table.select(pl.all_horizontal(pl.all().is_null())).to_series().arg_true(), dtype=pl.Int64)
        rows, notes = with_numbers(rows.filter(~pl.col("origin_row").is_in(empty.implode())))
        rows = cast_columns(rows, where)
        scored = "score" in rows.columns
        if scored and "scale" in rows.columns and mapping is None:
            rows = _forget_settled_scale(rows)
        dropped = pl.DataFrame({"origin_row": empty}).with_columns(reason=pl.lit("empty row"))
        if mapping is not None and mapping.melt and type(self) is Table:
            dropped = pl.concat([dropped, *(_unmapped(table[name]) for name in _numbers_left(table, mapping))])
        return RawTable(rows, dropped, marks_queries=not scored, notes=notes)


class MappedTable(Table):
    """A table that a mapping file describes: subclasses name the format, and a mapping with `[recognise]`."""

    mapping: ClassVar[Path]

    def sniff(self, head: bytes, path: PurePath) -> float:
        header = head.split(b"\n", 1)[0]
        columns = load_mapping(self.mapping).recognise.columns
        return 0.75 * (bool(columns) and all(column.encode() in header for column in columns))

    def tidy(self, table: pl.DataFrame, options: ReadOptions, where: str) -> RawTable:
        return super().tidy(table, replace(options, mapping=options.mapping or self.mapping), where)


def _named(table: pl.DataFrame, where: str) -> pl.DataFrame:
    """Columns by their own names; the rest goes into `details`."""
    taken = [name for name in table.columns if name in READABLE]
    others = [name for name in table.columns if name not in READABLE]
    for name in others:
        absent = [column for column in READABLE if column not in taken]
        if near := difflib.get_close_matches(name.casefold(), absent, n=1, cutoff=MISSPELT):
            raise UnknownName("column", name, near, where=where)
    if others and "details" in taken:
        taken, others = [name for name in taken if name != "details"], [*others, "details"]
    rows = _numbered(table).select("origin_row", *taken)
    return rows.with_columns(details=_as_json(table.select(others), where)) if others else rows


def _as_json(columns: pl.DataFrame, where: str) -> pl.Series:
    try:
        return columns.select(pl.struct(pl.all()).struct.json_encode()).to_series()
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        raise BadFile(f"a column cannot be kept: {str(error).splitlines()[0]}", where=where,
                      hint="leave out columns that hold no text or numbers") from None  # fmt: skip


def _mapped(table: pl.DataFrame, mapping: ColumnMapping, options: ReadOptions, where: str) -> pl.DataFrame:
    own = {name: name for name in table.columns if name in READABLE}
    cells: dict[str, pl.Expr | pl.Series] = {name: pl.col(column) for name, column in (own | mapping.columns).items()}
    # What the user says now wins over what the mapping says, not over what the table says.
    cells |= {name: pl.lit(options.values.get(name, value)) for name, value in mapping.values.items()}
    if mapping.train is not None:
        cells["train"] = _train(table, mapping.train, mapping.name, where)
    for name in {name for values in mapping.melt.values() for name in values}:
        cells.pop(name, None)
    if mapping.pair:
        cells["target"] = _joined([table[name].cast(pl.String) for name in mapping.pair])
    if mapping.details:
        cells["details"] = _as_json(table.select(mapping.details), where)
    rows = _numbered(table.with_columns(**cells).select(*cells))
    for name, pattern in mapping.regex.items():
        if name in rows.columns:
            rows = rows.with_columns(_cut(rows[name], pattern, f"{mapping.name} for {where}"))
    if mapping.scale is not None:
        rows = rows.with_columns(scale=pl.lit(mapping.scale))
    return _melted(rows, table, mapping) if mapping.melt else rows


def _numbered(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.with_columns(origin_row=pl.int_range(pl.len(), dtype=pl.Int64))


def _melted(rows: pl.DataFrame, table: pl.DataFrame, mapping: ColumnMapping) -> pl.DataFrame:
    """One row per score column; the scores of one row of the table stay next to each other."""
    parts = []
    for column, values in mapping.melt.items():
        said = {
            name: table[value].alias(name) if name in BESIDE and value in table.columns else pl.lit(value)
            for name, value in values.items()
        }
        part = rows.with_columns(score=table[column], **said)
        if len(mapping.pair) == 1:
            part = part.with_columns(target=_joined([table[mapping.pair[0]].cast(pl.String), part["target"]]))
        parts.append(part)
    return pl.concat(parts, how="diagonal_relaxed").sort("origin_row", maintain_order=True)


def _numbers_left(table: pl.DataFrame, mapping: ColumnMapping) -> list[str]:
    """Columns of numbers that a mapping of several score columns does not speak of."""
    used = {*mapping.named(), *READABLE}
    return [name for name in table.columns if name not in used and not is_bookkeeping(name) and is_numeric(table[name])]


def _unmapped(column: pl.Series) -> pl.DataFrame:
    rows = read_numbers(column).values.is_not_null().arg_true().cast(pl.Int64)
    reason = f"summary column '{column.name}'" if is_summary(column.name) else f"column '{column.name}' is in no [melt]"
    return pl.DataFrame({"origin_row": rows}, schema={"origin_row": pl.Int64}).with_columns(reason=pl.lit(reason))


def _joined(languages: list[pl.Series]) -> pl.Series:
    """The two languages of pairs as one value."""
    columns = {str(place): column for place, column in enumerate(languages)}
    return pl.DataFrame(columns).select(pl.concat_str(pl.all(), separator=SEPARATOR)).to_series()


def _train(table: pl.DataFrame, train: TrainColumns, mapping: str, where: str) -> pl.Series:
    """The mixes of a table that trains on one language per row."""
    code: pl.Series = table[train.column].cast(pl.String).alias("train")
    if train.regex is not None:
        code = _cut(code, train.regex, f"{mapping} for {where}")
    if (odd := code.str.contains("[,:]").arg_true()).len():
        raise BadValue(
            f"'{code[odd[0]]}' is not one language", where=f"{where} row {odd[0]}",
            hint="mixes need no [train]: map them with [columns] train",
        )  # fmt: skip
    if train.size_column is not None:
        size = table[train.size_column].cast(pl.String)
    elif train.size is not None:
        size = pl.Series([str(train.size)])
    else:
        return code
    sized = pl.when(size.is_null()).then(code).otherwise(pl.format("{}:{}", code, size))
    return pl.DataFrame({"train": code}).select(train=sized).to_series()


def _cut(column: pl.Series, pattern: str, where: str) -> pl.Series:
    text = column.cast(pl.String)
    try:
        cut = text.str.extract(pattern, 1)
    except pl.exceptions.PolarsError:
        raise BadFile(
            f"cannot use the pattern '{pattern}'", where=where, hint="give it one group: ^(.+)_test$"
        ) from None
    if (missed := (cut.is_null() & text.is_not_null()).arg_true()).len():
        raise BadValue(
            f"'{text[missed[0]]}' does not match '{pattern}'", where=f"{where} row {missed[0]}",
            hint="widen the pattern; its first group is what is kept",
        )  # fmt: skip
    return cut


def _require_columns(rows: pl.DataFrame, table: pl.DataFrame, options: ReadOptions, where: str) -> None:
    needed = [name for name in NEEDED if name != "metric" or "score" in rows.columns]
    missing = [name for name in needed if name not in rows.columns and name not in options.values]
    if not missing:
        return
    present = ", ".join(table.columns[:12]) + (", ..." if table.width > 12 else "")
    flags = [f"{name}=..." for name in missing if name in ("model", "task", "metric")]
    ways = " ".join([*flags, *(["train=..."] if "train" in missing else []), "or a mapping file as mapping=..."])
    empty = "; train may be empty ('') for a model used as it is" if "train" in missing else ""
    raise BadFile(
        f"lacks the column{'s' * (len(missing) > 1)} {', '.join(missing)} (it has {present})",
        where=where,
        hint=f"rename them, or give {ways.removeprefix('or ')}{empty}",
    )


def _forget_settled_scale(rows: pl.DataFrame) -> pl.DataFrame:
    """Read a table that isogloss wrote: its scores are fractions, `scale` remembers what they were."""
    settled = (pl.col("score").max() <= 1).over("scale") & (pl.col("scale") == "percent")
    return rows.with_columns(scale=pl.when(settled).then(pl.lit("fraction")).otherwise("scale"))
