"""Tables of similarities between languages, read and made symmetric, as a kind of distance.

A similarity `s` between 0 and 1 becomes the distance `1 - s`. Both directions count alike: where a table has two
different numbers for a pair, their mean.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from isogloss.errors import BadFile, UnknownName
from isogloss.files import parse_delimited, read_input
from isogloss.languages.language import Language, resolve
from isogloss.languages.measures import Matrix, Measured, State

if TYPE_CHECKING:
    import polars as pl

VALUES = ("similarity", "distance", "value")
TOLERANCE = 1e-6
"""By how much a similarity may leave 0 to 1: what is stored in half precision does."""


@dataclass(frozen=True, slots=True, eq=False)
class Similarity:
    """A table of similarities, as a distance.

    Attributes
    ----------
    name : str
    languages : mapping of str to int
        Canonical id -> row and column.
    matrix : ndarray, shape (languages, languages)
        Distances; NaN where unknown.
    """

    name: str
    languages: Mapping[str, int]
    matrix: Matrix

    def read(self, languages: Sequence[Language]) -> State:
        """Where each language stands in the table; -1 if it does not."""
        return (np.array([self.languages.get(language.id, -1) for language in languages], dtype=int),)

    def between(self, left: State, right: State) -> Measured:
        """Distances as far as the table has them."""
        (rows,), (columns,) = left, right
        known = (rows >= 0)[:, None] & (columns >= 0)
        values = np.full(known.shape, np.nan)
        if self.languages:
            values = np.where(known, self.matrix[np.ix_(rows, columns)], np.nan)
        return Measured(values, (~np.isnan(values)).astype(float))


def read_similarity(
    name: str, table: str | Path | pl.DataFrame, *, model: str | None = None, layer: int | None = None
) -> Similarity:
    """A table of similarities as a distance; parameters and errors are those of `register_similarity`."""
    where = "similarities" if not isinstance(table, str | Path) else str(table)
    rows = _select(_read(Path(table)) if isinstance(table, str | Path) else table, where, model, layer)
    languages, matrix = _square(rows, where)
    return Similarity(name, languages, matrix)


def _read(path: Path) -> pl.DataFrame:
    import polars as pl

    try:
        if path.suffix == ".parquet":
            return pl.read_parquet(read_input(path))
        if path.suffix in (".csv", ".tsv"):
            return parse_delimited(read_input(path), "\t" if path.suffix == ".tsv" else ",", infer_schema=True)
        if path.suffix == ".json":
            return _litmus(json.loads(read_input(path)), str(path))
    except (ValueError, pl.exceptions.PolarsError) as error:
        raise BadFile(f"cannot be read: {error}", where=str(path)) from None
    raise BadFile(f"unknown ending '{path.suffix}'", where=str(path), hint="use .parquet, .csv, .tsv or LITMUS's .json")


def _litmus(content: Any, where: str) -> pl.DataFrame:
    """LITMUS: `type_overlap` -> model -> language -> language -> share."""
    import polars as pl

    overlap = content.get("type_overlap") if isinstance(content, dict) else None
    if not isinstance(overlap, dict):
        raise BadFile("no 'type_overlap' in it", where=where, hint="give LITMUS's features, or a table")
    rows = [
        (first, second, share, model)
        for model, table in overlap.items()
        for first, others in table.items()
        for second, share in others.items()
    ]
    return pl.DataFrame(rows, schema=["lang_a", "lang_b", "similarity", "model"], orient="row")


def _select(table: pl.DataFrame, where: str, model: str | None, layer: int | None) -> pl.DataFrame:
    """Rows of one model and layer: `lang_a`, `lang_b`, `distance`."""
    import polars as pl

    value = next((name for name in VALUES if name in table.columns), None)
    if missing := [name for name in ("lang_a", "lang_b") if name not in table.columns]:
        raise BadFile(
            f"no column {', '.join(missing)}", where=where, hint="name the columns lang_a, lang_b, similarity"
        )
    if value is None:
        raise BadFile("no column similarity", where=where, hint="call the numbers similarity, distance or value")
    for column, chosen in (("model", model), ("layer", layer)):
        if column in table.columns:
            values = table[column].drop_nulls().unique().sort().to_list()
            if chosen is not None and chosen not in values:
                raise UnknownName(column, str(chosen), map(str, values), where=where)
            if chosen is None and len(values) > 1:
                hint = f"choose one: {', '.join(map(str, values))}"
                raise BadFile(f"{len(values)} {column}s", where=where, hint=hint)
            if values:
                table = table.filter(pl.col(column) == (values[0] if chosen is None else chosen))
        elif chosen is not None:
            raise BadFile(f"no column {column}", where=where, hint=f"leave out {column}")
    number = pl.col(value).cast(pl.Float64, strict=False)
    rows = table.select(
        pl.col("lang_a", "lang_b").cast(pl.String), distance=number if value == "distance" else 1.0 - number
    ).drop_nulls()
    outside = rows.filter(~pl.col("distance").is_between(-TOLERANCE, 1 + TOLERANCE) & pl.col("distance").is_not_nan())
    if outside.height:
        first, second, off = outside.row(0)
        shown = off if value == "distance" else 1 - off
        raise BadFile(f"{value} {shown:g} of {first} and {second}", where=where, hint="scale it to 0 .. 1")
    return rows.with_columns(pl.col("distance").clip(0.0, 1.0))


def _square(rows: pl.DataFrame, where: str) -> tuple[dict[str, int], Matrix]:
    """Canonical ids and the symmetric matrix of distances."""
    ids = {code: resolve(code, where=where).id for code in {*rows["lang_a"], *rows["lang_b"]}}
    places = {language: place for place, language in enumerate(sorted(set(ids.values())))}
    first, second = (np.array([places[ids[code]] for code in rows[side]], dtype=int) for side in ("lang_a", "lang_b"))
    numbers = rows["distance"].to_numpy()
    matrix = np.full((len(places), len(places)), np.nan)
    matrix[first, second] = numbers
    if (odd := np.flatnonzero(np.abs(matrix[first, second] - numbers) > TOLERANCE)).size:
        pair = rows.row(int(odd[0]))
        raise BadFile(f"two different numbers for {pair[0]} and {pair[1]}", where=where, hint="keep one of them")
    both = np.stack([matrix, matrix.T])
    known = (~np.isnan(both)).sum(axis=0)
    with np.errstate(invalid="ignore"):
        total = np.nansum(both, axis=0) / known
    return places, np.where(known > 0, total, np.nan)
