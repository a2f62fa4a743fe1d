"""The front door: files, stores, tables in memory and shipped names in; evidence or queries out."""

from __future__ import annotations

import glob
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from isogloss.errors import BadFile, BadValue, InputError, UnknownName
from isogloss.evidence.dataframes import as_sheet
from isogloss.evidence.duplicates import settle_duplicates
from isogloss.evidence.evidence import Evidence
from isogloss.evidence.importers import is_folder_of
from isogloss.evidence.importers.base import RawTable, ReadOptions
from isogloss.evidence.importers.sheets import Sheet
from isogloss.evidence.importers.tables import sheet_of_text
from isogloss.evidence.normalise import Normalised, as_queries, normalise
from isogloss.evidence.patterns import find_paths
from isogloss.evidence.reading.plan import ReadingPlan, plan_source
from isogloss.evidence.storage import is_url
from isogloss.evidence.store import Store
from isogloss.forks import check_fork
from isogloss.text import counted

NO_SCORE = "no score"
MOST_REASONS = 4
"""Reasons that a note about rows left out lists."""


@dataclass(frozen=True)
class SourceFile:
    """A file, or a table in memory, as read and as normalised.

    Attributes
    ----------
    where : str
        What errors and `origin` call it.
    importer : str
    raw : RawTable
    normalised : Normalised
    path : pathlib.Path or None
        The file or folder; None for a table in memory.
    """

    where: str
    importer: str
    raw: RawTable
    normalised: Normalised
    path: Path | None = None


def read_evidence(
    *sources: Any,
    format: str | None = None,
    mapping: str | Path | None = None,
    task: str | None = None,
    model: str | None = None,
    metric: str | None = None,
    recipe: str | None = None,
    train: str | None = None,
    scale: str | None = None,
    better: str | None = None,
    languages: Mapping[str, str] | None = None,
    duplicates: str = "error",
    unfinished: bool = False,
) -> Evidence:
    """Read what was measured.

    Parameters
    ----------
    *sources : str, pathlib.Path, polars.DataFrame, pandas.DataFrame or pyarrow.Table
        Result files, patterns such as `results/*.json`, folders of a tool's results, stores (folders, or URLs
        such as `s3://bucket/folder`), text of a table as it is copied from a spreadsheet, names of evidence that
        ships (`isogloss:sib200-ngram`) or tables in memory, in any mix.
    format : str, optional
        Name of the importer; recognised from each file by default.
    mapping : str or pathlib.Path, optional
        Mapping file for tables, or the name of one that ships.
    task, model, metric, recipe, train : str, optional
        What holds for every row of every file, where the file does not say it. Stores always do.
    scale : {"fraction", "percent", "raw"}, optional
        How scores are written; by default decided from the scores, where the metric is known. Metrics known to be
        no fractions, such as losses, stay as they are.
    better : {"higher", "lower"}, optional
        Which scores are better, for metrics of which neither the file nor isogloss knows it.
    languages : mapping of str to str, optional
        How to read a code, ahead of all else: `{"jp": "jpn"}`.
    duplicates : {"error", "mean", "last"}
        What to do with several different scores of one observation.
    unfinished : bool, default False
        Whether to read runs that were cancelled or failed.

    Returns
    -------
    Evidence
        Equal duplicates and rows without a score are left out; `isogloss.evidence.import_files`
        reports them. What was assumed is in its `notes`; whether scores were percentages in `percent`.

    Raises
    ------
    InputError
        One line: the file, the row, the reason, the hint.
    """
    if not sources:
        raise InputError("no evidence given", hint="name files, stores or evidence that ships")
    options = read_options(
        task, model, metric, recipe, mapping, scale, languages, duplicates,
        train=train, unfinished=unfinished, better=better,
    )  # fmt: skip
    parts: list[Evidence | Normalised] = []
    for source in expand(sources, format):
        if isinstance(source, Store):
            parts.append(source.read())
        elif isinstance(source, Evidence):
            parts.append(source)
        else:
            read = read_source(source, options, format).normalised
            parts.append(replace(read, notes=(*read.notes, *_left_out(read.dropped))))
    kept, _ = settle_duplicates(pl.concat([part.observations for part in parts]), duplicates)
    if kept.is_empty():
        raise BadValue(
            "holds no scores",
            where=", ".join(str(source) for source in sources if isinstance(source, str | Path)) or "table",
            hint="questions are read by read_queries, or given to `isogloss forecast` as queries=...",
        )
    models, tasks = (pl.concat([getattr(part, name) for part in parts]) for name in ("models", "tasks"))
    notes = dict.fromkeys(note for part in parts for note in part.notes)
    known = [part.files for part in parts if isinstance(part, Evidence)]
    return Evidence(kept, models, tasks, notes, pl.concat(known) if known else None)


def _left_out(dropped: pl.DataFrame) -> tuple[str, ...]:
    """Rows that hold a score and are left out all the same, with the reasons: `2 rows left out: ...`."""
    reasons = dropped.filter(pl.col("reason") != NO_SCORE)["reason"].value_counts(sort=True).rows()
    if not reasons:
        return ()
    said = ", ".join(f"{reason} ({count})" if count > 1 else reason for reason, count in sorted(reasons)[:MOST_REASONS])
    more = f" and {len(reasons) - MOST_REASONS} more reasons" if len(reasons) > MOST_REASONS else ""
    return (f"{counted(sum(count for _, count in reasons), 'row')} left out: {said}{more}",)


def plan_reading(source: Any, *, format: str | None = None, **options: Any) -> ReadingPlan:
    """Plan how one file, folder or table in memory is read, without reading it into evidence.

    Parameters
    ----------
    source : str, pathlib.Path or a table in memory
    format : str, optional
        Name of the importer; recognised from the file by default.
    **options
        As for `read_evidence`.

    Returns
    -------
    ReadingPlan
        With `decisions`, `questions`, `sentences`, and the plan as a mapping file, `mapping()`.

    Raises
    ------
    InputError
        If the source cannot be read at all, or is a store.
    """
    found = list(expand([source], format))
    if len(found) != 1 or isinstance(found[0], Store | Evidence):
        raise BadValue("is not one file or table", where=str(source)[:200], hint="give a single file or table")
    absent: dict[str, Any] = dict.fromkeys(("task", "model", "metric", "recipe", "mapping", "scale", "languages"))
    return plan_source(found[0], read_options(**(absent | {"duplicates": "error"} | options)), format)


def open_sources(*sources: Any, **options: Any) -> Store | Evidence:
    """A single store as it is, without reading it; anything else as `read_evidence` reads it."""
    found = list(expand(sources)) if len(sources) == 1 else []
    return found[0] if len(found) == 1 and isinstance(found[0], Store) else read_evidence(*sources, **options)


def read_queries(
    source: Any,
    *,
    format: str | None = None,
    mapping: str | Path | None = None,
    task: str | None = None,
    model: str | None = None,
    metric: str | None = None,
    recipe: str | None = None,
    languages: Mapping[str, str] | None = None,
) -> pl.DataFrame:
    """Read questions: what nobody measured, or what is to be forecast as if nobody had.

    Parameters
    ----------
    source : str, pathlib.Path or a table in memory
        One file. Rows it marks as questions (`"x"` in LITMUS files) are the queries; in a file that
        marks none every row is one, and its scores are not looked at.
    format, mapping, task, model, metric, recipe, languages
        As for `read_evidence`.

    Returns
    -------
    polars.DataFrame
        Columns of `isogloss.evidence.QUERY`, before them `query_row`, the 0-based position in the file;
        in the order of the file.

    Raises
    ------
    InputError
        One line: the file, the row, the reason, the hint.
    """
    options = read_options(task, model, metric, recipe, mapping, None, languages, "error")
    found = list(expand([source], format))
    if len(found) != 1 or isinstance(found[0], Store | Evidence):
        raise BadValue("queries are read from one file", where=str(source), hint="give a single file")
    return read_source(found[0], options, format, queries=True).normalised.queries


def read_options(
    task: str | None,
    model: str | None,
    metric: str | None,
    recipe: str | None,
    mapping: str | Path | None,
    scale: str | None,
    languages: Mapping[str, str] | None,
    duplicates: str,
    *,
    train: str | None = None,
    unfinished: bool = False,
    better: str | None = None,
) -> ReadOptions:
    """The options as importers take them."""
    values = {"task": task, "model": model, "metric": metric, "recipe": recipe, "train": train}
    given = {name: value for name, value in values.items() if value is not None}
    return ReadOptions(given, mapping, scale, dict(languages or {}), duplicates, unfinished, better)


def expand(sources: Any, format: str | None = None) -> Iterator[Path | Store | Evidence | Sheet]:
    """Each source as a file, a folder of a tool's results, a store, evidence or a table in memory.

    A folder is a store, unless it holds no part and some importer knows it, or a `format` is named.

    Raises
    ------
    BadFile, UnknownName
        If a pattern matches nothing, or a name does not ship.
    """
    check_fork()
    for source in sources:
        if isinstance(source, Evidence | Store):
            yield source
        elif not isinstance(source, str | Path):
            yield as_sheet(source)
        elif isinstance(source, str) and "\n" in source:
            yield sheet_of_text(source)
        elif str(source).startswith(PREFIX):
            yield Store(shipped_path(str(source)))
        elif is_url(source):
            yield Store(source)
        elif (path := Path(source)).is_dir():
            yield _folder(path, format)
        elif path.exists() or not glob.has_magic(str(source)):
            yield path
        else:
            matches = find_paths(str(source))
            if not matches:
                raise BadFile("no file matches", where=str(source))
            yield from (_folder(match, format) if match.is_dir() else match for match in map(Path, matches))


def _folder(path: Path, format: str | None) -> Path | Store:
    store = Store(path)
    if store.parts() or not (format or is_folder_of(path)):
        return store
    return path


def read_source(
    source: Path | Sheet,
    options: ReadOptions,
    format: str | None = None,
    *,
    queries: bool = False,
    table_name: str = "table",
) -> SourceFile:
    """Read and normalise one file, folder or table; with `queries`, its scores are not looked at."""
    plan = plan_source(source, options, format, queries=queries, table_name=table_name)
    raw = as_queries(plan.execute()) if queries else plan.execute()
    where, name = plan.where, plan.importer.name
    path = source if isinstance(source, Path) else None
    return SourceFile(where, name, raw, normalise(raw, plan.row_options, where=where, importer=name), path)


PREFIX = "isogloss:"
FOLDER = Path(__file__).parent / "shipped"


def shipped() -> dict[str, Path]:
    """Name, as `isogloss.read_evidence` takes it, to the store of each evidence that ships."""
    if not FOLDER.is_dir():
        return {}
    return {f"{PREFIX}{path.name}": path for path in sorted(FOLDER.iterdir()) if any(path.glob("*.parquet"))}


def shipped_path(name: str) -> Path:
    """The store of the shipped evidence called `name`.

    Raises
    ------
    UnknownName
        Listing what ships.
    """
    stores = shipped()
    if name not in stores:
        raise UnknownName("evidence", name, stores)
    return stores[name]
