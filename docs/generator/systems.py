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


SCORES = (
    ("speech: transcripts, translations, voices", "`wer`, `cer`, `bleu`, `mean_opinion_score`, `eer`", "read-wer"),
    ("machine translation by pair", "`bleu`, `spbleu`, `chrf++`, `comet`, `metricx`", "read-bleu"),
    ("search in images by texts", "`recall` at k, `mrr`, `median_rank`", "read-recall"),
    ("questions about images, documents", "`accuracy`, `anls`, `exact_match`", "read-accuracy"),
    ("captions, images from texts", "`cider`, `spice`, `clip_score`, `fid`", "read-lower"),
    ("few shots of any input", "any of these", "read-shots"),
    ("a scale of one's own", "any name, with its direction", "read-raw"),
)
"""What was measured elsewhere, the metrics that isogloss knows for it, and the command that reads it."""


def outside_page() -> str:
    """`not-run.md`: what isogloss does not run, why, and what can be done about its scores."""
    systems, lines = rows("systems.tsv"), commands()
    chosen = {state: [row for row in systems if row["state"] == state] for state in ("reads", "outside")}
    read = ((row["system"], row["title"], row["note"], code(lines[row["command"]])) for row in chosen["reads"])
    outside = ((row["system"], row["title"], row["note"]) for row in chosen["outside"])
    return page(
        "What isogloss does not run",
        "isogloss runs models of written language on one machine, or on a cluster of them. It runs no model that hears "
        "or sees, makes no image or voice, and trains no model too large for a workstation. What such models score, "
        "language by language, it reads and forecasts like its own: put the scores into a table with a column for the "
        "language (or for source and target), and name the metric. A metric that is known brings its range and "
        "direction; any other "
        "needs `--better higher` or `--better lower`. What a model wrote can also be scored here: "
        "[chrF, BLEU, ROUGE, WER and others](../how-to/behaviour.md#how-close-is-what-it-wrote-to-references).",
        "## Where their scores go",
        table(("scores", "metrics that are known", "how they are read"),
              ((what, metrics, code(lines[command])) for what, metrics, command in SCORES)),
        "All metrics with range, direction and chance level are among the [names](names.md). How one table is read is "
        "said in [how to import](../how-to/import.md).",
        f"## Not run, but read: {len(chosen['reads'])} published systems",
        table(("system", "title", "why it is not run", "what reads its scores"), read),
        f"## Outside: {len(chosen['outside'])} published systems",
        "They ask nothing about human languages, so there is nothing for relatives, scripts or amounts of text to "
        "tell. Their scores can be kept in a store and compared item by item (`isogloss evidence compare`), and "
        "forecast "
        "from settings other than the language (`isogloss curve`).",
        table(("system", "title", "why"), outside),
    )  # fmt: skip


def _answer(row: dict[str, str], lines: dict[str, str]) -> str:
    line = code(lines[row["command"]]) if row["command"] else ""
    return " ".join(part for part in (line, row["note"]) if part)
