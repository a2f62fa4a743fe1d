"""The demonstration: `isogloss demo`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from isogloss.cli.show import show


def demo(
    out: Annotated[Path, typer.Option(help="Folder for the picture and the table.")] = Path("demo-output"),
    json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Forecast languages nobody measured from the evidence that ships with isogloss."""
    from rich.console import Console

    from isogloss.demo import COMMAND, run_demo

    with Console(stderr=True).status("Starting") as status:
        made = run_demo(out, status.update)
    if json:
        show(made.forecasts, json=True)
        return
    show(made.summary, json=False, title=made.title)
    typer.echo(f"\npicture: {made.picture}\ntable:   {made.table}\n\nthe same for other languages:\n  {COMMAND}")
