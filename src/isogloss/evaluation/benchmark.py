"""Judge forecasters on one's own evidence: leave something out, ask for it, score the answers."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import polars as pl

from isogloss.errors import BadValue, NotEnoughEvidence
from isogloss.evaluation import scoring
from isogloss.evaluation.protocols import explain
from isogloss.evaluation.protocols import protocols as known_protocols
from isogloss.evaluation.strata import KINDS, SCENARIO
from isogloss.evaluation.trial import RUNS, Log, Watch
from isogloss.evidence import Evidence
from isogloss.forecasting import forecasters as known_forecasters
from isogloss.stats.intervals import check_level

TOLD_APART = ("protocol", "condition", "table")
"""What results are told apart by."""


@dataclass(frozen=True)
class Benchmark:
    """What was asked and what was answered.

    Attributes
    ----------
    questions : polars.DataFrame
        One row per question: `question` (its number), `protocol`, `condition`, `split`, `table` (what it is
        reported with), `group` (what counts once), `task`, `metric`, `model`, `target`, `train`, `score`,
        `per_point`, `unit`, and what `isogloss.evaluation.strata.strata` tells.
    answers : polars.DataFrame
        One row per forecaster, question and level: `forecaster`, `question`, `mean`, `level`, `lower`, `upper`.
    runs : polars.DataFrame
        One row per split and forecaster, with the columns of `RUNS`: how much was learnt from, asked and
        answered, in how many processor seconds; `reason` says why something was not answered. Without a
        forecaster: why a protocol or split asked nothing.
    forecasters : tuple of str
        In the order given; the first is the one on trial, the others are what it is held against.
    protocols : dict of str to str
        Name and what it leaves out.
    levels : tuple of float
    seed : int
    """

    questions: pl.DataFrame
    answers: pl.DataFrame
    runs: pl.DataFrame
    forecasters: tuple[str, ...]
    protocols: dict[str, str]
    levels: tuple[float, ...]
    seed: int

    @cached_property
    def joined(self) -> pl.DataFrame:
        """Answers beside their questions."""
        joined = self.answers.join(self.questions, on="question", how="left", maintain_order="left")
        place = {name: position for position, name in enumerate(self.forecasters)}
        return joined.sort(
            pl.col("forecaster").replace_strict(place, return_dtype=pl.Int64), "question", "level", nulls_last=True
        )

    def errors(self, *by: str) -> pl.DataFrame:
        """Errors of each forecaster, by default by protocol, condition and table; see `scoring.errors`."""
        return scoring.errors(self.joined, [*(by or TOLD_APART), "forecaster"], seed=self.seed)

    @cached_property
    def differences(self) -> pl.DataFrame:
        """Paired differences between forecasters by protocol, condition and table; see `scoring.differences`."""
        return scoring.differences(self.joined, TOLD_APART, seed=self.seed)

    def coverage(self, *by: str) -> pl.DataFrame:
        """Coverage and width of intervals, by default by protocol, condition and table; see `scoring.coverage`."""
        return scoring.coverage(self.joined, [*(by or TOLD_APART), "forecaster"])

    @cached_property
    def summary(self) -> pl.DataFrame:
        """One row per forecaster in each table: what a reader looks at first.

        Returns
        -------
        polars.DataFrame
            `protocol`, `condition`, `table`, `grouped_by`, `unit`, `forecaster`, `groups`, `questions`, `mae`,
            `mae_low`, `mae_high`, `rmse`, `level`, `coverage`, `coverage_low`, `coverage_high`, `mean_width`,
            `interval_score`, `whole_range` (these at the first level), `complete` (whether every question was
            answered), `best` (least error of those that are complete) and `hardest` (least error of those but
            the first: the one to beat).
        """
        asked = self.questions.group_by(*TOLD_APART).agg(pl.col("grouped_by", "unit").first(), pl.len().alias("asked"))
        found = self._errors_and_coverage(TOLD_APART).join(asked, on=TOLD_APART, how="left", maintain_order="left")
        place = {name: position for position, name in enumerate(self.protocols)}
        order = [pl.col("protocol").replace_strict(place, return_dtype=pl.Int64), "condition", "table"]
        complete, other = pl.col("questions") == pl.col("asked"), pl.col("forecaster") != self.forecasters[0]
        return (
            found.sort(order, maintain_order=True)
            .with_columns(complete=complete)
            .with_columns(
                best=complete & (pl.col("mae") == _least(complete)),
                hardest=complete & other & (pl.col("mae") == _least(complete & other)),
            )
            .drop("asked", "bias", "mae_per_question", "rmse_per_question", "coverage_per_question")
        )

    @cached_property
    def scenarios(self) -> pl.DataFrame:
        """Errors and coverage by what else was known about the question, with the columns of `SCENARIO`."""
        return self._errors_and_coverage(["protocol", "condition", *SCENARIO])

    @cached_property
    def kinds(self) -> pl.DataFrame:
        """Errors and coverage by family, script, resource class and nearness of the language.

        Returns
        -------
        polars.DataFrame
            `protocol`, `condition`, `kind` (one of `KINDS`), `value`, `forecaster`, and the columns of
            `scoring.errors` and `scoring.coverage` at the first level.
        """
        parts = []
        for kind in KINDS:
            found = self._errors_and_coverage(["protocol", "condition", kind])
            parts.append(found.rename({kind: "value"}).with_columns(kind=pl.lit(kind)))
        columns = ["protocol", "condition", "kind", "value"]
        table = pl.concat(parts)
        return table.select(*columns, pl.exclude(columns)).sort(
            "protocol", "condition", pl.col("kind").cast(pl.Enum(KINDS)), "value", maintain_order=True
        )

    @cached_property
    def refusals(self) -> pl.DataFrame:
        """What was not answered or not asked, and the first reason given.

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

    def _errors_and_coverage(self, by: Sequence[str]) -> pl.DataFrame:
        keys = [*by, "forecaster"]
        found = scoring.errors(self.joined, keys, seed=self.seed)
        levels = scoring.coverage(self.joined, keys)
        first = levels.filter(pl.col("level") == self.levels[0]) if self.levels else levels
        first = first.drop("groups", "questions")
        return found.join(first, on=keys, how="left", nulls_equal=True, maintain_order="left")

    def as_dict(self) -> dict[str, Any]:
        """Every table as rows, for JSON."""
        return {
            "protocols": self.protocols,
            "forecasters": list(self.forecasters),
            "seed": self.seed,
            "errors": self.errors().to_dicts(),
            "differences": self.differences.to_dicts(),
            "coverage": self.coverage().to_dicts(),
            "scenarios": self.scenarios.to_dicts(),
            "kinds": self.kinds.to_dicts(),
            "refusals": self.refusals.to_dicts(),
            "seconds": self.runs.filter(pl.col("forecaster").is_not_null())
            .group_by("forecaster", maintain_order=True)
            .agg(pl.col("seconds").sum())
            .to_dicts(),
        }


def _least(among: pl.Expr) -> pl.Expr:
    """The least error of some rows of each table."""
    return pl.col("mae").filter(among).min().over(TOLD_APART)


def run_benchmark(
    evidence: Evidence,
    *,
    protocols: Sequence[str] = ("lolo",),
    forecasters: Sequence[str] | Mapping[str, Any] = ("default", "additive", "nearest"),
    levels: Sequence[float] = (0.9,),
    every: int = 1,
    folds: int | None = None,
    seed: int = 0,
    options: Mapping[str, Mapping[str, Any]] | None = None,
    only: pl.Expr | None = None,
    watch: Watch | None = None,
) -> Benchmark:
    """Ask forecasters for what was measured but kept from them.

    Parameters
    ----------
    evidence : Evidence
    protocols : sequence of str
        What is left out: names of registered protocols.
    forecasters : sequence of str, or mapping of str to estimator
        Names of registered forecasters, or estimators by a name of yours. The first is on trial.
    levels : sequence of float, default (0.9,)
        Of intervals; none asks for means alone, which is faster.
    every : int, default 1
        Leave out only every n-th of what a protocol could.
    folds : int, optional
        Number of folds, where a protocol has folds; by default its own.
    seed : int, default 0
        Of folds, draws and bootstrap.
    options : mapping of str to mapping, optional
        Further arguments of a protocol: `{"language-in-task": {"sisters": {...}}}`.
    only : polars.Expr, optional
        Which observations are asked for, of those that a protocol leaves out.
    watch : Watch, optional
        Is told about progress.

    Returns
    -------
    Benchmark
        A protocol that cannot leave anything out of this evidence, and a forecaster that cannot answer, stand in
        `runs` and `refusals` with the reason.

    Raises
    ------
    UnknownName
        For a protocol or forecaster that nobody registered.
    BadValue
        For a level, `every` or `folds` that makes no sense.
    """
    for level in levels:
        check_level(level)
    for name, value in (("every", every), ("folds", folds)):
        if value is not None and value < 1:
            raise BadValue(f"{name} {value} is not positive", hint="give 1 or more")
    asked = {name: known_protocols.get(name) for name in dict.fromkeys(protocols)}
    trial = _estimators(forecasters)
    log = Log()
    for name, protocol in asked.items():
        extra = dict((options or {}).get(name, {}))
        try:
            splits = deque(protocol(evidence, every=every, folds=folds, seed=seed, **extra))
        except NotEnoughEvidence as error:
            log.nothing_asked(name, None, error.reason)
            continue
        if watch is not None:
            watch.begin(name, len(splits) * len(trial))
        while splits:  # each is dropped with its data when it is done
            split = splits.popleft()
            log.run(name, split if only is None else split.only(only), trial, levels, watch)
    return Benchmark(
        log.questions(),
        log.answers(),
        pl.DataFrame(log.runs, schema=RUNS, orient="row"),
        tuple(trial),
        {name: explain(protocol) for name, protocol in asked.items()},
        tuple(levels),
        seed,
    )


def about(evidence: Evidence, **equal: str | None) -> pl.Expr | None:
    """What to ask for: observations in which each named column has the given value; None leaves a column free.

    Raises
    ------
    UnknownName
        If nothing in the evidence has that value.
    """
    evidence.filter(**equal)
    named = {name: value for name, value in equal.items() if value is not None}
    return pl.all_horizontal(pl.col(name) == value for name, value in named.items()) if named else None


def _estimators(forecasters: Sequence[str] | Mapping[str, Any]) -> dict[str, Any]:
    if not forecasters:
        raise BadValue("no forecaster was given", hint="give at least one, such as default")
    if isinstance(forecasters, Mapping):
        return dict(forecasters)
    return {name: known_forecasters.get(name)() for name in dict.fromkeys(forecasters)}
