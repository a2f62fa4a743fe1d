"""Benchmark forecasters on one's own evidence: withhold part of it, ask for that, score the answers."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import polars as pl

from isogloss.errors import BadValue, NotEnoughEvidence
from isogloss.evaluation import scoring
from isogloss.evaluation.language_protocols import describe_sample
from isogloss.evaluation.runs import (
    RUNS,
    SCENARIO,
    STRATA,
    SplitResult,
    combine_answers,
    combine_questions,
    empty_result,
    run_split,
)
from isogloss.evaluation.split import describe_protocol
from isogloss.evaluation.split import protocols as all_protocols
from isogloss.evidence import Evidence
from isogloss.forecasting import forecasters as all_forecasters
from isogloss.progress import Progress
from isogloss.stats.intervals import check_level

TABLE = ("protocol", "condition", "table")
"""Columns that identify a table of results."""


@dataclass(frozen=True)
class Benchmark:
    """Questions, answers and scores of a benchmark.

    Attributes
    ----------
    questions : polars.DataFrame
        One row per question: `question` (its number), `protocol`, `condition`, `split`, `table` (that it is
        reported in), `group` (the unit that counts once), `task`, `metric`, `model`, `target`, `train`, `score`,
        `per_point`, `unit`, and the columns of `isogloss.evaluation.runs.strata`.
    answers : polars.DataFrame
        One row per forecaster, question and level: `forecaster`, `question`, `mean`, `level`, `lower`, `upper`.
    runs : polars.DataFrame
        One row per split and forecaster: `protocol`, `condition`, `split`, `forecaster`, `observations` (learnt
        from), `questions`, `answered`, `seconds` (of the processor), `reason` (for missing answers) and `failed`
        (whether the forecaster broke down). Where `forecaster` is null, the reason why nothing was asked.
    forecasters : tuple of str
        The first is the candidate, the others are its baselines.
    protocols : dict of str to str
        Name to what it leaves out.
    levels : tuple of float
    seed : int
    sample : str or None
        In a sentence, what was left out where that was not all.
    """

    questions: pl.DataFrame
    answers: pl.DataFrame
    runs: pl.DataFrame
    forecasters: tuple[str, ...]
    protocols: dict[str, str]
    levels: tuple[float, ...]
    seed: int
    sample: str | None = None

    @cached_property
    def joined(self) -> pl.DataFrame:
        """Answers beside their questions."""
        joined = self.answers.join(self.questions, on="question", how="left", maintain_order="left")
        return joined.sort(_position("forecaster", self.forecasters), "question", "level", nulls_last=True)

    def errors(self, *by: str) -> pl.DataFrame:
        """Errors of each forecaster, by default by protocol, condition and table; see `scoring.errors`."""
        return scoring.errors(self.joined, [*(by or TABLE), "forecaster"], seed=self.seed)

    @cached_property
    def differences(self) -> pl.DataFrame:
        """Paired differences between forecasters by protocol, condition and table; see `scoring.differences`."""
        return scoring.differences(self.joined, TABLE, seed=self.seed)

    def coverage(self, *by: str) -> pl.DataFrame:
        """Coverage and width of intervals, by default by protocol, condition and table; see `scoring.coverage`."""
        return scoring.coverage(self.joined, [*(by or TABLE), "forecaster"])

    @cached_property
    def summary(self) -> pl.DataFrame:
        """Scores of each forecaster in each table.

        Returns
        -------
        polars.DataFrame
            `protocol`, `condition`, `table`, `grouped_by`, `unit`, `forecaster`, `groups`, `questions`, `mae`,
            `mae_low`, `mae_high`, `rmse`, `level`, `coverage`, `coverage_low`, `coverage_high`, `mean_width`,
            `interval_score`, `whole_range` (these at the first level), `complete` (whether every question was
            answered), `best` (least error of those that are complete) and `strongest_baseline` (least error of
            those, without the candidate).
        """
        tables = self.questions.group_by(*TABLE).agg(pl.col("grouped_by", "unit").first(), all_questions=pl.len())
        scores = self._scores(TABLE).join(tables, on=TABLE, how="left", maintain_order="left")
        complete = pl.col("questions") == pl.col("all_questions")
        baseline = complete & (pl.col("forecaster") != self.forecasters[0])
        return (
            scores.sort(_position("protocol", self.protocols), "condition", "table", maintain_order=True)
            .with_columns(
                complete=complete,
                best=complete & (pl.col("mae") == _least(complete)),
                strongest_baseline=baseline & (pl.col("mae") == _least(baseline)),
            )
            .drop("all_questions", "bias", "mae_per_question", "rmse_per_question", "coverage_per_question")
        )

    @cached_property
    def scenarios(self) -> pl.DataFrame:
        """Errors and coverage by the evidence beside a question, which the columns of `SCENARIO` describe."""
        return self._scores(["protocol", "condition", *SCENARIO])

    @cached_property
    def strata(self) -> pl.DataFrame:
        """Errors and coverage by family, script, resource class and nearness of the language.

        Returns
        -------
        polars.DataFrame
            `protocol`, `condition`, `stratum` (`family`, `script`, `resources` or `nearness`), `value`,
            `forecaster`, and the columns of `scoring.errors` and `scoring.coverage` at the first level.
        """
        keys = ["protocol", "condition"]
        parts = [self._scores([*keys, name]).rename({name: "value"}).with_columns(stratum=pl.lit(name))
                 for name in STRATA]  # fmt: skip
        table = pl.concat(parts).select(*keys, "stratum", "value", pl.exclude(*keys, "stratum", "value"))
        return table.sort(*keys, pl.col("stratum").cast(pl.Enum(STRATA)), "value", maintain_order=True)

    @cached_property
    def refusals(self) -> pl.DataFrame:
        """Missing answers and questions, with the first reason for them.

        Returns
        -------
        polars.DataFrame
            `protocol`, `condition`, `forecaster` (null: nothing was asked), `splits`, `questions` (not
            answered), `failed` (whether it broke down rather than refused) and `reason`.
        """
        return (
            self.runs.filter(pl.col("reason").is_not_null())
            .group_by("protocol", "condition", "forecaster", maintain_order=True)
            .agg(
                splits=pl.len(),
                questions=(pl.col("questions") - pl.col("answered")).sum(),
                failed=pl.col("failed").any(),
                reason=pl.col("reason").first(),
            )
        )

    def _scores(self, by: Sequence[str]) -> pl.DataFrame:
        """Errors, and coverage at the first level."""
        keys = [*by, "forecaster"]
        errors, coverage = scoring.errors(self.joined, keys, seed=self.seed), scoring.coverage(self.joined, keys)
        first = coverage.filter(pl.col("level") == self.levels[0]) if self.levels else coverage
        first = first.drop("groups", "questions")
        return errors.join(first, on=keys, how="left", nulls_equal=True, maintain_order="left")

    def as_dict(self) -> dict[str, Any]:
        """Every table as rows, for JSON."""
        return {
            "protocols": self.protocols,
            "forecasters": list(self.forecasters),
            "seed": self.seed,
            "sample": self.sample,
            "errors": self.errors().to_dicts(),
            "differences": self.differences.to_dicts(),
            "coverage": self.coverage().to_dicts(),
            "scenarios": self.scenarios.to_dicts(),
            "strata": self.strata.to_dicts(),
            "refusals": self.refusals.to_dicts(),
            "seconds": self.runs.filter(pl.col("forecaster").is_not_null())
            .group_by("forecaster", maintain_order=True)
            .agg(pl.col("seconds").sum())
            .to_dicts(),
        }


def _least(among: pl.Expr) -> pl.Expr:
    """The least error of some rows of each table."""
    return pl.col("mae").filter(among).min().over(TABLE)


def _position(column: str, names: Iterable[str]) -> pl.Expr:
    """The position of each value of `column` among `names`."""
    positions = {name: position for position, name in enumerate(names)}
    return pl.col(column).replace_strict(positions, return_dtype=pl.Int64)


def run_benchmark(
    evidence: Evidence,
    *,
    task: str | None = None,
    model: str | None = None,
    protocols: Sequence[str] = ("lolo",),
    forecasters: Sequence[str] | Mapping[str, Any] = ("default", "additive", "nearest"),
    levels: Sequence[float] = (0.9,),
    every: int | None = None,
    folds: int | None = None,
    seed: int = 0,
    options: Mapping[str, Mapping[str, Any]] | None = None,
    progress: Progress | None = None,
) -> Benchmark:
    """Ask forecasters for scores that were measured but withheld from them.

    Parameters
    ----------
    evidence : Evidence
    task, model : str, optional
        Ask only about these; the others stay evidence.
    protocols : sequence of str
        What is left out: names of registered protocols.
    forecasters : sequence of str, or mapping of str to estimator
        Names of registered forecasters, or estimators by a name of yours. The first is the candidate.
    levels : sequence of float, default (0.9,)
        Of intervals; none asks for means alone, which is faster.
    every : int, optional
        Leave out only every n-th of what a protocol could; 1 for all. By default `lolo` leaves out a sample of 40
        languages, where there are more, and other protocols all they can.
    folds : int, optional
        Number of folds, where a protocol has folds; by default its own.
    seed : int, default 0
        Of folds, draws and bootstrap.
    options : mapping of str to mapping, optional
        Further arguments of a protocol: `{"language-in-task": {"sisters": {...}}}`.
    progress : Progress, optional
        Receives a stage per protocol, with a step per split and forecaster.

    Returns
    -------
    Benchmark
        A protocol that cannot leave anything out of this evidence, and a forecaster that cannot answer, are in
        `runs` and `refusals` with the reason.

    Raises
    ------
    UnknownName
        For an unregistered protocol or forecaster, or a task or model without evidence.
    BadValue
        For a level, `every` or `folds` out of its range.
    """
    for level in levels:
        check_level(level)
    for name, value in (("every", every), ("folds", folds)):
        if value is not None and value < 1:
            raise BadValue(f"{name} {value} is not positive", hint="give 1 or more")
    evidence.filter(task=task, model=model)
    rows = [pl.col(name) == value for name, value in (("task", task), ("model", model)) if value is not None]
    chosen = {name: all_protocols.get(name) for name in dict.fromkeys(protocols)}
    estimators = _estimators(forecasters)
    results: list[SplitResult] = []
    step = {} if every is None else {"every": every}
    for name, protocol in chosen.items():
        extra = dict((options or {}).get(name, {}))
        try:
            splits = deque(protocol(evidence, **step, folds=folds, seed=seed, **extra))
        except NotEnoughEvidence as error:
            results.append(empty_result(name, None, error.reason))
            continue
        if progress is not None:
            progress.begin(name, len(splits) * len(estimators))
        while splits:  # each is dropped with its data when it is done
            split = splits.popleft()
            split = split.filter(pl.all_horizontal(rows)) if rows else split
            results.append(run_split(name, split, estimators, levels, progress))
    questions = combine_questions(results)
    return Benchmark(
        questions,
        combine_answers(results, questions),
        pl.DataFrame([run for result in results for run in result.runs], schema=RUNS, orient="row"),
        tuple(estimators),
        {name: describe_protocol(protocol) for name, protocol in chosen.items()},
        tuple(levels),
        seed,
        next(filter(None, (describe_sample(evidence, name, every, folds) for name in chosen)), None),
    )


def _estimators(forecasters: Sequence[str] | Mapping[str, Any]) -> dict[str, Any]:
    if not forecasters:
        raise BadValue("no forecaster was given", hint="give at least one, such as default")
    if isinstance(forecasters, Mapping):
        return dict(forecasters)
    return {name: all_forecasters.get(name)() for name in dict.fromkeys(forecasters)}
