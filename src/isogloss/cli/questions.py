"""The options that commands which ask about evidence share, in the words and the order of all of them.

Every such command takes evidence, task and model first, then what it alone takes, then `--metric`, `--recipe`,
`--language`, `--level`, `--forecaster`, `--out` and `--json`, as far as it has them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from isogloss.errors import BadValue
from isogloss.forecasting import forecasters

EVIDENCE = typer.Option("--evidence", "-e", help="Store, result file or isogloss:NAME. Repeatable.")
TASK = typer.Option("--task", help="Task as the evidence names it.")
MODEL = typer.Option("--model", help="Model as the evidence names it.")

EvidenceOption = Annotated[list[str], EVIDENCE]
TaskOption = Annotated[str, TASK]
ModelOption = Annotated[str, MODEL]
MetricOption = Annotated[str | None, typer.Option("--metric", help="Metric, where the evidence has several.")]
RecipeOption = Annotated[str | None, typer.Option("--recipe", help="Recipe, where the evidence has several.")]
LanguageOption = Annotated[
    list[str] | None,
    typer.Option("--language", metavar="CODE=ID", help="How to read a code, such as jp=jpn. Repeatable."),
]
LevelOption = Annotated[float, typer.Option("--level", help="Probability that an interval holds.")]
ForecasterOption = Annotated[str, typer.Option("--forecaster", help=f"One of {', '.join(forecasters.names())}.")]
WeightsOption = Annotated[Path | None, typer.Option("--weights", help="CSV file: language,speakers.")]


def parse_languages(pairs: list[str] | None) -> dict[str, str]:
    """`jp=jpn` as a mapping from the code as reported to how it is to be read."""
    read_as = {}
    for pair in pairs or []:
        code, _, known = (part.strip() for part in pair.partition("="))
        if not (code and known):
            raise BadValue(f"--language {pair} does not say what to read it as", hint="write --language jp=jpn")
        read_as[code] = known
    return read_as
