"""Running a grid: what it would take, and measuring what a store lacks, written as each job finishes."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from isogloss.errors import BadValue
from isogloss.evidence.store import Store
from isogloss.lab.executor import Executor, executors
from isogloss.lab.grid import Grid
from isogloss.lab.job import Bench, Job
from isogloss.lab.reading import read_task
from isogloss.lab.recipe import Arrays, Outcome, Training
from isogloss.lab.results import Failures, RunReport, facts, observe
from isogloss.lab.source import PLUS
from isogloss.progress import Bar, Progress

TRIES = 2
"""How often a job is run whose failure may pass, as want of memory does."""


def run_grid(
    grid: Grid, store: Store, *, executor: str = "serial", workers: int | None = None, address: str | None = None,
    progress: Progress | None = None, max_jobs: int | None = None, max_minutes: float | None = None,
    keep: str | Path | None = None,
) -> RunReport:  # fmt: skip
    """Measure what the store lacks of a grid.

    Parameters
    ----------
    grid : Grid
        See `isogloss.lab.read_grid`.
    store : Store
        Each job's observations become a part of it when the job finishes, so that a run that is killed
        loses what was under way and no more; the next run measures what is missing.
    executor : str, default "serial"
        Name of a registered executor; results are the same from each.
    workers : int, optional
        How many jobs at once, by default as many as there are processors.
    address : str, optional
        Of the cluster that executor "ray" is to use, as `host:port`; by default it starts one on this machine.
    progress : Progress, optional
        Told how many jobs are done.
    max_jobs : int, optional
        How many jobs to run at most.
    max_minutes : float, optional
        Minutes after which no further job is begun; what is under way is finished.
    keep : str or Path, optional
        Folder in which each training that is run gets a folder of what was learnt, see `isogloss.lab.save`. What the
        store has already is not trained again, and so not kept.

    Returns
    -------
    RunReport

    Raises
    ------
    InputError
        If the grid, the data or the store cannot be used; nothing is written then.
    """
    for name, limit in (("max_jobs", max_jobs), ("max_minutes", max_minutes)):
        if limit is not None and limit <= 0:
            raise BadValue(f"{name} is {limit}", hint="give more than 0")
    chosen_class = executors.get(executor)
    # Executors of other packages need not know of addresses.
    ready = chosen_class(workers) if address is None else chosen_class(workers, address=address)
    report = RunReport()
    with report.clock("read"):
        work = [(bench, bench.missing(stored_observations(store))) for bench in read_benches(grid)]
    for bench, todo in work:
        report.count(bench, todo)
    if not any(todo for _, todo in work):
        return report
    with ready as chosen:
        _Run(store, report, chosen, progress or Bar(shown=False), max_jobs, max_minutes, keep).all(work)
    return report


def read_benches(grid: Grid) -> list[Bench]:
    """The jobs of each task and recipe; recipes that prepare texts alike stand beside each other."""
    tasks = [read_task(info) for info in grid.tasks]
    return [
        Bench(grid, task, recipe)
        for task in tasks
        for recipe in sorted(grid.recipes, key=lambda recipe: str(recipe.preparation))
    ]


class _Run:
    """One run over what is missing: what it was given, and what it has still to keep to."""

    def __init__(
        self, store: Store, report: RunReport, executor: Executor, bar: Progress,
        max_jobs: int | None, max_minutes: float | None, keep: str | Path | None,
    ):  # fmt: skip
        self._keep = None if keep is None else Path(keep)
        self._store, self._report, self._executor, self._bar = store, report, executor, bar
        self._jobs_left = max_jobs
        self._end = None if max_minutes is None else time.monotonic() + 60 * max_minutes
        self._failures = Failures(store)
        self._described: set[tuple[str, str, str | None]] = set()
        self._prepared: tuple[Any, Arrays] | None = None

    def all(self, work: list[tuple[Bench, list[Job]]]) -> None:
        for bench, todo in work:
            wanted = todo if self._jobs_left is None else todo[: self._jobs_left]
            if not wanted or self._is_over():
                continue
            prepared = self._prepare(bench)
            for attempt in range(1, TRIES + 1):
                wanted = self._measure(bench, prepared, wanted, is_last=attempt == TRIES)
        self._report.left = self._report.jobs - self._report.skipped - self._report.run - len(self._report.failed)

    def _is_over(self) -> bool:
        return self._end is not None and time.monotonic() >= self._end

    def _prepare(self, bench: Bench) -> Arrays:
        """What the jobs share; taken from the recipe before if it prepared the same."""
        corpus = bench.corpus()
        key = (bench.task.info.name, bench.recipe.preparation, bench.recipe.selects)
        if self._prepared is not None and self._prepared[0] == key:
            return self._prepared[1]
        self._prepared = None  # gone before the next is made: it may be the most memory of a run
        with self._report.clock("prepare"):

            def apply(function: Any, values: Any) -> Iterator[Any]:
                several = list(values)
                self._bar.begin("preparing texts", len(several))
                for result in self._executor.apply(function, several):
                    self._bar.advance()
                    yield result

            prepared = bench.recipe.prepare(corpus, apply)
        self._report.note_preparing(prepared)
        self._prepared = key, prepared
        return prepared

    def _measure(self, bench: Bench, prepared: Arrays, todo: list[Job], *, is_last: bool) -> list[Job]:
        """Run some jobs and write what comes of them; those to be tried again."""
        again: list[Job] = []
        unknown = _unknown(bench, prepared)
        if not todo:
            return again
        self._bar.begin(f"measuring {bench.recipe.label}", len(todo))
        with self._report.clock("measure"):
            trainings = [self._kept(bench, job) for job in todo]
            for position, outcome in self._executor.run(bench.recipe, prepared, trainings, self._is_over):
                job = todo[position]
                self._report.spend(outcome.seconds)
                if outcome.error is None:
                    self._write(bench, job, outcome, unknown)
                elif outcome.transient and not is_last:
                    again.append(job)
                else:
                    self._failures.note(bench, job, outcome.error)
                    self._report.failed.append((str(job), outcome.error))
                    self._spend_job()
                self._bar.advance()
        return again

    def _kept(self, bench: Bench, job: Job) -> Training:
        """The training of a job, with the folder to keep it in."""
        if self._keep is None:
            return job.training
        few = f"{job.shots_of}-{job.shots}-" if job.shots_of else ""
        source = f"{PLUS.join(job.sizes)}-{job.size}"
        return replace(job.training, keep=str(
            self._keep / f"{bench.recipe.name}-{source}-{few}seed-{job.seed}-{job.key[:8]}"
        ))  # fmt: skip

    def _write(self, bench: Bench, job: Job, outcome: Outcome, unknown: dict[str, float]) -> None:
        with self._report.clock("write"):
            observations, items = observe(bench, job, outcome, unknown)
            key = (bench.task.info.name, bench.recipe.model, bench.recipe.revision)
            models, tasks = facts(bench) if key not in self._described else (None, None)
            self._described.add(key)
            self._store.append(observations, items if items.height else None, models=models, tasks=tasks)
            self._failures.forget(job)
        self._report.run += 1
        self._report.observations += observations.height
        self._report.items += items.height
        self._spend_job()

    def _spend_job(self) -> None:
        if self._jobs_left is not None:
            self._jobs_left -= 1


def _unknown(bench: Bench, prepared: Arrays) -> dict[str, float]:
    if "unknown" not in prepared:
        return {}
    return {code: float(prepared["unknown"][place]) for code, place in bench.language_numbers.items()}


def stored_observations(store: Store) -> pl.DataFrame:
    """What is in the store, which may not be there yet."""
    return store.read().observations if store.parts() else pl.DataFrame()


_SCHEMA = {
    "task": pl.String, "model": pl.String, "recipe": pl.String, "jobs": pl.Int64, "stored": pl.Int64,
    "to_run": pl.Int64, "minutes": pl.Float64, "memory_gb": pl.Float64, "disk_gb": pl.Float64, "basis": pl.String,
}  # fmt: skip


def plan_grid(grid: Grid, store: Store | None = None, *, workers: int = 1) -> pl.DataFrame:
    """What running a grid would take.

    Parameters
    ----------
    grid : Grid
    store : Store, optional
        What it has already is not run again, and tells how long jobs of a kind take.
    workers : int, default 1
        How many jobs would run at once.

    Returns
    -------
    polars.DataFrame
        One row per task and recipe: task, model, recipe, `jobs`, `stored`, `to_run`, `minutes` of wall time,
        `memory_gb` of all workers, `disk_gb` of what is kept there, and `basis`, what the estimate rests on; null where
        nothing is known.

    Raises
    ------
    InputError
        If the grid or its data cannot be used.
    """
    stored = pl.DataFrame() if store is None else stored_observations(store)
    rows = []
    for bench in read_benches(grid):
        todo = bench.missing(stored)
        counts = {"jobs": len(bench.jobs), "stored": len(bench.jobs) - len(todo), "to_run": len(todo)}
        named = {"task": bench.task.info.name, "model": bench.recipe.model, "recipe": bench.recipe.label}
        rows.append({**named, **counts, **_estimate(bench, [job.training for job in todo], stored, workers)})
    return pl.DataFrame(rows, schema=_SCHEMA)


def _estimate(bench: Bench, trainings: list[Any], stored: pl.DataFrame, workers: int) -> dict[str, Any]:
    if not trainings:
        return {"minutes": 0.0, "memory_gb": 0.0, "disk_gb": 0.0, "basis": "all there"}
    # An adapted checkpoint may have to be made first: the one that it is made of takes as long, or longer.
    plain = bench.recipe.plain
    estimate = plain.estimate(bench.corpus(), trainings)
    seconds, basis = estimate.job_seconds, estimate.basis
    if plain != bench.recipe:
        basis += " with the model as it is; making the adapted one is not counted"
    known = _measured_seconds(bench, stored)
    if known:
        seconds, basis = sum(known) / len(known), f"{len(known)} jobs in the store"
    at_once = min(workers, len(trainings))
    rounds = math.ceil(len(trainings) / at_once)
    return {
        "minutes": (estimate.shared_seconds / workers + rounds * seconds) / 60,
        "memory_gb": (estimate.shared_bytes + at_once * estimate.worker_bytes) / 1e9,
        "disk_gb": estimate.disk_bytes / 1e9,
        "basis": basis,
    }


def _measured_seconds(bench: Bench, stored: pl.DataFrame) -> list[float]:
    """Wall seconds of jobs of this recipe and model on this task, with as many targets."""
    if stored.is_empty():
        return []
    own = stored.filter(
        pl.col("importer") == "lab", pl.col("task") == bench.task.info.name, pl.col("model") == bench.recipe.model,
        pl.col("recipe").is_in([bench.recipe.label]), pl.col("metric") == bench.task.info.metrics[0],
    )  # fmt: skip
    per_job = own.group_by("origin").agg(
        pl.len(), seconds=pl.col("details").str.json_path_match("$.wall_seconds").cast(pl.Float64).first()
    )
    alike = per_job.filter(pl.col("len") == len(bench.jobs[0].targets))
    return alike["seconds"].drop_nulls().to_list()
