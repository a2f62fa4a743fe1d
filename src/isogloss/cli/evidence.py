"""`isogloss evidence`: bring measured scores together, look at them, compare, export and keep stores in order."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from isogloss.cli.show import JsonOption, say, show, show_json, watched
from isogloss.errors import BadValue

if TYPE_CHECKING:
    from isogloss.evidence import ImportReport

StoreArgument = Annotated[str, typer.Argument(metavar="STORE", help="Folder of the store, or s3://...")]
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
BetterOption = Annotated[
    str | None, typer.Option(help="Which scores of a metric that isogloss does not know are better: higher or lower.")
]
DuplicatesOption = Annotated[
    str, typer.Option(help="What to do if scores of one observation differ: error, mean or last.")
]
SourcesArgument = Annotated[
    list[str], typer.Argument(metavar="STORE|FILE", help="Stores, result files, evidence that ships.")
]
LanguageOption = Annotated[
    list[str] | None,
    typer.Option("--language", metavar="CODE=ID", help="How to read a code, such as jp=jpn. Repeatable."),
]
LevelOption = Annotated[float, typer.Option("--level", help="Probability that an interval holds.")]
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
    write_mapping: Annotated[
        Path | None, typer.Option("--write-mapping", help="Only write what the plan takes for what, as a file to edit.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Read result files into a store and report what was kept, what was dropped and why."""
    from isogloss.evidence import import_files
    from isogloss.evidence.read import read_options

    read_as = parse_languages(language)
    if write_mapping is not None:
        _write_mapping(files, write_mapping, format, {
            "task": task, "model": model, "metric": metric, "recipe": recipe, "train": train, "scale": scale,
            "better": better, "languages": read_as,
        })  # fmt: skip
        return
    options = read_options(
        task, model, metric, recipe, map, scale, read_as, duplicates,
        train=train, unfinished=unfinished, better=better,
    )  # fmt: skip
    report = import_files(files, options, into=into, format=format, dry_run=dry_run)
    if json:
        show_json(report.as_dict())
    else:
        _print_report(report)


def _write_mapping(files: list[str], path: Path, format: str | None, options: dict[str, Any]) -> None:
    from isogloss.evidence import plan_reading
    from isogloss.files import atomic_write, check_place

    if len(files) != 1:
        raise BadValue("a mapping file is of one table", where="--write-mapping", hint="give a single file")
    check_place(path, (".toml",))
    plan = plan_reading(files[0], format=format, **options)
    text = plan.mapping()
    atomic_write(path, lambda place: place.write_text(text, encoding="utf-8"))
    for sentence in plan.sentences:
        say(sentence)
    say(f"written to {path}: edit it, then import with --map {path}")


def _print_report(report: ImportReport) -> None:
    import polars as pl

    rows = [
        (Path(file.file).name, file.rows, file.kept, file.queries, sum(file.dropped.values())) for file in report.files
    ]
    show(pl.DataFrame(rows, schema=["file", "rows", "kept", "queries", "dropped"], orient="row"), json=False)
    for file in report.files:
        for reason, count in file.dropped.items():
            say(f"{Path(file.file).name}: {count} dropped: {reason}")
    formats = Counter(file.importer for file in report.files)
    scales = sorted({scale for file in report.files for scale in file.scales})
    say(f"formats: {', '.join(f'{name} ({count})' for name, count in formats.items())}")
    if scales:
        say(f"scores were written as: {', '.join(scales)}")
    for note in dict.fromkeys((*(note for file in report.files for note in file.notes), *report.notes)):
        say(f"note: {note}")
    _print_languages({code: known for file in report.files for code, known in file.languages.items()})
    beside = {name: sum(getattr(file, name) for file in report.files) for name in ("items", "models", "tasks")}
    if any(beside.values()):
        say("beside them: " + ", ".join(f"{count} {name}" for name, count in beside.items() if count))
    kept = f"{report.observations.height} observations"
    say(f"{kept} written to {report.part}" if report.part else f"{kept} to keep; nothing written (dry run)")


def _print_languages(languages: dict[str, str]) -> None:
    if languages:
        shown = " ".join(f"{code}={known}" for code, known in list(languages.items())[:SHOWN_LANGUAGES])
        rest = len(languages) - SHOWN_LANGUAGES
        say(f"languages: {shown}" + (f" ... and {rest} more, see --json" if rest > 0 else ""))


@app.command("compact")
def compact_store(store: StoreArgument, json: JsonOption = False) -> None:
    """Merge the many small parts of a store into few; no row is lost, and it may be interrupted."""
    from isogloss.evidence import Store, compact

    report = compact(Store(store))
    if json:
        show_json(report.as_dict())
        return
    say(f"{report.parts_before} parts became {report.parts_after}; {report.rows} rows moved")
    if report.repeated:
        say(f"{report.repeated} rows stood twice, alike in everything, and stand once now")


@app.command("export")
def export_evidence(
    sources: SourcesArgument,
    format: Annotated[str, typer.Option(help="csv, parquet, euroeval, every-eval-ever, litmus or mteb.")] = "csv",
    out: Annotated[Path | None, typer.Option(help="File for csv and parquet, else a new folder.")] = None,
    task: Annotated[str | None, typer.Option(help="Only this task.")] = None,
    model: Annotated[str | None, typer.Option(help="Only this model.")] = None,
    json: JsonOption = False,
) -> None:
    """Write evidence for other tools, and say what their format cannot hold."""
    from isogloss.evidence import read_evidence
    from isogloss.evidence.exporters import export

    place = out or Path({"csv": "evidence.csv", "parquet": "evidence.parquet"}.get(format, f"evidence-{format}"))
    report = export(read_evidence(*sources).filter(task=task, model=model), format, place)
    if json:
        show_json({"files": report.files, "written": report.written, "left_out": report.left_out})
        return
    for reason, count in report.left_out.items():
        say(f"{count} left out: {reason}")
    files = f" in {len(report.files)} files" if len(report.files) > 1 else ""
    say(f"{report.written} observations{files} written to {place}")


@app.command("describe")
def describe_store(
    store: StoreArgument,
    facts: Annotated[Path, typer.Argument(metavar="FILE", help="Table of tasks or of models (CSV, JSONL, Parquet).")],
) -> None:
    """Add facts about tasks (chance, text_origin, licence, kind) or models (parameters, released, ...) to a store."""
    from isogloss.evidence import Store
    from isogloss.evidence.facts import read_facts

    tables = read_facts(facts)
    Store(store).describe(**tables)
    counts = ", ".join(f"{table.height} {kind}" for kind, table in tables.items())
    say(f"facts about {counts} written to {store}")


@app.command("compare")
def compare_items(
    store: StoreArgument,
    first: Annotated[str, typer.Argument(metavar="FIRST", help="What to compare, e.g. model=A,target=deu.")],
    second: Annotated[str, typer.Argument(metavar="SECOND", help="With what, e.g. model=A,target=swa.")],
    level: LevelOption = 0.95,
    json: JsonOption = False,
) -> None:
    """Compare two observations item by item: paired bootstrap, and McNemar's test where items are right or wrong."""
    from isogloss.evidence import Store
    from isogloss.evidence.paired import compare, items_of, parse_selection

    pair = [items_of(Store(store), parse_selection(text)) for text in (first, second)]
    comparison = compare(*pair, level=level)
    if json:
        show_json(comparison.as_dict())
        return
    import polars as pl

    show(pl.DataFrame([comparison.as_dict()]), json=False,
         columns=["items", "first", "second", "difference", "lower", "upper", "p_value"])  # fmt: skip
    if comparison.unmatched:
        say(f"{comparison.unmatched} items that only one of them has were left out")


@app.command("fetch")
def fetch_evidence(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Public evidence, such as mteb.")],
    into: Annotated[str, typer.Option(help="Store to add to, a folder or s3://...; made if absent.")],
    url: Annotated[
        str | None, typer.Option(help="Of another copy: a git repository, or an archive (.zip, .tar.gz) over HTTPS.")
    ] = None,
    checksum: Annotated[str | None, typer.Option(help="SHA-256 that an archive must have.")] = None,
    language: LanguageOption = None,
    again: Annotated[bool, typer.Option("--again", help="Read every file, not only new and changed ones.")] = False,
    json: JsonOption = False,
) -> None:
    """Fetch public evidence: only what the store has not read yet, with its licence and citation."""
    from isogloss.evidence import Store
    from isogloss.evidence.fetching import fetch

    with watched(not json) as progress:
        report = fetch(
            name,
            Store(into),
            url=url,
            checksum=checksum,
            languages=parse_languages(language),
            again=again,
            progress=progress,
        )
    if json:
        show_json(report.as_dict())
        return
    say(f"{report.source} at {report.revision[:12]}: read {report.changed} of {report.files} files")
    say(f"{report.kept} observations kept, {sum(report.dropped.values())} rows dropped")
    for reason, count in sorted(report.dropped.items(), key=lambda pair: -pair[1]):
        say(f"{count} dropped: {reason}")
    for said in (*report.unreadable, *report.notes):
        say(f"note: {said}")
    say(f"licence: {report.licence}")
    say(f"please cite: {report.citation}")


@app.command("sources")
def show_sources(store: StoreArgument, json: JsonOption = False) -> None:
    """List public evidence in a store: from where, at which revision, under which licence, and whom to cite."""
    import polars as pl

    from isogloss.evidence import Store

    files = Store(store).sources()
    listed = files.group_by("source", "url", "licence", "citation", maintain_order=True).agg(
        files=pl.len(), revision=pl.col("revision").last(), retrieved_at=pl.col("retrieved_at").max()
    )
    show(listed, json=json, columns=["source", "url", "files", "licence", "citation"])


def parse_languages(pairs: list[str] | None) -> dict[str, str]:
    """`jp=jpn` as a mapping from the code as reported to how it is to be read."""
    read_as = {}
    for pair in pairs or []:
        code, _, known = (part.strip() for part in pair.partition("="))
        if not (code and known):
            raise BadValue(f"--language {pair} does not say what to read it as", hint="write --language jp=jpn")
        read_as[code] = known
    return read_as
