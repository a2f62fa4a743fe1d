"""The store: a folder of immutable Parquet parts, which any number of writers may add to without a lock."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from isogloss.errors import BadFile, BadValue, StoreError
from isogloss.evidence.evidence import Evidence, newest
from isogloss.evidence.facts import check_models, check_tasks
from isogloss.evidence.parts import ITEMS, MODELS, OBSERVATIONS, TASKS, Kind, find_parts, read_parts, write_part
from isogloss.evidence.schema import ITEM, OBSERVATION, REQUIRED, conform


class Store:
    """Evidence on disk, one Parquet part per append.

    A part is written whole, flushed to disk and renamed into place, so a reader never meets half of
    one and a killed writer leaves the store as it was. Its name holds the time and a digest of its
    content, so that damage is noticed before it is read. Readers merge the parts: of several rows with
    the same identity (see `isogloss.evidence.schema.IDENTITY`) the one recorded last counts. Items and
    facts about models and tasks are parts of their own; of facts the last word on each field counts.

    Parameters
    ----------
    path : str or pathlib.Path
        The folder. It is made on the first append.
    """

    def __init__(self, path: str | Path):
        self.path = Path(path)

    def append(
        self,
        observations: pl.DataFrame,
        items: pl.DataFrame | None = None,
        *,
        models: pl.DataFrame | None = None,
        tasks: pl.DataFrame | None = None,
    ) -> Path:
        """Add observations, with their items and facts about their models and tasks, as new parts.

        Parameters
        ----------
        observations : polars.DataFrame
            With columns of `isogloss.evidence.schema.OBSERVATION`, already normalised. `recorded_at` is
            set to now where it is null.
        items, models, tasks : polars.DataFrame, optional
            With columns of `ITEM`, `MODEL` and `TASK` in the same module.

        Returns
        -------
        pathlib.Path
            The new part of observations.

        Raises
        ------
        BadValue
            If there is nothing to add, or a column that must be filled is not.
        StoreError
            If the folder cannot be written; no half part is left behind then.
        """
        now = datetime.now(UTC)
        observations = conform(observations, OBSERVATION)
        _check(observations)
        stamped = observations.with_columns(pl.col("recorded_at").fill_null(pl.lit(now)))
        beside: list[tuple[Kind, pl.DataFrame | None]] = [
            (ITEMS, items), (MODELS, check_models(models)), (TASKS, check_tasks(tasks))
        ]  # fmt: skip
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            for kind, table in beside:
                if table is not None and table.height:
                    write_part(table, self.path, kind, now)
            # Last, so that whoever sees the observations finds what belongs to them too.
            return write_part(stamped, self.path, OBSERVATIONS, now)
        except OSError as error:
            raise StoreError(
                f"cannot be written: {error.strerror or error}",
                where=str(self.path),
                mend="choose a folder you may write to, with room on its disk",
            ) from None

    def read(self) -> Evidence:
        """All observations, the newest of each, and the facts; a part that cannot be read is skipped with a warning.

        Raises
        ------
        BadFile
            If there is no store here.
        StoreError
            If none of its parts can be read.
        """
        parts = self.parts()
        if not parts:
            raise BadFile(
                "is not a store" if self.path.exists() else "no such store",
                where=str(self.path),
                mend=f"make one with `isogloss evidence import FILE --into {self.path}`",
            )
        observations = newest(read_parts(parts, OBSERVATIONS, self.path))
        return Evidence(observations, self._facts(MODELS), self._facts(TASKS))

    def read_items(self) -> pl.DataFrame:
        """All items, the newest of each (observation, item); empty where none were stored."""
        parts = find_parts(self.path, ITEMS)
        if not parts:
            return pl.DataFrame(schema=ITEM)
        items = read_parts(parts, ITEMS, self.path)
        return items.unique(subset=["observation", "item"], keep="last", maintain_order=True)

    def parts(self) -> list[Path]:
        """The parts of observations, oldest first."""
        return find_parts(self.path, OBSERVATIONS)

    def _facts(self, kind: Kind) -> pl.DataFrame | None:
        parts = find_parts(self.path, kind)
        return read_parts(parts, kind, self.path) if parts else None

    def __repr__(self) -> str:
        return f"Store({str(self.path)!r})"


def _check(observations: pl.DataFrame) -> None:
    if observations.is_empty():
        raise BadValue("no observation to store")
    for name in REQUIRED:
        if missing := observations[name].null_count():
            raise BadValue(f"{missing} of {observations.height} observations have no {name}", where="store")
