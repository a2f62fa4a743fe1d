"""Claim: 205 languages as sources on 205 as targets, at 700 training examples, are measured in minutes on two cores.

Beside it stands the usual way, scikit-learn's pipeline once per source, on a few of the same sources: it must
give the same answers. Writes benchmarks/results/lab_grid.json; without the research data it says so and ends.
"""

from __future__ import annotations

import cProfile
import pstats
import resource
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np

from benchmarks.common import DATA, ROOT, have_data, machine, versions, write_result
from isogloss.evidence.store import Store
from isogloss.lab import read_grid, run_grid
from isogloss.lab.executor import Serial, one_thread
from isogloss.lab.job import Bench
from isogloss.progress import Bar

WORKERS = 2
PROFILED = 20
USUAL = ["eng_Latn", "tha_Thai"]
STAGES = {
    "rows of the training set": "_training",
    "gram matrix": "_matmul_sparse",
    "eigendecomposition": "eigh",
    "optimisation": "_logistic_regression_path",
    "scores of all test texts": "score_index",
}


def main() -> None:
    """Run the grid, profile some of its jobs, and run the usual way on a few sources."""
    if not have_data("sib200.parquet"):
        return
    grid = replace(read_grid(ROOT / "examples" / "sib200_ngram.toml", data=DATA), seeds={700: (0,)})
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with tempfile.TemporaryDirectory() as folder, Bar(shown=True) as bar, clock() as whole:
        report = run_grid(grid, Store(folder), executor="processes", workers=WORKERS, progress=bar)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    workers_cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    bench = Bench(grid, grid.tasks[0].read(), grid.recipes[0])
    profile, ours_per_source, answers = profile_jobs(bench)
    usual, differing = usual_way(bench, answers)
    result = {
        "claim": "topic classification on SIB-200, 205 sources x 205 targets at 700 examples, in minutes on two cores",
        "machine": machine(),
        "versions": versions("numpy", "scipy", "scikit-learn", "polars"),
        "input": {"sources": len(bench.sources), "targets": len(bench.targets), "test_texts": 204 * 205, "size": 700},
        "workers": WORKERS,
        "jobs": report.run,
        "failed": len(report.failed),
        "wall_s": round(whole["wall_s"], 1),
        "cpu_s_of_all_processes": round(whole["cpu_s"] + workers_cpu, 1),
        "seconds_per_stage": {stage: round(value, 1) for stage, value in report.seconds.items()},
        "cpu_s_of_a_job_by_step": profile,
        "ours_cpu_s_per_source": round(ours_per_source, 2),
        "peer": "scikit-learn: TfidfVectorizer and LogisticRegression fitted per source, then every test text",
        "peer_cpu_s_per_source": round(usual, 2),
        "ratio": round(usual / ours_per_source, 1),
        "differing_answers": differing,
    }
    write_result("lab_grid", result)


@contextmanager
def clock() -> Iterator[dict[str, float]]:
    """Wall and CPU seconds of a block."""
    times, wall, cpu = {}, time.perf_counter(), time.process_time()
    yield times
    times |= {"wall_s": time.perf_counter() - wall, "cpu_s": time.process_time() - cpu}


def profile_jobs(bench: Bench) -> tuple[dict[str, float], float, dict[str, Any]]:
    """CPU seconds of a job step by step; of preparing and measuring per source; and the answers to check."""
    executor = Serial(1)
    with one_thread():
        pass  # loads libraries, whose time is no job's
    with clock() as preparing:
        prepared = bench.recipe.prepare(bench.corpus(), executor.apply)
    every = max(1, len(bench.jobs) // PROFILED)
    jobs = [*bench.jobs[::every], *(job for job in bench.jobs if {*job.sizes} <= {*USUAL})]
    profiler = cProfile.Profile(time.process_time)
    profiler.enable()
    with clock() as measuring:
        outcomes = list(executor.run(bench.recipe, prepared, [job.training for job in jobs]))
    profiler.disable()
    steps: dict[str, float] = {}
    for (_, _, name), (_, _, _, cumulative, _) in pstats.Stats(profiler).stats.items():
        for step, function in STAGES.items():
            if name == function:
                steps[step] = steps.get(step, 0.0) + cumulative / len(jobs)
    steps["the rest"] = measuring["cpu_s"] / len(jobs) - sum(steps.values())
    answers = {jobs[place].source: outcome.answers[""] for place, outcome in outcomes}
    per_source = preparing["cpu_s"] / len(bench.sources) + measuring["cpu_s"] / len(jobs)
    return {step: round(value, 4) for step, value in steps.items()}, per_source, answers


def usual_way(bench: Bench, answers: dict[str, Any]) -> tuple[float, str]:
    """CPU seconds per source of scikit-learn's own pipeline, and how many of its answers differ from ours."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from threadpoolctl import threadpool_limits

    recipe: Any = bench.recipe
    tests = [text for texts in bench.corpus().test for text in texts]
    seconds, differing, total = [], 0, 0
    for source in USUAL:
        examples = bench.task.train[source]
        rows = examples.sample(700, 0)
        vectorizer = TfidfVectorizer(
            analyzer=recipe.analyzer, ngram_range=(recipe.shortest, recipe.longest), sublinear_tf=True
        )
        model = LogisticRegression(C=recipe.C, tol=recipe.tolerance, max_iter=recipe.iterations)
        with threadpool_limits(1), clock() as took:
            pipeline = make_pipeline(vectorizer, model).fit(
                [examples.inputs[row] for row in rows], examples.labels[rows]
            )
            predicted = pipeline.predict(tests)
        seconds.append(took["cpu_s"])
        differing += int((predicted != answers[source]).sum())
        total += len(tests)
    return float(np.mean(seconds)), f"{differing} of {total}"


if __name__ == "__main__":
    main()
