"""From evidence and a question straight to the answer: what `isogloss forecast` does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from isogloss.errors import InputError
from isogloss.evidence import Evidence, read_evidence, read_queries
from isogloss.forecast import forecasters
from isogloss.forecast.output import check_output, write_forecasts
from isogloss.forecast.queries import ask
from isogloss.forecast.settings import match, read_settings


def answer_question(
    evidence: Sequence[str],
    *,
    task: str | None,
    model: str | None,
    train: str,
    targets: str | None,
    metric: str | None = None,
    recipe: str | None = None,
    languages: Mapping[str, str] | None = None,
    level: float = 0.9,
    forecaster: str = "default",
    out: Path | None = None,
) -> pl.DataFrame:
    """Forecast some targets (comma-separated) under one mixture; see `isogloss.forecast.ask`."""
    codes = [code.strip() for code in (targets or "").split(",") if code.strip()]
    if not codes or task is None or model is None:
        missing = [name for name, value in (("task", task), ("model", model), ("targets", codes)) if not value]
        raise InputError(
            f"no {' and no '.join(missing)} to forecast",
            where="question",
            mend=f"give {', '.join(f'--{name}' for name in missing)}, or a file of questions with --queries",
        )
    queries = ask(task=task, model=model, train=train, targets=codes, metric=metric, recipe=recipe, languages=languages)
    return _answer(read_evidence(*evidence, languages=languages), queries, level, forecaster, out, None)


def answer_file(
    evidence: Sequence[str],
    queries: Path,
    *,
    languages: Mapping[str, str] | None = None,
    level: float = 0.9,
    forecaster: str = "default",
    out: Path | None = None,
    train: str = "",
    targets: str | None = None,
    **values: str | None,
) -> pl.DataFrame:
    """Forecast every query of a file; `values` (task, model, ...) hold for all of its rows."""
    if train or targets is not None:
        raise InputError(
            "a file of questions says itself what was trained on and which languages are asked for",
            where=str(queries),
            mend="leave out --train and --targets, or --queries",
        )
    asked = read_queries(queries, languages=languages, **values)
    if asked.is_empty():
        raise InputError("holds no question", where=str(queries), mend="give a row for every score to forecast")
    return _answer(read_evidence(*evidence, languages=languages), asked, level, forecaster, out, queries)


def _answer(
    evidence: Evidence, queries: pl.DataFrame, level: float, forecaster: str, out: Path | None, asked: Path | None
) -> pl.DataFrame:
    if not 0 < level < 1:
        raise InputError(f"level {level} is not between 0 and 1", where="--level", mend="give 0.9, say")
    if out is not None:
        check_output(out, asked)
    estimator: Any = forecasters.get(forecaster)()
    wanted = _asked_about(evidence, queries)
    forecasts: pl.DataFrame = estimator.fit(wanted).conformalize().predict_interval(queries, level)
    if out is not None:
        write_forecasts(forecasts, out, queries=asked)
    return forecasts


def _asked_about(evidence: Evidence, queries: pl.DataFrame) -> Evidence:
    """Only the settings that some query is about: nothing else needs fitting."""
    settings = dict(read_settings(evidence))
    return Evidence(pl.concat([settings[setting] for setting, _ in match(queries, list(settings))]))
