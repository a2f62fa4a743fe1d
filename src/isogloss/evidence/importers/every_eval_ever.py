"""Every Eval Ever, schemas 0.2 and 0.3: one JSON per run, or lines of them; their items as JSONL beside."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePath
from typing import Any

import polars as pl

from isogloss.errors import BadFile
from isogloss.evidence.importers.base import Importer, RawTable, ReadOptions
from isogloss.evidence.importers.every_eval_ever_items import attach_items, items_beside, read_items
from isogloss.evidence.importers.every_eval_ever_runs import FORMAT, Run
from isogloss.evidence.importers.files import read_json
from isogloss.evidence.importers.topics import average_topics
from isogloss.evidence.importers.values import (
    RawRow,
    dropped_rows,
    json_lines,
    model_facts,
    raw_items,
    raw_rows,
)


class EveryEvalEver(Importer):
    """Results in the format Every Eval Ever.

    Each entry of `evaluation_results` is a row, counted through the file. The format has no field for a language: it is
    taken from `language` or `languages` among the additional details of the entry, its metric, its source or the
    library, else from the names of evaluation and data set, else from the items. What tells runs apart is taken from
    the details and from `generation_config`. An entry about several languages together is dropped.
    """

    name = FORMAT

    def sniff(self, head: bytes, path: PurePath) -> float:
        start = head[:4096]
        known = b'"schema_version"' in start and b'"evaluation_id"' in head
        if not known or head.lstrip()[:1] != b"{":
            return 0.0
        return 0.96 * any(key in head for key in (b'"evaluation_results"', b'"model_info"', b'"interaction_type"'))

    def read(self, path: Path, options: ReadOptions) -> RawTable:
        where = str(path)
        if (aggregate := items_beside(path)) is not None:
            return RawTable(raw_rows([], where), notes=(f"items are read with {aggregate.name}, which is beside them",))
        records = list(_records(path))
        if records and "interaction_type" in records[0][1]:
            return read_items(path, options)
        rows: list[RawRow] = []
        dropped: list[tuple[int, str]] = []
        facts: dict[tuple[Any, ...], int | None] = {}
        for place, record in records:
            run = Run(record, place, options)
            for row in run.rows(len(rows) + len(dropped)):
                if isinstance(row, tuple):
                    dropped.append(row)
                else:
                    rows.append(row)
            facts[run.model, run.revision] = run.parameters
        rows, dropped, items = attach_items(path, [record for _, record in records], rows, dropped)
        rows, averaged, items = average_topics(rows, items, where)
        tables = [
            model_facts(where, model=model, model_revision=revision, parameters=count)
            for (model, revision), count in facts.items()
            if count
        ]
        return RawTable(
            raw_rows(rows, where),
            dropped_rows([*dropped, *averaged]),
            marks_queries=False,
            items=raw_items(items, where),
            models=pl.concat(tables) if tables else None,
        )


def _records(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each record with its place: one, or one a line."""
    if path.suffix == ".jsonl":
        yield from json_lines(path)
        return
    data = read_json(path)
    if not isinstance(data, dict):
        raise BadFile("is not an object", where=str(path), hint="give a record of Every Eval Ever")
    yield str(path), data
