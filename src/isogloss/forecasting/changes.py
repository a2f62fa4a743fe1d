"""Forecasts of what an adaptation changes in each language, learnt from the languages and strengths that were measured.

A change, the score after less that before, is forecast as any score is, by the base learners: they take languages that
were not measured by their factors, their kin, the same language's changes by other adaptations, and its score before,
and size intervals by languages that are held out. Public evidence about the levels of languages says nothing of changes
and takes no part.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import NormalDist

import numpy as np
import polars as pl
from numpy.typing import NDArray

from isogloss.evidence import Evidence
from isogloss.evidence.adaptations import adapted_scores, changes, unadapted
from isogloss.evidence.schema import OBSERVATION, conform
from isogloss.forecasting.adaptation_setting import AdaptationSetting, Strength
from isogloss.forecasting.baselines.mixed import Mixed
from isogloss.forecasting.curves.points import Link
from isogloss.forecasting.fitting import fitted
from isogloss.forecasting.flags import Flag
from isogloss.forecasting.forecaster import Forecaster
from isogloss.forecasting.grid import Array
from isogloss.forecasting.settings import Setting, ask
from isogloss.forecasting.trust_word import TRUST_LEVEL, trust_word
from isogloss.progress import Progress

BY = "base-learners"
"""The forecaster of changes."""
MOST_POWER = 4.0
"""Changes grow with the strength of an adaptation to a power between 0 and this.

Of magnitude pruning, where strength is the share of zeros, it was 2.6 to 3.9 in the models of benchmarks/adapt_study.py
and adapt_compress.py."""
NINE_TENTHS = 0.9 * MOST_POWER / 2
"""How far the power is from the middle in nine of ten cases, where one strength was measured."""
FOLDS = 5
OWN_WEIGHT = 4
"""Languages of which the errors of both forecasts are taken for unrelated, beside those measured."""


def forecast_changes(
    evidence: Evidence, about: AdaptationSetting, targets: Sequence[str], *, train: str | None = None,
    level: float = 0.9, forecaster: str = "default", progress: Progress | None = None,
) -> pl.DataFrame:  # fmt: skip
    """Forecast the score before, the change and the score after of some languages.

    Parameters
    ----------
    evidence : Evidence
        With scores before and after.
    about : AdaptationSetting
        From `find_adaptation`.
    targets : sequence of str
        Canonical ids.
    train : str, optional
        Texts that training reads, in tokens, such as `hau:2000000`, or the training mix of the recipe; by default the
        one that was measured in most languages.
    level : float
    forecaster : str
        Of scores before.
    progress : Progress, optional

    Returns
    -------
    polars.DataFrame
        One row per target: `target`, then mean, lower and upper of each: `before`, `before_lower`, `before_upper`,
        `change`, `lower`, `upper`, `after`, `after_lower`, `after_upper`; `level`, `flags` and `trust` of the change,
        `nearest` and `distance` as of any forecast, `before_measured`, and `correlation`: of the errors of both
        forecasts, where the score before was not measured.

    Notes
    -----
    Where the score before was measured, the score after has the interval of the change, moved. Elsewhere half widths of
    both are added: w^2 = b^2 + c^2 + 2 r b c, with r the correlation of the errors of the two forecasts in languages
    held out together (5 folds, forecaster `mixed`), drawn to 0 with the weight of 4 languages.
    """
    moved = changes_alone(evidence, about, targets, train=train, level=level, progress=progress)
    of_before = None if reads_texts(evidence, about) else train
    before = _of_scores(unadapted(evidence), about.before, targets, of_before, level, forecaster, progress)
    related = 0.0 if before["before_measured"].all() else error_correlation(evidence, about)
    return pl.concat([before, moved.drop("target")], how="horizontal").with_columns(
        *scores_after(before, moved, related, _link(evidence, about).limits), level=pl.lit(level),
        correlation=pl.when("before_measured").then(None).otherwise(pl.lit(related, pl.Float64)),
    )  # fmt: skip


def changes_alone(
    evidence: Evidence, about: AdaptationSetting, targets: Sequence[str], *, train: str | None = None,
    level: float = 0.9, progress: Progress | None = None,
) -> pl.DataFrame:  # fmt: skip
    """Forecast the changes of some languages, and no scores.

    Parameters
    ----------
    evidence, about, targets, train, level, progress
        See `forecast_changes`.

    Returns
    -------
    polars.DataFrame
        One row per target: `target`, `change`, `lower`, `upper`, `flags`, `nearest`, `distance`, `trust`.
    """
    scores = evidence.filter(task=about.before.task, metric=about.before.metric).observations
    span = _link(evidence, about).span(scores["score"].to_numpy())
    return _of_changes(changes(evidence), about, targets, train, level, span, progress)


def scores_after(
    before: pl.DataFrame, moved: pl.DataFrame, correlation: float, limits: tuple[float, float] | None
) -> list[pl.Series]:
    """Scores after a change: `after`, `after_lower`, `after_upper`.

    Parameters
    ----------
    before : polars.DataFrame
        `before`, `before_lower`, `before_upper`, `before_measured`.
    moved : polars.DataFrame
        `change`, `lower`, `upper` of the same targets in the same order.
    correlation : float
        Of the errors of both, where the score before was not measured.
    limits : tuple of float, optional
        Range of scores.
    """
    is_known = before["before_measured"].to_numpy()
    low, high = moved["change"] - moved["lower"], moved["upper"] - moved["change"]
    below, above = before["before"] - before["before_lower"], before["before_upper"] - before["before"]
    ends = [
        np.where(is_known, change, _together(score, change, correlation))
        for score, change in ((below.to_numpy(), low.to_numpy()), (above.to_numpy(), high.to_numpy()))
    ]
    after = before["before"].to_numpy() + moved["change"].to_numpy()
    held = [after, after - ends[0], after + ends[1]]
    if limits is not None:
        held = [np.clip(one, *limits) for one in held]
    names = ("after", "after_lower", "after_upper")
    return [pl.Series(name, one) for name, one in zip(names, held, strict=True)]


def reads_texts(evidence: Evidence, about: AdaptationSetting) -> bool:
    """Whether the adaptation read texts, so that its changes stand under the mix of these."""
    same = {"adaptation": about.label, "model": about.before.model, "task": about.before.task}
    return bool((adapted_scores(evidence).filter(**same)["read"] != "").any())


def _link(evidence: Evidence, about: AdaptationSetting) -> Link:
    return Link.of(evidence.filter(task=about.before.task, metric=about.before.metric).observations)


def _together(first: Array, second: Array, correlation: float) -> Array:
    """Half widths of a sum of two forecasts whose errors correlate; without an end where one of them has none."""
    ends = np.isfinite(first) & np.isfinite(second)
    one, other = np.where(ends, first, 0.0), np.where(ends, second, 0.0)
    return np.where(ends, np.sqrt(one**2 + other**2 + 2 * correlation * one * other), np.inf)


def _of_scores(
    evidence: Evidence, setting: Setting, targets: Sequence[str], train: str | None, level: float, forecaster: str,
    progress: Progress | None,
) -> pl.DataFrame:  # fmt: skip
    """Scores before; without an interval where they were measured, or are the same in all measured languages.

    These are those of a measure that compares a model with itself before.
    """
    same = {name: value for name, value in setting._asdict().items() if value is not None}
    if (scores := evidence.filter(**same).observations["score"].unique()).len() == 1:
        names = ("before", "before_lower", "before_upper")
        known = pl.DataFrame({"target": targets}).with_columns(pl.lit(scores[0]).alias(name) for name in names)
        return known.with_columns(before_measured=True)
    queries = _queries(setting, targets, _usual_mix(evidence, setting) if train is None else train)
    return as_before(
        fitted(evidence, queries, forecaster=forecaster, progress=progress).predict_interval(queries, level)
    )


def as_before(forecasts: pl.DataFrame) -> pl.DataFrame:
    """Forecasts as scores before a change; a measured one is known, without an interval."""
    is_measured = pl.col("flags").list.contains(Flag.MEASURED)
    ends = {
        f"before_{name}": pl.when(is_measured).then("mean").otherwise(name) for name in ("lower", "upper")
    }  # fmt: skip
    return forecasts.select("target", pl.col("mean").alias("before"), **ends, before_measured=is_measured)


def _of_changes(
    evidence: Evidence, about: AdaptationSetting, targets: Sequence[str], train: str | None, level: float,
    span: float, progress: Progress | None,
) -> pl.DataFrame:  # fmt: skip
    """Changes of the strength that is asked about, with trust in points: hundredths of the span of scores."""
    setting = about.change()
    mix = _usual_mix(evidence, setting) if train is None else train
    queries = _queries(setting, targets, mix)
    estimator = fitted(evidence, queries, forecaster=BY, progress=progress)
    asked, at_trust_level = (
        _at_level(estimator, evidence, about, queries, one) for one in (level, TRUST_LEVEL)
    )  # fmt: skip
    widths = 100 * (at_trust_level["upper"] - at_trust_level["lower"]) / span
    flags = asked["flags"].to_list()
    words = [trust_word(width, some) for width, some in zip(widths, flags, strict=True)]
    return asked.with_columns(trust=pl.Series(words, dtype=pl.String))


def _at_level(
    estimator: Forecaster, evidence: Evidence, about: AdaptationSetting, queries: pl.DataFrame, level: float
) -> pl.DataFrame:
    forecasts = estimator.predict_interval(queries, level)
    measured = pl.col("flags").list.contains(Flag.MEASURED)
    error = _errors(evidence, about, queries) * NormalDist().inv_cdf((1 + level) / 2)
    known = forecasts.with_columns(error=error).with_columns(
        lower=pl.when(measured).then(pl.col("mean") - pl.col("error")).otherwise("lower"),
        upper=pl.when(measured).then(pl.col("mean") + pl.col("error")).otherwise("upper"),
        # Its score before is what a change is forecast by, which the reader knows.
        flags=pl.col("flags").list.set_difference([Flag.OTHER_TASKS]),
    )  # fmt: skip
    shown = known.select("target", pl.col("mean").alias("change"), "lower", "upper", "flags", "nearest", "distance")
    return shown if about.strength is None else _at_strength(shown, evidence, about, about.strength)


def _errors(evidence: Evidence, about: AdaptationSetting, queries: pl.DataFrame) -> pl.Series:
    """Standard errors of measured changes; of those without one, 0."""
    same = {name: value for name, value in about.change()._asdict().items() if value is not None}
    rows = evidence.observations.filter(**same).select("target", "train", "standard_error")
    joined = queries.select("target", "train").join(rows, on=["target", "train"], how="left", maintain_order="left")
    return joined["standard_error"].fill_null(0.0)


def _at_strength(
    forecasts: pl.DataFrame, evidence: Evidence, about: AdaptationSetting, strength: Strength
) -> pl.DataFrame:
    """Changes by the nearest strength, moved and widened to the one that is asked about."""
    middle, reach = _power(evidence, about, strength)
    ratio = np.log(strength.value / strength.nearest)
    least, most = (float(np.exp(ratio * power)) for power in sorted((max(middle - reach, 0.0), middle + reach)))
    factor = float(np.exp(ratio * middle))
    change = forecasts["change"].to_numpy()
    low, high = (np.abs(change - forecasts[name].to_numpy()) * factor for name in ("lower", "upper"))
    others = np.stack([change * (one - factor) for one in (least, most)])
    values = change * factor
    flags = [
        [flag for flag in Flag if flag in {*row, Flag.ADAPTATION_UNMEASURED} and flag is not Flag.MEASURED]
        for row in forecasts["flags"]
    ]
    return forecasts.with_columns(
        change=pl.Series(values), lower=pl.Series(values - np.hypot(low, np.maximum(-others.min(0), 0))),
        upper=pl.Series(values + np.hypot(high, np.maximum(others.max(0), 0))),
        flags=pl.Series(flags, dtype=pl.List(pl.String)),
    )  # fmt: skip


def _power(evidence: Evidence, about: AdaptationSetting, strength: Strength) -> tuple[float, float]:
    """The power of the strength with which changes grow, and how far it is off in nine of ten cases."""
    sizes = {}
    for value, label in strength.measured.items():
        same = {name: one for name, one in about.change(label)._asdict().items() if one is not None}
        sizes[value] = float(np.sqrt(np.mean(evidence.observations.filter(**same)["score"].to_numpy() ** 2)))
    first, last = min(sizes), max(sizes)
    if first == last or min(sizes[first], sizes[last]) <= 0:
        return MOST_POWER / 2, NINE_TENTHS
    power = np.log(sizes[last] / sizes[first]) / np.log(last / first)
    return float(np.clip(power, 0, MOST_POWER)), NINE_TENTHS / 2


def error_correlation(evidence: Evidence, about: AdaptationSetting) -> float:
    """Of the errors of the forecasts of the score before and of the change, in languages held out of both."""
    before = about.before
    rows = adapted_scores(evidence).filter(
        adaptation=about.label, model=before.model, task=before.task, metric=before.metric
    )
    means = rows.group_by("target", maintain_order=True).agg(pl.col("before", "after").mean())
    targets, folds = means["target"].to_list(), np.arange(means.height, dtype=np.intp) % FOLDS
    if len(targets) < 2 * FOLDS:
        return 0.0
    scores = means["before"].to_numpy(), (means["after"] - means["before"]).to_numpy()
    errors = [_held_out_errors(targets, one, folds) for one in scores]
    if any(one.std() == 0 for one in errors):
        return 0.0
    return float(np.corrcoef(errors[0], errors[1])[0, 1]) * len(targets) / (len(targets) + OWN_WEIGHT)


def _held_out_errors(targets: Sequence[str], scores: Array, folds: NDArray[np.intp]) -> Array:
    rows = pl.DataFrame({"target": targets, "score": scores})
    shared = {"model": "m", "task": "t", "metric": "difference", "train": "", "scale": "raw", "higher_is_better": True}
    evidence = Evidence(_observations(rows, shared))
    errors = np.zeros(len(targets))
    for fold in range(FOLDS):
        out = np.flatnonzero(folds == fold)
        kept = evidence.with_observations(evidence.observations.filter(pl.Series(folds != fold)))
        queries = ask(task="t", model="m", targets=[targets[place] for place in out.tolist()])
        errors[out] = Mixed().fit(kept, queries).predict(queries)["mean"].to_numpy() - scores[out]
    return errors


def _observations(rows: pl.DataFrame, shared: Mapping[str, object]) -> pl.DataFrame:
    return conform(rows.with_columns(**{name: pl.lit(value) for name, value in shared.items()}), OBSERVATION)


def _queries(setting: Setting, targets: Sequence[str], mix: str) -> pl.DataFrame:
    queries = ask(task=setting.task, model=setting.model, targets=targets, train=mix, metric=setting.metric,
                  recipe=setting.recipe)  # fmt: skip
    return queries.with_columns(
        pl.lit(getattr(setting, name), queries.schema[name]).alias(name)
        for name in ("model_revision", "shots", "split", "pair")
    )


def _usual_mix(evidence: Evidence, setting: Setting) -> str:
    """The mix that was measured in most languages."""
    same = {name: value for name, value in setting._asdict().items() if value is not None}
    counts = evidence.observations.filter(**same).group_by("train").agg(targets=pl.col("target").n_unique())
    return str(counts.sort("targets", "train", descending=[True, False])["train"][0])
