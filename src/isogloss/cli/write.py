"""Where an answer goes that has a table and a picture: the ending says which of the two."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from isogloss.errors import BadFile, BadValue

if TYPE_CHECKING:
    import polars as pl

OutOption = Annotated[
    Path | None, typer.Option("--out", help="Draw it to .png, .svg, .html or .json, or write the table to .csv.")
]


def check_out(out: Path | None) -> None:
    """Find out before the work whether the answer can be written there."""
    if out is None:
        return
    if out.suffix == ".csv":
        if not out.absolute().parent.is_dir():
            raise BadFile("its folder does not exist", where=str(out), mend="make it first")
        return
    from isogloss.charts.files import ENDINGS, check_picture

    if out.suffix not in ENDINGS:
        raise BadValue(f"unknown ending '{out.suffix}'", where=str(out), mend=f"write to .csv, {', '.join(ENDINGS)}")
    check_picture(out)


def write_out(out: Path | None, table: pl.DataFrame, picture: Callable[[], Any], *, json: bool) -> None:
    """Write the table or draw the picture, and say so (to the error stream beside JSON)."""
    if out is None:
        return
    if out.suffix == ".csv":
        from isogloss.files import write_whole

        write_whole(out, lambda whole: table.write_csv(whole))
    else:
        from isogloss.charts.files import save

        save(picture(), out)
    typer.echo(f"written to {out}", err=json)
