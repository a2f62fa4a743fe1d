"""`isogloss languages`: who the languages are and how far apart."""

from __future__ import annotations

import typer

app = typer.Typer(no_args_is_help=True, help="Who the languages are.")


@app.callback()
def languages() -> None:
    """Who the languages are."""
