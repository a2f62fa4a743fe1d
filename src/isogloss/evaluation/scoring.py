"""Scores of forecasts: errors, paired differences between forecasters, coverage and width of intervals.

Every group (a language, mostly; a mix or a model where those are left out) has the same weight, whatever its number
of questions, and groups are what a bootstrap draws.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import polars as pl

from isogloss.stats.hypotheses import holm
from isogloss.stats.intervals import (
    FEWEST_GROUPS,
    Array,
    bootstrap_means,
    bootstrap_p_value,
    effective_count,
    percentile_interval,
    wilson_interval,
)

DRAWS = 4000
ROUNDING = 1e-9
"""Relative tolerance of coverage: where all scores are equal, intervals have no width."""

ANSWERS = ("forecaster", "group", "score", "mean", "level", "lower", "upper", "whole_range", "per_point")
"""Columns that scoring reads: one row per forecaster, question and level. `per_point` converts scores to points: 100
for fractions, 1 for scores without a range."""


def errors(answers: pl.DataFrame, by: Sequence[str], *, seed: int = 0) -> pl.DataFrame:
    """Errors of the forecast means, in points.

    Parameters
    ----------
    answers : polars.DataFrame
        With the columns of `ANSWERS` and those of `by`.
    by : sequence of str
        Columns that split the results.
    seed : int, default 0

    Returns
    -------
    polars.DataFrame
        The columns of `by` (each combination once, in order of appearance) and:

        - `groups`, `questions`: their numbers
        - `mae`, `rmse`, `bias` (forecast minus score): every group weighing the same
        - `mae_low`, `mae_high`: 95 % percentile bootstrap over groups, null with fewer than five
        - `mae_per_question`, `rmse_per_question`: every question weighing the same
    """
    error = (pl.col("mean") - pl.col("score")) * pl.col("per_point")
    groups = (
        _at_one_level(answers)
        .with_columns(error=error)
        .group_by(*by, "group", maintain_order=True)
        .agg(
            questions=pl.len(),
            absolute=pl.col("error").abs().mean(),
            squared=(pl.col("error") ** 2).mean(),
            signed=pl.col("error").mean(),
        )
    )
    rows = []
    for key, rest in _parts(groups, by):
        absolute, questions = rest["absolute"].to_numpy(), rest["questions"].to_numpy()
        low, high, _ = _bootstrapped(absolute, seed)
        row = {
            "groups": rest.height,
            "questions": int(questions.sum()),
            "mae": float(absolute.mean()),
            "mae_low": low,
            "mae_high": high,
            "rmse": float(np.sqrt(rest["squared"].to_numpy().mean())),
            "bias": float(rest["signed"].to_numpy().mean()),
            "mae_per_question": float(np.average(absolute, weights=questions)),
            "rmse_per_question": float(np.sqrt(np.average(rest["squared"].to_numpy(), weights=questions))),
        }
        rows.append(key | row)
    return pl.DataFrame(rows, schema=_schema(answers, by, _ERRORS))


_ERRORS = ("mae", "mae_low", "mae_high", "rmse", "bias", "mae_per_question", "rmse_per_question")


def differences(answers: pl.DataFrame, by: Sequence[str], *, seed: int = 0) -> pl.DataFrame:
    """Paired differences of mean absolute error between every two forecasters, in points.

    Parameters
    ----------
    answers : polars.DataFrame
        With the columns of `ANSWERS`, those of `by`, and `question`.
    by : sequence of str
        Columns that split the results, without `forecaster`.
    seed : int, default 0

    Returns
    -------
    polars.DataFrame
        The columns of `by`, `forecaster`, `other`, `groups` and `questions` (those that both answered),
        `difference` (negative where `forecaster` errs less), `low` and `high` (95 % percentile bootstrap over
        groups), `p` (two-sided, from the same bootstrap) and `p_holm` (corrected for all pairs within `by`).
        Each pair has two rows, one per direction. With fewer than five groups the last four are null.
    """
    at_one = _at_one_level(answers).with_columns(error=(pl.col("mean") - pl.col("score")).abs() * pl.col("per_point"))
    rows = []
    for key, rest in _parts(at_one, by):
        names = rest["forecaster"].unique(maintain_order=True).to_list()
        of = {name: rest.filter(pl.col("forecaster") == name).select("question", "group", "error") for name in names}
        pairs = [(one, other, _paired(of[one], of[other])) for one, other in combinations(names, 2)]
        tests = [(one, other, both, _test(both, seed)) for one, other, both in pairs if both.height]
        corrected = holm([test["p"] for *_, test in tests])
        for (one, other, both, test), p_holm in zip(tests, corrected, strict=True):
            same = key | {"groups": both.height, "questions": int(both["questions"].sum()), "p_holm": p_holm}
            reverse = {
                "difference": -test["difference"],
                "low": None if test["high"] is None else -test["high"],
                "high": None if test["low"] is None else -test["low"],
            }
            rows.append(same | {"forecaster": one, "other": other} | test)
            rows.append(same | {"forecaster": other, "other": one} | test | reverse)
    measures = ("difference", "low", "high", "p", "p_holm")
    schema = _schema(answers, [*by, "forecaster"], measures) | {"other": pl.String()}
    return pl.DataFrame(rows, schema=schema).select(*by, "forecaster", "other", "groups", "questions", *measures)


def coverage(answers: pl.DataFrame, by: Sequence[str]) -> pl.DataFrame:
    """Coverage and width of intervals.

    Parameters
    ----------
    answers : polars.DataFrame
        With the columns of `ANSWERS` and those of `by`.
    by : sequence of str
        Columns that split the results, beside the level.

    Returns
    -------
    polars.DataFrame
        The columns of `by`, `level` and:

        - `groups`, `questions`: their numbers
        - `coverage`: share of scores inside their interval, every group weighing the same
        - `coverage_low`, `coverage_high`: Wilson's 95 % interval for the `effective_count`, because the
          intervals of one language tend to cover or miss together
        - `coverage_per_question`
        - `mean_width`, `interval_score`: in points, every group weighing the same; infinite where an interval has
          no end
        - `whole_range`: share of questions whose interval is the whole range

    Notes
    -----
    Interval score (Winkler 1972; Gneiting and Raftery 2007): width, plus 2 / (1 - level) times how far the score
    lies outside. Smaller is better.
    """
    low, high, score = pl.col("lower"), pl.col("upper"), pl.col("score")
    outside = pl.max_horizontal(low - score, score - high, pl.lit(0.0))
    intervals = answers.filter(pl.col("level").is_not_null()).with_columns(
        covered=(outside <= ROUNDING * (1 + score.abs())).cast(pl.Float64),
        width=(high - low) * pl.col("per_point"),
        penalty=outside * pl.col("per_point") * 2 / (1 - pl.col("level")),
    )
    keys = [*by, "level"]
    groups = intervals.group_by(*keys, "group", maintain_order=True).agg(
        questions=pl.len(),
        covered=pl.col("covered").mean(),
        width=pl.col("width").mean(),
        interval_score=(pl.col("width") + pl.col("penalty")).mean(),
        whole=pl.col("whole_range").cast(pl.Float64).mean(),
    )
    rows = []
    for key, rest in _parts(groups, keys):
        covered, questions = rest["covered"].to_numpy(), rest["questions"].to_numpy()
        share = float(covered.mean())
        low_share, high_share = wilson_interval(share, effective_count(covered, int(questions.sum())))
        row = {
            "groups": rest.height,
            "questions": int(questions.sum()),
            "coverage": share,
            "coverage_low": low_share,
            "coverage_high": high_share,
            "coverage_per_question": float(np.average(covered, weights=questions)),
            "mean_width": float(rest["width"].to_numpy().mean()),
            "interval_score": float(rest["interval_score"].to_numpy().mean()),
            "whole_range": float(np.average(rest["whole"].to_numpy(), weights=questions)),
        }
        rows.append(key | row)
    return pl.DataFrame(rows, schema=_schema(answers, keys, _COVERAGE))


_COVERAGE = (
    "coverage", "coverage_low", "coverage_high", "coverage_per_question", "mean_width", "interval_score", "whole_range",
)  # fmt: skip


def _test(both: pl.DataFrame, seed: int) -> dict[str, Any]:
    values = both["difference"].to_numpy()
    low, high, p = _bootstrapped(values, seed)
    return {"difference": float(values.mean()), "low": low, "high": high, "p": p}


def _bootstrapped(values: Array, seed: int) -> tuple[float, float, float] | tuple[None, None, None]:
    """Ends of the interval of the mean, and its p-value; none with fewer than five groups."""
    if len(values) < FEWEST_GROUPS:
        return None, None, None
    means = bootstrap_means(values, draws=DRAWS, seed=seed)
    low, high = percentile_interval(means)
    return float(low), float(high), bootstrap_p_value(means)


def _paired(one: pl.DataFrame, other: pl.DataFrame) -> pl.DataFrame:
    """Mean difference of each group, over the questions that both answered."""
    joined = one.join(other.select("question", theirs="error"), on="question", how="inner", maintain_order="left")
    difference = (pl.col("error") - pl.col("theirs")).mean()
    # Rounded, because equal forecasts differ in their last digits, always in the same direction.
    return joined.group_by("group", maintain_order=True).agg(questions=pl.len(), difference=difference.round(9))


def _at_one_level(answers: pl.DataFrame) -> pl.DataFrame:
    """Each answer once: the means are the same at every level."""
    return answers.filter(pl.col("level").eq_missing(pl.col("level").first()))


def _parts(table: pl.DataFrame, by: Sequence[str]) -> Iterator[tuple[dict[str, Any], pl.DataFrame]]:
    if not by:
        yield {}, table
        return
    for key, rest in table.group_by(*by, maintain_order=True):
        yield dict(zip(by, key, strict=True)), rest


def _schema(answers: pl.DataFrame, by: Sequence[str], measures: Sequence[str]) -> dict[str, pl.DataType]:
    keys: dict[str, pl.DataType] = {name: answers.schema[name] for name in by}
    return keys | dict.fromkeys(("groups", "questions"), pl.Int64()) | dict.fromkeys(measures, pl.Float64())
