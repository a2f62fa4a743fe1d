"""Importing: files into a store, with a report in which every row is accounted for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from isogloss.errors import BadFile, BadValue, InputError
from isogloss.evidence.duplicates import contradictions, settle_duplicates
from isogloss.evidence.evidence import Evidence
from isogloss.evidence.importers.base import ReadOptions
from isogloss.evidence.importers.sheets import Sheet
from isogloss.evidence.provenance import imported_sources
from isogloss.evidence.read import SourceFile, expand, read_source
from isogloss.evidence.store import Store

_SOURCE = "_source"


@dataclass(frozen=True)
class FileReport:
    """What became of the rows of one file or folder; `kept + queries + dropped` is `rows`.

    Attributes
    ----------
    file : str
    importer : str
    rows : int
        Scores or questions in the file; a table with several score columns has several per line.
    kept, queries : int
        Rows that became observations, and rows that ask for a score.
    dropped : dict of str to int
        Reason to number of rows.
    languages : dict of str to str
        Codes that were not canonical already, and what they were read as.
    scales : tuple of str
        How the kept scores were written.
    items, models, tasks : int
        Outcomes of single test items, and models and tasks about which there are facts.
    notes : tuple of str
        What else there is to know.
    """

    file: str
    importer: str
    rows: int
    kept: int
    queries: int
    dropped: dict[str, int]
    languages: dict[str, str]
    scales: tuple[str, ...]
    items: int = 0
    models: int = 0
    tasks: int = 0
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class ImportReport:
    """What an import did.

    Attributes
    ----------
    files : tuple of FileReport
    observations : polars.DataFrame
        What was kept, of all files together.
    part : pathlib.Path, str or None
        Where it was written, a path or a URL; None for a dry run.
    notes : tuple of str
        Scores that the store has recorded differently before.
    """

    files: tuple[FileReport, ...]
    observations: pl.DataFrame
    part: Path | str | None
    notes: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The report without the observations, as plain values."""
        return {
            "files": [vars(file) for file in self.files],
            "kept": self.observations.height,
            "part": None if self.part is None else str(self.part),
            "notes": list(self.notes),
        }


def import_files(
    files: Iterable[Any],
    options: ReadOptions | None = None,
    *,
    into: str | Path | None = None,
    format: str | None = None,
    dry_run: bool = False,
    licence: str | None = None,
    citation: str | None = None,
) -> ImportReport:
    """Read files and keep their observations in a store.

    All files are read before anything is written, and they are written as one part: if one of them
    cannot be read, the store stays as it was.

    Parameters
    ----------
    files : iterable of str, pathlib.Path or tables in memory
        Files, folders that a tool wrote its results to, patterns, tables.
    options : ReadOptions, optional
    into : str or pathlib.Path, optional
        Folder of the store, which is made where it does not exist, or the URL of one in an object store.
    format : str, optional
        Name of the importer for all files; recognised from each by default.
    dry_run : bool, default False
        Only report.
    licence, citation : str, optional
        Of all files; they stay with the observations, and come out in exports and answers.

    Raises
    ------
    InputError
        If a file cannot be read, if there is nowhere to write to, or if nothing would be written.
    StoreError
        If the store cannot be written.
    """
    if into is None and not dry_run:
        raise InputError("no store to keep the observations", hint="name a store, into=..., or only look: dry_run=True")
    options = options or ReadOptions()
    sources = [_read(source, options, format, number) for number, source in enumerate(_distinct(files, format))]
    if not sources:
        raise InputError("no file given", hint="name the files to import")
    read = [source.normalised for source in sources]
    together = pl.concat(
        [one.observations.with_columns(pl.lit(number).alias(_SOURCE)) for number, one in enumerate(read)]
    )
    kept, duplicates = settle_duplicates(together, options.duplicates)
    reports = tuple(
        _report(source, kept.filter(pl.col(_SOURCE) == number), duplicates.filter(pl.col(_SOURCE) == number))
        for number, source in enumerate(sources)
    )
    kept = kept.drop(_SOURCE)
    part = None
    notes: tuple[str, ...] = ()
    if into is not None and not dry_run:
        if kept.is_empty():
            raise BadValue(
                "no observation to keep, only queries or rows without a score",
                where=", ".join(source.where for source in sources),
                hint="questions are read by read_queries, or given to `isogloss forecast` as queries=...",
            )
        items, models, tasks = (
            pl.concat([getattr(one, name) for one in read]) for name in ("items", "models", "tasks")
        )
        store = Store(into)
        if store.parts() and (differing := contradictions(store.same_as(kept), kept)) is not None:
            notes = (differing,)
        places = {source.where: source.path for source in sources}
        files_read = imported_sources(kept, places, licence, citation)
        part = store.append(kept, items, models=models, tasks=tasks, sources=files_read)
    return ImportReport(reports, kept, part, notes)


def _distinct(files: Iterable[Any], format: str | None) -> Iterable[Path | Sheet | Evidence]:
    """Each file once, even if two patterns match it, so that no row is counted twice."""
    seen = set()
    for source in expand(files, format):
        if isinstance(source, Store):
            raise BadFile("is a folder of no known format", where=str(source.path), hint="give the files in it")
        if isinstance(source, Path):
            if (same := source.resolve()) in seen:
                continue
            seen.add(same)
        yield source


def _read(source: Path | Sheet | Evidence, options: ReadOptions, format: str | None, number: int) -> SourceFile:
    if isinstance(source, Evidence):
        read = read_source(Sheet(source.observations), options, format, table_name=f"table {number}")
        return replace(read, normalised=replace(read.normalised, models=source.models, tasks=source.tasks))
    return read_source(source, options, format, table_name=f"table {number}")


def _report(source: SourceFile, kept: pl.DataFrame, duplicates: pl.DataFrame) -> FileReport:
    normalised = source.normalised
    reasons = pl.concat([normalised.dropped["reason"], duplicates["reason"]])
    return FileReport(
        file=source.where,
        importer=source.importer,
        rows=source.raw.rows.height + source.raw.dropped.height,
        kept=kept.height,
        queries=normalised.queries.height,
        dropped=dict(sorted(reasons.value_counts().iter_rows())),
        languages={code: known for code, known in sorted(normalised.languages.items()) if code != known},
        scales=tuple(sorted(kept["scale"].unique())),
        items=normalised.items.height,
        models=normalised.models.height,
        tasks=normalised.tasks.height,
        notes=normalised.notes,
    )
