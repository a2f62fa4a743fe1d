"""The group `isogloss languages`, whose commands are made from questions."""

from __future__ import annotations

import typer

app = typer.Typer(no_args_is_help=True, help="Tell who the languages are and how far apart.")


@app.callback()
def languages() -> None:
    """Tell who the languages are and how far apart."""
