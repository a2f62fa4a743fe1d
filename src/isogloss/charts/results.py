"""The picture of a result: which tables and numbers of it are drawn, and what they are of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from isogloss.charts.canvas import Canvas
from isogloss.charts.comparison import draw_comparison
from isogloss.charts.explanation import draw_contributions, draw_drivers
from isogloss.charts.fairness import draw_fairness
from isogloss.charts.forecast_rows import mix_in_words
from isogloss.charts.held_out import draw_benchmark, draw_trust
from isogloss.charts.next import draw_next
from isogloss.charts.plan import draw_kinds, draw_plan
from isogloss.charts.ranks import draw_ranks
from isogloss.charts.sources import draw_chosen_sources, draw_sources

if TYPE_CHECKING:
    import altair as alt


def draw_result(result: Any, *, canvas: Canvas | None = None) -> alt.TopLevelMixin:
    """Draw what a question of isogloss gave: drivers, a plan, a ranking of sources, ...

    Parameters
    ----------
    result
        Of a public function of `isogloss.explanation`, `isogloss.planning` or `isogloss.evaluation` that gives more
        than a table.
    canvas : Canvas, optional
        By default scores have the name of the metric and the scale that they are computed in.

    Raises
    ------
    TypeError
        If it is none of these.
    """
    name = type(result).__name__
    if name not in _PICTURES:
        raise TypeError(f"no picture of {name}; draw one of {', '.join(_PICTURES)}")
    canvas = canvas or Canvas()
    if canvas.score == Canvas.score:
        canvas = replace(canvas, score=getattr(result, "metric", None) or canvas.score)
    return _PICTURES[name](result, canvas)


def _drivers(result: Any, canvas: Canvas) -> Any:
    fit = f"All factors together: {100 * result.r2:.0f} % of the variance in sample"
    unseen = result.held_out_r2
    if unseen == unseen:  # a number
        fit += f", {100 * unseen:.0f} % for languages left out" if unseen > 0 else "; for languages left out, none"
    titled = replace(
        canvas, title=canvas.title or f"What drives transfer in {result.task}?",
        lines=canvas.lines or (
            f"{result.model}: effect of one standard deviation more, in {result.unit}; 95 % intervals. {fit}.",
        ),
    )  # fmt: skip
    return draw_drivers(result.table.vstack(result.interactions), unit=result.unit, canvas=titled)


def _model_drivers(result: Any, canvas: Canvas) -> Any:
    import polars as pl

    tested = "each beside the others" if result.beside else "each alone"
    titled = replace(
        canvas, title=canvas.title or f"What sets models apart in {result.task}?",
        lines=canvas.lines or (
            f"Effect on a model's {result.metric} in {result.unit}, {tested}; {result.models} models, 95 % intervals.",
        ),
    )  # fmt: skip
    number = pl.col("contrast") == "one standard deviation more"
    effects = result.table.with_columns(
        factor=pl.when(number).then(pl.col("factor")).otherwise(pl.col("contrast")),
        note=pl.when(number).then(pl.col("contrast")).otherwise(pl.col("factor")),
    )
    return draw_drivers(effects, unit=result.unit, canvas=titled)


def _explanation(result: Any, canvas: Canvas) -> Any:
    trained = mix_in_words(result.train)
    nothing = "it was measured itself, so there is nothing to explain"
    start = nothing if result.groups.is_empty() else f"start: {result.baseline_name}"
    about = " · ".join(part for part in (result.task, result.model, trained, start) if part)
    titled = replace(
        canvas, title=canvas.title or f"Why is this the forecast for {canvas.name(result.target)}?",
        lines=canvas.lines or (about,),
    )  # fmt: skip
    ends = {name: getattr(result, name) for name in ("baseline", "mean", "lower", "upper")}
    return draw_contributions(result.groups, result.neighbours, canvas=titled, **ends)


def _sources(result: Any, canvas: Canvas) -> Any:
    return draw_sources(result.table, result.baselines, target=result.target, canvas=canvas)


def _many_targets(result: Any, canvas: Canvas) -> Any:
    return draw_chosen_sources(result.table, result.baselines, canvas=canvas)


def _next(result: Any, canvas: Canvas) -> Any:
    return draw_next(result.table, result.baselines, canvas=canvas)


def _plan(result: Any, canvas: Canvas) -> Any:
    return draw_plan(
        result.purchases, result.forecasts, result.rivals, budget=result.budget, currency=result.currency,
        objective=result.objective.name, examples=result.examples, canvas=canvas,
    )  # fmt: skip


def _kinds(result: Any, canvas: Canvas) -> Any:
    return draw_kinds(
        result.lines, target=result.target, cheapest=result.cheapest, best=result.best, currency=result.currency,
        canvas=canvas,
    )  # fmt: skip


def _comparison(result: Any, canvas: Canvas) -> Any:
    return draw_comparison(
        result.recipes, result.break_even, currency=result.currency, higher_is_better=result.higher_is_better,
        canvas=canvas,
    )  # fmt: skip


def _fairness(result: Any, canvas: Canvas) -> Any:
    import polars as pl

    scores = pl.DataFrame(
        {
            "candidate": [name for name in result.candidates for _ in result.targets],
            "target": [target for _ in result.candidates for target in result.targets],
            "score": result.scores.ravel(),
        }
    )
    rules = {rule.name: rule.winners for rule in result.rules}
    return draw_fairness(scores, rules, by=result.by, canvas=canvas)


def _ranks(result: Any, canvas: Canvas) -> Any:
    import polars as pl

    differences = None
    if result.table.height == 2 and len(result.targets) > 1:
        differences = pl.DataFrame({"target": result.targets, "difference": result.scores[0] - result.scores[1]})
    return draw_ranks(result.table, len(result.targets), by=result.by, differences=differences, canvas=canvas)


def _trust(result: Any, canvas: Canvas) -> Any:
    return draw_trust(result.guesses, result.calibration, result.strata, unit=result.unit, canvas=canvas)


def _benchmark(result: Any, canvas: Canvas) -> Any:
    level = result.levels[0] if result.levels else None
    candidate = result.forecasters[0]
    return draw_benchmark(result.summary, candidate=candidate, level=level, titles=result.protocols, canvas=canvas)


_PICTURES: dict[str, Callable[[Any, Canvas], Any]] = {
    "Drivers": _drivers,
    "ModelDrivers": _model_drivers,
    "Explanation": _explanation,
    "SourceRanking": _sources,
    "ManyTargets": _many_targets,
    "NextTests": _next,
    "Plan": _plan,
    "KindsPlan": _kinds,
    "Comparison": _comparison,
    "Fairness": _fairness,
    "Ranks": _ranks,
    "Trust": _trust,
    "Benchmark": _benchmark,
}
"""By the name of the result's class, so that no picture loads what another one needs."""
