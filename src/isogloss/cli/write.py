"""Where an answer goes that is kept: its table or its picture, by the ending of the file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from isogloss.charts.files import ENDINGS as PICTURES
from isogloss.files import atomic_write, check_place

if TYPE_CHECKING:
    import polars as pl

TABLES = (".csv", ".parquet")

OutOption = Annotated[
    Path | None,
    typer.Option(
        "--out", help="Write the table to .csv or .parquet, or draw it to .png, .svg, .html or .json (Vega-Lite)."
    ),
]
PictureOption = Annotated[Path | None, typer.Option("--out", help="Draw it to .png, .svg, .html or .json (Vega-Lite).")]


def check_out(out: Path | None, *, table: bool = True, picture: bool = True) -> None:
    """Find out before the work whether the answer, which may be a table or a picture, can be written there."""
    if out is not None:
        check_place(out, TABLES * table + PICTURES * picture)


def write_out(
    out: Path | None,
    *,
    table: pl.DataFrame | None = None,
    picture: Callable[[], Any] | None = None,
    json: bool = False,
) -> None:
    """Write the table or draw the picture, and say so (to the error stream beside JSON)."""
    if out is None:
        return
    check_out(out, table=table is not None, picture=picture is not None)
    if table is not None and out.suffix in TABLES:
        atomic_write(out, table.write_csv if out.suffix == ".csv" else table.write_parquet)
    elif picture is not None:
        from isogloss.charts import save

        save(picture(), out)
    say_written(out, json=json)


def say_written(out: Path, *, json: bool) -> None:
    """Say where an answer went (to the error stream beside JSON)."""
    typer.echo(f"written to {out}", err=json)
