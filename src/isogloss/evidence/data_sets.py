"""Public data sets per language, with what their licences allow: a survey as facts of languages."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from isogloss.errors import BadFile, BadValue, NotEnoughEvidence, UnknownName
from isogloss.evidence.importers.files import read_frame
from isogloss.languages.language import as_languages

COLUMNS = ("dataset", "language", "licence", "task", "year", "size")
NEEDED = ("dataset", "language")
CLASSES = ("open", "share_alike", "no_derivatives", "noncommercial", "other", "unknown")
"""Classes of licences, the later the less they allow, or the less is known."""
_ALIASES = {"license": "licence", "lang": "language", "languages": "language", "name": "dataset", "tasks": "task"}
_UNKNOWN = {"", "-", "unknown", "none", "n/a", "na", "null", "unlicensed", "not specified", "unspecified", "missing"}
_PARTS = re.compile(r"\s*[|;,]\s*")
_SHORT = {"creative-commons": "cc", "non-commercial": "nc", "noncommercial": "nc", "share-alike": "sa",
          "sharealike": "sa", "attribution": "by", "noderivatives": "nd", "noderivs": "nd"}  # fmt: skip
"""Words of licences to what they are called for short."""
_OPEN = re.compile(
    r"^(cc0|cc-zero|pddl|public-?domain|unlicense|wtfpl|cc-by(-\d|$)|mit|apache|bsd|isc|odc-by|cdla-permissive|afl|zlib|bsl)"
)
_SHARE_ALIKE = re.compile(r"^(cc-by-sa|(a|l)?gpl|odbl|cdla-sharing|gfdl|mpl|eupl|osl|epl|ms-rl)")


@dataclass(frozen=True)
class DataSetCounts:
    """How many public data sets each language has.

    Attributes
    ----------
    languages : polars.DataFrame
        One row per language, most data sets first: `language` (canonical id), `data_sets`, how many of each class of
        `CLASSES`, `usable` (open or share-alike: anybody may use and change them), `tasks` (different ones),
        `first_year`, `last_year` and `size` (sum of those known; null where none is).
    licences : polars.DataFrame
        One row per licence as it was written: `licence`, `licence_class`, `data_sets`.
    data_sets : polars.DataFrame
        One row per data set and language, as they were counted: `dataset`, `language`, `licence` (all that were
        written), `licence_class`, `tasks`, `year`, `size`.
    notes : tuple of str
    """

    languages: pl.DataFrame
    licences: pl.DataFrame
    data_sets: pl.DataFrame
    notes: tuple[str, ...] = ()


def licence_class(licence: str | None) -> str:
    """The class of a licence, one of `CLASSES`, by its name.

    Parameters
    ----------
    licence : str or None
        As it was written: `CC BY-NC-SA 4.0`, `apache-2.0`, ...

    Notes
    -----
    Any licence with *noncommercial* is of that class, whatever else it asks; a name that is none of the common ones is
    `other`: somebody has to read it. That is a sorting by names, and no legal advice.
    """
    name = re.sub(r"[\s_]+", "-", (licence or "").strip().lower()).removeprefix("license:")
    for long, short in _SHORT.items():
        name = name.replace(long, short)
    if name.replace("-", " ") in _UNKNOWN or name in _UNKNOWN:
        return "unknown"
    parts = set(name.split("-"))
    if "nc" in parts or "academic" in name:
        return "noncommercial"
    if "nd" in parts:
        return "no_derivatives"
    if _SHARE_ALIKE.match(name):
        return "share_alike"
    return "open" if _OPEN.match(name) else "other"


def read_data_sets(path: str | Path) -> DataSetCounts:
    """Count the data sets of a survey.

    Parameters
    ----------
    path : str or pathlib.Path
        CSV, TSV, JSONL or Parquet, with columns `dataset` and `language`, and perhaps `licence`, `task`, `year` and
        `size` (a number, in one unit). Several languages or tasks in a cell have `|`, `;` or commas between.

    Raises
    ------
    BadFile, UnknownName
        If there is no such file or column.
    BadValue, UnknownLanguage
        For a year or a size that is no number, with its row.
    """
    where = str(path)
    if not Path(path).is_file():
        raise BadFile("no such file", where=where)
    return count_data_sets(read_frame(Path(path)), where)


def count_data_sets(table: pl.DataFrame, where: str = "data sets") -> DataSetCounts:
    """Count data sets by language and by what their licences allow; see `read_data_sets`.

    Notes
    -----
    A data set counts once in a language, however many rows (tasks, configurations) it has. Where its rows have several
    licences, the one that allows least counts, and this is noted.
    """
    columns = {name.strip().lower(): name for name in table.columns}
    found = {name: columns[name] for name in COLUMNS if name in columns}
    found |= {of: columns[name] for name, of in _ALIASES.items() if name in columns and of not in found}
    named = table.select(pl.col(name).alias(of) for of, name in found.items())
    for name in NEEDED:
        if name not in named.columns:
            raise UnknownName("column", name, table.columns, where=where)
    rows = named.select(
        (pl.col(name) if name in named.columns else pl.lit(None))
        .cast(pl.String)
        .str.strip_chars()
        .replace("", None)
        .alias(name)
        for name in COLUMNS
    ).with_row_index("row")
    for name in NEEDED:
        if (empty := rows.filter(pl.col(name).is_null())).height:
            raise BadValue(
                f"no {name}", where=f"{where} row {empty['row'][0]}", hint="fill the cell, or leave the row out"
            )
    if rows.is_empty():
        raise NotEnoughEvidence("no data sets in it", where=where, hint="one row for each")
    numbers = _numbers(rows, where)
    split = numbers.with_columns(pl.Series("language", [_PARTS.split(one) for one in numbers["language"]])).explode(
        "language"
    )
    codes = split["language"].unique(maintain_order=True).to_list()
    read = dict(zip(codes, (one.id for one in as_languages(codes, where=where)), strict=True))
    split = split.with_columns(
        pl.col("language").replace_strict(read, return_dtype=pl.String),
        licence_class=pl.Series([CLASSES.index(licence_class(one)) for one in split["licence"]], dtype=pl.Int64),
    )
    sets = split.group_by("dataset", "language", maintain_order=True).agg(
        pl.col("licence").drop_nulls().unique(maintain_order=True).str.join("|").replace("", None),
        pl.col("licence_class").max(),
        several=pl.col("licence_class").n_unique() > 1,
        tasks=pl.col("task").drop_nulls().unique(maintain_order=True),
        year=pl.col("year").min(),
        size=pl.col("size").max(),
    )
    names = pl.Enum(CLASSES)
    sets = sets.with_columns(
        pl.Series("licence_class", [CLASSES[place] for place in sets["licence_class"]], dtype=names),
        pl.Series("tasks", [_tasks(one) for one in sets["tasks"]], dtype=pl.List(pl.String)),
    )
    twice = sets.filter("several")["dataset"].unique(maintain_order=True).to_list()
    notes = (f"several licences, of which the one that allows least counts: {', '.join(twice[:4])}",) if twice else ()
    written = split.unique(["dataset", "licence"], maintain_order=True).with_columns(
        pl.Series(
            "licence_class",
            [CLASSES[place] for place in split.unique(["dataset", "licence"], maintain_order=True)["licence_class"]],
        )
    )
    licences = written.group_by("licence", "licence_class").agg(data_sets=pl.col("dataset").n_unique())
    return DataSetCounts(
        _by_language(sets), licences.sort("data_sets", "licence", descending=[True, False]), sets.drop("several"), notes
    )


def _tasks(cells: Sequence[str] | pl.Series) -> list[str]:
    return sorted({part for cell in cells for part in _PARTS.split(cell) if part})


def _numbers(rows: pl.DataFrame, where: str) -> pl.DataFrame:
    """With years and sizes as numbers; a date counts by its year."""
    year = rows["year"].str.extract(r"^(\d{4})(?:-\d\d.*)?$").cast(pl.Int64, strict=False)
    size = rows["size"].str.replace_all(",", "").cast(pl.Float64, strict=False)
    for name, read in (("year", year), ("size", size)):
        wrong = rows.filter(read.is_null() & rows[name].is_not_null())
        if wrong.height:
            row = wrong.row(0, named=True)
            raise BadValue(f"{name} '{row[name]}' is not a number", where=f"{where} row {row['row']}")
    return rows.with_columns(year.alias("year"), size.alias("size"))


def _by_language(sets: pl.DataFrame) -> pl.DataFrame:
    counts = sets.group_by("language").agg(
        pl.len().cast(pl.Int64).alias("data_sets"),
        *((pl.col("licence_class") == name).sum().cast(pl.Int64).alias(name) for name in CLASSES),
        tasks=pl.col("tasks").explode().drop_nulls().n_unique().cast(pl.Int64),
        first_year=pl.col("year").min(), last_year=pl.col("year").max(),
        size=pl.when(pl.col("size").is_not_null().any()).then(pl.col("size").sum()),
    )  # fmt: skip
    usable = counts.with_columns(usable=pl.col("open") + pl.col("share_alike"))
    columns = ["language", "data_sets", "usable", *CLASSES, "tasks", "first_year", "last_year", "size"]
    return usable.select(columns).sort("data_sets", "language", descending=[True, False])
