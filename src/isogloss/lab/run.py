"""Running a grid: what a store lacks is measured, and written as each job finishes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from isogloss.evidence.store import Store
from isogloss.lab.executor import Executor, executors
from isogloss.lab.grid import Grid
from isogloss.lab.job import Bench, Job
from isogloss.lab.progress import Bar


@dataclass
class RunReport:
    """What a run did.

    Attributes
    ----------
    jobs : int
        How many the grid has.
    run, skipped : int
        How many were measured now; how many the store had already.
    failed : list of (str, str)
        Jobs that failed, as `eng_Latn:700 seed 0`, each with the reason.
    observations : int
        How many were written.
    repeated : dict of str to int
        Test texts that stand in the training texts too, by language.
    seconds : dict of str to float
        Wall seconds by stage; "fit" and "predict" are CPU seconds, over all workers.
    """

    jobs: int = 0
    run: int = 0
    skipped: int = 0
    failed: list[tuple[str, str]] = field(default_factory=list)
    observations: int = 0
    repeated: dict[str, int] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def clock(self, stage: str) -> Iterator[None]:
        """Add the wall time of a block to a stage."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[stage] = self.seconds.get(stage, 0.0) + time.perf_counter() - began

    def table(self) -> pl.DataFrame:
        """The figures as (what, value), for people."""
        rows: list[tuple[str, str]] = [
            ("jobs in the grid", str(self.jobs)),
            ("run", str(self.run)),
            ("in the store already", str(self.skipped)),
            ("failed", str(len(self.failed))),
            ("observations written", str(self.observations)),
        ]
        rows += [(f"failed: {job}", reason) for job, reason in self.failed]
        if self.repeated:
            named = ", ".join(f"{language} {count}" for language, count in self.repeated.items())
            rows.append(("test texts also trained on", named))
        rows += [(f"seconds: {stage}", f"{value:.1f}") for stage, value in self.seconds.items()]
        return pl.DataFrame(rows, schema=["what", "value"], orient="row")

    def record(self) -> dict[str, Any]:
        """The figures as plain values, for programs."""
        return {
            "jobs": self.jobs,
            "run": self.run,
            "skipped": self.skipped,
            "failed": [{"job": job, "reason": reason} for job, reason in self.failed],
            "observations": self.observations,
            "repeated_test_texts": self.repeated,
            "seconds": {stage: round(value, 3) for stage, value in self.seconds.items()},
        }


def run_grid(
    grid: Grid, store: Store, *, executor: str = "serial", workers: int | None = None, progress: bool = False
) -> RunReport:
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
    progress : bool, default False
        Show a progress bar on a terminal.

    Returns
    -------
    RunReport

    Raises
    ------
    InputError
        If the grid, the data or the store cannot be used; nothing is written then.
    """
    report = RunReport()
    with report.clock("read"):
        bench = Bench(grid, grid.task.read())
        todo = bench.missing(_stored(store))
    report.jobs, report.skipped, report.repeated = len(bench.jobs), len(bench.jobs) - len(todo), bench.task.repeated
    if not todo:
        return report
    with executors.get(executor)(workers) as chosen, Bar(progress) as bar:
        _measure(bench, todo, chosen, store, report, bar)
    return report


def _measure(bench: Bench, todo: list[Job], executor: Executor, store: Store, report: RunReport, bar: Bar) -> None:
    corpus = bench.corpus()
    with report.clock("prepare"):
        bar.begin("preparing texts", len(corpus.train))

        def apply(function: Any, values: Any) -> Iterator[Any]:
            for result in executor.apply(function, values):
                bar.advance()
                yield result

        prepared = bench.recipe.prepare(corpus, apply)
    bar.begin("measuring", len(todo))
    with report.clock("measure"):
        for position, outcome in executor.run(bench.recipe, prepared, [job.training for job in todo]):
            job = todo[position]
            for stage, seconds in outcome.seconds.items():
                report.seconds[stage] = report.seconds.get(stage, 0.0) + seconds
            if outcome.error is not None:
                report.failed.append((f"{job.source}:{job.size} seed {job.seed}", outcome.error))
            else:
                with report.clock("write"):
                    observations = bench.observations(job, outcome)
                    store.append(observations)
                report.run += 1
                report.observations += observations.height
            bar.advance()


def _stored(store: Store) -> pl.DataFrame:
    """What is in the store, which may not be there yet."""
    return store.read().observations if store.parts() else pl.DataFrame()
