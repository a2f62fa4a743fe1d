"""`isogloss lab`: measure transfer on real models."""

from __future__ import annotations

import typer

app = typer.Typer(no_args_is_help=True, help="Measure transfer on real models.")


@app.callback()
def lab() -> None:
    """Measure transfer on real models."""
