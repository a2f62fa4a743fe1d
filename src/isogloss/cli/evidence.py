"""`isogloss evidence`: bring measured scores together."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from isogloss.cli.questions import LanguageOption, parse_languages
from isogloss.cli.show import JsonOption, show, show_json

if TYPE_CHECKING:
    import polars as pl

    from isogloss.evidence import ImportReport

app = typer.Typer(no_args_is_help=True, help="Bring measured scores together.")

SHOWN_LANGUAGES = 8
_TELLING_APART = ("split", "pair", "recipe", "shots", "model_revision")

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
BetterOption = Annotated[
    str | None, typer.Option(help="Which scores of a metric that isogloss does not know are better: higher or lower.")
]
DuplicatesOption = Annotated[
    str, typer.Option(help="What to do if scores of one observation differ: error, mean or last.")
]
SourcesArgument = Annotated[
    list[str], typer.Argument(metavar="STORE|FILE", help="Stores, result files, evidence that ships.")
]
UnfinishedOption = Annotated[bool, typer.Option("--unfinished", help="Read runs that were cancelled or failed too.")]


@app.callback()
def evidence() -> None:
    """Bring measured scores together."""


@app.command("import")
def import_(
    files: Annotated[list[str], typer.Argument(metavar="FILE", help="Result files or patterns ('r/*.json').")],
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
    better: BetterOption = None,
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
        task, model, metric, recipe, map, scale, read_as, duplicates,
        train=train, unfinished=unfinished, better=better,
    )  # fmt: skip
    report = import_files(files, options, into=into, format=format, dry_run=dry_run)
    if json:
        show_json(report.as_dict())
    else:
        _print_report(report)


@app.command("show")
def show_evidence(
    sources: SourcesArgument,
    by: Annotated[str | None, typer.Option(help="Columns to count by, e.g. task,model or target.")] = None,
    missing: Annotated[
        bool, typer.Option("--coverage", help="Show what is missing: languages per task, or tasks per language.")
    ] = False,
    format: FormatOption = None,
    map: MapOption = None,
    task: TaskOption = None,
    model: ModelOption = None,
    metric: MetricOption = None,
    recipe: RecipeOption = None,
    train: TrainOption = None,
    scale: ScaleOption = None,
    better: BetterOption = None,
    language: LanguageOption = None,
    duplicates: DuplicatesOption = "error",
    unfinished: UnfinishedOption = False,
    json: JsonOption = False,
) -> None:
    """List what was measured: one line per task, metric and model.

    'at chance' is the share of scores a guess could reach, 'saturated' the share at the ceiling: neither says
    much about a model.
    """
    from isogloss.evidence.overview import count_by, coverage, settings
    from isogloss.evidence.read import open_sources

    found = open_sources(
        *sources,
        format=format,
        mapping=map,
        task=task,
        model=model,
        metric=metric,
        recipe=recipe,
        train=train,
        scale=scale,
        better=better,
        languages=parse_languages(language),
        duplicates=duplicates,
        unfinished=unfinished,
    )
    columns = [name.strip() for name in by.split(",") if name.strip()] if by else []
    if missing:
        _show_coverage(coverage(found, columns or ["task"]), json)
    elif columns:
        _show_counts(count_by(found, columns), json, columns)
    else:
        counts = settings(found)
        shown = counts.rename({"observations": "scores", "mean_score": "mean"})
        _show_counts(counts if json else shown, json, ["task", "metric", "model"])


def _show_counts(counts: pl.DataFrame, json: bool, by: list[str]) -> None:
    if json:
        show(counts, json=True)
        return
    # Eighty columns are few: a column that says nothing makes room for the names.
    by = [name for name in by if name != "metric" or counts[name].n_unique() > 1]
    apart: list[str] = []
    for name in _TELLING_APART:
        if (
            name in counts.columns
            and counts.select(*by, *apart, name).n_unique() > counts.select(*by, *apart).n_unique()
        ):
            apart.append(name)
    numbers = [name for name in ("targets", "mixes", "seeds", "models") if name in counts.columns]
    several = [name for name in numbers if name[:-1] not in by and (name == "targets" or (counts[name] > 1).any())]
    flags = [name for name in ("at_chance", "saturated") if (counts[name].fill_null(0.0) > 0).any()]
    titles = {name: name.replace("_", " ") for name in flags}
    show(counts.rename(titles), json=False, columns=[*by, *apart, *several, "scores", "mean", *titles.values()])


def _show_coverage(covered: pl.DataFrame, json: bool) -> None:
    import polars as pl

    if not json:
        few = pl.col("missing").list.head(SHOWN_LANGUAGES).list.join(" ")
        rest = pl.col("missing").list.len().cast(pl.Int64) - SHOWN_LANGUAGES
        covered = covered.with_columns(
            missing=pl.when(rest > 0).then(pl.format("{} ... and {} more", few, rest)).otherwise(few)
        )
    show(covered, json=json)


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
    for note in dict.fromkeys(note for file in report.files for note in file.notes):
        typer.echo(f"note: {note}")
    _print_languages({code: known for file in report.files for code, known in file.languages.items()})
    beside = {name: sum(getattr(file, name) for file in report.files) for name in ("items", "models", "tasks")}
    if any(beside.values()):
        typer.echo("beside them: " + ", ".join(f"{count} {name}" for name, count in beside.items() if count))
    kept = f"{report.observations.height} observations"
    typer.echo(f"{kept} written to {report.part}" if report.part else f"{kept} to keep; nothing written (dry run)")


def _print_languages(languages: dict[str, str]) -> None:
    if languages:
        shown = " ".join(f"{code}={known}" for code, known in list(languages.items())[:SHOWN_LANGUAGES])
        rest = len(languages) - SHOWN_LANGUAGES
        typer.echo(f"languages: {shown}" + (f" ... and {rest} more, see --json" if rest > 0 else ""))
