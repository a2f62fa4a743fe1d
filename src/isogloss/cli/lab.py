"""`isogloss lab`: measure transfer on real models."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from isogloss.cli.show import JsonOption, show, show_json

app = typer.Typer(no_args_is_help=True, help="Measure transfer on real models.")


@app.callback()
def lab() -> None:
    """Measure transfer on real models."""


@app.command()
def run(
    grid: Annotated[Path, typer.Argument(help="Grid file (TOML).", metavar="GRID")],
    into: Annotated[Path, typer.Option(help="Store to write to; what it has already is not measured again.")],
    data: Annotated[
        Path | None, typer.Option(help="Folder of the task's file; by default that of the grid file.")
    ] = None,
    executor: Annotated[str, typer.Option(help="Where jobs run: serial or processes.")] = "processes",
    workers: Annotated[int | None, typer.Option(help="Jobs at once; by default one per processor.")] = None,
    json: JsonOption = False,
) -> None:
    """Measure what the store lacks of a grid: train once per source, test on every target."""
    from isogloss.evidence.store import Store
    from isogloss.lab import read_grid, run_grid

    report = run_grid(read_grid(grid, data=data), Store(into), executor=executor, workers=workers, progress=not json)
    if json:
        show_json(report.record())
    else:
        show(report.table(), json=False, title=grid.name)
    if report.failed:
        raise typer.Exit(1)
