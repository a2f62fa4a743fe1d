"""`isogloss evidence`: bring measured scores together."""

from __future__ import annotations

import typer

app = typer.Typer(no_args_is_help=True, help="Bring measured scores together.")


@app.callback()
def evidence() -> None:
    """Bring measured scores together."""
