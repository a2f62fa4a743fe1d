"""`isogloss lab`: measure transfer on real models."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from isogloss.cli.show import JsonOption, PictureOption, check_out, show, show_json, show_text, write_out

if TYPE_CHECKING:
    import polars as pl

    from isogloss.lab.transfer import Findings

MOST = 11
"""Targets that a line of 80 columns has room for."""
app = typer.Typer(no_args_is_help=True, help="Measure transfer on real models.")

GridArgument = Annotated[Path, typer.Argument(help="Grid file (TOML).", metavar="GRID")]
DataOption = Annotated[Path | None, typer.Option(help="Folder of the tasks' files; by default that of the grid file.")]


@app.callback()
def lab() -> None:
    """Measure transfer on real models."""


@app.command()
def run(
    grid: GridArgument,
    into: Annotated[Path, typer.Option(help="Store to write to; what it has already is not measured again.")],
    data: DataOption = None,
    executor: Annotated[str, typer.Option(help="Where jobs run: serial, processes or ray.")] = "processes",
    workers: Annotated[int | None, typer.Option(help="Jobs at once; by default one per processor.")] = None,
    address: Annotated[
        str | None, typer.Option(help="Ray cluster, HOST:PORT; by default one is started on this machine.")
    ] = None,
    max_jobs: Annotated[int | None, typer.Option(help="Run this many jobs at most, and leave the rest.")] = None,
    max_minutes: Annotated[float | None, typer.Option(help="Begin no job after this many minutes.")] = None,
    json: JsonOption = False,
) -> None:
    """Measure what the store lacks of a grid: train once per source, test on every target."""
    from isogloss.evidence.store import Store
    from isogloss.lab import read_grid, run_grid

    report = run_grid(
        read_grid(grid, data=data), Store(into), executor=executor, workers=workers, address=address,
        progress=not json, max_jobs=max_jobs, max_minutes=max_minutes,
    )  # fmt: skip
    if json:
        show_json(report.record())
    else:
        show(report.table(), json=False, title=grid.name)
    if report.failed:
        raise typer.Exit(1)


@app.command()
def plan(
    grid: GridArgument,
    into: Annotated[Path | None, typer.Option(help="Store that it would go to; what is there is not counted.")] = None,
    data: DataOption = None,
    workers: Annotated[int, typer.Option(help="Jobs at once.", min=1)] = 1,
    json: JsonOption = False,
) -> None:
    """Say what running a grid would take: jobs, minutes, memory and disk."""
    from isogloss.evidence.store import Store
    from isogloss.lab import plan_grid, read_grid

    planned = plan_grid(read_grid(grid, data=data), None if into is None else Store(into), workers=workers)
    columns = ["recipe", "jobs", "stored", "to_run", "minutes", "memory_gb", "disk_gb", "basis"]
    show(planned, json=json, title=grid.name, columns=columns, digits=1)


@app.command("show")
def show_grid(
    store: Annotated[Path, typer.Argument(metavar="STORE", help="Store that the grid was run into.")],
    grid: Annotated[Path, typer.Option(help="Grid file (TOML).")],
    data: DataOption = None,
    metric: Annotated[str | None, typer.Option(help="Metric; by default the task's first.")] = None,
    by_target: Annotated[bool, typer.Option("--by-target", help="Compare recipes in each target language.")] = False,
    out: PictureOption = None,
    json: JsonOption = False,
) -> None:
    """Show what a grid has found so far: sources x targets, and which recipe is better."""
    from isogloss.charts import Canvas, draw_transfer
    from isogloss.evidence.store import Store
    from isogloss.lab import compare_recipes, findings, read_grid

    check_out(out, table=False)
    place = Store(store)
    results = findings(read_grid(grid, data=data), place).of_metric(metric)
    compared = compare_recipes(results, place, by_target=by_target)
    if json:
        tables = {
            "cells": results.cells(),
            "summary": results.summary(),
            "changes": results.changes(),
            "compared": compared,
        }
        counts = {"jobs": results.jobs, "measured": results.measured, "failed": results.failed}
        show_json(counts | {name: table.to_dicts() for name, table in tables.items()})
    else:
        _print(results, compared, by_target)
    cells = results.cells().filter(shown_size=0)
    write_out(out, picture=lambda: draw_transfer(cells, canvas=Canvas(score=results.metric)), json=json)


def _print(results: Findings, compared: pl.DataFrame, by_target: bool) -> None:
    show_text(f"{results.measured} of {results.jobs} jobs are in the store, {results.failed} have failed")
    summary = results.summary()
    columns = columns_that_tell(summary)
    show(
        summary,
        columns=[*columns, "seeds", "within", "across", "few_shot_score"],
        json=False,
        title=f"\n{results.metric}: mean of all sources on themselves, and across",
    )
    for title, matrix in transfer_matrix(results.cells()):
        show_text(f"\n{title}")
        show(matrix, json=False, digits=2)
    if results.changes().height:
        changes = [*columns, "gain", "source_change", "others_change"]
        show(results.changes(), columns=changes, json=False, title="\nwhat examples of a target change")
    if compared.height:
        columns = ["target"] * by_target + ["first", "second", "items", "difference", "lower", "upper", "p_holm"]
        show(compared, json=False, title="\nfirst less second, paired by test item", columns=columns, digits=4)


@app.command()
def pretrain(
    texts: Annotated[Path, typer.Argument(help="What is to be read, and the model's shape (TOML).", metavar="FILE")],
    into: Annotated[Path, typer.Option(help="Folder to make; any recipe can take it as its checkpoint.")],
    data: Annotated[
        Path | None, typer.Option(help="Folder of the files to be read; by default that of this one.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Train a small transformer over bytes from scratch: on languages, copies of languages, or nonsense."""
    from isogloss.lab import pretrain as pretrain_on
    from isogloss.lab import read_pretraining

    sources, shape = read_pretraining(texts, data=data)
    pretrained = pretrain_on(
        (text for source in sources for text in source.read(shape.seed)), into, shape, progress=not json
    )
    show(pretrained.table(), json=json, title=texts.name)


@app.command()
def costs(
    store: Annotated[Path, typer.Argument(metavar="STORE", help="Store that the grid was run into.")],
    grid: Annotated[Path, typer.Option(help="Grid file (TOML).")],
    data: DataOption = None,
    size: Annotated[
        int | None, typer.Option(help="Training examples of the source; needed if there are several.")
    ] = None,
    hour: Annotated[float, typer.Option(help="Price of an hour of machine time, for the file.", min=0)] = 0.0,
    label: Annotated[float, typer.Option(help="Price of a labelled example, for the file.", min=0)] = 0.0,
    out: Annotated[Path | None, typer.Option(help="Write a file of costs (.toml) for `isogloss compare`.")] = None,
    json: JsonOption = False,
) -> None:
    """Say what each recipe took: to train, to translate, to answer."""
    from isogloss.cli.show import say_written
    from isogloss.evidence.store import Store
    from isogloss.files import atomic_write, check_place
    from isogloss.lab import costs_file, findings, measured_costs, read_grid

    if out is not None:
        check_place(out, (".toml",))
    measured = measured_costs(findings(read_grid(grid, data=data), Store(store)).of_metric(None))
    chosen = measured if size is None else measured.filter(size=size)
    columns = ["recipe", *["size"] * (chosen["size"].n_unique() > 1), "train_seconds", "translated_examples"]
    columns += ["serve_seconds", "translated_per_query", "seconds_per_translation"]
    show(chosen, json=json, columns=columns, digits=5)
    if out is not None:
        text = costs_file(chosen, hour=hour, label=label)
        atomic_write(out, lambda path: path.write_text(text, encoding="utf-8"))
        say_written(out, json=json)


@app.command()
def tasks(json: JsonOption = False) -> None:
    """List the tasks that come with isogloss, for `use` in a grid file."""
    from isogloss.lab.task_file import describe_known

    show(describe_known(), json=json, columns=["use", "name", "kind", "text_origin", "licence"])


def columns_that_tell(summary: pl.DataFrame) -> list[str]:
    """The columns that tell the rows of `Findings.summary` apart, and no more, as lines are short.

    Tasks stand there where there are several, pairs where there is one; models where rows would be alike without.
    """
    named = [*["task"] * (summary["task"].n_unique() > 1), *["pair"] * (summary["pair"].count() > 0)]
    rest = ["recipe", "size", "shown_size"]
    if summary.select(named + rest).is_duplicated().any():
        named.append("model")
    return named + rest


def transfer_matrix(cells: pl.DataFrame) -> Iterator[tuple[str, pl.DataFrame]]:
    """One table per task, recipe and size, sources in rows, with what it is of; none where there are too many targets.

    Parameters
    ----------
    cells : polars.DataFrame
        As `isogloss.lab.transfer.Findings.cells` gives them.
    """
    plain = cells.filter(shown_size=0)
    if plain["target"].n_unique() > MOST:
        return
    key = ("task", "pair", "model", "recipe", "size")
    for (task, pair, model, recipe, size), group in plain.group_by(key, maintain_order=True):
        of_pair = f" ({pair})" if pair else ""
        targets = sorted(group["target"].unique())
        matrix = group.pivot(on="target", index="source", values="score").select("source", *targets)
        yield f"{task}{of_pair}, {model}, {recipe}, {size} examples (rows: trained on)", matrix
