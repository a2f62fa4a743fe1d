"""The page of published systems, from the tables in `examples/systems`."""

from __future__ import annotations

import csv
from collections import Counter
from itertools import groupby
from pathlib import Path

from docs.generator.markdown import code, page, table

TABLES = Path(__file__).parents[2] / "examples" / "systems"
STATES = {
    "runs": "isogloss does it",
    "partly": "isogloss does a part of it; the rest is named",
    "reads": "isogloss does not run it; it reads its scores and forecasts from them",
    "outside": "it asks nothing about languages that isogloss could answer",
    "not yet": "isogloss does not do it",
}
"""What is said of a system to what it means."""


def rows(name: str) -> list[dict[str, str]]:
    """A table of `examples/systems`, a row a dictionary."""
    with (TABLES / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def commands() -> dict[str, str]:
    """Name of a command in the table of systems to its line."""
    return {row["name"]: row["command"] for row in rows("commands.tsv")}


def systems_page() -> str:
    """`systems.md`: what answers to each published system."""
    systems, lines = rows("systems.tsv"), commands()
    counts = Counter(row["state"] for row in systems)
    said = table(("", "systems", "what it means"), ((name, str(counts[name]), says) for name, says in STATES.items()))
    parts = [
        f"{len(systems)} published systems, studies and data sets on multilingual models, and the command of isogloss "
        "that answers to each. The commands run as they stand in [examples/systems](../../examples/systems), whose "
        "small tables are made up: they show layouts, and their numbers mean nothing. A test runs every one.",
        said,
    ]
    for topic, some in groupby(systems, key=lambda row: row["topic"]):
        cells = ((row["system"], row["title"], row["state"], _answer(row, lines)) for row in some)
        parts += [f"## {topic}", table(("system", "title", "", "what answers"), cells)]
    return page("Published systems, and what answers to them", *parts)


def _answer(row: dict[str, str], lines: dict[str, str]) -> str:
    line = code(lines[row["command"]]) if row["command"] else ""
    return " ".join(part for part in (line, row["note"]) if part)
