"""Importing: files into a store, with a report in which every row is accounted for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from isogloss.errors import BadFile, BadValue, InputError
from isogloss.evidence.duplicates import settle_duplicates
from isogloss.evidence.importers.base import ReadOptions
from isogloss.evidence.read import SourceFile, expand, read_source
from isogloss.evidence.store import Store


@dataclass(frozen=True)
class FileReport:
    """What became of the rows of one file; `kept + queries + dropped` is `rows`.

    Attributes
    ----------
    file : str
    importer : str
    rows : int
        Scores or questions in the file; a table with several score columns has several per line.
    kept, queries : int
    dropped : dict of str to int
        Reason to number of rows.
    languages : dict of str to str
        Codes that were not canonical already, and what they were read as.
    scales : tuple of str
        How the kept scores were written.
    """

    file: str
    importer: str
    rows: int
    kept: int
    queries: int
    dropped: dict[str, int]
    languages: dict[str, str]
    scales: tuple[str, ...]


@dataclass(frozen=True)
class ImportReport:
    """What an import did.

    Attributes
    ----------
    files : tuple of FileReport
    observations : polars.DataFrame
        What was kept, of all files together.
    part : pathlib.Path or None
        Where it was written; None for a dry run.
    """

    files: tuple[FileReport, ...]
    observations: pl.DataFrame
    part: Path | None

    def as_dict(self) -> dict[str, Any]:
        """The report without the observations, as plain values."""
        return {
            "files": [vars(file) | {"scales": list(file.scales)} for file in self.files],
            "kept": self.observations.height,
            "part": None if self.part is None else str(self.part),
        }


def import_files(
    files: Iterable[Any],
    options: ReadOptions | None = None,
    *,
    into: str | Path | None = None,
    format: str | None = None,
    dry_run: bool = False,
) -> ImportReport:
    """Read files and keep their observations in a store.

    All files are read before anything is written, and they are written as one part: if one of them
    cannot be read, the store stays as it was.

    Parameters
    ----------
    files : iterable of str, pathlib.Path or tables in memory
    options : ReadOptions, optional
    into : str or pathlib.Path, optional
        Folder of the store; it is made where it does not exist.
    format : str, optional
        Name of the importer for all files; recognised from each by default.
    dry_run : bool, default False
        Only report.

    Raises
    ------
    InputError
        If a file cannot be read, if there is nowhere to write to, or if nothing would be written.
    StoreError
        If the store cannot be written.
    """
    if into is None and not dry_run:
        raise InputError("nowhere to keep the observations", mend="name a store with --into, or only look: --dry-run")
    options = options or ReadOptions()
    sources = [_read(source, options, format, number) for number, source in enumerate(_distinct(files))]
    if not sources:
        raise InputError("no file given", mend="name the files to import")
    together = pl.concat([source.normalised.observations for source in sources])
    kept, duplicates = settle_duplicates(together, options.duplicates)
    reports = tuple(_report(source, kept, duplicates) for source in sources)
    part = None
    if into is not None and not dry_run:
        if kept.is_empty():
            raise BadValue(
                "no observation to keep, only queries or rows without a score",
                where=", ".join(source.where for source in sources),
                mend="give queries to `isogloss forecast --queries`",
            )
        part = Store(into).append(kept)
    return ImportReport(reports, kept, part)


def _distinct(files: Iterable[Any]) -> Iterable[Path | pl.DataFrame]:
    """Each file once, even if two patterns match it, so that no row is counted twice."""
    seen = set()
    for source in expand(files):
        if isinstance(source, Store):
            raise BadFile("is a folder", where=str(source.path), mend="give the files in it")
        if isinstance(source, Path):
            if (same := source.resolve()) in seen:
                continue
            seen.add(same)
        yield source


def _read(source: Path | pl.DataFrame, options: ReadOptions, format: str | None, number: int) -> SourceFile:
    return read_source(source, options, format, table_name=f"table {number}")


def _report(source: SourceFile, kept: pl.DataFrame, duplicates: pl.DataFrame) -> FileReport:
    normalised = source.normalised
    own = kept.filter(pl.col("origin") == source.where)
    reasons = pl.concat([normalised.dropped["reason"], duplicates.filter(pl.col("origin") == source.where)["reason"]])
    return FileReport(
        file=source.where,
        importer=source.importer,
        rows=source.raw.rows.height + source.raw.dropped.height,
        kept=own.height,
        queries=normalised.queries.height,
        dropped=dict(sorted(reasons.value_counts().iter_rows())),
        languages={code: known for code, known in sorted(normalised.languages.items()) if code != known},
        scales=tuple(sorted(own["scale"].unique())),
    )
