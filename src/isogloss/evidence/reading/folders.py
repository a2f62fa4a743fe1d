"""Folders of result files, of one tool or of several: each file is read by its own importer, what is left is named."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePath

import polars as pl

from isogloss.errors import BadFile
from isogloss.evidence.bounds import MAX_MEMBERS, check_memory
from isogloss.evidence.importers import importer_of_file, is_folder_of
from isogloss.evidence.importers.base import Importer, RawTable, ReadOptions
from isogloss.evidence.importers.table import Table
from isogloss.evidence.patterns import folders_below
from isogloss.evidence.reading.alike import AlikeTables
from isogloss.evidence.reading.decisions import NoScores
from isogloss.evidence.reading.plan import plan_source
from isogloss.text import first_of

NAME = "folder"
SURE_OF_SEVERAL = 0.97
"""A folder of files of several formats is read file by file, also where one tool takes it for its own."""
SURE_OF_ONE = 0.05
LOOKED_AT = 200
"""Files that are looked at to tell whether a folder holds several formats."""
NAMED = 8
"""Files left aside, and notes about single files, that the report names."""
ROW = 400
"""Bytes that a row takes until it is normalised."""

PASSED_OVER = frozenset({".gitattributes", ".gitignore", ".gitkeep", ".DS_Store", "Thumbs.db"})


class Folder(Importer):
    """A folder of result files.

    A folder below it that a tool is known by (MTEB's, HELM's) is read as a whole. Files that no importer knows are left
    aside and named; one that is known and cannot be read is an error. What all files say is normalised together, so
    that scores of a task and metric are all written alike, or that is asked.
    """

    name = NAME

    def sniff(self, head: bytes, path: PurePath) -> float:
        return 0.0

    def sniff_folder(self, folder: Path) -> float:
        formats = _formats(folder)
        return SURE_OF_SEVERAL if len(formats) > 1 else SURE_OF_ONE * len(formats)

    def read(self, path: Path, options: ReadOptions) -> RawTable:
        together, alike = _Together(str(path)), AlikeTables(options)
        for place, importer in _units(path):
            if importer is None:
                together.left.append(str(place.relative_to(path)))
            elif type(importer) is Table:
                try:
                    if not alike.take(place):
                        together.add(str(place), importer.name, plan_source(place, options, importer.name).execute())
                except NoScores as error:
                    alike.left.append((place, error.reason))
            else:
                together.add(str(place), importer.name, plan_source(place, options, importer.name).execute())
        for first, count, raw in alike.read():
            together.add(first, Table.name, raw, count)
        together.left += [f"{place.relative_to(path)} ({reason})" for place, reason in alike.left]
        return together.table()


def _formats(folder: Path) -> set[str]:
    """The formats among the first files of a folder and of those below it."""
    found = set()
    for number, path in enumerate(_files(folder)):
        if number == LOOKED_AT:
            break
        if (importer := importer_of_file(path)) is not None:
            found.add(importer.name)
    return found


def _files(folder: Path) -> Iterator[Path]:
    for below in folders_below(str(folder)):
        yield from _files_in(Path(below))


def _files_in(folder: Path) -> list[Path]:
    with os.scandir(folder) as entries:
        names = sorted(entry.name for entry in entries if entry.is_file() and entry.name not in PASSED_OVER)
    return [folder / name for name in names]


def _units(folder: Path) -> Iterator[tuple[Path, Importer | None]]:
    """Files, and folders that are read as a whole, each with its importer; None where no importer knows a file."""
    whole: list[Path] = []
    number = 0
    for below in map(Path, folders_below(str(folder))):
        if any(below.is_relative_to(one) for one in whole):
            continue
        importer = is_folder_of(below, but=NAME) if below != folder else None
        if importer is not None and importer.sniff_folder(below) > Folder().sniff_folder(below):
            whole.append(below)
            yield below, importer
            continue
        for path in _files_in(below):
            if (number := number + 1) > MAX_MEMBERS:
                raise BadFile(f"holds more than {MAX_MEMBERS} files", where=str(folder), hint="give parts of it")
            yield path, importer_of_file(path)


@dataclass
class _Together:
    """What the files of a folder say, put together."""

    where: str
    rows: list[pl.DataFrame] = field(default_factory=list)
    dropped: list[pl.DataFrame] = field(default_factory=list)
    items: list[pl.DataFrame] = field(default_factory=list)
    models: list[pl.DataFrame] = field(default_factory=list)
    tasks: list[pl.DataFrame] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    formats: Counter[str] = field(default_factory=Counter)
    height: int = 0

    def add(self, where: str, importer: str, raw: RawTable, files: int = 1) -> None:
        """Add what one or several files say.

        Rows that went missing are dropped here, as only their importer knows that they are no queries.
        """
        kept, dropped = raw.rows, raw.dropped
        may_miss = not raw.marks_queries and "score" in kept.columns
        if may_miss:
            missing = kept.filter(pl.col("score").is_null())
            dropped = pl.concat([dropped, missing.select("origin_row", reason=pl.lit("no score"))])
        check_memory(ROW * (self.height + kept.height), self.where)
        origin = pl.col("origin").fill_null(where) if "origin" in kept.columns else pl.lit(where)
        numbered = kept.with_columns(origin=origin, importer=pl.lit(importer))
        if raw.items is not None and raw.items.height:
            self.items.append(raw.items.with_columns(pl.col("row") + self.height))
        if may_miss:
            numbered = numbered.with_columns(_missing=pl.col("score").is_null())
        self.rows.append(numbered)
        self.height += kept.height
        self.dropped.append(dropped)
        self.notes += raw.notes
        for mine, theirs in ((self.models, raw.models), (self.tasks, raw.tasks)):
            if theirs is not None:
                mine.append(theirs)
        self.formats[importer] += files

    def table(self) -> RawTable:
        """All of it as one table."""
        if not self.rows:
            raise BadFile("holds no file of a known format", where=self.where, hint="give the files, and format=...")
        rows = pl.concat(self.rows, how="diagonal_relaxed")
        items = pl.concat(self.items) if self.items else None
        if "_missing" in rows.columns:
            rows, items = _without_missing(rows, items)
        return RawTable(
            rows,
            pl.concat(self.dropped),
            items=items,
            models=pl.concat(self.models) if self.models else None,
            tasks=pl.concat(self.tasks) if self.tasks else None,
            notes=(*self._counts(), *_few(list(dict.fromkeys(self.notes)), "note")),
        )

    def _counts(self) -> Iterator[str]:
        yield "files read by format: " + ", ".join(f"{name} ({count})" for name, count in sorted(self.formats.items()))
        if self.left:
            yield f"left aside: {first_of(self.left, NAMED)}"


def _without_missing(rows: pl.DataFrame, items: pl.DataFrame | None) -> tuple[pl.DataFrame, pl.DataFrame | None]:
    """Rows without those that went missing; items count the rows that are left."""
    stays = ~rows["_missing"].fill_null(False)
    if items is not None:
        places = pl.DataFrame({"row": pl.select(pl.int_range(rows.height, dtype=pl.Int64)).to_series()}).filter(stays)
        items = (
            items.join(places.with_row_index("_new"), on="row", how="inner", maintain_order="left")
            .with_columns(row=pl.col("_new").cast(pl.Int64))
            .drop("_new")
        )
    return rows.filter(stays).drop("_missing"), items


def _few(notes: list[str], noun: str) -> list[str]:
    if len(notes) <= NAMED:
        return notes
    return [*notes[:NAMED], f"and {len(notes) - NAMED} more {noun}s about other files"]
