"""How far forecasts can be trusted: coverage at several levels, errors by stratum of language, verdicts in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from isogloss.errors import InputError, NotEnoughEvidence
from isogloss.evaluation import scoring
from isogloss.evaluation.benchmark import TABLE, Benchmark, run_benchmark
from isogloss.evaluation.runs import STRATA
from isogloss.evidence import SETTING, Evidence
from isogloss.progress import Progress
from isogloss.stats.intervals import FEWEST_GROUPS
from isogloss.text import counted

LEVELS = (0.5, 0.8, 0.9, 0.95)
STRATA_LEVEL = 0.9
"""The level at which strata are compared."""
FEWEST_TO_NAME = 3
"""Languages that a stratum needs to be named as one in which forecasts fail."""


@dataclass(frozen=True)
class Trust:
    """How far forecasts of one setting can be believed.

    Attributes
    ----------
    calibration : polars.DataFrame
        One row per level: `level`, and the columns of `scoring.coverage`.
    strata : polars.DataFrame
        One row per `stratum` (`family`, `script`, `resources`, `nearness`) and `value`: the columns of
        `scoring.errors` and, at `level`, of `scoring.coverage`; errors are in `unit`.
    overall : dict
        One row of `scoring.errors`: all languages together.
    forecaster, protocol, task, model : str
    level : float
        At which strata are compared.
    unit : str
        `points`, or the metric where its scores have no range.
    guesses : polars.DataFrame
        One row per score withheld: `model`, `target`, `train`, `score`, and the `mean`, `lower` and `upper` guessed,
        at `level`.
    sample : str or None
        In a sentence, which languages were withheld where that was not each of them alone.
    """

    calibration: pl.DataFrame
    strata: pl.DataFrame
    overall: dict[str, Any]
    forecaster: str
    protocol: str
    task: str
    model: str
    level: float
    unit: str
    guesses: pl.DataFrame
    sample: str | None = None

    @property
    def words(self) -> str:
        """The same in a paragraph."""
        return " ".join(self.sentences())

    def sentences(self) -> tuple[str, ...]:
        """The same in sentences, the verdict first."""
        row = self.calibration.filter(pl.col("level") == self.level).row(0, named=True)
        held = judge_coverage(self.level, row)
        alike = "languages like the measured ones" if self.protocol == "lolo" else ""
        within = ""
        if self.overall["mae_low"] is not None:
            within = f" (95 % interval {self.overall['mae_low']:.1f} to {self.overall['mae_high']:.1f})"
        believed = belief(self.overall["mae"], self.unit, held, alike)
        return (
            f"{believed}: of {count_units(row['groups'], 'target')} withheld from it, the forecaster {self.forecaster} "
            f"was off by {self.overall['mae']:.1f} {self.unit} on average{within}.",
            f"Its {percent(self.level)} intervals covered {percent(row['coverage'])} of the scores (95 % interval "
            f"{percent(row['coverage_low'])} to {percent(row['coverage_high'])}): {held}.",
            "This holds for languages like these; those with less text online than any of them may be further off.",
            *([] if self.sample is None else [self.sample]),
            *self._other_levels(),
            *self.worst_strata(),
        )

    def _other_levels(self) -> list[str]:
        rows = [row for row in self.calibration.iter_rows(named=True) if row["level"] != self.level]
        failing = [percent(row["level"]) for row in rows if row["coverage_high"] < row["level"]]
        whole = [percent(row["level"]) for row in rows if row["whole_range"] == 1]
        sentences = [f"Also too narrow: those at {', '.join(failing)}."] if failing else []
        if whole:
            sentences.append(f"At {', '.join(whole)} only the whole range is left: more languages are needed.")
        return sentences

    def worst_strata(self) -> list[str]:
        """Strata of three and more languages in which forecasts or intervals fail."""
        enough = self.strata.filter(pl.col("groups") >= FEWEST_TO_NAME)
        failing = enough.filter(pl.col("coverage_high") < self.level)
        worst = enough.filter(pl.col("mae") > 1.5 * self.overall["mae"]).sort("mae", descending=True).head(3)
        sentences = []
        if failing.height:
            names = [f"{_in_words(row)} ({percent(row['coverage'])})" for row in failing.iter_rows(named=True)]
            sentences.append(f"Do not trust intervals for {', '.join(names)}.")
        if worst.height:
            names = [f"{_in_words(row)} ({row['mae']:.1f} {self.unit})" for row in worst.iter_rows(named=True)]
            sentences.append(f"Forecasts are furthest off for {', '.join(names)}.")
        if not sentences and enough["value"].n_unique() > 1:
            sentences.append(f"No group of {FEWEST_TO_NAME} or more languages stands out.")
        return sentences

    def as_dict(self) -> dict[str, Any]:
        """Everything as rows, for JSON."""
        return {
            "task": self.task,
            "model": self.model,
            "forecaster": self.forecaster,
            "protocol": self.protocol,
            "words": self.words,
            "unit": self.unit,
            "sample": self.sample,
            "overall": self.overall,
            "calibration": self.calibration.to_dicts(),
            "level": self.level,
            "strata": self.strata.to_dicts(),
        }


def _in_words(row: dict[str, Any]) -> str:
    """A stratum in words: `the script Arab`, `languages with 1 to 10 GiB of web text`."""
    value = row["value"][2:]  # without the number that orders classes
    if row["stratum"] == "resources":
        return f"languages with {value}" + ("" if "web text" in value else " of web text")
    if row["stratum"] == "nearness":
        return "languages measured in other settings" if "measured" in value else f"languages at a distance of {value}"
    return f"the {row['stratum']} {row['value']}"


def assess_trust(
    evidence: Evidence,
    *,
    task: str | None = None,
    model: str | None = None,
    metric: str | None = None,
    recipe: str | None = None,
    forecaster: str = "default",
    protocol: str = "lolo",
    levels: Sequence[float] = LEVELS,
    every: int | None = None,
    folds: int | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> Trust:
    """Assess how far forecasts can be trusted, by asking for scores that were measured but withheld.

    Parameters
    ----------
    evidence : Evidence
        All of it may inform the forecasts.
    task, model : str, optional
        The setting asked about; needed where the evidence has several.
    metric, recipe : str, optional
        The only ones to use: another metric of the same runs is no further evidence.
    forecaster : str, default "default"
    protocol : str, default "lolo"
        What is withheld, by default one language at a time.
    levels : sequence of float, default (0.5, 0.8, 0.9, 0.95)
        Of intervals. Strata are compared at 0.9, or at the last one if that is not among them.
    every, folds, seed, progress
        As for `run_benchmark`.

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
    setting = _only_setting(evidence.filter(task=task, model=model, metric=metric, recipe=recipe))
    benchmark = run_benchmark(
        evidence.filter(metric=metric, recipe=recipe), task=setting["task"], model=setting["model"],
        protocols=[protocol], forecasters=[forecaster], levels=levels, every=every, folds=folds, seed=seed,
        progress=progress,
    )  # fmt: skip
    return summarise(benchmark, setting["task"], setting["model"])


def summarise(benchmark: Benchmark, task: str, model: str) -> Trust:
    """What a benchmark of one forecaster and one protocol says of trust.

    Raises
    ------
    NotEnoughEvidence
        If the forecaster answered nothing.
    """
    forecaster, levels, seed = benchmark.forecasters[0], benchmark.levels, benchmark.seed
    if benchmark.answers.is_empty():
        raise NotEnoughEvidence(
            "; ".join(benchmark.refusals["reason"]), where=f"forecaster '{forecaster}'", hint="give more evidence"
        )
    level = STRATA_LEVEL if STRATA_LEVEL in levels else levels[-1]
    joined = benchmark.joined
    return Trust(
        scoring.coverage(joined, []).sort("level"),
        pl.concat(_stratum(joined, name, level, seed) for name in STRATA),
        scoring.errors(joined, [], seed=seed).row(0, named=True),
        forecaster,
        next(iter(benchmark.protocols)),
        task,
        model,
        level,
        benchmark.questions["unit"][0],
        joined.filter(pl.col("level") == level).select("model", "target", "train", "score", "mean", "lower", "upper"),
        benchmark.sample,
    )


def _stratum(joined: pl.DataFrame, name: str, level: float, seed: int) -> pl.DataFrame:
    """Errors and coverage by the values of one stratum."""
    errors = scoring.errors(joined, [name], seed=seed)
    coverage = scoring.coverage(joined.filter(pl.col("level") == level), [name]).drop("groups", "questions")
    both = errors.join(coverage, on=name, how="left", nulls_equal=True, maintain_order="left").sort(name)
    return both.rename({name: "value"}).select(pl.lit(name).alias("stratum"), pl.all())


def _only_setting(evidence: Evidence) -> dict[str, Any]:
    """The setting of evidence that has only one."""
    settings = evidence.observations.select(SETTING).unique().sort(SETTING, nulls_last=True)
    if settings.height != 1:
        column = next(name for name in SETTING if settings[name].n_unique() > 1)
        values = sorted({str(value) for value in settings[column]})[:12]
        named = column in ("task", "model", "metric", "recipe")
        raise InputError(
            f"the evidence has more than one {column.replace('_', ' ')}: {', '.join(values)}",
            where="trust",
            hint=f"say which: {column}={values[0]!r}" if named else f"give evidence with one {column} alone",
        )
    return settings.row(0, named=True)


UNITS = {"target": "language", "train": "mix", "model": "model", "task": "task"}
"""The unit that counts once, by its column."""


def verdicts(benchmark: Benchmark) -> dict[str, list[str]]:
    """Sentences about each protocol, one entry per table: the error, the strongest baseline, the intervals."""
    sentences: dict[str, list[str]] = {protocol: [] for protocol in benchmark.protocols}
    summary, candidate = benchmark.summary, benchmark.forecasters[0]
    for (protocol, table), rows in summary.group_by("protocol", "table", maintain_order=True):
        only = summary.filter(pl.col("protocol") == protocol)["table"].n_unique() == 1
        answered = rows.filter(pl.col("forecaster") == candidate).to_dicts()
        if not answered:
            parts = [f"{candidate} answered nothing."]
        elif rows["condition"].n_unique() > 1:
            parts = [_conditions(answered)]
        else:
            parts = [_error(answered[0])]
        if rows["condition"].n_unique() == 1:
            parts += [_against_baseline(rows, benchmark.differences, candidate), *map(_intervals, answered)]
        sentences[str(protocol)].append(("" if only else f"{table}: ") + " ".join(part for part in parts if part))
    for row in benchmark.refusals.iter_rows(named=True):
        sentences[row["protocol"]].append(_refusal(row))
    return sentences


def count_units(count: int, grouped_by: str) -> str:
    """`1 language`, `8 mixes`."""
    return counted(count, UNITS.get(grouped_by, grouped_by))


WHOLE_RANGE = "too little was measured for any interval but the whole range"
TOO_NARROW = "they are too narrow"
TOO_FEW = "too few to judge"
SMALL_ERROR = 4.0
"""Mean error in points up to which a forecast may be believed as a number: about that of *fair* ones."""


def belief(error: float, unit: str, held: str, languages: str = "") -> str:
    """What may be believed of forecasts that were off by so much, with intervals that were judged so.

    Parameters
    ----------
    error : float
        On average, in `unit`.
    unit : str
        `points`; an error in another unit says nothing of a number by itself.
    held : str
        As `judge_coverage` says it.
    languages : str
        Of which languages, in words.
    """
    said = _belief(error, unit, held)
    return f"For {languages}, {said}" if languages else said.capitalize()


def _belief(error: float, unit: str, held: str) -> str:
    if held == TOO_FEW:
        return "too few to say what can be believed"
    if held == WHOLE_RANGE:
        return "believe nothing yet"
    if held == TOO_NARROW:
        return "believe neither numbers nor intervals"
    if unit != "points":
        return "believe the intervals"
    return "believe numbers and intervals" if error <= SMALL_ERROR else "believe the intervals, not the single numbers"


def judge_coverage(level: float, row: Mapping[str, Any]) -> str:
    """Whether intervals cover as often as their level promises, as far as so many groups can tell."""
    if row["whole_range"] == 1:
        return WHOLE_RANGE
    if row["coverage_high"] < level:
        return TOO_NARROW
    if row["coverage_low"] > level:
        return "they are wider than necessary"
    return f"consistent with {percent(level)}" if row["groups"] >= FEWEST_GROUPS else TOO_FEW


def percent(share: float) -> str:
    """`91 %`, rounded as `0.91` would be."""
    return f"{100 * round(share, 2):.0f} %"


def _error(row: Mapping[str, Any]) -> str:
    within = f"95 % interval {row['mae_low']:.2f} to {row['mae_high']:.2f}; " if row["mae_low"] is not None else ""
    units = count_units(row["groups"], row["grouped_by"])
    return f"{row['forecaster']} is off by {row['mae']:.2f} {row['unit']} on average ({within}{units})."


def _conditions(rows: Sequence[Mapping[str, Any]]) -> str:
    steps = [f"{row['mae']:.2f} with {row['condition']}" for row in rows]
    listed = steps[0] if len(steps) == 1 else f"{', '.join(steps[:-1])} and {steps[-1]}"
    units = count_units(rows[-1]["groups"], rows[-1]["grouped_by"])
    return f"{rows[0]['forecaster']} is off by {listed}, asked the same about {units}."


def _against_baseline(rows: pl.DataFrame, differences: pl.DataFrame, candidate: str) -> str:
    baselines = rows.filter("strongest_baseline").head(1).to_dicts()
    if not baselines:
        return ""
    baseline = baselines[0]
    table = [pl.col(name) == baseline[name] for name in TABLE]
    both = (pl.col("forecaster") == candidate) & (pl.col("other") == baseline["forecaster"])
    compared = differences.filter(*table, both).to_dicts()
    if not compared:  # no question that both answered
        return ""
    difference, low, high, p = (compared[0][name] for name in ("difference", "low", "high", "p_holm"))
    begun = f"The strongest baseline is {baseline['forecaster']} with {baseline['mae']:.2f}:"
    if low is None:
        return f"{begun} too few to tell which is better."
    if abs(difference) < 0.005:
        return f"{begun} {candidate} is just as good."
    size = f"{abs(difference):.2f} {baseline['unit']} {'better' if difference < 0 else 'worse'}"
    if low * high <= 0 or p >= 0.05:
        return f"{begun} {candidate} is {size}, which may be chance (p = {p:.2g})."
    nearer, farther = sorted((abs(low), abs(high)))
    return f"{begun} {candidate} is {size} ({nearer:.2f} to {farther:.2f}, p = {p:.2g})."


def _intervals(row: Mapping[str, Any]) -> str:
    if row["coverage"] is None:
        return ""
    endless = row["mean_width"] == float("inf")
    width = "without end" if endless else f"{row['mean_width']:.1f} {row['unit']} wide on average"
    return (
        f"Its {percent(row['level'])} intervals covered {percent(row['coverage'])} of the scores "
        f"({percent(row['coverage_low'])} to {percent(row['coverage_high'])}) and are {width}: "
        f"{judge_coverage(row['level'], row)}."
    )


def _refusal(row: Mapping[str, Any]) -> str:
    if row["forecaster"] is None:
        return f"Not asked: {row['reason']}."
    verb = "broke down on" if row["failed"] else "cannot answer"
    return f"{row['forecaster']} {verb} {row['questions']} questions: {row['reason']}."
