"""What would measuring this grid take, what did it measure, and what did each recipe cost?"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field

from isogloss.evidence.pairs import ARROW
from isogloss.files import atomic_write, check_place
from isogloss.progress import Progress
from isogloss.questions.answer import Answer, Table
from isogloss.questions.fields import DataFolder, FilePath, GridFile, Number, OptionalPath, Shell, StoreName
from isogloss.questions.question import Question
from isogloss.questions.scale import RAW, Scale, scale_of
from isogloss.questions.translation_pairs import draw_pairs, of_pairs, pairs_sentences, pairs_tables
from isogloss.text import counted

if TYPE_CHECKING:
    from pathlib import Path

    import polars as pl

    from isogloss.lab import Findings, Grid, RunReport

MOST_TARGETS = 11
"""Targets that a line of 80 columns has room for."""
MOST_FAILURES = 3
PLANNED = ("recipe", "jobs", "stored", "to_run", "minutes", "memory_gb", "disk_gb", "basis")
COSTS = ("train_seconds", "translated_examples", "serve_seconds", "translated_per_query", "seconds_per_translation")


class AboutGrid(Question):
    """A question about a grid of sources, targets and recipes."""

    positional: ClassVar[tuple[str, ...]] = ("grid",)

    grid: Annotated[GridFile, Shell(argument=True, metavar="GRID")]
    data: DataFolder = None

    def read(self) -> Grid:
        """The grid.

        Raises
        ------
        InputError
        """
        from isogloss.lab import read_grid

        return read_grid(self.grid, data=self.data)


class RunGridQuestion(AboutGrid):
    """Measure what the store lacks of a grid: train once per source, test on every target."""

    command: ClassVar[str] = "lab run"
    writes: ClassVar[bool] = True
    positional: ClassVar[tuple[str, ...]] = ("grid", "into")

    into: Annotated[FilePath, Field(description="Store to write to; what it has already is not measured again.")]
    executor: Annotated[str, Field(description="Where jobs run: serial, processes or ray.")] = "processes"
    workers: Annotated[int | None, Field(description="Jobs at once; by default one per processor.")] = None
    address: Annotated[
        str | None, Field(description="Ray cluster, HOST:PORT; by default one is started on this machine.")
    ] = None
    max_jobs: Annotated[int | None, Field(description="Run this many jobs at most, and leave the rest.")] = None
    max_minutes: Annotated[Number, Field(description="Begin no job after this many minutes.")] = None
    keep: Annotated[
        OptionalPath,
        Field(
            description="Folder to keep what is trained in, a folder for each training that is run; of prompts, "
            "all that are asked."
        ),
    ] = None

    def answer(self, progress: Progress | None = None) -> Answer:
        """Measure, and say what was done."""
        from isogloss.evidence import Store
        from isogloss.lab import run_grid

        report = run_grid(
            self.read(), Store(self.into), executor=self.executor, workers=self.workers, address=self.address,
            progress=progress, max_jobs=self.max_jobs, max_minutes=self.max_minutes, keep=self.keep,
        )  # fmt: skip
        return Answer(
            self.command, tuple(_done(report, self.into, self.keep)), {"figures": Table(report.table())}, scale=RAW,
            details=report.record(), result=report, failed=bool(report.failed),
        )  # fmt: skip


class PlanGridQuestion(AboutGrid):
    """Say what running a grid would take: jobs, minutes, memory and disk."""

    command: ClassVar[str] = "lab plan"

    into: Annotated[OptionalPath, Field(description="Store that it would go to; what is there is not counted.")] = None
    workers: Annotated[int, Field(ge=1, description="Jobs at once.")] = 1

    def answer(self, progress: Progress | None = None) -> Answer:
        """Estimate it."""
        from isogloss.evidence import Store
        from isogloss.lab import plan_grid

        planned = plan_grid(self.read(), None if self.into is None else Store(self.into), workers=self.workers)
        left, jobs = int(planned["to_run"].sum()), int(planned["jobs"].sum())
        there = f" of {jobs:,}" if left < jobs else ""
        time = "of which nothing tells how long they take"
        if planned["minutes"].null_count() == 0:
            time = f"about {planned['minutes'].sum():.1f} minutes with {counted(self.workers, 'worker')}"
        verdict = f"{counted(left, 'job')}{there} to run, {time}." if left else "All jobs are in the store already."
        return Answer(
            self.command, (verdict,), {"plan": Table(planned, shown={name: name for name in PLANNED}, digits=1)},
            scale=RAW, result=planned,
        )  # fmt: skip


class AboutRun(AboutGrid):
    """A question about what a grid has measured so far."""

    positional: ClassVar[tuple[str, ...]] = ("store", "grid")

    store: StoreName
    grid: Annotated[FilePath, Field(description="Grid file (TOML) that was measured into the store.")]

    def findings(self, metric: str | None = None) -> Findings:
        """What the store has of the grid, of one metric.

        Raises
        ------
        InputError
        """
        from isogloss.evidence import Store
        from isogloss.lab import findings

        return findings(self.read(), Store(self.store)).of_metric(metric)


class ShowGridQuestion(AboutRun):
    """Show what a grid has found so far: sources x targets, and which recipe is better."""

    command: ClassVar[str] = "lab show"

    metric: Annotated[str | None, Field(description="Metric; by default the task's first.")] = None
    by_target: Annotated[bool, Field(description="Compare recipes in each target language.")] = False

    def answer(self, progress: Progress | None = None) -> Answer:
        """Show it."""
        import polars as pl

        from isogloss.evidence import Store
        from isogloss.lab import compare_recipes, training_changes

        results, store = self.findings(self.metric), Store(self.store)
        compared = compare_recipes(results, store, by_target=self.by_target)
        trained = training_changes(results, store)
        scale = scale_of(results.observations) if results.observations.height else RAW
        cells = results.cells().filter(pl.col("shown_size") == 0, pl.col("source") != "")  # size 0 has no source
        is_of_pairs = of_pairs(cells).height > 0
        about = pairs_sentences(cells, compared, results.metric, scale) if is_of_pairs else _trained(trained, scale)
        verdict = [*about, *_measured(results, scale, with_best=not is_of_pairs), *_by_category(results, scale)]
        draw = draw_pairs if is_of_pairs else _draw
        counts = {"jobs": results.jobs, "measured": results.measured, "failed": results.failed}
        return Answer(
            self.command, tuple(verdict), _tables(results, compared, trained, self.by_target, scale), scale=scale,
            details=counts, result=results, draw=partial(draw, cells, results.metric, scale) if cells.height else None,
        )  # fmt: skip


class GridCostsQuestion(AboutRun):
    """Say what each recipe took: to train, to translate, to answer."""

    command: ClassVar[str] = "lab costs"
    writes: ClassVar[bool] = True

    size: Annotated[int | None, Field(description="Training examples of the source; needed if there are several.")] = (
        None
    )
    hour: Annotated[Number, Field(ge=0, description="Price of an hour of machine time, for the file.")] = 0.0
    label: Annotated[Number, Field(ge=0, description="Price of a labelled example, for the file.")] = 0.0
    save: Annotated[OptionalPath, Field(description="Write a file of costs (.toml) for 'isogloss compare'.")] = None

    def answer(self, progress: Progress | None = None) -> Answer:
        """Add it up."""
        from isogloss.lab import costs_file, measured_costs

        if self.save is not None:
            check_place(self.save, (".toml",))
        measured = measured_costs(self.findings())
        chosen = measured if self.size is None else measured.filter(size=self.size)
        sentences = [_costs(chosen)]
        if self.save is not None:
            text = costs_file(chosen, hour=self.hour or 0.0, label=self.label or 0.0)
            atomic_write(self.save, lambda path: path.write_text(text, encoding="utf-8"))
            sentences.append(f"Written to {self.save}, for isogloss compare.")
        columns = ["recipe", *["size"] * (chosen["size"].n_unique() > 1), *COSTS]
        return Answer(
            self.command, tuple(sentences),
            {"costs": Table(chosen, shown={name: name for name in columns}, digits=5)}, scale=RAW, result=measured,
        )  # fmt: skip


def _done(report: RunReport, into: Path, keep: Path | None) -> Iterator[str]:
    """What was measured, and what was not and why."""
    skipped = f", {report.skipped:,} were there already" if report.skipped else ""
    failed = f", {len(report.failed):,} failed" if report.failed else ""
    left = f", {report.left:,} are left for later" if report.left else ""
    yield (
        f"{report.run:,} of {counted(report.jobs, 'job')} measured{skipped}{failed}{left}; "
        f"{counted(report.observations, 'score')} written to {into}."
    )
    if keep and report.run:
        yield f"What was learnt is kept in {keep}, {counted(report.run, 'folder')}."
    yield from (f"Failed: {job}: {reason}" for job, reason in report.failed[:MOST_FAILURES])
    if (more := len(report.failed) - MOST_FAILURES) > 0:
        yield f"... and {counted(more, 'failure')} more."


def _measured(results: Findings, scale: Scale, *, with_best: bool) -> Iterator[str]:
    """How much there is, and which recipe is best on its own language and across."""
    counts = f"{results.measured:,} of {counted(results.jobs, 'job')} are in the store, {results.failed:,} failed."
    best = results.summary().drop_nulls("across").sort("across", descending=True)
    if best.height and with_best:
        row = best.row(0, named=True)
        within = "" if row["within"] is None else f" ({scale.score(row['within'])} in the language of training)"
        yield f"Across languages, {row['recipe']} is best: {results.metric} {scale.score(row['across'])}{within}."
    yield counts


def _trained(changes: pl.DataFrame, scale: Scale) -> Iterator[str]:
    """What examples change in languages of the source and in others, and which loses most."""
    import polars as pl

    means = dict(changes.group_by("own").agg(pl.col("change").mean()).iter_rows())
    said = [
        f"by {scale.change(means[own])} on average in {where}"
        for own, where in ((True, "their own languages"), (False, "others")) if own in means
    ]  # fmt: skip
    if said:
        yield f"Examples of sources change scores {', and '.join(said)}."
    worse = changes.filter(pl.col("upper") < 0).sort("change")
    if worse.height:
        row = worse.row(0, named=True)
        span = f"{scale.change(row['lower'])} to {scale.change(row['upper'])}"
        yield (
            f"{row['target']} loses most, by {scale.change(row['change'])} ({span}), with examples of {row['source']}."
        )


def _by_category(results: Findings, scale: Scale) -> Iterator[str]:
    """Which categories of items are lowest and highest against all items, on average over languages and recipes."""
    import polars as pl

    categories = results.by_category()
    if categories.is_empty():
        return
    gaps = categories.group_by("task", "category", maintain_order=True).agg(
        gap=(pl.col("score") - pl.col("whole")).mean()
    )
    low, high = gaps.sort("gap").row(0, named=True), gaps.sort("gap").row(-1, named=True)
    yield (
        f"By category of items, '{low['category']}' is lowest, {scale.change(low['gap'])} against all items, "
        f"'{high['category']}' highest, {scale.change(high['gap'])}."
    )


def _tables(
    results: Findings, compared: pl.DataFrame, trained: pl.DataFrame, by_target: bool, scale: Scale
) -> dict[str, Table]:
    import polars as pl

    summary, changes = results.summary(), results.changes()
    columns = columns_that_tell(summary)
    tables = {
        "summary": Table(
            scale.table(summary, ("within", "across", "few_shot_score")),
            f"{results.metric}: mean of all sources on themselves, and across",
            {name: name for name in (*columns, "seeds", "within", "across", "few_shot_score")}, scale.digits,
        ),
    }  # fmt: skip
    categories = results.by_category()
    if categories.height:
        several = [name for name in ("task", "model", "recipe", "size") if categories[name].n_unique() > 1]
        tables["categories"] = Table(
            scale.table(categories, ("score", "whole")), f"{results.metric} by category of items, mean over languages",
            {name: name for name in (*several, "category", "targets", "items", "score", "whole")}, scale.digits,
        )  # fmt: skip
    cells = results.cells()
    tables |= pairs_tables(cells, scale)
    alone = cells.filter(~pl.col("source").str.contains(ARROW, literal=True))
    for number, (title, matrix) in enumerate(transfer_matrices(alone), 1):
        targets = matrix.columns[1:]
        tables[f"transfer {number}"] = Table(scale.table(matrix, targets), title, digits=max(scale.digits - 1, 1))
    gains = ("gain", "source_change", "others_change")
    tables["changes"] = Table(
        scale.table(changes, gains), "What examples of a target change",
        {name: name for name in (*columns, *gains)}, scale.digits,
    )  # fmt: skip
    scores = ("before", "after", "change", "lower", "upper")
    several = [name for name in ("model", "recipe", "size") if trained[name].n_unique() > 1]
    tables["trained"] = Table(
        scale.table(trained, scores), "What examples of a source change, paired by test item",
        {name: name for name in (*several, "source", "target", "seeds", "items", *scores)}, scale.digits,
    )  # fmt: skip
    pairs = ("first_score", "second_score", "difference", "lower", "upper")
    told = [*["target"] * by_target, *["learnt"] * (compared["learnt"].count() > 0)]
    shown = [*told, "first", "second", "items", "difference", "lower", "upper", "p_holm"]
    tables["compared"] = Table(
        scale.table(compared, pairs), "First less second, paired by test item", {name: name for name in shown},
        scale.digits + 1,
    )  # fmt: skip
    tables["cells"] = Table(scale.table(results.cells(), ("score", "standard_error")), rows=0)
    return tables


def columns_that_tell(summary: pl.DataFrame) -> list[str]:
    """The columns that tell the rows of `Findings.summary` apart, and no more, as lines are short.

    Tasks stand there where there are several, pairs where there is one; models where rows would be alike without.
    """
    named = [*["task"] * (summary["task"].n_unique() > 1), *["pair"] * (summary["pair"].count() > 0)]
    rest = ["recipe", "size", "shown_size"]
    if summary.select(named + rest).is_duplicated().any():
        named.append("model")
    return named + rest


def transfer_matrices(cells: pl.DataFrame) -> Iterator[tuple[str, pl.DataFrame]]:
    """One table per task, recipe and size, sources in rows, with what it is of; none where there are too many targets.

    Parameters
    ----------
    cells : polars.DataFrame
        As `isogloss.lab.transfer.Findings.cells` gives them.
    """
    plain = cells.filter(shown_size=0)
    if plain["target"].n_unique() > MOST_TARGETS:
        return
    key = ("task", "pair", "model", "recipe", "size")
    for (task, pair, model, recipe, size), group in plain.group_by(key, maintain_order=True):
        of_pair = f" ({pair})" if pair else ""
        targets = sorted(group["target"].unique())
        matrix = group.pivot(on="target", index="source", values="score").select("source", *targets)
        yield f"{task}{of_pair}, {model}, {recipe}, {size} examples (rows: trained on)", matrix


def _costs(costs: pl.DataFrame) -> str:
    timed = costs.drop_nulls("train_seconds").sort("train_seconds", "recipe")
    if timed.is_empty():
        return "Nothing of this grid has a record of its time."
    least, most = timed.row(0, named=True), timed.row(-1, named=True)
    first = f"{least['recipe']} took {least['train_seconds']:.3g} seconds of a processor to train"
    rest = f", {most['recipe']} {most['train_seconds']:.3g}" if timed.height > 1 else ""
    return f"{first}{rest}."


def _draw(cells: pl.DataFrame, metric: str, scale: Scale) -> Any:
    from isogloss.charts import Canvas, draw_transfer

    return draw_transfer(cells, canvas=Canvas(score=metric, percent=scale.factor == 100))
