"""Forecasts as a file."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl

from isogloss.errors import BadValue
from isogloss.files import atomic_write, check_place, read_input, write_csv
from isogloss.forecasting.flags import flat

QUERY_MARK = "x"
ENDINGS = (".csv", ".parquet", ".json")


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
        entries = json.loads(read_input(Path(queries)))
        if not isinstance(entries, list) or not all(isinstance(entry["eval_results"], dict) for entry in entries):
            raise TypeError
    except (ValueError, TypeError, KeyError, RecursionError):
        raise BadValue(
            f"a .json answer fills a LITMUS file, and {queries} is none", where=str(path), hint=hint
        ) from None
    return entries
