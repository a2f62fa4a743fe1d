"""Where forecasts can be believed: coverage at several levels, errors by kind of language, from one's own evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from isogloss.errors import InputError, NotEnoughEvidence
from isogloss.evaluation import scoring
from isogloss.evaluation.benchmark import Benchmark, run_benchmark
from isogloss.evaluation.strata import KINDS
from isogloss.evaluation.trial import Watch
from isogloss.evaluation.verdict import how_many, judge_coverage, percent
from isogloss.evidence import SETTING, Evidence

LEVELS = (0.5, 0.8, 0.9, 0.95)
SHOWN_LEVEL = 0.9
"""The level at which kinds of languages are compared."""
FEWEST_TO_NAME = 3
"""Languages a kind needs to be named as one where forecasts fail."""


@dataclass(frozen=True)
class Trust:
    """How far forecasts of one setting can be believed.

    Attributes
    ----------
    calibration : polars.DataFrame
        One row per level: `level`, and the columns of `scoring.coverage`.
    kinds : polars.DataFrame
        One row per `kind` and `value` (family, script, resource class, nearness): the columns of
        `scoring.errors` and, at `level`, of `scoring.coverage`; errors are in `unit`.
    overall : dict
        One row of `scoring.errors`: all languages together.
    forecaster, protocol, task, model : str
    level : float
        At which kinds are compared.
    unit : str
        `points`, or the metric where its scores have no range.
    """

    calibration: pl.DataFrame
    kinds: pl.DataFrame
    overall: dict[str, Any]
    forecaster: str
    protocol: str
    task: str
    model: str
    level: float
    unit: str

    @property
    def words(self) -> str:
        """The same in a paragraph."""
        row = self.calibration.filter(pl.col("level") == self.level).row(0, named=True)
        within = ""
        if self.overall["mae_low"] is not None:
            within = f" (95 % interval {self.overall['mae_low']:.1f} to {self.overall['mae_high']:.1f})"
        sentences = [
            f"Asked about {how_many(row['groups'], 'target')} kept from it, {self.forecaster} was off by "
            f"{self.overall['mae']:.1f} {self.unit} on average{within}.",
            f"Its {percent(self.level)} intervals held for {percent(row['coverage'])} of the scores, which "
            f"can mean anything from {percent(row['coverage_low'])} to {percent(row['coverage_high'])}: "
            f"{judge_coverage(self.level, row)}.",
            *self._levels_that_fail(),
            self._hardest_kinds(),
        ]
        return " ".join(sentence for sentence in sentences if sentence)

    def _levels_that_fail(self) -> list[str]:
        rows = [row for row in self.calibration.iter_rows(named=True) if row["level"] != self.level]
        failing = [percent(row["level"]) for row in rows if row["coverage_high"] < row["level"]]
        whole = [percent(row["level"]) for row in rows if row["whole_range"] == 1]
        said = [f"Too narrow as well: those at {', '.join(failing)}."] if failing else []
        if whole:
            said.append(f"At {', '.join(whole)} all there is is the whole range: more languages are needed.")
        return said

    def _hardest_kinds(self) -> str:
        enough = self.kinds.filter(pl.col("groups") >= FEWEST_TO_NAME)
        failing = enough.filter(pl.col("coverage_high") < self.level)
        worst = enough.filter(pl.col("mae") > 1.5 * self.overall["mae"]).sort("mae", descending=True).head(3)
        said = []
        if failing.height:
            named = [f"{_in_words(row)} ({percent(row['coverage'])})" for row in failing.iter_rows(named=True)]
            said.append(f"Do not believe intervals for {', '.join(named)}.")
        if worst.height:
            named = [f"{_in_words(row)} ({row['mae']:.1f} {self.unit})" for row in worst.iter_rows(named=True)]
            said.append(f"Forecasts are furthest off for {', '.join(named)}.")
        if not said and enough["value"].n_unique() > 1:
            said.append(f"No kind of language with {FEWEST_TO_NAME} or more of it stands out.")
        return " ".join(said)

    def as_dict(self) -> dict[str, Any]:
        """Everything as rows, for JSON."""
        return {
            "task": self.task,
            "model": self.model,
            "forecaster": self.forecaster,
            "protocol": self.protocol,
            "words": self.words,
            "unit": self.unit,
            "overall": self.overall,
            "calibration": self.calibration.to_dicts(),
            "level": self.level,
            "kinds": self.kinds.to_dicts(),
        }


def _in_words(row: dict[str, Any]) -> str:
    """A kind of language in words: `the script Arab`, `languages with 1 to 10 GiB of web text`."""
    value = row["value"][2:]
    if row["kind"] == "resources":
        return f"languages with {value}" + ("" if "web text" in value else " of web text")
    if row["kind"] == "nearness":
        return f"languages at a distance of {value}" if "measured" not in value else "languages measured elsewhere"
    return f"the {row['kind']} {row['value']}"


def trust(
    evidence: Evidence,
    *,
    task: str | None = None,
    model: str | None = None,
    metric: str | None = None,
    recipe: str | None = None,
    forecaster: str = "default",
    protocol: str = "lolo",
    levels: Sequence[float] = LEVELS,
    every: int = 1,
    folds: int | None = None,
    seed: int = 0,
    watch: Watch | None = None,
) -> Trust:
    """Find out where forecasts can be believed, by asking for what was measured but kept from them.

    Parameters
    ----------
    evidence : Evidence
        All of it may inform the forecasts.
    task, model : str, optional
        Which setting is asked about; needed where the evidence has several.
    metric, recipe : str, optional
        The only ones to use: another metric of the same runs is no further evidence.
    forecaster : str, default "default"
    protocol : str, default "lolo"
        What is kept from it, by default one language at a time.
    levels : sequence of float, default (0.5, 0.8, 0.9, 0.95)
        Of intervals. Kinds of languages are compared at 0.9, or at the last one if that is not among them.
    every, folds, seed
        As for `isogloss.evaluation.benchmark.run_benchmark`.
    watch : Watch, optional

    Returns
    -------
    Trust

    Raises
    ------
    UnknownName
        If nothing was measured of that task, model, ...
    InputError
        If several settings are left, saying which property tells them apart.
    NotEnoughEvidence
        If the protocol can leave nothing out, or the forecaster answers nothing.
    """
    asked = evidence.filter(task=task, model=model, metric=metric, recipe=recipe)
    setting = _only_setting(asked)
    only = pl.all_horizontal(pl.col(name).eq_missing(pl.lit(value)) for name, value in setting.items())
    known = evidence.filter(metric=metric, recipe=recipe)
    benchmark = run_benchmark(
        known, protocols=[protocol], forecasters=[forecaster], levels=levels, every=every, folds=folds, seed=seed,
        only=only, watch=watch,
    )  # fmt: skip
    if benchmark.answers.is_empty():
        raise NotEnoughEvidence(
            "; ".join(benchmark.refusals["reason"]), where=f"forecaster '{forecaster}'", hint="give more evidence"
        )
    return _trust(benchmark, setting)


def _trust(benchmark: Benchmark, setting: dict[str, Any]) -> Trust:
    (protocol,), (forecaster,) = benchmark.protocols, benchmark.forecasters
    level = SHOWN_LEVEL if SHOWN_LEVEL in benchmark.levels else benchmark.levels[-1]
    joined = benchmark.joined
    parts = []
    for kind in KINDS:
        found = scoring.errors(joined, [kind], seed=benchmark.seed)
        covered = scoring.coverage(joined.filter(pl.col("level") == level), [kind]).drop("groups", "questions")
        together = found.join(covered, on=kind, how="left", nulls_equal=True, maintain_order="left").sort(kind)
        parts.append(together.rename({kind: "value"}).select(pl.lit(kind).alias("kind"), pl.all()))
    return Trust(
        scoring.coverage(joined, []).sort("level"),
        pl.concat(parts),
        scoring.errors(joined, [], seed=benchmark.seed).row(0, named=True),
        forecaster,
        protocol,
        setting["task"],
        setting["model"],
        level,
        benchmark.questions["unit"][0],
    )


def _only_setting(asked: Evidence) -> dict[str, Any]:
    """The setting of evidence that has only one."""
    settings = asked.observations.select(SETTING).unique().sort(SETTING, nulls_last=True)
    if settings.height != 1:
        column = next(name for name in SETTING if settings[name].n_unique() > 1)
        values = ", ".join(sorted({str(value) for value in settings[column]})[:12])
        option = f"--{column}" if column in ("task", "model", "metric", "recipe") else f"evidence of one {column}"
        raise InputError(
            f"the evidence has more than one {column.replace('_', ' ')}: {values}",
            where="trust",
            hint=f"say which, with {option}",
        )
    return settings.row(0, named=True)
