"""Reading a file that somebody sent: in a process of its own, which may use so much memory and time and no more."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

import polars as pl

from isogloss.errors import BadFile, InputError, IsoglossError, UnknownLanguage
from isogloss.evidence import Evidence
from isogloss.evidence.reading.decisions import Decision
from isogloss.web.hints import error_on_page
from isogloss.web.settings import ServerSettings

TOO_LARGE = "takes more memory to read than there is for it; send a part of it"
T = TypeVar("T")
OPTIONS = ("task", "model", "metric", "scale", "better", "duplicates")
"""Fields of `read_evidence` that a person may set on the page."""


@dataclass(frozen=True)
class Reading:
    """How a file is read, and what is in it.

    Attributes
    ----------
    decisions : tuple of Decision
    languages : dict of str to (str, str)
        What was written to the id and name that it is read as.
    unknown : dict of str to list of (str, str)
        Names that no language is known by, with the ids and names of what they may mean.
    dropped : dict of str to int
        Reason to number of rows.
    evidence : Evidence or None
        None where something has to be said first.
    error : str or None
        Why it cannot be read at all.
    """

    decisions: tuple[Decision, ...] = ()
    languages: dict[str, tuple[str, str]] = field(default_factory=dict)
    unknown: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    dropped: dict[str, int] = field(default_factory=dict)
    evidence: Evidence | None = None
    error: str | None = None


class Reader:
    """The process that reads files; it is replaced when it takes too long or dies.

    Parameters
    ----------
    settings : ServerSettings
    """

    def __init__(self, settings: ServerSettings):
        self.settings = settings
        self._lock = Lock()
        self._pool: ProcessPoolExecutor | None = None

    def start(self) -> None:
        """Have the process ready before the first file comes."""
        self._ready().submit(int)

    def read(self, path: Path, options: Mapping[str, Any], left_out: tuple[str, ...] = ()) -> Reading:
        """Read a file; what is wrong with it is in the reading.

        Parameters
        ----------
        path : pathlib.Path
        options : mapping of str to object
            Of `OPTIONS`, and `languages`.
        left_out : tuple of str
            Names of languages whose rows are not read.
        """
        found = self._bounded(read_file, path, dict(options), left_out, self.settings.upload_rows)
        return Reading(error=found) if isinstance(found, str) else found

    def read_items(self, path: Path) -> pl.DataFrame:
        """Read a table of test items as it is written.

        Raises
        ------
        BadFile
            If it is none, or takes too much.
        """
        found = self._bounded(read_item_file, path, self.settings.upload_rows)
        if isinstance(found, str):
            raise BadFile(found, where=path.name)
        return found

    def _bounded(self, read: Callable[..., T], *arguments: Any) -> T | str:
        """What a function comes to in the process, or why it does not."""
        with self._lock:  # one at a time: two together could take twice the memory
            future = self._ready().submit(read, *arguments)
            try:
                return future.result(self.settings.read_seconds)
            except TimeoutError:
                self._kill()
                return f"takes more than {self.settings.read_seconds:g} s to read; send a part of it"
            except (BrokenProcessPool, MemoryError):
                self._kill()
                return TOO_LARGE

    def close(self) -> None:
        """End the process."""
        self._kill()

    def _ready(self) -> ProcessPoolExecutor:
        if self._pool is None:
            spawn = multiprocessing.get_context("spawn")
            limits = (self.settings.read_megabytes, self.settings.upload_rows)
            self._pool = ProcessPoolExecutor(1, spawn, limit_reading, limits)
        return self._pool

    def _kill(self) -> None:
        pool, self._pool = self._pool, None
        if pool is None:
            return
        for process in list((pool._processes or {}).values()):  # no public way ends work that has begun
            process.kill()
        pool.shutdown(wait=False, cancel_futures=True)


def limit_reading(megabytes: int, rows: int) -> None:
    """Let this process read so many rows, and take so many megabytes more than it has when all is loaded."""
    import os

    os.environ["ISOGLOSS_READ_MEMORY"] = str(megabytes)
    os.environ.setdefault("POLARS_MAX_THREADS", "2")
    from isogloss.evidence.bounds import limit_rows
    from isogloss.languages import resolve

    limit_rows(rows)
    resolve("English")
    try:
        import resource
    except ImportError:  # Windows has no such limit; the importers' own bounds hold
        return
    text = Path("/proc/self/statm")
    if not text.exists():
        return
    # Of addresses, of which allocators and threads reserve more than they ever use: hence three times as many.
    used = int(text.read_text().split()[0]) * resource.getpagesize()
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    resource.setrlimit(resource.RLIMIT_AS, (used + 3 * (megabytes << 20), hard))


def read_file(path: Path, options: dict[str, Any], left_out: tuple[str, ...], most: int) -> Reading:
    """Plan how a file is read, and read it as far as nothing has to be said first."""
    from isogloss.evidence import plan_reading

    try:
        plan = plan_reading(path, **options)
        decisions = tuple(plan.decisions)
        if plan.questions:
            return Reading(decisions)
        return _read(plan, decisions, options, left_out, most)
    except IsoglossError as error:
        return Reading(error=error_on_page(error).replace(f"{path.parent}/", ""))
    except MemoryError:
        return Reading(error=TOO_LARGE)


def read_item_file(path: Path, most: int) -> pl.DataFrame | str:
    """A table of test items, or what is wrong with it."""
    from isogloss.behaviour.items import item_table

    try:
        table, _ = item_table(path)
    except IsoglossError as error:
        return error.line().replace(f"{path.parent}/", "").removeprefix(f"{path.name}: ")
    except MemoryError:
        return TOO_LARGE
    return table if table.height <= most else f"holds {table.height:,} rows, more than {most:,}; send a part of it"


def _read(
    plan: Any, decisions: tuple[Decision, ...], options: dict[str, Any], left_out: tuple[str, ...], most: int
) -> Reading:
    from isogloss.evidence.duplicates import settle_duplicates
    from isogloss.evidence.normalise import normalise
    from isogloss.languages import resolve

    raw = plan.execute()
    if raw.rows.height > most:
        raise BadFile(f"holds {raw.rows.height:,} scores, more than {most:,}", hint="send a part of it")
    if left_out:
        raw = replace(raw, rows=raw.rows.filter(~pl.col("target").cast(pl.String).is_in(left_out)))
    try:
        normalised = normalise(raw, plan.row_options, where=plan.source.name, importer=plan.importer.name)
    except UnknownLanguage as error:
        return Reading(decisions, unknown=error.unknown)
    kept, duplicates = settle_duplicates(normalised.observations, options.get("duplicates", "error"))
    if kept.is_empty():
        raise InputError("holds no scores", where=plan.source.name)
    dropped = pl.concat([normalised.dropped["reason"], duplicates["reason"]]).value_counts()
    notes = dict.fromkeys((*plan.sentences, *normalised.notes))
    return Reading(
        decisions,
        {written: (code, resolve(code).name) for written, code in sorted(normalised.languages.items())},
        dropped=dict(sorted(dropped.iter_rows())),
        evidence=Evidence(kept, normalised.models, normalised.tasks, notes),
    )
