"""An answer as a file, by its ending."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from isogloss.errors import BadValue
from isogloss.files import atomic_write, check_place, write_csv
from isogloss.questions.content import Content

if TYPE_CHECKING:
    import polars as pl


TABLES = (".csv", ".xlsx", ".parquet", ".json")
PICTURES = (".png", ".svg")
ENDINGS = (*PICTURES, ".html", ".pdf", *TABLES)
"""Of files that an answer can be written to."""


def write_answer(answer: Content, path: Path) -> Path:
    """See `Answer.write`."""
    check_place(path, ENDINGS)
    if path.suffix in PICTURES:
        from isogloss.charts import save

        if answer.draw is None:
            reason = f"there is no picture of this answer to '{answer.question}'"
            raise BadValue(reason, where="out", hint="write a table: .csv, .xlsx")
        return save(answer.draw(), path)
    writers: dict[str, Callable[[Path], Any]] = {
        ".html": lambda into: into.write_text(_page(answer, path.name), encoding="utf-8"),
        ".pdf": lambda into: into.write_bytes(_pdf(answer, path.name)),
        ".json": lambda into: into.write_text(
            json.dumps(answer.to_dict(), ensure_ascii=False, indent=1), encoding="utf-8"
        ),
        ".csv": partial(write_csv, flat(answer.table)),
        ".parquet": answer.table.write_parquet,
        ".xlsx": lambda into: _workbook(answer, into),
    }
    atomic_write(path, writers[path.suffix])
    return path


def flat(table: pl.DataFrame) -> pl.DataFrame:
    """`table` with lists as text, `a; b`, for files that hold no lists."""
    import polars as pl

    lists = [name for name, kind in table.schema.items() if isinstance(kind, pl.List)]
    return table.with_columns(pl.col(lists).cast(pl.List(pl.String)).list.join("; ")) if lists else table


def _page(answer: Content, name: str) -> str:
    from isogloss.questions.page import answer_page
    from isogloss.reporting import to_html

    if answer.document is not None:
        return to_html(answer.document(name))
    return answer_page(answer) if answer.page is None else answer.page()


def _pdf(answer: Content, name: str) -> bytes:
    """The document of an answer or, without one, its sentences, picture and tables on paper."""
    from isogloss.questions.page import answer_document
    from isogloss.reporting import to_pdf

    return to_pdf(answer_document(answer) if answer.document is None else answer.document(name))


def _workbook(answer: Content, path: Path) -> None:
    """One sheet per table, and one of sentences before them; no cell is a formula or a link."""
    from xlsxwriter import Workbook  # type: ignore[import-untyped]  # it has no types

    safe = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with Workbook(str(path), {**safe, "nan_inf_to_errors": True, "remove_timezone": True}) as book:
        sheet = book.add_worksheet("answer")
        for row, sentence in enumerate((*answer.sentences, *answer.assumptions, *answer.notes)):
            sheet.write_string(row, 0, sentence)
        for name, table in answer.tables.items():
            flat(table.frame).write_excel(workbook=book, worksheet=name[:31], float_precision=4, autofit=True)
