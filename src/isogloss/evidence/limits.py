"""Floor and ceiling: scores that say little about a model because guessing, or nearly any model, reaches them.

A task at chance in a language is no evidence about transfer, and differences between models that all reach
the ceiling are noise.
"""

from __future__ import annotations

import polars as pl

from isogloss.evidence.facts import known_tasks

ONE_SIDED = 1.645
"""Standard errors within which a score is not told from a limit: 95 % of guesses lie below chance plus these."""

JUDGED = ("score", "scale", "higher_is_better", "items", "standard_error")
"""What a judgement needs beside task and metric."""

CEILING = 0.98
"""Fractions from which on a bounded score is taken as saturated whatever its error."""


def chances(tasks: pl.DataFrame, among: pl.Series) -> list[pl.DataFrame]:
    """What a guess scores, as tables to look it up in, the first that has an answer counting.

    Parameters
    ----------
    tasks : polars.DataFrame
        Facts about tasks (`schema.TASK`); those that ship (`isogloss.evidence.facts`) fill in what they leave out.
    among : polars.Series
        Names of the tasks that are asked about.

    Returns
    -------
    list of polars.DataFrame
        Each with `chance` by task and metric, or by task for all metrics; none is empty.
    """
    tables = []
    for facts in (tasks, known_tasks()):
        known = facts.filter(pl.col("chance").is_not_null(), pl.col("task").is_in(among.unique().implode()))
        metric = pl.col("metric")
        tables.append(known.filter(metric.is_not_null()).select("task", "metric", "chance"))
        tables.append(known.filter(metric.is_null()).select("task", "chance"))
    return [table for table in tables if table.height]


def with_limits(observations: pl.LazyFrame, chances: list[pl.DataFrame]) -> pl.LazyFrame:
    """Say of each observation whether it is at chance, and whether it is saturated.

    Parameters
    ----------
    observations : polars.LazyFrame
        With the columns of `isogloss.evidence.schema.OBSERVATION`.
    chances : list of polars.DataFrame
        As `chances` gives them.

    Returns
    -------
    polars.LazyFrame
        With three columns more. `chance`: the score of a guess, null where nobody recorded it. `at_chance`:
        score <= chance + 1.645 sqrt(chance (1 - chance) / items), so that one guess in twenty is taken for
        more; without a number of items, score <= chance; null where chance is unknown. `saturated`: score at
        least .98, or within 1.645 of its standard errors of 1; null for scores without bounds and where lower
        is better.
    """
    bounded = (pl.col("scale") != "raw") & pl.col("higher_is_better")
    guess, score, count = pl.col("chance"), pl.col("score"), pl.col("items")
    luck = (guess * (1 - guess) / count).sqrt().fill_nan(None).fill_null(0.0)
    error = pl.coalesce("standard_error", (score * (1 - score) / count).sqrt()).fill_nan(None).fill_null(0.0)
    return _with_chance(observations, chances).with_columns(
        at_chance=pl.when(bounded).then(score <= guess + ONE_SIDED * luck),
        saturated=pl.when(bounded).then((score >= CEILING) | (score + ONE_SIDED * error >= 1)),
    )


def _with_chance(observations: pl.LazyFrame, chances: list[pl.DataFrame]) -> pl.LazyFrame:
    columns = [f"_chance_{number}" for number in range(len(chances))]
    for name, table in zip(columns, chances, strict=True):
        key = [column for column in table.columns if column != "chance"]
        observations = observations.join(
            table.lazy().rename({"chance": name}), on=key, how="left", maintain_order="left"
        )
    return observations.with_columns(chance=pl.coalesce(*columns, pl.lit(None, dtype=pl.Float64))).drop(columns)
