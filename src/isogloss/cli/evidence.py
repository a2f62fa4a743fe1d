"""`isogloss evidence`: bring measured scores together."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from isogloss.cli.show import JsonOption, show, show_json
from isogloss.errors import BadValue

if TYPE_CHECKING:
    from isogloss.evidence import ImportReport

app = typer.Typer(no_args_is_help=True, help="Bring measured scores together.")

SHOWN_LANGUAGES = 8

FormatOption = Annotated[str | None, typer.Option(help="Name of the importer, instead of recognising it.")]
MapOption = Annotated[str | None, typer.Option(help="Mapping file for a table, or the name of one that ships.")]
TaskOption = Annotated[str | None, typer.Option(help="Task of every row, where the file does not say it.")]
ModelOption = Annotated[str | None, typer.Option(help="Model of every row.")]
MetricOption = Annotated[str | None, typer.Option(help="Metric of every row.")]
RecipeOption = Annotated[str | None, typer.Option(help="How the model was adapted, for every row.")]
TrainOption = Annotated[
    str | None, typer.Option(help="What the model was trained on, where the file does not say it: eng:1000,hin:500.")
]
ScaleOption = Annotated[str | None, typer.Option(help="How scores are written: fraction, percent or raw.")]
LanguageOption = Annotated[
    list[str] | None, typer.Option(metavar="CODE=ID", help="How to read a code, such as jp=jpn. Repeatable.")
]
DuplicatesOption = Annotated[
    str, typer.Option(help="What to do if scores of one observation differ: error, mean or last.")
]
UnfinishedOption = Annotated[bool, typer.Option("--unfinished", help="Read runs that were cancelled or failed too.")]


@app.callback()
def evidence() -> None:
    """Bring measured scores together."""


@app.command("import")
def import_(
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="Result files or patterns ('r/*.json').")],
    into: Annotated[str | None, typer.Option(help="Store to add to, a folder or s3://...; made if absent.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only report, write nothing.")] = False,
    format: FormatOption = None,
    map: MapOption = None,
    task: TaskOption = None,
    model: ModelOption = None,
    metric: MetricOption = None,
    recipe: RecipeOption = None,
    train: TrainOption = None,
    scale: ScaleOption = None,
    language: LanguageOption = None,
    duplicates: DuplicatesOption = "error",
    unfinished: UnfinishedOption = False,
    json: JsonOption = False,
) -> None:
    """Read result files into a store and report what was kept, what was dropped and why."""
    from isogloss.evidence import import_files
    from isogloss.evidence.read import read_options

    read_as = parse_languages(language)
    options = read_options(
        task, model, metric, recipe, map, scale, read_as, duplicates, train=train, unfinished=unfinished
    )
    report = import_files(files, options, into=into, format=format, dry_run=dry_run)
    if json:
        show_json(report.as_dict())
    else:
        _print_report(report)


@app.command("show")
def show_evidence(
    sources: Annotated[
        list[str], typer.Argument(metavar="STORE|FILE...", help="Stores, result files, evidence that ships.")
    ],
    format: FormatOption = None,
    map: MapOption = None,
    task: TaskOption = None,
    model: ModelOption = None,
    metric: MetricOption = None,
    recipe: RecipeOption = None,
    train: TrainOption = None,
    scale: ScaleOption = None,
    language: LanguageOption = None,
    duplicates: DuplicatesOption = "error",
    unfinished: UnfinishedOption = False,
    json: JsonOption = False,
) -> None:
    """List what was measured: one line per task, metric and model."""
    from isogloss.evidence import read_evidence

    found = read_evidence(
        *sources,
        format=format,
        mapping=map,
        task=task,
        model=model,
        metric=metric,
        recipe=recipe,
        train=train,
        scale=scale,
        languages=parse_languages(language),
        duplicates=duplicates,
        unfinished=unfinished,
    )
    settings = found.settings()
    if json:
        show_json(settings.to_dicts())
    else:
        short = settings.rename({"observations": "scores", "mean_score": "mean"})
        # Eighty columns are few: a column that says nothing makes room for the names.
        seeds = ["seeds"] if (short["seeds"] > 0).any() else []
        show(short, json=False, columns=["task", "metric", "model", "targets", "mixtures", *seeds, "scores", "mean"])


def parse_languages(pairs: list[str] | None) -> dict[str, str]:
    """`jp=jpn` as a mapping from the code as reported to how it is to be read."""
    read_as = {}
    for pair in pairs or []:
        code, _, known = (part.strip() for part in pair.partition("="))
        if not (code and known):
            raise BadValue(f"--language {pair} does not say what to read it as", mend="write --language jp=jpn")
        read_as[code] = known
    return read_as


def _print_report(report: ImportReport) -> None:
    import polars as pl

    rows = [
        (Path(file.file).name, file.rows, file.kept, file.queries, sum(file.dropped.values())) for file in report.files
    ]
    show(pl.DataFrame(rows, schema=["file", "rows", "kept", "queries", "dropped"], orient="row"), json=False)
    for file in report.files:
        for reason, count in file.dropped.items():
            typer.echo(f"{Path(file.file).name}: {count} dropped: {reason}")
    formats = Counter(file.importer for file in report.files)
    scales = sorted({scale for file in report.files for scale in file.scales})
    typer.echo(f"formats: {', '.join(f'{name} ({count})' for name, count in formats.items())}")
    if scales:
        typer.echo(f"scores were written as: {', '.join(scales)}")
    _print_languages({code: known for file in report.files for code, known in file.languages.items()})
    kept = f"{report.observations.height} observations"
    typer.echo(f"{kept} written to {report.part}" if report.part else f"{kept} to keep; nothing written (dry run)")


def _print_languages(languages: dict[str, str]) -> None:
    if languages:
        shown = " ".join(f"{code}={known}" for code, known in list(languages.items())[:SHOWN_LANGUAGES])
        rest = len(languages) - SHOWN_LANGUAGES
        typer.echo(f"languages: {shown}" + (f" ... and {rest} more, see --json" if rest > 0 else ""))
