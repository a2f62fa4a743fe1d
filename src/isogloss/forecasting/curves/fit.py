"""From evidence to a curve: which points, which rest of the mix, which law, where it starts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from isogloss.errors import BadValue, NotEnoughEvidence, UnknownName
from isogloss.evidence import SETTING, Evidence, TrainingMix
from isogloss.forecasting.curves.band import CalibratedBand, rising
from isogloss.forecasting.curves.calibration import calibrate
from isogloss.forecasting.curves.curve import Curve, curve_grid
from isogloss.forecasting.curves.gp import CurveGP
from isogloss.forecasting.curves.laws import Trial, try_laws
from isogloss.forecasting.curves.points import FEATURES, Link, Points, Rest
from isogloss.forecasting.curves.question import Question, curve_notes, read_question, rest_flags
from isogloss.forecasting.fitting import fitted
from isogloss.forecasting.forecaster import Forecaster
from isogloss.forecasting.grid import Array, typical_size
from isogloss.forecasting.settings import Setting, ask, find_setting, read_settings
from isogloss.languages import resolve
from isogloss.threads import one_blas_thread

LARGEST = 1500
"""Points a curve is fitted to; of more, half are the target's, if it has them, and the rest a sample."""
POOLED = "pooled process"


def fit_curve(
    evidence: Evidence,
    *,
    task: str,
    model: str,
    target: str,
    train: str | None = None,
    metric: str | None = None,
    recipe: str | None = None,
    vary: str = "labelled",
    languages: Mapping[str, str] | None = None,
    forecaster: Forecaster | None = None,
) -> Curve:
    """Fit how the score of a language moves with the number of its own examples.

    Parameters
    ----------
    evidence : Evidence
    task, model : str
        As the evidence names them.
    target : str
        A language, written in any way isogloss knows; it need not have been measured.
    train : str, optional
        The rest of the mix, which is held: `eng:1000`, or with the target's examples of the other kind
        `eng:3696,swa+translated:1000`. By default the one under which most sizes were measured, or the one
        in the middle of those measured.
    metric, recipe : str, optional
        Needed only where the evidence has several.
    vary : {"labelled", "translated"}
        Which examples of the target are counted.
    languages : mapping of str to str, optional
        How to read a code, ahead of all else.
    forecaster : Forecaster, optional
        Forecasts where the curve of a target never measured starts; the default one by default.

    Returns
    -------
    Curve

    Raises
    ------
    UnknownName, UnknownLanguage, BadTrainingMix, BadValue
        For a question that cannot be read, or is about a task or model that the evidence does not have.
    NotEnoughEvidence
        If no language was measured with two different numbers of its own examples.

    Notes
    -----
    See docs/methods/curves.md for the formulas.
    """
    if vary not in FEATURES[:2]:
        raise UnknownName("kind of examples", vary, FEATURES[:2], where="vary")
    column = FEATURES.index(vary)
    resolve((languages or {}).get(target, target), where="target")  # or else `ask` would say targets
    queries = ask(
        task=task, model=model, targets=[target], train=train or "", metric=metric, recipe=recipe, languages=languages
    )
    setting, observations = find_setting(evidence, task=task, model=model, metric=metric, recipe=recipe)
    points = Points.read(observations)
    _check(points, setting, column)
    question = read_question(
        points,
        queries["target"][0],
        None if train is None else TrainingMix.parse(queries["train"][0], language=str),
        column,
        typical_size(observations["train"].unique().to_list()),
    )
    link = Link.of(observations)
    with one_blas_thread():
        process, start = fit_process(points, question.target, link), None
        if question.target not in points.languages:
            start = zero_shot(points, setting, observations, question.target, question.rest, forecaster)
        return _assemble(process, points, question, setting, link, start)


def _check(points: Points, setting: Setting, column: int) -> None:
    kind, of = FEATURES[column], f"{setting.task} by {setting.model}"
    if len(points) == 0:
        raise NotEnoughEvidence(
            f"nobody recorded how many examples of the target were in the mixes of {of}",
            where="evidence",
            hint="a curve needs mixes with sizes, such as eng:1000,swa:100",
        )
    pairs = np.unique(np.column_stack([points.language, points.features[:, column]]), axis=0)
    if len(pairs) == len(np.unique(points.language)):
        raise NotEnoughEvidence(
            f"no language of {of} was measured with two different numbers of its own {kind} examples",
            where="evidence",
            hint="measure one language with and without some, or ask 'isogloss forecast'",
        )
    if not np.isfinite(points.scores).all():
        raise BadValue("a score is not finite", where="evidence", hint="leave it out")


def fit_process(points: Points, target: str, link: Link) -> CurveGP:
    """The process of a target: of many points, a sample of its own and of the others'."""
    own = np.flatnonzero(points.of(target))
    chance = np.random.default_rng(0)
    some = np.sort(chance.permutation(own)[: LARGEST // 2])
    others = np.setdiff1d(np.arange(len(points)), own)
    rows = np.sort(np.concatenate([some, chance.permutation(others)[: LARGEST - len(some)]]))
    return CurveGP().fit(points.take(rows).on_line(link))


def predict_line(
    process: CurveGP, question: Question, features: Array, start: ZeroShot | None, link: Link
) -> tuple[Array, Array]:
    """Mean and spread of the question's target on the line; `start` is the forecast of one never measured.

    Notes
    -----
    The forecast and the curve of the other languages are weighed by how sure each is. They rest on the same
    languages, so that their certainty does not add up: the spread stays that of the curve alone.
    """
    mean, spread = process.predict(features, question.target)
    if start is not None:
        begin = question.rest.features(np.zeros(1), np.zeros(1))
        score, doubt = start.on_line(link)
        mean, _ = process.with_forecast(question.target, begin, score, doubt**2).predict(features, question.target)
    return mean, spread


def _assemble(
    process: CurveGP, points: Points, question: Question, setting: Setting, link: Link, start: ZeroShot | None
) -> Curve:
    own = points.take(points.of(question.target))
    sizes = own.features[:, question.column]
    largest = int(points.features[:, question.column].max())
    grid = curve_grid(largest)
    mean, spread = predict_line(process, question, question.features(grid), start, link)
    trials = _trials(process, own, question, link)
    law, clipped = POOLED, np.zeros(len(grid), dtype=bool)
    if trials and trials[0].law is not None:
        law, scores = trials[0].name, trials[0].law.predict(grid, np.full(len(grid), question.held))
        mean, clipped = link.to_line(scores), link.outside(scores)
    path, rises = rising(mean, spread, int((grid <= largest).sum()))
    measured = pl.DataFrame(
        {"size": sizes.astype(np.int64), "score": own.scores, "alike": question.alike(own)},
        schema={"size": pl.Int64, "score": pl.Float64, "alike": pl.Boolean},
    )
    return Curve(
        task=setting.task,
        model=setting.model,
        metric=setting.metric,
        target=question.target,
        kind=question.kind,
        train=question.rest.text,
        held=f"beside {question.rest.text or 'nothing else'}",
        law=law,
        notes=curve_notes(points, question, own, trials, None if start is None else str(start), rises),
        flags=rest_flags(points, question),
        span=link.span(points.scores),
        measured=measured.sort("size", "score"),
        smallest=0,
        largest=largest,
        largest_own=int(sizes.max()) if len(sizes) else -1,
        link=link,
        grid=grid,
        band=CalibratedBand(path, spread, calibrate(process, question.target, question.column), rises),
        clipped=clipped,
    )


def _trials(process: CurveGP, own: Points, question: Question, link: Link) -> list[Trial]:
    """Held-out errors of the process and of the laws, best first, over the target's sizes beside the same rest."""
    sizes, others = own.features[:, question.column], own.features[:, 1 - question.column]
    rows = own.rests == question.rest.text
    laws = try_laws(sizes[rows], others[rows], own.scores[rows], question.held, labelled=question.column == 0)
    if not laws:
        return []
    points = process.points_
    mine = np.flatnonzero(points.of(question.target))
    cells = [mine[points.features[mine, question.column] == size] for size in np.unique(sizes)]
    mean, _ = process.held_out([cell for cell in cells if len(cell)])
    alike = points.of(question.target) & question.alike(points)
    errors = np.abs(link.to_score(mean[alike]) - link.to_score(points.scores[alike]))
    return sorted([Trial(POOLED, float(errors.mean()), None), *laws], key=lambda trial: trial.error)


LEVEL, QUANTILE = 0.8, 1.2816
"""Level of the interval that the spread is read from, and how many standard deviations a normal one is wide."""
MIXES = 30
"""Mixes that the forecaster learns from: more cost much, and say little about one of them."""


class ZeroShot(NamedTuple):
    """A forecast of the score without any example of the target, with its interval."""

    mean: float
    lower: float
    upper: float

    def __str__(self) -> str:
        return f"{self.mean:.3f} ({100 * LEVEL:g} %: {self.lower:.3f} to {self.upper:.3f})"

    def on_line(self, link: Link) -> tuple[float, float]:
        """Mean and standard deviation on the scale that curves are fitted on."""
        mean, *ends = link.to_line(np.array([self.mean, self.lower, self.upper]))
        return float(mean), float(np.abs(ends - mean).max() / QUANTILE)


def zero_shot(
    points: Points,
    setting: Setting,
    observations: pl.DataFrame,
    target: str,
    rest: Rest,
    forecaster: Forecaster | None = None,
) -> ZeroShot | None:
    """Forecast an unmeasured target under a mix without it, from scores of languages not trained on.

    Returns
    -------
    ZeroShot or None
        None where no language was measured without examples of its own, or nothing is known.
    """
    cells = _zero_shot_cells(points, rest)
    evidence = Evidence(observations.join(cells, on=["target", "train"], how="semi"))
    if len(evidence) == 0:
        return None
    return _forecast(evidence, setting, target, rest.text, forecaster)


def zero_shot_of(
    evidence: Evidence, target: str, run: Mapping[str, Any], forecaster: Forecaster | None = None
) -> ZeroShot | None:
    """Forecast an unmeasured target in one run: a model, a number of shots and a mix."""
    same = pl.all_horizontal(pl.col(name).eq_missing(pl.lit(value)) for name, value in run.items() if name in SETTING)
    evidence = evidence.with_observations(evidence.observations.filter(same))
    ((setting, _),) = read_settings(evidence)
    return _forecast(evidence, setting, target, run["train"], forecaster)


def _forecast(
    evidence: Evidence, setting: Setting, target: str, train: str, forecaster: Forecaster | None
) -> ZeroShot | None:
    queries = ask(
        task=setting.task, model=setting.model, targets=[target], train=train,
        metric=setting.metric, recipe=setting.recipe,
    )  # fmt: skip
    estimator = fitted(evidence, queries, forecaster=forecaster or "default")
    forecast = ZeroShot(*estimator.predict_interval(queries, LEVEL).select("mean", "lower", "upper").row(0))
    return forecast if np.isfinite(forecast).all() else None


def _zero_shot_cells(points: Points, rest: Rest) -> pl.DataFrame:
    """Languages measured without examples of their own, under the mixes most like the one asked about."""
    none = np.flatnonzero(points.features[:, :2].sum(1) == 0)
    cells = pl.DataFrame(
        {
            "target": [points.languages[at] for at in points.language[none]],
            "train": list(points.rests[none]),
            "apart": np.abs(np.log1p(points.features[none, 2]) - np.log1p(rest.size)),
        },
        schema={"target": pl.String, "train": pl.String, "apart": pl.Float64},
    )
    mixes = cells.group_by("train", "apart").agg(languages=pl.col("target").n_unique())
    mixes = mixes.with_columns(other=pl.col("train") != rest.text)
    # One that most languages were measured under tells them apart best.
    nearest = mixes.sort("other", -pl.col("languages").cast(pl.Int64), "apart", "train").head(MIXES)
    return cells.join(nearest, on="train", how="semi").select("target", "train")


def round_sizes(start: int, end: int) -> list[int]:
    """Both ends, and 1, 2 and 5 times the powers of ten between them, from 10 on where they begin at 0."""
    round_ones = [factor * 10**power for power in range(len(str(end))) for factor in (1, 2, 5)]
    lowest = max(start, 9 if end > 100 else 0)
    return [start, *(size for size in round_ones if lowest < size < end), end]
