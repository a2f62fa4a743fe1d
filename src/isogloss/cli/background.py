"""`isogloss background`: what public evidence says of languages, and what it learnt from."""

from __future__ import annotations

import typer

app = typer.Typer(no_args_is_help=True, help="Look at public evidence, and learn from your own with it.")
