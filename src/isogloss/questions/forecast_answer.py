"""The answer that some forecasts are: verdict, table, warnings and picture."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from operator import itemgetter
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

from isogloss.questions.advice import ADVICE
from isogloss.questions.answer import Answer, Table
from isogloss.questions.names import Names
from isogloss.questions.narrowing import narrowing
from isogloss.questions.pictures import canvas_of
from isogloss.questions.scale import FRACTION, Scale, scale_of
from isogloss.text import counted, first_of

if TYPE_CHECKING:
    import polars as pl

    from isogloss.evidence import Evidence

SCORES = ("mean", "lower", "upper")
GUESS, SHAKY, MEASURED = "guess", "shaky", "measured"
WARNINGS = {
    GUESS: ("is a guess", "are guesses", ADVICE[GUESS]),
    SHAKY: ("is shaky", "are shaky", ADVICE[SHAKY]),
}
"""What the verdict says first, the gravest word first: of one forecast, of several, and what to do."""
MOST_NAMED, MOST_SHOWN = 4, 60
FLAGGED = ("language", "target", "flag", "sentence")
Rows = Sequence[Mapping[str, Any]]
"""Rows of the answer's table: what is said of a few is said sooner without queries."""


def answer_forecasts(forecasts: pl.DataFrame, queries: pl.DataFrame, evidence: Evidence | None) -> Answer:
    """The answer that some forecasts are.

    Parameters
    ----------
    forecasts : polars.DataFrame
        With the columns of `isogloss.forecasting.FORECAST`.
    queries : polars.DataFrame
        The queries that they answer.
    evidence : Evidence or None
        What they were made from; None for a saved forecaster.
    """
    import polars as pl

    scale = FRACTION if evidence is None else scale_of(_about(evidence, forecasts))
    names = Names(evidence, dict(zip(forecasts["target"], forecasts["target_as_reported"], strict=True)))
    labels = pl.Series("language", map(names, forecasts["target"]), pl.String)
    first = ("mean", "lower", "upper", "trust", "flags")  # a frame that is too wide loses its middle when it is shown
    table = forecasts.select(labels, *first, pl.exclude(first))
    if any(MEASURED in flags for flags in forecasts["flags"].to_list()):
        measured = None if evidence is None else _measured(evidence, queries, by_target=True)
        table = _as_measured(table, measured, scale)
    table = scale.table(table, SCORES)
    rows = table.rows(named=True)
    changing = [name for name in ("model", "task", "train") if len(_distinct(rows, name)) > 1]
    shown: dict[str, Any] = {
        "language": "language", **{name: name for name in changing}, "forecast": "mean", "from": "lower",
        "to": "upper", "trust": _word(),
    }  # fmt: skip
    sentences = (*_sentences(rows, scale), *_warnings(rows))
    advice = None if evidence is None else narrowing(forecasts, queries, evidence, names, scale)
    sentences += () if advice is None else (advice,)
    named = table.with_columns(names.of("nearest"))
    draw = partial(_draw, forecasts, queries, evidence, scale, names, sentences[0])
    return Answer(
        "forecast", sentences, {"forecasts": Table(named, _title(rows), shown, scale.digits, MOST_SHOWN)},
        scale=scale, flags=_flags(rows), notes=tuple(_notes(rows, evidence)), result=forecasts,
        draw=draw, views={view: partial(draw, view) for view in ("intervals", "map")},
    )  # fmt: skip


def _measured(evidence: Evidence, queries: pl.DataFrame, *, by_target: bool = False) -> pl.DataFrame:
    """Observations of the settings and mixes that queries are about, and of their languages alone."""
    from isogloss.evidence import SETTING

    # A query that leaves a property of its setting free has only one value for it in the evidence.
    always = ("task", "model", "train", *(["target"] if by_target else []))
    given = [name for name in (*SETTING, *always) if name in always or queries[name].null_count() < queries.height]
    given = list(dict.fromkeys(given))
    return evidence.observations.join(queries.select(given).unique(), on=given, how="semi", nulls_equal=True)


def _as_measured(table: pl.DataFrame, measured: pl.DataFrame | None, scale: Scale) -> pl.DataFrame:
    """The table with measured scores as what they are: their interval is that of the measurement, where it is known."""
    import polars as pl

    cell = ["task", "model", "train", "target"]
    if measured is None:  # a saved forecaster knows scores, and not how sure each was
        table = table.with_columns(error=pl.lit(None, pl.Float64))
    else:
        squares = pl.col("standard_error") ** 2
        error = pl.when(squares.null_count() == 0).then(squares.sum().sqrt() / pl.len())
        table = table.join(measured.group_by(cell).agg(error=error), on=cell, how="left", maintain_order="left")
    times = NormalDist().inv_cdf((1 + table["level"][0]) / 2) if table.height else 0.0
    for name, sign in (("lower", -times), ("upper", times)):
        end = pl.col("mean") + sign * pl.col("error")
        end = end.clip(0, 1) if scale.bounded else end
        is_measured = pl.col("flags").list.contains(MEASURED)
        table = table.with_columns(pl.when(is_measured).then(end).otherwise(pl.col(name)).alias(name))
    return table.drop("error")


def _word() -> pl.Expr:
    """The word of trust; of a measured score, that it was measured."""
    import polars as pl

    return pl.when(pl.col("flags").list.contains(MEASURED)).then(pl.lit(MEASURED)).otherwise(pl.col("trust"))


def _warnings(rows: Rows) -> list[str]:
    """What flags that limit trust mean where all forecasts have them, and which languages have the others."""
    from isogloss.forecasting.flags import SENTENCES, Flag, sentences
    from isogloss.forecasting.trust_word import AT_BEST

    limiting = [flag for flag in Flag if flag in AT_BEST or flag is Flag.NO_WEB_TEXT_COUNTED]
    if len(rows) == 1:
        meant = zip(rows[0]["flags"], sentences(rows[0]), strict=True)
        return [f"{clause[0].upper()}{clause[1:]}." for flag, clause in meant if flag in limiting]
    forecast = [(row["language"], row["flags"]) for row in rows if MEASURED not in row["flags"]]
    of_all, of_some = [], dict[str, list[str]]()
    for flag in limiting:
        flagged = [language for language, flags in forecast if flag in flags]
        if len(flagged) == len(forecast) > 0 and "{" not in SENTENCES[flag]:
            of_all.append(f"Of all forecasts: {SENTENCES[flag]}.")
        elif flagged:
            of_some.setdefault(_first_names(flagged), []).append(str(flag).replace("_", " "))
    return [*(f"{', '.join(flags).capitalize()}: {languages}." for languages, flags in of_some.items()), *of_all]


def _flags(rows: Rows) -> pl.DataFrame:
    """One row per flag of a forecast that is a warning, with its sentence."""
    import polars as pl

    return pl.DataFrame(_flagged(rows), dict.fromkeys(FLAGGED, pl.String), orient="row")


def _flagged(rows: Rows) -> list[tuple[str, ...]]:
    """Language, id, flag and sentence of each flag of each forecast."""
    from isogloss.forecasting.flags import sentences

    return [
        (row["language"], row["target"], flag, sentence)
        for row in rows for flag, sentence in zip(row["flags"], sentences(row), strict=True)
    ]  # fmt: skip


def _about(evidence: Evidence, forecasts: pl.DataFrame) -> pl.DataFrame:
    """Observations of the tasks that forecasts are of."""
    import polars as pl

    return evidence.observations.filter(pl.col("task").is_in(list(set(forecasts["task"]))))


def _title(rows: Rows) -> str:
    level = rows[0]["level"] if rows else 0.9
    what = [values[0] for name in ("model", "task") if len(values := _distinct(rows, name)) == 1]
    return f"{', '.join(what)}: {100 * level:g} % intervals" if what else f"{100 * level:g} % intervals"


def _distinct(rows: Rows, name: str) -> list[str]:
    """The values of a column, each once, in the order in which they come first."""
    return list(dict.fromkeys(row[name] for row in rows))


def _sentences(rows: Rows, scale: Scale) -> list[str]:
    """The verdict: how many of the forecasts are guesses or shaky, then what they say."""
    if len(rows) == 1:
        return _about_one(rows[0], scale)
    known = [row for row in rows if MEASURED in row["flags"]]
    forecast = [row for row in rows if MEASURED not in row["flags"]]
    measured = [f"Measured already: {_some(known)}."] if known else []
    if not forecast:
        return [f"All of these were measured ({_some(known)}): there is nothing to forecast."]
    spans = [_span([row for row in forecast if row["task"] == task], scale) for task in _distinct(forecast, "task")]
    for word, (one, several, advice) in WARNINGS.items():
        if warned := [row for row in forecast if row["trust"] == word]:
            if len(forecast) == 1:
                return [f"The forecast {one} ({_some(warned)}): {advice}.", *spans, *measured]
            which = "All" if len(warned) == len(forecast) else f"{len(warned)} of {len(forecast)}"
            verb = one if len(warned) == 1 else several
            return [f"{which} forecasts {verb} ({_some(warned)}): {advice}.", *spans, *measured]
    words = Counter(row["trust"] for row in forecast).most_common()
    trust = f"Trust: {', '.join(f'{count} {word}' for word, count in words)}."
    return [spans[0], *spans[1:], trust, *measured]


def _span(rows: Rows, scale: Scale) -> str:
    """From the worst to the best forecast of a task."""
    best, worst = max(rows, key=itemgetter("mean")), min(rows, key=itemgetter("mean"))
    if len(rows) == 1:
        return (
            f"{_of(rows)}: {best['language']} probably {scale.rough_shown(best['lower'])} to "
            f"{scale.rough_shown(best['upper'])} (best guess {scale.rough_shown(best['mean'])})."
        )
    count = len(_distinct(rows, "target"))
    of_one = "model" if count == 1 else "language"
    return (
        f"{_of(rows)}: forecasts from {scale.rough_shown(worst['mean'])} ({worst[of_one]}) to "
        f"{scale.rough_shown(best['mean'])} ({best[of_one]}) in {counted(count, 'language')}."
    )


def _some(rows: Rows) -> str:
    """The first few languages of some rows, by name."""
    return _first_names(row["language"] for row in rows)


def _first_names(named: Iterable[str]) -> str:
    return first_of(list(dict.fromkeys(named)), MOST_NAMED)


def _about_one(row: Mapping[str, Any], scale: Scale) -> list[str]:
    if MEASURED in row["flags"]:
        return [f"{row['language']} was measured: {row['mean']:z.{scale.digits}f}. There is nothing to forecast."]
    low, high, best = (scale.rough_shown(row[name]) for name in ("lower", "upper", "mean"))
    sentence = f"{row['language']}: probably {low} to {high} (best guess {best})."
    if row["trust"] == GUESS:
        return [f"{row['language']}: a guess. Test this language before you act on a number.", sentence]
    return [sentence, f"Trust: {row['trust']}."]


def _of(rows: Rows) -> str:
    models, tasks = _distinct(rows, "model"), _distinct(rows, "task")
    who = models[0] if len(models) == 1 else counted(len(models), "model")
    return f"{who}, {tasks[0]}" if len(tasks) == 1 else who


def _notes(rows: Rows, evidence: Evidence | None) -> list[str]:
    """What all forecasts rest on."""
    mixes = _distinct(rows, "train")
    notes = [] if evidence is None else [
        f"Learnt from {counted(len(evidence), 'score')} in {counted(len(evidence.targets), 'language')}."
    ]  # fmt: skip
    if mixes != [""]:
        notes.append(f"Trained on: {'; '.join(mix or 'nothing (the model as it is)' for mix in mixes)}.")
    flagged = _flagged(rows)
    return notes + [_explained([one for one in flagged if one[2] == flag]) for flag in dict.fromkeys(
        flag for _, _, flag, _ in flagged)]  # fmt: skip


def _explained(flagged: Sequence[tuple[str, ...]]) -> str:
    """What a flag means for the first language that has it, and which others have it."""
    language, _, flag, sentence = flagged[0]
    others = list(dict.fromkeys(name for name, *_ in flagged))[1:]
    also = f" (so: {first_of(others, MOST_NAMED)})" if others else ""
    return f"{flag.replace('_', ' ')}: {language}: {sentence}{also}."


def _draw(
    forecasts: pl.DataFrame, queries: pl.DataFrame, evidence: Evidence | None, scale: Scale, names: Names, verdict: str,
    view: str | None = None,
) -> Any:  # fmt: skip
    import polars as pl

    from isogloss.charts import draw_forecast, draw_forecast_map

    measured, score = None, "score"
    if evidence is not None:
        measured = _measured(evidence, queries)
        metrics = measured["metric"].unique().to_list()
        score = metrics[0] if len(metrics) == 1 else score
    canvas = canvas_of(verdict, scale, names.written, score)
    if view == "map":
        return draw_forecast_map(forecasts, measured, canvas=canvas)
    if forecasts["task"].n_unique() > 1:  # a panel for each task, as for each model
        one_model = forecasts["model"].n_unique() == 1
        panel = pl.col("task") if one_model else pl.col("model") + ", " + pl.col("task")
        about = f"{forecasts['model'][0]} on " if one_model else ""
        of_all = pl.lit(about + ", ".join(forecasts["task"].unique(maintain_order=True)))
        forecasts = forecasts.with_columns(model=panel, task=of_all)
        measured = None if measured is None else measured.with_columns(model=panel, task=of_all, metric=pl.lit(score))
    return draw_forecast(forecasts, measured, canvas=canvas, maps=view is None)
