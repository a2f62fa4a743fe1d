"""Run forecasters on splits: the questions with their strata, the answers, and the reasons for missing ones."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import polars as pl

from isogloss.errors import IsoglossError, NotEnoughEvidence
from isogloss.estimator import clone
from isogloss.evaluation.language_protocols import family_of, script_of
from isogloss.evaluation.split import Split
from isogloss.evidence import SETTING, Evidence
from isogloss.forecasting.features import space
from isogloss.forecasting.forecaster import Forecaster
from isogloss.forecasting.grid import Array
from isogloss.languages import distances, resolve
from isogloss.metrics.registry import lowest_fraction
from isogloss.progress import Progress

MOST_TABLES = 24
"""Tables beyond which results of several models, and then of several tasks, are put together."""

RUNS = pl.Schema(
    {
        **dict.fromkeys(("protocol", "condition", "split", "forecaster"), pl.String),
        **dict.fromkeys(("observations", "questions", "answered"), pl.Int64),
        "seconds": pl.Float64,
        "reason": pl.String,
        "failed": pl.Boolean,
    }
)
"""Columns of `Benchmark.runs`."""

_INTERVAL = {"mean": pl.Float64, "level": pl.Float64, "lower": pl.Float64, "upper": pl.Float64}
_ANSWER = {"question": pl.Int64, "forecaster": pl.String, **_INTERVAL}


@dataclass(frozen=True)
class SplitResult:
    """What one split asked, and what forecasters answered; `question` is the position in `Split.test`."""

    questions: pl.DataFrame | None
    answers: tuple[pl.DataFrame, ...]
    runs: tuple[dict[str, Any], ...]


def empty_result(protocol: str, split: Split | None, reason: str) -> SplitResult:
    """The result of a protocol, or of one of its splits, that asks nothing."""
    name, condition = (split.name, split.condition) if split else (None, "")
    run = {"protocol": protocol, "condition": condition, "split": name, "questions": 0, "answered": 0,
           "reason": reason, "failed": False}  # fmt: skip
    return SplitResult(None, (), (run,))


def run_split(
    protocol: str,
    split: Split,
    forecasters: Mapping[str, Any],
    levels: Sequence[float],
    progress: Progress | None = None,
) -> SplitResult:
    """Ask every forecaster the questions of a split; each is a step of `progress`."""
    if len(split.train) == 0 and len(split.test):
        return empty_result(protocol, split, "everything is left out at once, and nothing is there to learn from")
    questions = None if split.test.is_empty() else _questions(protocol, split)
    answers, runs = [], []
    for name, estimator in forecasters.items():
        if questions is not None:
            answer, run = _run(split, estimator, levels)
            answers.append(answer.with_columns(forecaster=pl.lit(name)).select(*_ANSWER))
            runs.append({"protocol": protocol, "forecaster": name, **run})
        if progress is not None:
            progress.advance()
    if questions is None:
        return empty_result(protocol, split, "nothing to ask: no mix holds anything but what is left out")
    return SplitResult(questions, tuple(answers), tuple(runs))


def combine_questions(results: Sequence[SplitResult]) -> pl.DataFrame:
    """All questions, numbered, each with the `table` that it is reported in.

    Raises
    ------
    NotEnoughEvidence
        If there is none.
    """
    parts = [result.questions for result in results if result.questions is not None]
    if not parts:
        reasons = dict.fromkeys(run["reason"] for result in results for run in result.runs)
        raise NotEnoughEvidence(
            "; ".join(reasons) or "no protocol was given",
            where="benchmark",
            hint="give more evidence, or another protocol",
        )
    questions = pl.concat(parts).with_row_index("question").with_columns(pl.col("question").cast(pl.Int64))
    return _with_tables(questions)


def combine_answers(results: Sequence[SplitResult], questions: pl.DataFrame) -> pl.DataFrame:
    """All answers; `whole_range` where an interval is the whole range of the metric, or has no end."""
    parts, before = [pl.DataFrame(schema=_ANSWER)], 0
    for result in results:
        parts += [answer.with_columns(pl.col("question") + before) for answer in result.answers]
        before += 0 if result.questions is None else result.questions.height
    lowest = {name: lowest_fraction(name) for name in questions["metric"].unique()}
    ranges = questions.select("question", "metric", "per_point").with_columns(
        lowest=pl.col("metric").replace_strict(lowest, return_dtype=pl.Float64)
    )
    full = (pl.col("lower") <= pl.col("lowest")) & (pl.col("upper") >= 1)
    endless = (pl.col("upper") - pl.col("lower")).is_infinite()
    return (
        pl.concat(parts)
        .join(ranges, on="question", how="left", maintain_order="left")
        .with_columns(whole_range=pl.when(pl.col("per_point") != 1).then(full).otherwise(endless))
        .select(*_ANSWER, "whole_range")
    )


def _questions(protocol: str, split: Split) -> pl.DataFrame:
    raw = pl.col("scale") == "raw"
    questions = split.test.select(
        pl.lit(protocol).alias("protocol"),
        pl.lit(split.condition).alias("condition"),
        pl.lit(split.name).alias("split"),
        pl.lit(split.grouped_by).alias("grouped_by"),
        split.groups.alias("group"),
        *("task", "metric", "model", "target", "train", "score"),
        pl.when(raw).then(1.0).otherwise(100.0).alias("per_point"),
        pl.when(raw).then(pl.col("metric")).otherwise(pl.lit("points")).alias("unit"),
    )
    return questions.with_columns(*strata(split.train, split.test).drop("target"))


def _run(split: Split, estimator: Any, levels: Sequence[float]) -> tuple[pl.DataFrame, dict[str, Any]]:
    start = time.process_time()
    answers, reason, failed = _answer(clone(estimator), split, levels)
    run = {"condition": split.condition, "split": split.name, "observations": len(split.train),
           "questions": split.test.height, "answered": answers["question"].n_unique(),
           "seconds": time.process_time() - start, "reason": reason, "failed": failed}  # fmt: skip
    return answers, run


def _answer(estimator: Any, split: Split, levels: Sequence[float]) -> tuple[pl.DataFrame, str | None, bool]:
    """Answers, the first reason for missing ones, and whether the forecaster broke down."""
    nothing = pl.DataFrame(schema={"question": pl.Int64, **_INTERVAL})
    try:
        fitted = estimator.fit(split.train, split.queries.head(0))  # learns the settings asked about, one by one
        if levels:
            fitted = fitted.conformalize()
        parts, reasons = _by_setting(fitted, split.queries, levels)
    except IsoglossError as error:
        return nothing, error.reason, False
    except Exception as error:  # hours of work on the others are not lost to a forecaster that breaks down
        return nothing, f"{type(error).__name__}: {error}", True
    answers = pl.concat([nothing, *parts])
    finite = answers.filter(pl.col("mean").is_finite())
    if finite.height < answers.height:
        reasons.append("some forecasts are no finite number")
    return finite, next(iter(reasons), None), False


def _by_setting(fitted: Any, queries: pl.DataFrame, levels: Sequence[float]) -> tuple[list[pl.DataFrame], list[str]]:
    """Answers to all queries; where these are refused, setting by setting, with the reasons of those refused."""
    try:
        return [_intervals(fitted, queries, levels)], []
    except IsoglossError:
        answers, reasons = [], []
    for _, part in queries.group_by(SETTING, maintain_order=True):
        try:
            answers.append(_intervals(fitted, part, levels))
        except IsoglossError as error:
            reasons.append(error.reason)
    return answers, reasons


def _intervals(fitted: Any, queries: pl.DataFrame, levels: Sequence[float]) -> pl.DataFrame:
    """One row per query and level."""
    nothing = {name: pl.lit(None, dtype=pl.Float64) for name in ("level", "lower", "upper")}
    if not levels:
        parts = [fitted.predict(queries).with_columns(**nothing)]
    elif type(fitted).predict_interval is Forecaster.predict_interval:  # no plugin has intervals of its own
        parts = [fitted.predict_intervals(queries, levels)]
    else:
        parts = [fitted.predict_interval(queries, level) for level in levels]
    return pl.concat([part.select(pl.col("query_row").alias("question"), *_INTERVAL) for part in parts])


def _with_tables(questions: pl.DataFrame) -> pl.DataFrame:
    """With a column `table`: the values of task, metric and model that vary, where they are not too many."""
    parts = []
    one_metric_each = questions["task"].n_unique() == questions.select("task", "metric").n_unique()
    names = ("task", "model") if one_metric_each else ("task", "metric", "model")
    for (_, grouped_by), part in questions.group_by("protocol", "grouped_by", maintain_order=True):
        # The unit that is left out whole differs within a table.
        columns = [name for name in names if name != grouped_by and questions[name].n_unique() > 1]
        for name in ("model", "task"):
            if part.select(columns or "task").n_unique() > MOST_TABLES and name in columns:
                columns.remove(name)
        label = pl.concat_str(columns, separator=" · ") if columns else pl.lit(_common(questions, str(grouped_by)))
        parts.append(part.with_columns(label.alias("table")))
    return pl.concat(parts).sort("question")


def _common(questions: pl.DataFrame, grouped_by: str) -> str:
    """A name for the only table: what all of its questions have in common."""
    names = [name for name in ("task", "model") if name != grouped_by and questions[name].n_unique() == 1]
    return " · ".join(questions[name][0] for name in names) or "all"


SCENARIO = ("same_model_and_task", "same_language_other_models", "same_language_other_tasks")
"""The evidence beside a question: scores of the model in the task, in other languages; of the language in the task,
with other models; of the language with the model, in other tasks."""

RESOURCES = (
    (0.0, "0 no web text"),
    (2.0, "1 under 100 MiB"),
    (3.0, "2 100 MiB to 1 GiB"),
    (4.0, "3 1 to 10 GiB"),
    (np.inf, "4 over 10 GiB"),
)
"""Resource classes by log10 of the MiB of web text in CC-100, with the upper end of each; in the manner of the classes
of Joshi et al. (2020), but by one source that covers every language."""

NEARNESS = (
    (0.0, "0 measured itself"),
    (0.15, "1 up to 0.15"),
    (0.25, "2 0.15 to 0.25"),
    (0.4, "3 0.25 to 0.40"),
    (np.inf, "4 over 0.40"),
)
"""Classes of the combined distance to the nearest measured language, with the upper end of each."""

STRATA = ("family", "script", "resources", "nearness")
"""Classifications of languages by which reports split their results."""


def strata(train: Evidence, test: pl.DataFrame) -> pl.DataFrame:
    """The strata of each question.

    Parameters
    ----------
    train : Evidence
        What forecasts are learnt from.
    test : polars.DataFrame
        Observations that are asked for.

    Returns
    -------
    polars.DataFrame
        One row per question: the three columns of `SCENARIO` (true or false), `distance` (combined, to the
        nearest language measured in the same model and task, or, where there is none, in any; 0 for a language
        that was itself) and the columns of `STRATA`.
    """
    observations = train.observations
    scenario = [
        _others_measured(test, observations, ["model", "task"], "target"),
        _others_measured(test, observations, ["task", "target"], "model"),
        _others_measured(test, observations, ["model", "target"], "task"),
    ]
    flags = test.select(pl.Series(name, flag) for name, flag in zip(SCENARIO, scenario, strict=True))
    near = nearest_distances(observations, test)
    return flags.with_columns(distance=near, target=test["target"], nearness=_classes("nearness", near, NEARNESS)).join(
        language_strata(test["target"].unique().to_list()), on="target", how="left", maintain_order="left"
    )


def language_strata(languages: Sequence[str]) -> pl.DataFrame:
    """Family, script and resource class of each language.

    Returns
    -------
    polars.DataFrame
        Columns `target`, `family`, `script`, `resources`, sorted by `target`.
    """
    names = sorted(set(languages))
    resolved = [resolve(name) for name in names]
    return pl.DataFrame(
        {
            "target": names,
            "family": [family_of(language) for language in resolved],
            "script": [script_of(language) for language in resolved],
            "resources": _classes("resources", space(names).web_text, RESOURCES),
        },
        schema=dict.fromkeys(("target", "family", "script", "resources"), pl.String),
    )


def nearest_distances(observations: pl.DataFrame, test: pl.DataFrame) -> pl.Series:
    """Combined distance of each target of `test` to the nearest one measured in its model and task, else in any."""
    all_targets = observations["target"].unique().to_list()
    languages = tuple(sorted({*all_targets, *test["target"].unique().to_list()}))
    at = {language: position for position, language in enumerate(languages)}
    between = _between(languages)
    same_setting = observations.select("model", "task", "target").join(test, on=["model", "task"], how="semi")
    by_setting = same_setting.group_by("model", "task").agg(pl.col("target").unique()).rows()
    measured = {(model, task): [at[target] for target in targets] for model, task, targets in by_setting}
    in_any = [at[target] for target in all_targets]
    nearest = {
        (model, task, target): float(between[at[target], measured.get((model, task), in_any)].min())
        for model, task, target in test.select("model", "task", "target").unique().rows()
    }
    return pl.Series("distance", [nearest[key] for key in test.select("model", "task", "target").rows()], pl.Float64)


@lru_cache(maxsize=4)
def _between(languages: tuple[str, ...]) -> Array:
    """Combined distances, 1 between languages without a common feature."""
    return np.nan_to_num(distances(languages, "combined").values, nan=1.0)


def _others_measured(test: pl.DataFrame, observations: pl.DataFrame, same: list[str], other: str) -> pl.Series:
    """Whether there are observations that agree with each row of `test` in `same`, and differ from it in `other`."""
    related = observations.select(*same, other).join(test, on=same, how="semi").unique()
    counts = related.group_by(same).agg(related=pl.len().cast(pl.Int64))
    itself = related.with_columns(itself=pl.lit(1))
    joined = test.select(*same, other).join(counts, on=same, how="left", maintain_order="left")
    joined = joined.join(itself, on=[*same, other], how="left", maintain_order="left")
    return joined.select((pl.col("related").fill_null(0) - pl.col("itself").fill_null(0)) > 0).to_series()


def _classes(column: str, values: Iterable[float], classes: Sequence[tuple[float, str]]) -> pl.Series:
    """The class of each value: the first whose upper end is not below it."""
    return pl.Series(column, [next(name for end, name in classes if value <= end) for value in values], pl.String)
