"""Writes the pages under `docs/reference` from the commands, the docstrings and the registries themselves."""

from __future__ import annotations

from pathlib import Path

from docs.generator.commands import commands_page
from docs.generator.names import names_page
from docs.generator.python import python_pages
from docs.generator.systems import outside_page, systems_page

FOLDER = Path(__file__).parents[1] / "reference"


def reference_pages() -> dict[str, str]:
    """Name in `FOLDER` of every generated page, and its Markdown."""
    systems = {"systems.md": systems_page(), "not-run.md": outside_page()}
    return {"commands.md": commands_page(), "names.md": names_page(), **systems, **python_pages()}
