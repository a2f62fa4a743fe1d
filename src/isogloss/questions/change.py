"""What would an adaptation do in languages where it was not measured?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from functools import partial
from math import ceil, log10
from operator import itemgetter
from typing import TYPE_CHECKING, Any, TypeVar

from isogloss.errors import InputError, NotEnoughEvidence
from isogloss.languages.groups import read_languages
from isogloss.progress import Progress
from isogloss.questions.about import AboutSettings
from isogloss.questions.answer import Answer, Table
from isogloss.questions.names import Names
from isogloss.questions.pictures import canvas_of
from isogloss.questions.scale import Scale, scale_of
from isogloss.text import counted, first_of

if TYPE_CHECKING:
    import polars as pl

    from isogloss.evidence import Evidence
    from isogloss.forecasting.adaptation_setting import AdaptationSetting

SCORES = ("before", "before_lower", "before_upper", "change", "lower", "upper", "after", "after_lower", "after_upper")
SHOWN = {"language": "language", "before": "before", "change": "change", "from": "lower", "to": "upper",
         "after": "after", "lowest": "after_lower", "highest": "after_upper"}  # fmt: skip
MOST_NAMED, MOST_SHOWN = 4, 60
MEASURED = "measured"
Rows = Sequence[Mapping[str, Any]]
Q = TypeVar("Q", bound=AboutSettings)


def find_adaptation_of(question: AboutSettings, label: str, evidence: Evidence) -> AdaptationSetting:
    """The setting and the adaptation that a question is about.

    Raises
    ------
    NotEnoughEvidence
        If no score of the evidence is of an adapted model.
    UnknownName
        If nothing like the adaptation was measured.
    """
    from isogloss.evidence.adaptations import adapted_scores, unadapted
    from isogloss.forecasting.adaptation_setting import find_measured

    pairs = adapted_scores(evidence)
    if pairs.is_empty():
        raise NotEnoughEvidence(
            "no score is of an adapted model that was measured before, too", where="evidence",
            hint="call the recipe of the scores before 'as it is', or measure an adaptation with 'isogloss adapt'",
        )  # fmt: skip
    of_pairs = {name: pairs[name].unique().to_list() for name in ("model", "task", "metric")}
    about = unadapted(evidence)
    for name, values in of_pairs.items():
        about = about.with_observations(about.observations.filter(about.observations[name].is_in(values)))
    return find_measured(evidence, label, question.setting(about), usual_parameters())


def usual_parameters() -> dict[str, dict[str, str]]:
    """Values that labels leave out, of the adaptations that are registered."""
    from isogloss.lab import adaptations

    usual = {name: fields(adaptations.get(name)) for name in adaptations.names()}
    return {name: {one.name: str(one.default) for one in some} for name, some in usual.items()}


def answer_changes(question: Any, label: str, evidence: Evidence, progress: Progress | None = None) -> Answer:
    """The answer of a question of forecasts that names an adaptation."""
    from isogloss.forecasting.changes import forecast_changes

    if not question.targets:
        raise InputError("no language to forecast", where="targets", hint="name languages or groups: targets=africa")
    about = find_adaptation_of(question, label, evidence)
    targets = read_languages(question.targets, evidence.targets, languages=question.languages)
    names = Names(evidence, targets)
    forecasts = forecast_changes(
        evidence, about, list(targets), train=question.train, level=question.level, forecaster=question.forecaster,
        progress=progress,
    )  # fmt: skip
    observations = evidence.filter(task=about.before.task, metric=about.before.metric).observations
    scale, is_better = scale_of(observations), bool(observations["higher_is_better"][0])
    table = scale.table(forecasts, SCORES).with_columns(language=names.of("target"))
    rows, learnt = table.rows(named=True), _learnt(about, evidence)["target"].n_unique()
    sentences = tuple(_sentences(rows, about, learnt, scale, is_better))
    digits = scale.digits if scale.bounded else _digits(forecasts["change"].to_list())
    title = f"{about.before.model}, {label}: {about.before.metric}, {100 * question.level:g} % intervals"
    shown: dict[str, str | pl.Expr] = {**SHOWN, "trust": _word()}
    return Answer(
        question.command, sentences,
        {"changes": Table(table.with_columns(names.of("nearest")), title, shown, digits, MOST_SHOWN)},
        scale=scale, notes=tuple(_notes(forecasts, about, evidence, learnt)), result=forecasts,
        draw=partial(_draw, forecasts, label, about, Scale("raw", scale.factor, digits), names, sentences[0]),
    )  # fmt: skip


def about_changes(question: Q, label: str, evidence: Evidence) -> tuple[Q, Evidence]:
    """A question of scores as one of changes, with the evidence of these.

    Raises
    ------
    InputError
        If the adaptation was measured with another strength alone.
    """
    from isogloss.evidence.adaptations import changes
    from isogloss.forecasting.changes import BY

    about = find_adaptation_of(question, label, evidence)
    if about.strength is not None:
        raise InputError(
            f"'{label}' was not measured", where="adaptation", hint=f"explain its nearest: adaptation={about.label!r}"
        )
    setting = about.change()
    named = {name: getattr(setting, name) for name in ("task", "model", "metric", "recipe", "shots", "pair")}
    return question.model_copy(update={**named, "adaptation": None, "forecaster": BY}), changes(evidence)


def _learnt(about: AdaptationSetting, evidence: Evidence) -> pl.DataFrame:
    """Scores before and after that changes are learnt from."""
    from isogloss.evidence.adaptations import adapted_scores

    before = about.before
    named = {"adaptation": about.label, "model": before.model, "task": before.task, "metric": before.metric}
    return adapted_scores(evidence).filter(**named)


def _word() -> pl.Expr:
    import polars as pl

    return pl.when(pl.col("flags").list.contains(MEASURED)).then(pl.lit(MEASURED)).otherwise(pl.col("trust"))


def _digits(changes: Sequence[float]) -> int:
    """Decimals that show two digits of a usual change."""
    size = sorted(abs(one) for one in changes)[len(changes) // 2]
    return max(3, ceil(-log10(size)) + 1) if size > 0 else 3


def _sentences(rows: Rows, about: AdaptationSetting, learnt: int, scale: Scale, is_better: bool) -> Iterator[str]:
    """What is not known comes first; then what changes, and where no change is shown."""
    yield from _unknown(about)
    said = partial(_said, scale=scale)
    forecast = [row for row in rows if MEASURED not in row["flags"]]
    measured = [row for row in rows if MEASURED in row["flags"]]
    open_ended = [row for row in forecast if row["upper"] - row["lower"] == float("inf")]
    if open_ended:
        level = open_ended[0]["level"]
        needed = ceil(level / (1 - level) - 1e-9)  # of conformal intervals
        yield (
            f"Measured before and after in {counted(learnt, 'language')} alone, too few for an interval: measure "
            f"{needed} or more. {_some(open_ended)}: the mean change of those measured is a guess."
        )
    elif forecast:
        still = [row for row in forecast if row["lower"] <= 0 <= row["upper"]]
        if len(still) == len(forecast) > 1:
            yield f"No change is shown: all {len(still)} intervals hold zero."
        for row in forecast[:1] if len(forecast) == 1 else []:
            one = f"{row['language']} probably changes by {said(row['lower'])} to {said(row['upper'])}"
            yield f"{one} (best guess {said(row['change'])}{_unit(scale)}){_verdict(row, is_better)}."
        if len(forecast) > 1:
            least, most = min(forecast, key=itemgetter("change")), max(forecast, key=itemgetter("change"))
            yield (
                f"{about.before.model}: changes from {said(least['change'])} ({least['language']}) to "
                f"{said(most['change'])}{_unit(scale)} ({most['language']}) in {counted(len(forecast), 'language')}."
            )
        for word, some in _by_verdict(forecast, is_better).items():
            if len(forecast) > 1 and some and len(still) < len(forecast):
                yield f"{word}: {_some(some)}."
    if measured:
        yield f"Measured already: {_some(measured)}."


def _unknown(about: AdaptationSetting) -> Iterator[str]:
    """That nothing of this strength was measured."""
    if strength := about.strength:
        known = ", ".join(f"{one:g}" for one in sorted(strength.measured))
        were = "were" if len(strength.measured) > 1 else "was"
        yield (
            f"{strength.parameter} {strength.value:g} was not measured ({known} {were}): {about.label} stands in, "
            "moved and widened."
        )


def _said(value: float, scale: Scale) -> str:
    return f"{value:+z.{scale.digits}f}" if scale.bounded else f"{value:+.2g}"


def _unit(scale: Scale) -> str:
    return " points" if scale.factor > 1 else ""


def _verdict(row: Mapping[str, Any], is_better: bool) -> str:
    if row["lower"] <= 0 <= row["upper"]:
        return ": no change is shown, as the interval holds zero"
    return ": it gains" if (row["change"] > 0) == is_better else ": it loses"


def _by_verdict(rows: Rows, is_better: bool) -> dict[str, Rows]:
    shown = [row for row in rows if not row["lower"] <= 0 <= row["upper"]]
    gains = [row for row in shown if (row["change"] > 0) == is_better]
    return {
        "Gain": gains, "Lose": [row for row in shown if row not in gains],
        "No change is shown (the interval holds zero)": [row for row in rows if row not in shown],
    }  # fmt: skip


def _some(rows: Rows) -> str:
    return first_of([row["language"] for row in rows], MOST_NAMED)


def _notes(forecasts: pl.DataFrame, about: AdaptationSetting, evidence: Evidence, learnt: int) -> Iterator[str]:
    from isogloss.evidence.adaptations import adapted_scores

    others = adapted_scores(evidence)["adaptation"].n_unique() - 1
    yield (
        f"Learnt from {counted(learnt, 'language')} measured before and after {about.label}, and "
        f"{counted(others, 'other adaptation')}."
    )
    related = forecasts["correlation"].drop_nulls()
    if related.len():
        yield (
            "Where the score before was not measured, it is forecast, and the interval of the score after counts both: "
            f"their errors correlate by {related[0]:.2f} in languages held out."
        )


def _draw(
    forecasts: pl.DataFrame, label: str, about: AdaptationSetting, scale: Scale, names: Names, verdict: str
) -> Any:
    """Changes with their intervals."""
    import polars as pl

    from isogloss.charts import draw_forecast

    shown = forecasts.with_columns(
        pl.col("change").alias("mean"), model=pl.lit(label), task=pl.lit(f"change of {about.before.task}"),
        train=pl.lit(""),
    )  # fmt: skip
    canvas = canvas_of(verdict, scale, names.written, f"change in {about.before.metric}")
    return draw_forecast(shown, None, canvas=canvas, maps=False)
