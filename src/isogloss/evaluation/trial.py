"""A trial: put the questions of splits to forecasters, and keep what they were asked, answered and refused."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import polars as pl

from isogloss.errors import IsoglossError, NotEnoughEvidence
from isogloss.evaluation.protocols import Split
from isogloss.evaluation.strata import strata
from isogloss.evidence import SETTING
from isogloss.evidence.metrics import describe

MOST_TABLES = 24
"""Tables beyond which results of several models, and then of several tasks, are put together."""

RUNS = pl.Schema(
    {
        "protocol": pl.String,
        "condition": pl.String,
        "split": pl.String,
        "forecaster": pl.String,
        "observations": pl.Int64,
        "questions": pl.Int64,
        "answered": pl.Int64,
        "seconds": pl.Float64,
        "reason": pl.String,
        "failed": pl.Boolean,
    }
)
"""Columns of `Benchmark.runs`."""

_ANSWER = {"question": pl.Int64, "forecaster": pl.String, "mean": pl.Float64, "level": pl.Float64,
           "lower": pl.Float64, "upper": pl.Float64}  # fmt: skip


class Watch(Protocol):
    """Somebody who wants to know how far the work is."""

    def begin(self, stage: str, total: int) -> None:
        """A stage of `total` steps begins."""

    def advance(self) -> None:
        """One step is done."""


class Log:
    """What was asked, answered and refused so far.

    Attributes
    ----------
    runs : list of dict
        Rows with the columns of `RUNS`.
    """

    def __init__(self) -> None:
        self._questions: list[pl.DataFrame] = []
        self._answers: list[pl.DataFrame] = []
        self._asked = 0
        self.runs: list[dict[str, Any]] = []

    def nothing_asked(self, protocol: str, split: Split | None, reason: str) -> None:
        """Note why a protocol, or one split of it, asks nothing."""
        name, condition = (split.name, split.condition) if split else (None, "")
        self.runs.append(
            {"protocol": protocol, "condition": condition, "split": name, "questions": 0, "answered": 0,
             "reason": reason, "failed": False}
        )  # fmt: skip

    def run(
        self, protocol: str, split: Split, trial: Mapping[str, Any], levels: Sequence[float], watch: Watch | None
    ) -> None:
        """Put the questions of a split to every forecaster on trial."""
        if split.test.is_empty():
            self.nothing_asked(protocol, split, "nothing to ask: no mix holds anything but what is left out")
        else:
            self._questions.append(self._describe(protocol, split))
        for name, estimator in trial.items():
            if not split.test.is_empty():
                self._try(protocol, split, name, estimator, levels)
            if watch is not None:
                watch.advance()
        self._asked += split.test.height

    def _try(self, protocol: str, split: Split, name: str, estimator: Any, levels: Sequence[float]) -> None:
        from sklearn.base import clone

        start = time.process_time()
        answers, reason, failed = _ask(clone(estimator), split, levels)
        self.runs.append(
            {"protocol": protocol, "condition": split.condition, "split": split.name, "forecaster": name,
             "observations": len(split.train), "questions": split.test.height,
             "answered": answers["question"].n_unique(), "seconds": time.process_time() - start,
             "reason": reason, "failed": failed}
        )  # fmt: skip
        numbered = answers.with_columns(pl.col("question") + self._asked, forecaster=pl.lit(name))
        self._answers.append(numbered.select(*_ANSWER))

    def _describe(self, protocol: str, split: Split) -> pl.DataFrame:
        raw = pl.col("scale") == "raw"
        asked = split.test.select(
            pl.lit(protocol).alias("protocol"),
            pl.lit(split.condition).alias("condition"),
            pl.lit(split.name).alias("split"),
            pl.lit(split.grouped_by).alias("grouped_by"),
            split.groups.alias("group"),
            *("task", "metric", "model", "target", "train", "score"),
            pl.when(raw).then(1.0).otherwise(100.0).alias("per_point"),
            pl.when(raw).then(pl.col("metric")).otherwise(pl.lit("points")).alias("unit"),
        ).with_row_index("question", offset=self._asked)
        known = strata(split.train, split.test)
        return asked.with_columns(pl.col("question").cast(pl.Int64), *known.drop("target"))

    def questions(self) -> pl.DataFrame:
        """All questions, numbered, each with the table that it is reported in."""
        if not self._questions:
            raise NotEnoughEvidence(
                "; ".join(dict.fromkeys(run["reason"] for run in self.runs)) or "no protocol was given",
                where="benchmark",
                hint="give more evidence, or another protocol",
            )
        return _with_tables(pl.concat(self._questions))

    def answers(self) -> pl.DataFrame:
        """All answers; where an interval is the whole range of the metric, or endless, that is noted."""
        answers = pl.concat(self._answers) if self._answers else pl.DataFrame(schema=_ANSWER)
        metric = pl.concat(self._questions).select("question", "metric", "per_point")
        lowest = {name: describe(name).lowest for name in metric["metric"].unique()}
        bounded = pl.col("per_point") != 1
        whole = pl.when(bounded).then((pl.col("lower") <= pl.col("lowest")) & (pl.col("upper") >= 1))
        ranges = metric.with_columns(lowest=pl.col("metric").replace_strict(lowest, return_dtype=pl.Float64))
        return (
            answers.join(ranges, on="question", how="left", maintain_order="left")
            .with_columns(whole_range=whole.otherwise((pl.col("upper") - pl.col("lower")).is_infinite()))
            .select(*_ANSWER, "whole_range")
        )


def _ask(estimator: Any, split: Split, levels: Sequence[float]) -> tuple[pl.DataFrame, str | None, bool]:
    """Answers, the first reason for what was not answered, and whether it was a breakdown."""
    nothing = pl.DataFrame(schema={name: kind for name, kind in _ANSWER.items() if name != "forecaster"})
    reasons: list[str] = []
    try:
        fitted = estimator.fit(split.train)
        if levels:
            fitted = fitted.conformalize()
        try:
            found = [_answers(fitted, split.queries, levels)]
        except IsoglossError:
            # One setting that it cannot answer should not cost it the others.
            found, reasons = _by_setting(fitted, split.queries, levels)
    except IsoglossError as error:
        return nothing, error.reason, False
    except Exception as error:  # hours of work on the others are not lost to a forecaster that breaks down
        return nothing, f"{type(error).__name__}: {error}", True
    answers = pl.concat([nothing, *found])
    finite = answers.filter(pl.col("mean").is_finite())
    if finite.height < answers.height:
        reasons.append("some forecasts are no finite number")
    return finite, next(iter(reasons), None), False


def _by_setting(fitted: Any, queries: pl.DataFrame, levels: Sequence[float]) -> tuple[list[pl.DataFrame], list[str]]:
    found, reasons = [], []
    for _, asked in queries.group_by(SETTING, maintain_order=True):
        try:
            found.append(_answers(fitted, asked, levels))
        except IsoglossError as error:
            reasons.append(error.reason)
    return found, reasons


def _answers(fitted: Any, queries: pl.DataFrame, levels: Sequence[float]) -> pl.DataFrame:
    """One row per question and level, `question` being its position in the split."""
    nothing = {name: pl.lit(None, dtype=pl.Float64) for name in ("level", "lower", "upper")}
    parts = [fitted.predict_interval(queries, level) for level in levels]
    parts = parts or [fitted.predict(queries).with_columns(**nothing)]
    columns = ["mean", "level", "lower", "upper"]
    return pl.concat([part.select(pl.col("query_row").alias("question"), *columns) for part in parts])


def _with_tables(questions: pl.DataFrame) -> pl.DataFrame:
    """With a column `table`: the values of task, metric and model that vary, where they are not too many."""
    parts = []
    one_metric_each = questions["task"].n_unique() == questions.select("task", "metric").n_unique()
    told_apart = ("task", "model") if one_metric_each else ("task", "metric", "model")
    for (_, grouped_by), asked in questions.group_by("protocol", "grouped_by", maintain_order=True):
        # What is left out whole is what counts once, and so cannot tell tables apart.
        columns = [name for name in told_apart if name != grouped_by]
        columns = [name for name in columns if questions[name].n_unique() > 1]
        for name in ("model", "task"):
            if asked.select(columns or "task").n_unique() > MOST_TABLES and name in columns:
                columns.remove(name)
        label = pl.concat_str(columns, separator=" · ") if columns else pl.lit(_only(questions, str(grouped_by)))
        parts.append(asked.with_columns(label.alias("table")))
    return pl.concat(parts).sort("question")


def _only(questions: pl.DataFrame, grouped_by: str) -> str:
    """A name for the only table: what all of its questions have in common."""
    names = [name for name in ("task", "model") if name != grouped_by and questions[name].n_unique() == 1]
    return " · ".join(questions[name][0] for name in names) or "all"
