"""From evidence and a question straight to the answer: what `isogloss forecast` does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from isogloss.errors import InputError
from isogloss.evidence import Evidence, read_evidence, read_queries
from isogloss.forecasting import forecasters
from isogloss.forecasting.capabilities import Capability, capabilities_of
from isogloss.forecasting.output import check_output, write_forecasts
from isogloss.forecasting.persistence import check_folder, load
from isogloss.forecasting.queries import ask, split_names
from isogloss.forecasting.settings import match, read_settings
from isogloss.stats.intervals import check_level


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
    saved: Path | None = None,
    save: Path | None = None,
    new_model: bool = False,
    out: Path | None = None,
) -> pl.DataFrame:
    """Forecast some targets (comma-separated) under one mix; see `isogloss.forecasting.ask`.

    A `saved` forecaster answers instead of one that learns from `evidence`; one that does can be saved to a
    folder (`save`), for questions about any of the evidence. A model that the evidence does not know at all is
    refused, for it may be misspelt, unless it is said to be a `new_model`.
    """
    codes = split_names(targets or "")
    if not codes or task is None or model is None:
        missing = [name for name, value in (("task", task), ("model", model), ("targets", codes)) if not value]
        raise InputError(
            f"no {' and no '.join(missing)} to forecast",
            where="question",
            hint=f"give {', '.join(f'--{name}' for name in missing)}, or a file of questions with --queries",
        )
    queries = ask(task=task, model=model, train=train, targets=codes, metric=metric, recipe=recipe, languages=languages)
    _check(level, out, None, save)
    estimator = _learnt(evidence, queries, forecaster, languages, saved, save, new_model)
    return _answer(estimator, queries, level, out, None, save)


def answer_file(
    evidence: Sequence[str],
    queries: Path,
    *,
    languages: Mapping[str, str] | None = None,
    level: float = 0.9,
    forecaster: str = "default",
    saved: Path | None = None,
    save: Path | None = None,
    new_model: bool = False,
    out: Path | None = None,
    train: str = "",
    targets: str | None = None,
    **values: str | None,
) -> pl.DataFrame:
    """Forecast every query of a file; `values` (task, model, ...) hold for all of its rows.

    The rest is as in `answer_question`.
    """
    if train or targets is not None:
        raise InputError(
            "a file of questions says itself what was trained on and which languages are asked for",
            where=str(queries),
            hint="leave out --train and --targets, or --queries",
        )
    asked = read_queries(queries, languages=languages, **values)
    if asked.is_empty():
        raise InputError("holds no question", where=str(queries), hint="give a row for every score to forecast")
    _check(level, out, queries, save)
    estimator = _learnt(evidence, asked, forecaster, languages, saved, save, new_model)
    return _answer(estimator, asked, level, out, queries, save)


def save_forecaster(
    evidence: Sequence[str], save: Path, *, forecaster: str = "default", languages: Mapping[str, str] | None = None
) -> None:
    """Let a forecaster learn from all of some evidence, and save it to a folder."""
    check_folder(save)
    _learnt(evidence, None, forecaster, languages, None, save).save(save)


def _check(level: float, out: Path | None, asked: Path | None, save: Path | None) -> None:
    check_level(level)
    if out is not None:
        check_output(out, asked)
    if save is not None:
        check_folder(save)


def _learnt(
    evidence: Sequence[str],
    queries: pl.DataFrame | None,
    forecaster: str,
    languages: Mapping[str, str] | None,
    saved: Path | None,
    save: Path | None,
    new_model: bool = False,
) -> Any:
    """A forecaster that has learnt what the queries need; all of the evidence if it shall be saved."""
    if saved is not None:
        if evidence:
            raise InputError(
                "a saved forecaster has its evidence with it", where=str(saved), hint="leave out --evidence, or it"
            )
        return _allow_new(load(saved).conformalize(), new_model)
    if not evidence:
        raise InputError("no evidence to forecast from", where="question", hint="give --evidence, or --forecaster-from")
    estimator = _allow_new(forecasters.get(forecaster)(), new_model)
    found = read_evidence(*evidence, languages=languages)
    if queries is not None and not save and Capability.OTHER_SETTINGS not in capabilities_of(estimator):
        found = _asked_about(found, queries)
    return estimator.fit(found).conformalize()


def _answer(
    estimator: Any, queries: pl.DataFrame, level: float, out: Path | None, asked: Path | None, save: Path | None
) -> pl.DataFrame:
    forecasts: pl.DataFrame = estimator.predict_interval(queries, level)
    if save is not None:  # now it holds what it has learnt to answer, too
        estimator.save(save)
    if out is not None:
        write_forecasts(forecasts, out, queries=asked)
    return forecasts


def _allow_new(estimator: Any, new_model: bool) -> Any:
    """Let a forecaster that can answer about models nobody measured do so, or not."""
    return estimator.set_params(new_models=new_model) if "new_models" in estimator.get_params() else estimator


def _asked_about(evidence: Evidence, queries: pl.DataFrame) -> Evidence:
    """Only the settings that some query is about: nothing else needs fitting."""
    settings = dict(read_settings(evidence))
    return Evidence(pl.concat([settings[setting] for setting, _ in match(queries, list(settings))]))
