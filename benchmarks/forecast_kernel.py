"""Claim: on a complete grid, forecasts of every language from all others come in closed form, as refits give them.

400 training mixes x 39 languages (WikiANN, SumEval's training table; where it is absent, a grid of that size with
made-up sizes and scores over languages that ship). Each language is left out as a target, and as a target and a source;
the kernel's parameters are kept. Time of one thread; the largest difference to the refits, in points; and the time
to learn the parameters. The cost of the closed form over grids of other sizes is beside it.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.common import Array, have_data, machine, points, read_sumeval, versions, write_result
from isogloss.evidence import read_evidence
from isogloss.forecasting.grid import Grid, TrainingMixes
from isogloss.forecasting.kernel import KernelModel

ROWS, COLUMNS, SOURCES = 400, 39, 37
SHAPES = ((100, 39), (200, 39), (400, 39), (800, 39), (400, 10), (400, 80), (400, 160))


def main() -> None:
    """Leave every language out, both ways."""
    with threadpool_limits(limits=1):
        real = have_data("observations/sumeval")
        grid = Grid.read(read_sumeval("WikiANN_XLMR").observations) if real else made_up(ROWS, COLUMNS)
        start = time.process_time()
        model = KernelModel().fit(grid)
        learning = time.process_time() - start
        write_result(
            "forecast_kernel",
            {
                "claim": "leave-one-language-out on a 400 x 39 grid in closed form in under 10 s CPU, equal to refits",
                "machine": machine() + "; one thread",
                "versions": versions("numpy", "scipy"),
                "input": f"{'WikiANN, XLM-R (SumEval)' if real else 'made up'}, "
                f"{grid.scores.shape[0]} mixes x {grid.scores.shape[1]} languages",
                "learning_parameters_cpu_s": round(learning, 2),
                "as_target": compare(model, grid, as_sources=False),
                "as_target_and_source": compare(model, grid, as_sources=True),
                "cost": [cost(rows, columns) for rows, columns in SHAPES],
            },
        )


def compare(model: KernelModel, grid: Grid, *, as_sources: bool) -> dict[str, Any]:
    """The closed form beside explicit refits."""
    start = time.process_time()
    ours, deviations = model.leave_languages_out(as_sources=as_sources)
    closed = time.process_time() - start
    start = time.process_time()
    refits = refit(model, grid, as_sources)
    explicit = time.process_time() - start
    covered = np.abs(ours - grid.scores) <= 1.645 * deviations
    return {
        "closed_form_cpu_s": round(closed, 3),
        "refits_cpu_s": round(explicit, 3),
        "max_abs_difference_points": float(100 * np.nanmax(np.abs(ours - refits))),
        "mae_points": points(np.nanmean(np.abs(ours - grid.scores))),
        "mae_of_the_mean_points": points(np.mean(np.abs(others_mean(grid.scores) - grid.scores))),
        "share_within_90_percent_of_the_model_itself": round(float(covered.mean()), 3),
    }


def refit(model: KernelModel, grid: Grid, as_sources: bool) -> Array:
    """Forecasts of each language by a model that never saw it."""
    scores = np.full(grid.scores.shape, np.nan)
    place = {text: row for row, text in enumerate(grid.mixes.texts)}
    for column, target in enumerate(grid.targets):
        others = np.array([name != target for name in grid.targets])
        rest = grid.without_languages([target]) if as_sources else grid.with_targets(others)
        found, _ = model.for_fold().fit(rest).predict_languages(rest.mixes, [target], rest.scores)
        scores[[place[text] for text in rest.mixes.texts], column] = found[0][:, 0]
    return scores


def others_mean(scores: Array) -> Array:
    """Mean of all other languages in all mixes."""
    rows, columns = scores.shape
    return np.broadcast_to((scores.sum() - scores.sum(0)) / (rows * (columns - 1)), scores.shape)


def made_up(rows: int, columns: int) -> Grid:
    """A complete grid over languages that ship, its sizes and scores drawn at random."""
    chance = np.random.default_rng(0)
    languages = read_evidence("isogloss:sib200-ngram").targets
    targets = tuple(sorted(chance.choice(languages, columns, replace=False)))
    sources = targets[: min(SOURCES, columns)]
    sizes = np.unique(chance.integers(0, 5000, (rows, len(sources))), axis=0)
    texts = (",".join(f"{source}:{size}" for source, size in zip(sources, row, strict=True) if size) for row in sizes)
    level = chance.normal(0.6, 0.1, columns)
    scores = np.clip(level + 0.02 * np.log1p(sizes.sum(1))[:, None] + chance.normal(0, 0.01, (rows, columns)), 0, 1)
    return Grid(TrainingMixes.read(list(texts)), targets, scores, True, 1000.0)


def cost(rows: int, columns: int) -> dict[str, Any]:
    """CPU seconds of the closed form on a made-up grid."""
    grid = made_up(rows, columns)
    model = KernelModel().fit(grid)
    seconds = {}
    for name, as_sources in (("as_target_cpu_s", False), ("as_target_and_source_cpu_s", True)):
        start = time.process_time()
        model.leave_languages_out(as_sources=as_sources)
        seconds[name] = round(time.process_time() - start, 3)
    return {"mixes": rows, "languages": columns, **seconds}


if __name__ == "__main__":
    main()
