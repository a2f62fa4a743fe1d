"""Compacting: many small parts of a store become few, while others read it and write to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import polars as pl

from isogloss.errors import BadFile, StoreError
from isogloss.evidence.parts import KINDS, Kind, find_parts, moment_of, read_each, write_part
from isogloss.evidence.storage import StorageBackend, digest
from isogloss.evidence.store import Store

ROWS = 2_000_000
"""From how many rows on a part is left as it is, so that merging takes bounded memory."""

DAY = 86_400.0


@dataclass
class CompactReport:
    """What compacting did.

    Attributes
    ----------
    parts_before, parts_after : int
        Of all kinds; what others wrote meanwhile is not counted.
    rows : int
        Rows of the parts that were merged.
    repeated : int
        How many of them stood in several parts, alike in everything, and stand once now.
    left_behind : int
        Files removed that killed writers had left unfinished.
    """

    parts_before: int = 0
    parts_after: int = 0
    rows: int = 0
    repeated: int = 0
    left_behind: int = 0

    def as_dict(self) -> dict[str, Any]:
        """The report as plain values."""
        return asdict(self)


def compact(store: Store, rows: int = ROWS) -> CompactReport:
    """Merge the small parts of a store, keeping every row that differs from others in anything.

    Rows that later ones supersede are kept too. The merged part is written, and read back, before those
    that went into it are removed: whenever this ends, killed or not, no row is lost, and a reader at any
    moment sees each. Parts that are not what was written, and files of others, are left alone.

    Parameters
    ----------
    store : Store
    rows : int
        A merged part has about so many rows at most.

    Raises
    ------
    BadFile
        If there is no store here.
    StoreError
        If it cannot be written; it holds what it held then.
    """
    report = CompactReport(left_behind=store.storage.tidy(older_than=DAY))
    try:
        for kind in KINDS:
            names = find_parts(store.storage, kind)
            report.parts_before += len(names)
            report.parts_after += len(names)
            for group in _groups(names, kind, store.storage, rows):
                _merge(group, kind, store.storage, report)
    except OSError as error:
        raise StoreError(
            f"cannot be compacted: {error.strerror or error}",
            where=str(store.path),
            hint="it holds what it held; see that it may be written to, and that its disk has room",
        ) from None
    if not report.parts_before:
        raise BadFile("is not a store", where=str(store.path), hint="name a folder that has parts")
    return report


def _groups(names: list[str], kind: Kind, storage: StorageBackend, rows: int) -> Iterator[dict[str, pl.DataFrame]]:
    """Neighbouring parts, oldest first, that together have no more rows than wanted."""
    group: dict[str, pl.DataFrame] = {}
    height = 0
    for name, table in read_each(names, kind, storage):
        if height + table.height > rows:
            yield group
            group, height = {}, 0
        group[name] = table
        height += table.height
    yield group


def _merge(group: dict[str, pl.DataFrame], kind: Kind, storage: StorageBackend, report: CompactReport) -> None:
    if len(group) < 2:
        return
    together = pl.concat(group.values())
    merged = together.unique(keep="last", maintain_order=True)
    # The time of the last of them, so that what is written meanwhile still comes after.
    moments = [moment for name in group if (moment := moment_of(name)) is not None]
    name = write_part(merged, storage, kind, max(moments))
    if digest(storage.read(name)) not in name:
        raise OSError(f"{name} is not what was written")
    for old in group:
        if old != name:
            storage.remove(old)
    report.rows += together.height
    report.repeated += together.height - merged.height
    report.parts_after -= len(group) - 1
