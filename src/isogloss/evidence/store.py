"""The store: a folder of immutable Parquet parts, which any number of writers may add to without a lock."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from isogloss.errors import BadFile, BadValue, StoreError, UnknownName
from isogloss.evidence.duplicates import AHEAD, HASH, credible_date, newest
from isogloss.evidence.evidence import Evidence, summary
from isogloss.evidence.facts import check_models, check_tasks
from isogloss.evidence.limits import JUDGED, chances
from isogloss.evidence.parts import (
    ITEMS,
    KINDS,
    MODELS,
    OBSERVATIONS,
    SOURCES,
    TASKS,
    Kind,
    Query,
    collect_parts,
    find_parts,
    moment_of,
    write_part,
)
from isogloss.evidence.provenance import licence_notes
from isogloss.evidence.schema import IDENTITY, ITEM, OBSERVATION, REQUIRED, SOURCE, conform
from isogloss.evidence.storage import open_storage
from isogloss.text import counted


class Store:
    """Evidence on disk or in an object store, one Parquet part per append.

    A part is written whole, flushed to disk and renamed into place, so a reader never meets half of
    one and a killed writer leaves the store as it was. Its name holds the time and a digest of its
    content, so that damage is noticed before it is read. Readers merge the parts: of several rows with
    the same identity (see `isogloss.evidence.schema.IDENTITY`) the one recorded last counts. Items and
    facts about models and tasks are parts of their own; of facts the last word on each field counts.

    Parameters
    ----------
    path : str or pathlib.Path
        The folder, which is made on the first append, or a URL such as `s3://bucket/folder` (which needs
        pyarrow; see `isogloss.evidence.storage.ObjectStorage` for how to name server and credentials).
    """

    def __init__(self, path: str | Path):
        self.storage, self.path = open_storage(path)
        self._last: datetime | None = None

    def append(
        self,
        observations: pl.DataFrame,
        items: pl.DataFrame | None = None,
        *,
        models: pl.DataFrame | None = None,
        tasks: pl.DataFrame | None = None,
        sources: pl.DataFrame | None = None,
    ) -> Path | str:
        """Add observations, with their items, facts about their models and tasks, and their sources, as new parts.

        Parameters
        ----------
        observations : polars.DataFrame
            With columns of `isogloss.evidence.schema.OBSERVATION`, already normalised. `recorded_at` is
            set to now where it is null or in the future.
        items, models, tasks : polars.DataFrame, optional
            With columns of `ITEM`, `MODEL` and `TASK` in the same module.
        sources : polars.DataFrame, optional
            Files that they come from, with columns of `SOURCE`.

        Returns
        -------
        pathlib.Path or str
            The new part of observations, or its URL. Once it is returned, the part is there for good.

        Raises
        ------
        BadValue
            If there is nothing to add, or a column that must be filled is not.
        StoreError
            If the store cannot be written; no half part is left behind then.
        """
        now = self._moment()
        observations = conform(observations, OBSERVATION)
        _check(observations)
        if late := int((observations["recorded_at"] > now + AHEAD).sum()):
            warnings.warn(f"{counted(late, 'score')} dated in the future, recorded as of now instead", stacklevel=2)
        stamped = observations.with_columns(credible_date().fill_null(pl.lit(now)))
        # Observations last, so that whoever sees them finds what belongs to them too.
        tables = [
            (ITEMS, pl.DataFrame(schema=ITEM) if items is None else items),
            (MODELS, check_models(models)),
            (TASKS, check_tasks(tasks)),
            (SOURCES, pl.DataFrame(schema=SOURCE) if sources is None else conform(sources, SOURCE)),
            (OBSERVATIONS, stamped),
        ]
        return self._write([(kind, table) for kind, table in tables if table.height], now)

    def read(self, **equal: Any) -> Evidence:
        """The newest of each observation, and the facts; a part that cannot be read is skipped with a warning.

        Parameters
        ----------
        **equal
            Columns of `isogloss.evidence.schema.IDENTITY` (task, model, target, ...) with a value, or a list
            of values, that they must have. Only what fits is read from disk. None leaves a column free.

        Raises
        ------
        BadFile
            If there is no store here.
        StoreError
            If none of its parts can be read.
        UnknownName
            If nothing has that value, naming the values there are.
        """
        wanted = _wanted(equal)
        rows = self._collect(lambda rows: rows.filter(*(_fits(*pair) for pair in wanted.items())) if wanted else rows)
        if rows.is_empty() and wanted:
            self._say_what_there_is(wanted)
        observations, sources = newest(rows), self.sources()
        return Evidence(observations, *self.facts(), licence_notes(observations, sources), sources)

    def rows(self, query: Query = lambda rows: rows) -> pl.DataFrame:
        """The answer to a query about all rows, also those that later ones supersede.

        Parameters
        ----------
        query : callable
            From a lazy frame of the rows, part after part, to a lazy frame of the answer; what it does not
            ask for is not read.
        """
        return self._collect(query)

    def ask(self, query: Query, columns: Sequence[str] | None = None) -> pl.DataFrame:
        """The answer to a query about the newest row of each observation, reading no more than it takes.

        Parameters
        ----------
        query : callable
            From a lazy frame of rows to a lazy frame of the answer.
        columns : sequence of str, optional
            What the query asks for; of use where some observations were recorded several times.
        """
        if not self.has_repeated():
            return self._collect(query)
        some = [*IDENTITY, "recorded_at", *(columns or [])]
        every = self._collect(lambda rows: rows.select(list(dict.fromkeys(some))) if columns is not None else rows)
        return query(newest(every).lazy()).collect()

    def facts(self) -> tuple[pl.DataFrame, pl.DataFrame]:
        """What is known of models and of tasks, with the columns of `schema.MODEL` and `schema.TASK`."""
        models, tasks = (collect_parts(self.storage, kind) for kind in (MODELS, TASKS))
        return check_models(models), check_tasks(tasks)

    def sources(self) -> pl.DataFrame:
        """The files that were imported or fetched into it, with licence and citation (`schema.SOURCE`)."""
        files = collect_parts(self.storage, SOURCES)
        if files is None:
            return pl.DataFrame(schema=SOURCE)
        return files.unique(subset=["source", "file"], keep="last", maintain_order=True)

    def record_sources(self, sources: pl.DataFrame) -> None:
        """Note that files were read, with the columns of `schema.SOURCE`.

        Raises
        ------
        StoreError
            If the store cannot be written.
        """
        self._write([(SOURCES, conform(sources, SOURCE))], self._moment())

    def same_as(self, observations: pl.DataFrame) -> pl.DataFrame:
        """The newest rows of those observations that are among `observations`, too."""
        wanted = observations.select(HASH).to_series().implode()
        return newest(self._collect(lambda rows: rows.filter(HASH.is_in(wanted))))

    def has_repeated(self) -> bool:
        """Whether any observation was recorded more than once."""
        hashes = self._collect(lambda rows: rows.select(HASH)).to_series()
        return hashes.n_unique() < len(hashes)

    def describe(self, *, models: pl.DataFrame | None = None, tasks: pl.DataFrame | None = None) -> None:
        """Add facts about models and tasks, with columns of `schema.MODEL` and `schema.TASK`.

        Raises
        ------
        BadValue, UnknownName
            If they are not what they should be, or there are none.
        StoreError
            If the store cannot be written.
        """
        facts = [(MODELS, check_models(models)), (TASKS, check_tasks(tasks))]
        if not any(table.height for _, table in facts):
            raise BadValue("no fact to store")
        self._write([(kind, table) for kind, table in facts if table.height], self._moment())

    def summary(self) -> pl.DataFrame:
        """What `Evidence.settings` tells of all observations, without reading more than it takes."""
        names = self._collect(lambda rows: rows.select(pl.col("task").unique())).to_series()
        guesses = chances(self.facts()[1], names)
        return self.ask(lambda rows: summary(rows, guesses), JUDGED)

    def history(self) -> pl.DataFrame:
        """All different rows of observations that were recorded several times, also those that count no more."""
        hashes = self._collect(lambda rows: rows.select(HASH)).to_series()
        several = hashes.filter(hashes.is_duplicated()).unique().implode()
        rows = self._collect(lambda rows: rows.filter(HASH.is_in(several))).unique(keep="last", maintain_order=True)
        return rows.filter(pl.struct(IDENTITY).is_duplicated())

    def read_items(self, observations: pl.Series | None = None) -> pl.DataFrame:
        """All items, the newest of each (observation, item); empty where none were stored.

        Parameters
        ----------
        observations : polars.Series, optional
            Keys of the observations whose items are wanted (see `isogloss.evidence.observation_keys`).
        """
        kept = None if observations is None else observations.unique().implode()
        items = collect_parts(
            self.storage, ITEMS, lambda rows: rows if kept is None else rows.filter(pl.col("observation").is_in(kept))
        )
        if items is None:
            return pl.DataFrame(schema=ITEM)
        return items.unique(subset=["observation", "item"], keep="last", maintain_order=True)

    def parts(self) -> list[Path | str]:
        """Paths or URLs of the parts of observations, oldest first."""
        return [self.storage.locate(name) for name in find_parts(self.storage, OBSERVATIONS)]

    def _moment(self) -> datetime:
        """Now; or just after the last part, if a clock has been set back since that was written."""
        now = datetime.now(UTC)
        if self._last is None:
            written = (moment_of(name) for kind in KINDS for name in find_parts(self.storage, kind))
            self._last = max((moment for moment in written if moment and moment <= now + AHEAD), default=now - AHEAD)
        self._last = max(now, self._last + timedelta(microseconds=1))
        return self._last

    def _write(self, tables: list[tuple[Kind, pl.DataFrame]], moment: datetime) -> Path | str:
        """Write parts in this order; the last one's path."""
        try:
            return [self.storage.locate(write_part(table, self.storage, kind, moment)) for kind, table in tables][-1]
        except OSError as error:
            raise StoreError(
                f"cannot be written: {error.strerror or error}",
                where=str(self.path),
                hint="choose a folder you may write to, with room on its disk",
            ) from None

    def _collect(self, query: Query) -> pl.DataFrame:
        rows = collect_parts(self.storage, OBSERVATIONS, query)
        if rows is None:
            raise BadFile(
                "is not a store" if self.storage.exists() else "no such store",
                where=str(self.path),
                hint="make one by importing files: `isogloss evidence import`",
            )
        return rows

    def _say_what_there_is(self, wanted: dict[str, list[Any]]) -> None:
        known = self._collect(lambda rows: rows.select(pl.col(name).unique().implode() for name in wanted)).row(0)
        for (name, values), there in zip(wanted.items(), known, strict=True):
            if not set(values) & set(there):
                raise UnknownName(
                    name, str(values[0]), [str(one) for one in there if one is not None], where=str(self.path)
                )

    def __repr__(self) -> str:
        return f"Store({str(self.path)!r})"


def _wanted(equal: dict[str, Any]) -> dict[str, list[Any]]:
    for name in equal:
        if name not in IDENTITY:
            raise UnknownName("column", name, IDENTITY, where="store")
    return {
        name: list(value) if isinstance(value, Iterable) and not isinstance(value, str) else [value]
        for name, value in equal.items()
        if value is not None
    }


def _fits(name: str, values: list[Any]) -> pl.Expr:
    return pl.col(name) == values[0] if len(values) == 1 else pl.col(name).is_in(values)


def _check(observations: pl.DataFrame) -> None:
    if observations.is_empty():
        raise BadValue("no observation to store")
    for name in REQUIRED:
        if missing := observations[name].null_count():
            raise BadValue(f"{missing} of {observations.height} observations have no {name}", where="store")
