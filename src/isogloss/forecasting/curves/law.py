"""Laws across runs, models and languages: from evidence to a curve over an amount, with growth, knee and exponent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl

from isogloss.errors import BadValue, UnknownName
from isogloss.evidence import Evidence, TrainingMix
from isogloss.forecasting.curves.amounts import AMOUNTS, BESIDE, RUN, Table
from isogloss.forecasting.curves.curve import Curve
from isogloss.forecasting.curves.fit import zero_shot_of
from isogloss.forecasting.curves.points import Link
from isogloss.forecasting.curves.shapes import AveragedScores, Family, ShapeAverage, slopes_between
from isogloss.forecasting.forecaster import Forecaster
from isogloss.forecasting.grid import Array
from isogloss.languages import resolve
from isogloss.stats.intervals import check_level
from isogloss.text import counted
from isogloss.threads import one_blas_thread

GRID, BEYOND = 100, 128.0
"""Number of amounts a law is kept at, and how many times beyond those measured they go."""
LEAST_BOUNDED, LEAST_UNBOUNDED = 0.05, 0.01
"""Standard deviation of a score that the noise's prior begins with: in logits, and as a share of the scores' span."""
SHOWN_KNEE, SHOWN_SLOWER = 0.9, 0.95
"""Probability that two slopes fit best, and that the second is smaller, from which a knee is shown."""


@dataclass(frozen=True)
class Growth:
    """What a law says from the smallest to the largest amount measured.

    Attributes
    ----------
    smallest, largest : float
        The amounts.
    level : float
        Of all intervals.
    change, lower, upper : float
        Difference of the two scores, without what a single run adds by chance.
    shapes : dict of str to float
        Posterior probability of each family of shapes.
    exponent : (float, float, float) or None
        Of the power law, with its interval, where that is the likeliest shape.
    knee : (float, float, float) or None
        Amount from which growth is slower, with its interval, where the evidence shows one.
    beside : polars.DataFrame
        `amount`, and `effect`, `lower`, `upper` of twice as much of it on the score.
    """

    smallest: float
    largest: float
    level: float
    change: float
    lower: float
    upper: float
    shapes: dict[str, float]
    exponent: tuple[float, float, float] | None
    knee: tuple[float, float, float] | None
    beside: pl.DataFrame

    def as_dict(self) -> dict[str, Any]:
        """Everything as plain values, for JSON."""
        return vars(self) | {"beside": self.beside.to_dicts()}

    @property
    def shown(self) -> bool:
        """Whether the interval of the change excludes 0."""
        return self.lower > 0 or self.upper < 0


@dataclass(frozen=True)
class LawBand:
    """Quantiles of the average of all shapes.

    Attributes
    ----------
    average : ShapeAverage
    scores : AveragedScores
        Of new scores, over the grid.
    change : AveragedScores
        From the smallest to the largest amount, one value.
    ends_of_change : (float, float)
        The two amounts.
    base : float
        Median at the smallest.
    link : Link
    first : float
        What is added to an amount before its logarithm is taken.
    beside : tuple of str
        The other amounts, in the order of the average's.
    """

    average: ShapeAverage
    scores: AveragedScores
    change: AveragedScores
    ends_of_change: tuple[float, float]
    base: float
    link: Link
    first: float
    beside: tuple[str, ...]

    @property
    def highest_level(self) -> float:
        """Intervals are finite at any level."""
        return 1.0

    def supports(self, level: float) -> bool:
        """Whether there is evidence for a level."""
        return 0 < level < self.highest_level

    @cached_property
    def path(self) -> Array:
        """The median."""
        return self.scores.quantile(0.5)

    def ends(self, level: float) -> tuple[Array, Array]:
        """Quantiles that leave out as much on either side."""
        check_level(level)
        return self.scores.quantile((1 - level) / 2), self.scores.quantile((1 + level) / 2)

    def growth(self, level: float = 0.9) -> Growth:
        """Change, knee, exponent and effects of other amounts, with intervals of that level."""
        shares = (0.5, (1 - level) / 2, (1 + level) / 2)
        start = float(self.link.to_score(np.array(self.base)))
        change, *ends = (self._score(self.change.quantile(share)[0]) - start for share in shares)
        shapes = {str(family): self.average.probability(family) for family in Family}
        exponent = knee = None
        if max(shapes, key=lambda name: shapes[name]) == Family.POWER:
            exponent = self.average.parameter(Family.POWER, level)
        if shapes[Family.KNEE] >= SHOWN_KNEE and self.average.slows() >= SHOWN_SLOWER:
            middle, lower, upper = (np.exp(dose) - self.first for dose in self.average.parameter(Family.KNEE, level))
            knee = (float(middle), float(lower), float(upper))
        effects = self.average.effects()
        doubled = [[self._score(np.log(2) * value) - start for value in effects.quantile(share)] for share in shares]
        rows = [
            (BESIDE[name], middle, *sorted((low, high)))
            for name, middle, low, high in zip(self.beside, *doubled, strict=True)
        ]
        columns = ("amount", "effect", "lower", "upper")
        table = pl.DataFrame(rows, schema=dict(zip(columns, (pl.String, *[pl.Float64] * 3), strict=True)), orient="row")
        return Growth(*self.ends_of_change, level, change, min(ends), max(ends), shapes, exponent, knee, table)

    def _score(self, further: float) -> float:
        return float(self.link.to_score(np.array(self.base + further)))


def fit_law(
    evidence: Evidence,
    *,
    vary: str,
    task: str | None = None,
    target: str | None = None,
    model: str | None = None,
    train: str | None = None,
    metric: str | None = None,
    recipe: str | None = None,
    languages: Mapping[str, str] | None = None,
    forecaster: Forecaster | None = None,
) -> Curve:
    """Fit how scores move with the number of training languages, the model's size, shots or text.

    Parameters
    ----------
    evidence : Evidence
    vary : str
        One of `isogloss.forecasting.curves.AMOUNTS`.
    task, model, metric, recipe : str, optional
        Needed where the evidence has several; the model is free where its size varies.
    target : str, optional
        A language, which need not have been measured; by default the mean of the measured ones.
    train : str, optional
        A mix at which other amounts are held; by default their medians.
    languages : mapping of str to str, optional
        How to read a code, ahead of all else.
    forecaster : Forecaster, optional
        Forecasts the level of a target never measured; the default one by default.

    Returns
    -------
    Curve
        Its `band` is a `LawBand`, which has the `growth`.

    Raises
    ------
    UnknownName, UnknownLanguage, BadTrainingMix, BadValue
        For a question that cannot be read, or is about what the evidence does not have.
    InputError
        If several settings are left.
    NotEnoughEvidence
        If fewer than two different amounts were measured.

    Notes
    -----
    See docs/methods/laws.md for the formulas.
    """
    if vary not in AMOUNTS:
        raise UnknownName("amount", vary, AMOUNTS, where="vary")
    read_as = languages or {}
    identifier = None if target is None else resolve(read_as.get(target, target), where="target").id
    evidence = evidence.filter(task=task, metric=metric, recipe=recipe, model=model)
    if not np.isfinite(evidence.observations["score"].to_numpy()).all():
        raise BadValue("a score is not finite", where="evidence", hint="leave it out")
    table = Table.read(evidence, vary).sample(identifier)
    mix = None if train is None else _mix(train, read_as)
    held, words = _held(table, mix, identifier)
    with one_blas_thread():
        return _Law(evidence, table, identifier, held, words, forecaster, mix).curve()


def law_change(evidence: Evidence, *, vary: str, start: float, end: float, level: float) -> tuple[float, float, float]:
    """How much a score of any measured or other language changes on the line between two amounts.

    Parameters
    ----------
    evidence : Evidence
        As of `fit_law`, of one setting.
    vary : str
        One of `AMOUNTS`.
    start, end : float
        Amounts.
    level : float
        Of the interval.

    Returns
    -------
    middle, lower, upper : float
        Median and interval, with the noise of a new score and what single runs add.
    """
    table = Table.read(evidence, vary).sample(None)
    held, words = _held(table, None, None)
    with one_blas_thread():
        law = _Law(evidence, table, None, held, words, None)
    change = law.average.predict(
        table.dose(np.array([end])), None, held, own=True, start=float(table.dose(np.array([start]))[0]), cluster=2.0
    )
    middle, lower, upper = (float(change.quantile(share)[0]) for share in (0.5, (1 - level) / 2, (1 + level) / 2))
    return middle, lower, upper


def _mix(train: str, read_as: Mapping[str, str]) -> TrainingMix:
    return TrainingMix.parse(
        train, where="train", language=lambda code: resolve(read_as.get(code, code), where="train").id
    )


def _held(table: Table, mix: TrainingMix | None, target: str | None) -> tuple[Array, str]:
    """Logarithms of the other amounts, of shape (amounts,), and the amounts in words."""
    values = table.held(mix, target)
    words = ", ".join(f"{BESIDE[name]}: {value:,.0f}" for name, value in values.items())
    return np.log1p(np.array(list(values.values()))), words and f"held: {words}"


class _Law:
    """One law: its cells, its average of shapes, and where the target is on it."""

    def __init__(
        self, evidence: Evidence, table: Table, target: str | None, held: Array, words: str,
        forecaster: Forecaster | None, mix: TrainingMix | None = None,
    ):  # fmt: skip
        self.evidence, self.table, self.target, self.held, self.words = evidence, table, target, held, words
        self.forecaster, self.mix = forecaster, mix
        self.link = Link.of(evidence.observations)
        scores = table.rows["score"].to_numpy()
        self.line = self.link.to_line(scores)
        least = LEAST_UNBOUNDED * (float(np.ptp(scores)) or 1.0) if self.link.limits is None else LEAST_BOUNDED
        self.cells = table.cells(self.line, target)
        slopes = slopes_between(self.cells, least)
        self.average = ShapeAverage(slopes, least).fit(self.cells)
        self.own = (table.rows["target"] == (target or "")).to_numpy()

    def curve(self) -> Curve:
        """The curve with all that it says of itself."""
        table, amounts = self.table, self.table.amounts
        first = AMOUNTS[table.vary].first
        smallest, largest = float(amounts.min()), float(amounts.max())
        begin = (smallest + first) / BEYOND if first == 0 else first
        grid = np.geomspace(begin, BEYOND * (largest + first), GRID) - first
        scores = self._predict(grid)
        ends = np.array([smallest, largest])
        start = self.table.dose(ends[:1])[0]
        named = bool(self.own.any()) and not table.of_languages
        change = self.average.predict(
            table.dose(ends[1:]), None, self.held, own=named, start=start, cluster=0.0, noise=0.0
        )
        base = float(self._predict(ends[:1]).quantile(0.5)[0])
        band = LawBand(self.average, scores, change, (smallest, largest), base, self.link, first, tuple(table.others))
        measured = self._measured()
        setting = self.evidence.observations.row(0, named=True)
        models = table.rows["model"].unique()
        return Curve(
            task=setting["task"],
            model=models[0] if len(models) == 1 else counted(len(models), "model"),
            metric=setting["metric"],
            target=self.target or "",
            kind=table.vary,
            train="",
            held=self.words,
            law="average of shapes",
            notes=tuple(self._notes(band)),
            flags=frozenset(),
            span=self.link.span(table.rows["score"].to_numpy()),
            measured=measured,
            smallest=int(smallest),
            largest=int(largest),
            largest_own=self._largest_own(),
            link=self.link,
            grid=grid,
            band=band,
            clipped=np.zeros(len(grid), dtype=bool),
        )

    def _largest_own(self) -> int:
        amounts = self.table.amounts
        if self.target is None or self.table.of_languages:
            return int(amounts.max())
        return int(amounts[self.own].max()) if self.own.any() else -1

    def _predict(self, amounts: Array) -> AveragedScores:
        """New scores of the target at some amounts."""
        doses, count = self.table.dose(amounts), int(self.cells.groups.max()) + 1
        if self.table.of_languages:
            run = self._usual_run()
            if self.own.any():
                row = np.flatnonzero(self.own & (self.cells.groups == run))
                row = row if len(row) else np.flatnonzero(self.own)[:1]
                from_there = self.average.predict(
                    doses, None, self.held, start=float(self.cells.doses[row[0]]), cluster=0.0
                )
                return from_there.shifted(float(self.line[row].mean()), 0.0)
            return self.average.predict(doses, np.eye(count)[run], self.held)
        if self.target is None:
            levels = np.bincount(self.cells.groups, minlength=count) > 0
            return self.average.predict(doses, levels / levels.sum(), self.held, noise=1 / levels.sum())
        if self.own.any():
            levels = np.eye(count)[self.cells.groups[self.own][0]]
            return self.average.predict(doses, levels, self.held, own=True)
        return self._never_measured(doses, count)

    def _never_measured(self, doses: Array, count: int) -> AveragedScores:
        """The mean of the measured languages, moved by how far the forecast is from it in the usual run."""
        runs = self.table.rows.select(*RUN)
        usual = runs.group_by(*RUN, maintain_order=True).len().sort("len", descending=True, maintain_order=True).head(1)
        there = runs.join(usual.with_columns(there=True), on=RUN, how="left", nulls_equal=True, maintain_order="left")
        rows = there["there"].fill_null(False).to_numpy()
        levels = np.bincount(self.cells.groups[rows], minlength=count) / rows.sum()
        mean = self.average.predict(doses, levels, self.held, own=True)
        assert self.target is not None
        forecast = zero_shot_of(self.evidence, self.target, usual.row(0, named=True), self.forecaster)
        if forecast is None:
            return mean.shifted(0.0, float(self.line[rows].std()))
        level, doubt = forecast.on_line(self.link)
        return mean.shifted(level - float(self.line[rows].mean()), doubt)

    def _usual_run(self) -> int:
        """Where languages carry the amount, the run with the mix that is asked about, else with most languages."""
        groups = self.cells.groups
        here = [] if self.mix is None else groups[(self.table.rows["train"] == str(self.mix)).to_numpy()]
        return int(np.bincount(here if len(here) else groups).argmax())

    def _measured(self) -> pl.DataFrame:
        """Scores of the target or, without one, the mean of the languages at each amount."""
        rows = self.table.rows.with_columns(size=pl.col("amount").round().cast(pl.Int64))
        if self.target is not None:
            rows = rows.filter(pl.col("target") == self.target)
        elif not self.table.of_languages:
            rows = rows.group_by("size", *AMOUNTS[self.table.vary].carrier).agg(pl.col("score").mean())
        return rows.select("size", "score", alike=pl.lit(value=True)).sort("size", "score")

    def _notes(self, band: LawBand) -> list[str]:
        table = self.table
        different = len(np.unique(table.amounts))
        unit = AMOUNTS[table.vary].unit
        notes = [f"{counted(table.rows.height, 'score')} with {different} different numbers of {unit}"]
        if not table.of_languages:
            notes[0] += f", of {counted(table.rows['target'].n_unique(), 'language')}"
        if self.target is not None and not self.own.any() and not table.of_languages:
            notes.append(f"{self.target} never measured: its level is forecast, its growth is that of the others")
        if self.words:
            notes.append(self.words)
        notes.extend(f"{BESIDE[name]} move with {unit}, so that the law is of both" for name in table.moving)
        shapes = sorted(band.growth().shapes.items(), key=lambda pair: -pair[1])
        notes.append("probability of each shape: " + ", ".join(f"{100 * share:.0f} % {name}" for name, share in shapes))
        if table.left_out:
            notes.append(f"{counted(table.left_out, 'score')} left out for want of the number of {unit}")
        return notes
