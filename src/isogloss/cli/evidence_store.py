"""`isogloss evidence` on stores: look for conflicts, compare, ask, export, describe, compact."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from isogloss.cli.evidence import SourcesArgument
from isogloss.cli.questions import LanguageOption, LevelOption, parse_languages
from isogloss.cli.show import JsonOption, show, show_json

commands = typer.Typer()
"""Joined to those of `isogloss.cli.evidence`."""

SHOWN_ROWS = 100

StoreArgument = Annotated[str, typer.Argument(metavar="STORE", help="Folder of the store, or s3://...")]
SourceArgument = Annotated[str, typer.Argument(metavar="STORE|FILE", help="Store, result file, evidence that ships.")]


@commands.command("conflicts")
def show_conflicts(sources: SourcesArgument, json: JsonOption = False) -> None:
    """List observations of which different scores were recorded; 'counts' is the one a store gives."""
    import polars as pl

    from isogloss.evidence.overview import find_conflicts

    found = find_conflicts(sources)
    if json:
        show_json(found.to_dicts())
    elif found.is_empty():
        typer.echo("no conflicts")
    else:
        listed = pl.col("scores").list.eval(pl.element().round(3).cast(pl.String)).list.join(" ")
        show(found.with_columns(listed), json=False, columns=["task", "model", "target", "train", "scores", "counts"])


@commands.command("compact")
def compact_store(store: StoreArgument, json: JsonOption = False) -> None:
    """Merge the many small parts of a store into few; no row is lost, and it may be interrupted."""
    from isogloss.evidence import Store, compact

    report = compact(Store(store))
    if json:
        show_json(report.as_dict())
        return
    typer.echo(f"{report.parts_before} parts became {report.parts_after}; {report.rows} rows moved")
    if report.repeated:
        typer.echo(f"{report.repeated} rows stood twice, alike in everything, and stand once now")


@commands.command("query")
def query_evidence(
    source: SourceArgument,
    query: Annotated[str, typer.Argument(metavar="SELECT", help="SQL about observations, models, tasks, items.")],
    json: JsonOption = False,
) -> None:
    """Ask evidence in SQL, reading only: "select target, avg(score) from observations group by target"."""
    from isogloss.evidence.read import open_sources
    from isogloss.evidence.sql import select

    answer = select(open_sources(source), query)
    show(answer if json else answer.head(SHOWN_ROWS), json=json)
    if not json and answer.height > SHOWN_ROWS:
        typer.echo(f"... and {answer.height - SHOWN_ROWS} rows more, see --json")


@commands.command("export")
def export_evidence(
    sources: SourcesArgument,
    format: Annotated[str, typer.Option(help="csv, parquet, litmus or mteb.")] = "csv",
    out: Annotated[Path | None, typer.Option(help="File; for litmus and mteb a new folder.")] = None,
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
        typer.echo(f"{count} left out: {reason}")
    files = f" in {len(report.files)} files" if len(report.files) > 1 else ""
    typer.echo(f"{report.written} observations{files} written to {place}")


@commands.command("describe")
def describe_store(
    store: StoreArgument,
    facts: Annotated[Path, typer.Argument(metavar="FILE", help="Table of tasks or of models (CSV, JSONL, Parquet).")],
) -> None:
    """Add facts about tasks (chance, text_origin, licence, kind) or models (parameters, released, ...) to a store."""
    from isogloss.evidence import Store
    from isogloss.evidence.facts import read_facts

    found = read_facts(facts)
    Store(store).describe(**found)
    said = ", ".join(f"{table.height} {kind}" for kind, table in found.items())
    typer.echo(f"facts about {said} written to {store}")


@commands.command("compare")
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

    found = [items_of(Store(store), parse_selection(text)) for text in (first, second)]
    comparison = compare(*found, level=level)
    if json:
        show_json(comparison.as_dict())
        return
    import polars as pl

    show(pl.DataFrame([comparison.as_dict()]), json=False,
         columns=["items", "first", "second", "difference", "lower", "upper", "p_value"])  # fmt: skip
    if comparison.unmatched:
        typer.echo(f"{comparison.unmatched} items that only one of them has were left out")


@commands.command("fetch")
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
    from isogloss.cli.progress import watched
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
    typer.echo(f"{report.source} at {report.revision[:12]}: read {report.changed} of {report.files} files")
    typer.echo(f"{report.kept} observations kept, {sum(report.dropped.values())} rows dropped")
    for reason, count in sorted(report.dropped.items(), key=lambda pair: -pair[1]):
        typer.echo(f"{count} dropped: {reason}")
    for said in (*report.unreadable, *report.notes):
        typer.echo(f"note: {said}")
    typer.echo(f"licence: {report.licence}\nplease cite: {report.citation}")


@commands.command("sources")
def show_sources(store: StoreArgument, json: JsonOption = False) -> None:
    """List public evidence in a store: from where, at which revision, under which licence, and whom to cite."""
    import polars as pl

    from isogloss.evidence import Store

    files = Store(store).sources()
    listed = files.group_by("source", "url", "licence", "citation", maintain_order=True).agg(
        files=pl.len(), revision=pl.col("revision").last(), retrieved_at=pl.col("retrieved_at").max()
    )
    show(listed, json=json, columns=["source", "url", "files", "licence", "citation"])
