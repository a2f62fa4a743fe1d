"""Data frames of other libraries in and out, column by column: pandas needs no pyarrow for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from isogloss.errors import BadValue, first_line
from isogloss.evidence.importers.sheets import LEVELS, Sheet, unique_names

if TYPE_CHECKING:
    import pandas


def as_polars(table: Any) -> pl.DataFrame:
    """A polars, pandas or Arrow table as a polars frame; an index of pandas that is no mere number becomes columns.

    A Series of pandas is a frame of one column, called `score` where it has no name.

    Raises
    ------
    BadValue
        If it is none of these, or a column of it holds values of several types.
    """
    return as_sheet(table).frame


def as_sheet(table: Any) -> Sheet:
    """The same, with the levels of the headers of a pandas frame that has several.

    Raises
    ------
    BadValue
        As `as_polars`.
    """
    if isinstance(table, pl.DataFrame):
        return Sheet(table)
    if isinstance(table, pl.LazyFrame):
        return Sheet(table.collect())
    if type(table).__module__.partition(".")[0] == "pandas" and hasattr(table, "reset_index"):
        return _sheet_of_pandas(table if hasattr(table, "columns") else table.to_frame(_name(table)))
    if hasattr(table, "__arrow_c_stream__"):
        return Sheet(pl.DataFrame(table))
    raise BadValue(f"{type(table).__name__} is not evidence", hint="give a path, or a polars, pandas or Arrow table")


def _name(series: Any) -> Any:
    return "score" if series.name is None else series.name


def _sheet_of_pandas(table: Any) -> Sheet:
    index = table.index
    names = [name for name in index.names if name is not None]
    counts_rows = index.nlevels == 1 and not names and index.dtype.kind in "iu"
    if not counts_rows:
        table = table.reset_index(names=[name if name is not None else f"index {level}" if level else "index"
                                         for level, name in enumerate(index.names)])  # fmt: skip
    labels = [label if isinstance(label, tuple) else (label,) for label in table.columns]
    levels = [
        tuple(str(part) for part in label if part is not None and part == part and str(part) != "") for label in labels
    ]
    columns = unique_names([LEVELS.join(parts) for parts in levels])
    frame = pl.DataFrame([_from_pandas(name, table.iloc[:, place]) for place, name in enumerate(columns)])
    headers = {name: parts for name, parts in zip(columns, levels, strict=True) if parts != (name,)}
    return Sheet(frame, headers=headers)


def to_pandas(table: pl.DataFrame) -> pandas.DataFrame:
    """A polars frame as a pandas frame; nulls become NaN, None, NA or NaT."""
    import pandas

    return pandas.DataFrame({column.name: _to_pandas(column) for column in table.iter_columns()})


def _to_pandas(column: pl.Series) -> Any:
    import pandas

    kind, whole = column.dtype, not column.null_count()
    if isinstance(kind, pl.Datetime):
        if kind.time_zone is None:
            return pandas.to_datetime(column.to_numpy())
        moments = column.dt.convert_time_zone("UTC").dt.replace_time_zone(None).to_numpy()
        return pandas.to_datetime(moments).tz_localize("UTC").tz_convert(kind.time_zone)
    if kind.is_float() or (whole and (kind.is_integer() or kind == pl.Boolean)):
        return column.to_numpy()
    return pandas.array(column.to_list(), dtype=str(kind) if kind.is_integer() else object)


def _from_pandas(name: str, column: Any) -> pl.Series:
    """A column of a pandas frame; what pandas takes for missing is null."""
    if isinstance(column.dtype, np.dtype) and column.dtype.kind in "iufb":
        values = pl.Series(name, column.to_numpy())
        return values.fill_nan(None) if values.dtype.is_float() else values
    missing = column.isna()
    cells = column.astype(object).where(~missing, None).tolist()
    cells = [cell.to_pydatetime() if hasattr(cell, "to_pydatetime") else cell for cell in cells]
    try:
        return pl.Series(name, cells)
    except (TypeError, pl.exceptions.PolarsError) as error:
        reason = f"the column '{name}' holds values of several types: {first_line(error)}"
        raise BadValue(reason, where="table", hint="convert it to one type") from None
