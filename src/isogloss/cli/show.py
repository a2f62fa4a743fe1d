"""How every command answers: a table that is readable at 80 columns, the same as JSON, or a file by its ending."""

from __future__ import annotations

import json as jsonlib
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from isogloss.charts.files import ENDINGS as PICTURES
from isogloss.files import atomic_write, check_place, write_csv
from isogloss.text import printable, printable_json, printable_lines

if TYPE_CHECKING:
    import polars as pl


JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


TABLES = (".csv", ".parquet")

OutOption = Annotated[
    Path | None,
    typer.Option(
        "--out", help="Write the table to .csv or .parquet, or draw it to .png, .svg, .html or .json (Vega-Lite)."
    ),
]
PictureOption = Annotated[Path | None, typer.Option("--out", help="Draw it to .png, .svg, .html or .json (Vega-Lite).")]


def show(
    table: pl.DataFrame, *, json: bool, title: str | None = None, columns: Sequence[str] | None = None, digits: int = 3
) -> None:
    """Print `table`; JSON holds all of it, the terminal only `columns`."""
    if json:
        show_json(table.to_dicts())
        return
    from isogloss.layout import Column, lay_out, terminal_width

    chosen = table.select(columns) if columns else table
    laid = [
        Column(
            printable(name), [printable(_cell(value, digits)) for value in chosen[name].to_list()], kind.is_numeric()
        )
        for name, kind in chosen.schema.items()
    ]
    header, body = lay_out(laid, terminal_width())
    headings = [] if title is None else [typer.style(printable(title), italic=True)]
    typer.echo("\n".join([*headings, *(typer.style(line, bold=True) for line in header), *body]))


def show_text(text: str) -> None:
    """Print sentences, broken between words."""
    from isogloss.layout import paragraph, terminal_width

    typer.echo("\n".join(paragraph(printable_lines(text), terminal_width())))


def say(line: str, *, beside_json: bool = False) -> None:
    """Print a line; `beside_json` to the error stream."""
    typer.echo(printable(line), err=beside_json)


def show_json(value: Any) -> None:
    """Print `value` as JSON; numbers that JSON cannot hold become null."""
    typer.echo(printable_json(jsonlib.dumps(_plain(value), ensure_ascii=False, indent=1, default=str)))


def check_out(out: Path | None, *, table: bool = True, picture: bool = True) -> None:
    """Find out before the work whether the answer, which may be a table or a picture, can be written there."""
    if out is not None:
        check_place(out, TABLES * table + PICTURES * picture)


def write_out(
    out: Path | None, *, table: pl.DataFrame | None = None, picture: Callable[[], Any] | None = None, json: bool = False
) -> None:
    """Write the table or draw the picture, and say so (to the error stream beside JSON)."""
    if out is None:
        return
    check_out(out, table=table is not None, picture=picture is not None)
    if table is not None and out.suffix in TABLES:
        atomic_write(out, partial(write_csv, table) if out.suffix == ".csv" else table.write_parquet)
    elif picture is not None:
        from isogloss.charts import save

        save(picture(), out)
    say_written(out, json=json)


def say_written(out: Path, *, json: bool) -> None:
    """Say where an answer went (to the error stream beside JSON)."""
    say(f"written to {out}", beside_json=json)


def _cell(value: Any, digits: int) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:z.{digits}f}"  # never -0.00
    return str(value)


def _plain(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value


@contextmanager
def watched(shown: bool) -> Iterator[Callable[[str, int, int | None], None]]:
    """A function that draws what is going on, how much is done and how much there is, on the standard error stream.

    Nothing is drawn unless `shown`, nor where the stream is not a terminal.
    """
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn(), TimeElapsedColumn()
    with Progress(*columns, console=console, disable=not (shown and console.is_terminal)) as bars:
        begun: dict[str, TaskID] = {}

        def progress(what: str, done: int, total: int | None) -> None:
            if what not in begun:
                begun[what] = bars.add_task(printable(what), total=total)
            bars.update(begun[what], completed=done, total=total)

        yield progress


@contextmanager
def at_work(what: str) -> Iterator[None]:
    """Show on a terminal that something of which nobody knows how long it takes goes on, and since when."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = TextColumn("{task.description}", markup=False), BarColumn(), TimeElapsedColumn()
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bars:
        bars.add_task(printable(what), total=None)
        yield
