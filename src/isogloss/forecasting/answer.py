"""From evidence and a question to forecasts and their file: what `isogloss forecast` does."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl

from isogloss.errors import BadFile, BadValue, InputError
from isogloss.evidence import read_evidence, read_queries
from isogloss.files import atomic_write, check_place, write_csv
from isogloss.forecasting.fitting import fitted
from isogloss.forecasting.flags import flat
from isogloss.forecasting.forecaster import load
from isogloss.forecasting.persistence import check_folder
from isogloss.forecasting.registry import forecasters
from isogloss.forecasting.settings import ask, split_names
from isogloss.stats.intervals import check_level

QUERY_MARK = "x"
ENDINGS = (".csv", ".parquet", ".json")


def answer_question(
    evidence: Sequence[str],
    *,
    queries: Path | None = None,
    task: str | None = None,
    model: str | None = None,
    train: str = "",
    targets: str | None = None,
    metric: str | None = None,
    recipe: str | None = None,
    languages: Mapping[str, str] | None = None,
    level: float = 0.9,
    forecaster: str = "default",
    forecaster_from: Path | None = None,
    save: Path | None = None,
    new_model: bool = False,
    out: Path | None = None,
) -> pl.DataFrame:
    """Forecast some targets under one mix, or every query of a file.

    Parameters
    ----------
    evidence : sequence of str
        Files and stores to learn from.
    queries : pathlib.Path, optional
        File of queries; `task`, `model`, `metric` and `recipe` hold for all of its rows.
    task, model, train, metric, recipe, languages : optional
        As in `isogloss.forecasting.ask`.
    targets : str, optional
        Languages, comma-separated.
    level : float, default 0.9
    forecaster : str, default "default"
        Name of a registered forecaster.
    forecaster_from : pathlib.Path, optional
        Folder of a saved forecaster to use instead of `evidence`.
    save : pathlib.Path, optional
        Folder to save the forecaster to, with what it learnt for this question.
    new_model : bool, default False
        Whether to forecast a model that the evidence does not have at all, which may be misspelt.
    out : pathlib.Path, optional
        File for the forecasts, see `write_forecasts`.

    Returns
    -------
    polars.DataFrame
        With the columns of `isogloss.forecasting.FORECAST`.
    """
    values = {"task": task, "model": model, "metric": metric, "recipe": recipe}
    if queries is None:
        table = _ask(targets=split_names(targets or ""), train=train, languages=languages, **values)
    else:
        table = _read(queries, train, targets, languages, values)
    check_level(level)
    if out is not None:
        check_output(out, queries)
    if save is not None:
        check_folder(save)
    if forecaster_from is None:
        estimator = _fitted(evidence, table, forecaster, languages, new_model)
    elif evidence:
        raise InputError(
            "a saved forecaster has its evidence with it", where=str(forecaster_from),
            hint="leave out evidence=..., or it",
        )  # fmt: skip
    else:
        estimator = _allow_new(load(forecaster_from).conformalize(), new_model)
    forecasts: pl.DataFrame = estimator.predict_interval(table, level)
    if save is not None:
        estimator.save(save)
    if out is not None:
        write_forecasts(forecasts, out, queries=queries)
    return forecasts


def save_forecaster(
    evidence: Sequence[str], save: Path, *, forecaster: str = "default", languages: Mapping[str, str] | None = None
) -> None:
    """Let a forecaster learn every setting of some evidence, and save it to a folder."""
    check_folder(save)
    _fitted(evidence, None, forecaster, languages).save(save)


def _ask(*, task: str | None, model: str | None, targets: list[str], **values: Any) -> pl.DataFrame:
    if not targets or task is None or model is None:
        missing = [name for name, value in (("task", task), ("model", model), ("targets", targets)) if not value]
        raise InputError(
            f"no {' and no '.join(missing)} to forecast",
            where="question",
            hint=f"give {', '.join(f'{name}=...' for name in missing)}, or a file of questions with queries=...",
        )
    return ask(task=task, model=model, targets=targets, **values)


def _read(
    queries: Path, train: str, targets: str | None, languages: Mapping[str, str] | None, values: dict[str, str | None]
) -> pl.DataFrame:
    if train or targets is not None:
        raise InputError(
            "a file of questions has its own training mixes and targets",
            where=str(queries),
            hint="leave out train=... and targets=..., or queries=...",
        )
    table = read_queries(queries, languages=languages, **values)
    if table.is_empty():
        raise InputError("holds no question", where=str(queries), hint="give a row for every score to forecast")
    return table


def _fitted(
    evidence: Sequence[str],
    queries: pl.DataFrame | None,
    forecaster: str,
    languages: Mapping[str, str] | None,
    new_model: bool = False,
) -> Any:
    """A forecaster that has learnt what some queries need, or all there is."""
    if not evidence:
        raise InputError(
            "no evidence to forecast from", where="question", hint="give evidence=..., or forecaster_from=..."
        )
    estimator = _allow_new(forecasters.get(forecaster)(), new_model)
    return fitted(read_evidence(*evidence, languages=languages), queries, forecaster=estimator)


def _allow_new(estimator: Any, new_model: bool) -> Any:
    """Let a forecaster of unmeasured models forecast those that the evidence does not have at all, or not."""
    return estimator.set_params(new_models=new_model) if "new_models" in estimator.get_params() else estimator


def write_forecasts(forecasts: pl.DataFrame, path: str | Path, *, queries: str | Path | None = None) -> None:
    """Write forecasts whole or not at all; the ending of `path` names the format.

    Parameters
    ----------
    forecasts : polars.DataFrame
        With the columns of `isogloss.forecasting.FORECAST`.
    path : str or pathlib.Path
        `.parquet` and `.csv` hold the tidy table, `.csv` with a ";" between flags; `.json` holds the LITMUS file
        that asked, with every "x" replaced by the mean.
    queries : str or pathlib.Path, optional
        The file that asked, needed for `.json`.

    Raises
    ------
    BadValue
        For another ending, or a `.json` without a LITMUS file to fill.
    BadFile
        If the file cannot be written.
    """
    path = Path(path)
    writers: dict[str, Callable[[Path], Any]] = {
        ".csv": partial(write_csv, flat(forecasts)),
        ".parquet": forecasts.write_parquet,
        ".json": lambda into: into.write_text(_fill(forecasts, path, queries), encoding="utf-8"),
    }
    check_place(path, ENDINGS)
    atomic_write(path, writers[path.suffix])


def check_output(path: str | Path, queries: str | Path | None) -> None:
    """Find out before the work whether its result can be written."""
    path = Path(path)
    check_place(path, ENDINGS)
    if path.suffix == ".json":
        _read_litmus(queries, path)


def _fill(forecasts: pl.DataFrame, path: Path, queries: str | Path | None) -> str:
    entries = _read_litmus(queries, path)
    means = {
        (row, code): mean for row, code, mean in forecasts.select("query_row", "target_as_reported", "mean").rows()
    }
    for position, entry in enumerate(entries):
        for code, score in entry["eval_results"].items():
            if score == QUERY_MARK:
                query = (position, code.strip())  # queries have codes without spaces
                if query not in means:
                    raise BadValue(
                        f"no forecast for '{code}' in row {position}",
                        where=str(path),
                        hint=f"forecast every query of {queries}",
                    )
                entry["eval_results"][code] = means[query]
    return json.dumps(entries, indent=1)


def _read_litmus(queries: str | Path | None, path: Path) -> list[dict[str, Any]]:
    hint = "write .parquet or .csv, or give a LITMUS file with queries=..."
    if queries is None:
        raise BadValue(
            "a .json answer fills the LITMUS file that asked, and none was given", where=str(path), hint=hint
        )
    try:
        entries = json.loads(Path(queries).read_bytes())
        if not isinstance(entries, list) or not all(isinstance(entry["eval_results"], dict) for entry in entries):
            raise TypeError
    except OSError as error:
        raise BadFile(f"cannot be read: {error.strerror}", where=str(queries), hint=hint) from None
    except (ValueError, TypeError, KeyError, RecursionError):
        raise BadValue(
            f"a .json answer fills a LITMUS file, and {queries} is none", where=str(path), hint=hint
        ) from None
    return entries
