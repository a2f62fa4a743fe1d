"""Explanation of one forecast: contributions that start from a baseline and add up to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from isogloss.errors import InputError
from isogloss.evidence import Evidence
from isogloss.evidence.schema import IDENTITY
from isogloss.forecasting import fitted, forecasters
from isogloss.forecasting.capability import Capability, require
from isogloss.forecasting.features import space
from isogloss.forecasting.fitted_setting import QuerySetting
from isogloss.forecasting.grid import TrainingMixes
from isogloss.forecasting.grid_model import (
    MEAN_OF_LANGUAGE,
    MEASURED_ITSELF,
    UNEXPLAINED,
    Contribution,
    Decomposition,
    with_rest,
)
from isogloss.forecasting.settings import ask, find_setting
from isogloss.forecasting.trust_word import Trust
from isogloss.languages import resolve
from isogloss.progress import Progress

CONTRIBUTIONS = pl.Schema({"group": pl.String, "part": pl.String, "learner": pl.String, "contribution": pl.Float64})
NEIGHBOURS_TABLE = pl.Schema(
    {"language": pl.String, "name": pl.String, "distance": pl.Float64, "score": pl.Float64, "weight": pl.Float64,
     "contribution": pl.Float64}
)  # fmt: skip
SMALLEST = 0.05
"""Points of a contribution worth a mention."""
SMALLEST_WEIGHT, NAMED_NEIGHBOURS, NEAREST = 0.01, 4, 5


@dataclass(frozen=True)
class Explanation:
    """Contributions to one forecast.

    Attributes
    ----------
    target, train, task, model, metric : str
    mean, lower, upper, level : float
        The forecast, as `Forecaster.predict_interval` gives it.
    flags : tuple of str
        Values of `isogloss.forecasting.Flag`.
    nearest, distance : str and float, or None
        The measured language nearest to the target, and how far off it is.
    trust : str
    measured : float or None
        What was measured, where the target was hidden from the forecaster.
    baseline : float
        Where the contributions start.
    baseline_name : str
        What it is, in words.
    contributions : polars.DataFrame
        `group`, `part`, `learner`, `contribution`; baseline and contributions add up to the mean.
    groups : polars.DataFrame
        `group`, `contribution`, largest first.
    neighbours : polars.DataFrame
        Measured languages whose scores are carried over: `language`, `name`, combined `distance`, `score`, `weight`
        and `contribution`, over all base learners; largest weight first. Where the forecaster weighs none of them by
        itself, the nearest ones, without weight and contribution.
    learners : dict of str to float
        Weight of each base learner in the forecast.
    bounded : bool
        Whether scores are fractions.
    """

    target: str
    train: str
    task: str
    model: str
    metric: str
    mean: float
    lower: float
    upper: float
    level: float
    flags: tuple[str, ...]
    nearest: str | None
    distance: float | None
    trust: str
    measured: float | None
    baseline: float
    baseline_name: str
    contributions: pl.DataFrame
    groups: pl.DataFrame
    neighbours: pl.DataFrame
    learners: dict[str, float]
    bounded: bool

    @property
    def words(self) -> str:
        """The same in a paragraph."""
        return " ".join(self.sentences())

    def sentences(self, name: str | None = None, factor: float = 1.0, digits: int = 3) -> tuple[str, ...]:
        """The same in sentences.

        Parameters
        ----------
        name : str, optional
            What to call the language; by default its English name.
        factor : float, default 1
            What scores are multiplied by: 100 for percentages.
        digits : int, default 3
            Decimals of a score.
        """
        return tuple(_sentences(self, name or name_of(self.target), lambda score: f"{factor * score:.{digits}f}"))

    def as_dict(self) -> dict[str, Any]:
        """Everything as plain values, for JSON."""
        names = ("target", "train", "task", "model", "metric", "mean", "lower", "upper", "level", "flags", "nearest",
                 "distance", "trust", "measured", "baseline", "baseline_name", "learners")  # fmt: skip
        return {name: getattr(self, name) for name in names} | {
            "words": self.words,
            "groups": self.groups.to_dicts(),
            "contributions": self.contributions.to_dicts(),
            "neighbours": self.neighbours.to_dicts(),
        }


def explain_forecast(
    evidence: Evidence,
    target: str,
    *,
    task: str,
    model: str,
    train: str | None = None,
    metric: str | None = None,
    recipe: str | None = None,
    hide: bool = False,
    level: float = 0.9,
    forecaster: str = "default",
    languages: Mapping[str, str] | None = None,
    progress: Progress | None = None,
) -> Explanation:
    """Explain a forecast by the contributions of features, neighbours and base learners.

    Parameters
    ----------
    evidence : Evidence
    target : str
        A language, written in any way isogloss knows.
    task, model : str
        As the evidence names them; the model must have been measured on the task.
    train : str, optional
        Training mix; by default the one measured in most languages, of several the best on average.
    metric, recipe : str, optional
        Needed only where the evidence has several.
    hide : bool, default False
        Forecast as if nobody had ever measured the target in this setting or trained on it there.
    level : float, default 0.9
        Of the interval.
    forecaster : str, default "default"
        A registered forecaster that can take its forecasts apart (`Capability.CONTRIBUTIONS`).
    languages : mapping of str to str, optional
        How to read a code, ahead of all else.
    progress : Progress, optional
        Of the forecaster's learning.

    Returns
    -------
    Explanation

    Raises
    ------
    UnknownName, UnknownLanguage, BadTrainingMix
    InputError
        If several settings are left, or the forecaster cannot take its forecasts apart.
    """
    require(forecasters.get(forecaster), Capability.CONTRIBUTIONS)
    setting, observations = find_setting(evidence, task=task, model=model, metric=metric, recipe=recipe)
    identifier = resolve((languages or {}).get(target, target), where="target").id
    shown = Evidence(observations).without_language(identifier).observations if hide else observations
    if shown.is_empty():
        raise InputError(f"nothing is left without {identifier}", where="hide", hint="explain another target")
    mix = _usual_mix(shown) if train is None else train
    question = ask(
        task=task, model=model, targets=[identifier], train=mix, metric=setting.metric, recipe=recipe,
        languages=languages,
    )  # fmt: skip
    text = question["train"][0]
    truth = None
    if hide:
        there = observations.filter((pl.col("target") == identifier) & (pl.col("train") == text))["score"]
        truth = None if there.is_empty() else float(there.to_numpy().mean())
        evidence = _with_setting(evidence, observations, shown)
    estimator = fitted(evidence, question, forecaster=forecaster, progress=progress)
    row = estimator.predict_interval(question, level).row(0, named=True)
    of_setting = estimator.settings_[setting]
    decomposition = estimator.decompose(question)
    rest = row["mean"] - decomposition.baseline
    parts = with_rest(decomposition.contributions, rest, "held in the range of the metric")
    return Explanation(
        identifier, text, task, model, setting.metric, row["mean"], row["lower"], row["upper"], level,
        tuple(row["flags"]), row["nearest"], row["distance"], row["trust"], truth,
        decomposition.baseline, decomposition.baseline_name, _table(parts, decomposition), _groups(parts),
        _neighbours(parts, of_setting, text, identifier),
        {one.learner: one.weight for one in decomposition.learners if one.weight}, of_setting.grid.bounded,
    )  # fmt: skip


def _usual_mix(observations: pl.DataFrame) -> str:
    """The mix measured in most languages; of several, the one with the best mean score."""
    ranked = observations.group_by("train").agg(languages=pl.col("target").n_unique(), mean=pl.col("score").mean())
    return str(ranked.sort("languages", "mean", "train", descending=[True, True, False])["train"][0])


def _with_setting(evidence: Evidence, observations: pl.DataFrame, shown: pl.DataFrame) -> Evidence:
    """Evidence in which `shown` replace the observations of one setting."""
    keys = [name for name in observations.columns if name in IDENTITY]
    rest = evidence.observations.join(observations.select(keys), on=keys, how="anti", nulls_equal=True)
    return evidence.with_observations(pl.concat([rest, shown]))


def _table(parts: list[Contribution], decomposition: Decomposition) -> pl.DataFrame:
    rows = [
        {"group": part.group, "part": part.name, "learner": one.learner, "contribution": one.weight * part.value}
        for one in decomposition.learners
        for part in one.contributions
        if one.weight
    ]
    clipped = parts[len(decomposition.contributions) :]
    rows += [{"group": part.group, "part": part.name, "learner": "", "contribution": part.value} for part in clipped]
    together = pl.DataFrame(rows, schema=CONTRIBUTIONS)
    return together.group_by("group", "part", "learner", maintain_order=True).agg(pl.col("contribution").sum())


def _groups(parts: list[Contribution]) -> pl.DataFrame:
    table = pl.DataFrame(
        [{"group": part.group, "contribution": part.value} for part in parts],
        schema={"group": pl.String, "contribution": pl.Float64},
    )
    groups = table.group_by("group", maintain_order=True).agg(pl.col("contribution").sum())
    return groups.sort(pl.col("contribution").abs(), descending=True)


def _neighbours(parts: list[Contribution], fitted: QuerySetting, text: str, target: str) -> pl.DataFrame:
    carried: dict[str, tuple[float, float]] = {}
    for part in parts:
        if part.language is not None:
            weight, value = carried.get(part.language, (0.0, 0.0))
            carried[part.language] = (weight + part.weight, value + part.value)
    names = list(carried) or [name for name in fitted.grid.targets if name != target]
    distance = space([target], names).between("combined", [target], names)[0]
    if not carried:
        places = np.argsort(distance, kind="stable")[:NEAREST].tolist()
        names, distance = [names[place] for place in places], distance[places]
    known = fitted.forecast(TrainingMixes.read([text], fitted.grid.unknown_size), names).mean[0]
    rows = [
        (name, resolve(name).name, float(distance[place]), float(known[place]), *carried.get(name, (None, None)))
        for place, name in enumerate(names)
    ]
    table = pl.DataFrame(rows, schema=NEIGHBOURS_TABLE, orient="row")
    return table.sort(pl.col("weight").abs(), descending=True, maintain_order=True) if carried else table


def name_of(language: str) -> str:
    """A language's name, with its id where the script needs telling."""
    known = resolve(language)
    return f"{known.name} ({language})" if "_" in language else known.name


def _sentences(explanation: Explanation, name: str, shown: Callable[[float], str]) -> Iterator[str]:
    unit = 100.0 if explanation.bounded else 1.0
    points = "points" if explanation.bounded else explanation.metric
    if explanation.baseline_name == MEASURED_ITSELF:
        yield f"{name} was measured under this mix: the forecast is that score, and there is nothing to explain."
        return
    start = explanation.baseline_name.removeprefix("the ")
    the = "A guess: the" if explanation.trust == Trust.GUESS else "The"
    yield (
        f"{the} forecast for {name} starts from {shown(explanation.baseline)}, the {start}, and ends "
        f"at {shown(explanation.mean)} ({100 * explanation.level:g} % interval {shown(explanation.lower)} to "
        f"{shown(explanation.upper)})."
    )
    rows = explanation.groups.to_dicts()
    large = [row for row in rows if unit * abs(row["contribution"]) >= SMALLEST]
    if large:
        changes = [f"{row['group']} {unit * row['contribution']:+.1f}" for row in large]
        yield f"In {points}: {', '.join(changes)}."
    yield from _neighbours_in_words(explanation, shown)
    yield from _unexplained(explanation, unit, points)
    if explanation.measured is not None:
        yield f"It was measured as {shown(explanation.measured)}, which was hidden from the forecaster."
    yield "This says how the forecaster came to its number, not what would happen if the language were another."


def _neighbours_in_words(explanation: Explanation, shown: Callable[[float], str]) -> Iterator[str]:
    if explanation.neighbours["weight"].is_null().all():
        nearest = explanation.neighbours.head(NAMED_NEIGHBOURS).iter_rows(named=True)
        names = [f"{row['name']} ({shown(row['score'])})" for row in nearest]
        if names:
            yield f"The nearest measured languages are {', '.join(names)}; scores in brackets."
        return
    largest = explanation.neighbours.filter(pl.col("weight") > SMALLEST_WEIGHT).head(NAMED_NEIGHBOURS)
    if largest.height:
        names = [f"{row['name']} ({row['weight']:.2f})" for row in largest.iter_rows(named=True)]
        yield f"Of the measured languages it leans most on {', '.join(names)}; weights in brackets."


def _unexplained(explanation: Explanation, unit: float, points: str) -> Iterator[str]:
    share = explanation.learners.get("kernel", 0.0) if explanation.baseline_name == MEAN_OF_LANGUAGE else 0.0
    if share > 0:
        yield f"{100 * share:.0f} % of the weight is a process over whole mixes, which is not split any further."
    lacking = float(explanation.groups.filter(explanation.groups["group"] == UNEXPLAINED)["contribution"].sum())
    if unit * abs(lacking) >= SMALLEST:
        yield f"{unit * lacking:+.1f} {points} have no finer explanation."
