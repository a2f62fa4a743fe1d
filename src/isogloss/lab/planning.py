"""Before a grid is run: how many jobs, what is there already, how long and how much memory."""

from __future__ import annotations

import math
from typing import Any

import polars as pl

from isogloss.evidence.store import Store
from isogloss.lab.grid import Grid
from isogloss.lab.job import Bench
from isogloss.lab.run import read_benches, stored_observations

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
    estimate = bench.recipe.estimate(bench.corpus(), trainings)
    seconds, basis = estimate.job_seconds, estimate.basis
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
