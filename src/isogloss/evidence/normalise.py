"""The one normaliser: languages, mixtures, scales and directions are settled here, for every format."""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

from isogloss.errors import BadValue, UnknownName
from isogloss.evidence.importers.base import DROPPED, RawTable, ReadOptions
from isogloss.evidence.metrics import describe
from isogloss.evidence.mixture import Mixture
from isogloss.evidence.scales import settle_scales
from isogloss.evidence.schema import OBSERVATION, QUERY, SCALES, conform
from isogloss.languages import resolve

QUERY_TABLE = pl.Schema({"query_row": pl.Int64(), **QUERY})
"""A table of queries: `query_row` is the 0-based position in the file that asked."""

_NAMES = ("model", "task", "metric", "target")


@dataclass(frozen=True)
class Normalised:
    """What a file holds, in isogloss's own words.

    Attributes
    ----------
    observations : polars.DataFrame
        With the columns of `isogloss.evidence.schema.OBSERVATION`; duplicates are still in it.
    queries : polars.DataFrame
        With the columns of `QUERY_TABLE`.
    dropped : polars.DataFrame
        `origin_row` and `reason` of every other row.
    languages : dict of str to str
        Each code as reported, and what it was resolved to.
    """

    observations: pl.DataFrame
    queries: pl.DataFrame
    dropped: pl.DataFrame
    languages: dict[str, str] = field(default_factory=dict)


def normalise(raw: RawTable, options: ReadOptions, *, where: str, importer: str) -> Normalised:
    """Settle languages, mixtures, scales and directions of a file as its tool wrote it.

    Duplicates are left to `isogloss.evidence.duplicates`, because they can lie in different files.

    Parameters
    ----------
    raw : RawTable
    options : ReadOptions
    where : str
        The file, for errors and for the `origin` of each row.
    importer : str
        Name of the importer that read it.

    Raises
    ------
    BadValue, BadMixture, UnknownLanguage
        One line: the file, the row, the reason, the mend.
    """
    rows = _complete(raw.rows, options, where, importer)
    unscored = pl.col("score").is_null()
    dropped = raw.dropped.select(DROPPED.names()).cast(DROPPED)
    if not raw.marks_queries:
        missing = rows.filter(unscored).select("origin_row", reason=pl.lit("no score"))
        dropped, rows = pl.concat([dropped, missing]), rows.filter(~unscored)
    _require(rows, ("model", "task", "target"), where)
    _require(rows.filter(~unscored), ("metric",), where)
    languages = _Languages(options.languages)
    rows = _settle_languages(rows, languages, where)
    observations = settle_scales(_settle_direction(rows.filter(~unscored)), options.scale, where)
    queries = _settle_direction(rows.filter(unscored)).with_columns(query_row="origin_row")
    return Normalised(
        conform(observations, OBSERVATION), conform(queries, QUERY_TABLE), dropped, dict(languages.resolved)
    )


def as_queries(raw: RawTable) -> RawTable:
    """The same file read as questions: only those it marks, or, where it marks none, every row."""
    asked = raw.rows.filter(pl.col("score").is_null()) if "score" in raw.rows.columns else raw.rows
    if not (raw.marks_queries and asked.height):
        asked = raw.rows.with_columns(score=pl.lit(None, dtype=pl.Float64), standard_error=pl.lit(None))
    return RawTable(asked, raw.dropped)


def place(where: str, row: int) -> str:
    """How errors call a row of a file."""
    return f"{where} row {row}"


class _Languages:
    """Resolves each code once, and remembers what it became."""

    def __init__(self, overrides: dict[str, str]):
        self.overrides = overrides
        self.resolved: dict[str, str] = {}

    def __call__(self, code: str, where: str) -> str:
        if code not in self.resolved:
            self.resolved[code] = resolve(self.overrides.get(code, code), where=where).id
        return self.resolved[code]


def _complete(rows: pl.DataFrame, options: ReadOptions, where: str, importer: str) -> pl.DataFrame:
    if options.scale is not None and options.scale not in SCALES:
        raise UnknownName("scale", options.scale, SCALES)
    filled = conform(rows.with_columns(origin=pl.lit(where), importer=pl.lit(importer)), OBSERVATION)
    for name, value in options.values.items():
        if (other := filled.filter(pl.col(name) != value)).height:
            raise BadValue(
                f"its {name} is '{other[name][0]}', not '{value}' as given",
                where=place(where, other["origin_row"][0]),
                mend=f"leave out --{name}, or say otherwise in a mapping file",
            )
    filled = filled.with_columns(pl.col(name).fill_null(value) for name, value in options.values.items())
    return filled.with_columns(*(pl.col(name).str.strip_chars() for name in _NAMES), pl.col("train").fill_null(""))


def _require(rows: pl.DataFrame, names: tuple[str, ...], where: str) -> None:
    for name in names:
        without = rows.filter(pl.col(name).is_null() | (pl.col(name) == ""))
        if without.height:
            whole = "" if name == "target" else f", or give it for the whole file with --{name}"
            raise BadValue(
                f"no {name}", where=place(where, without["origin_row"][0]), mend=f"fill in the column{whole}"
            )


def _settle_languages(rows: pl.DataFrame, languages: _Languages, where: str) -> pl.DataFrame:
    targets = {code: languages(code, place(where, row)) for code, row in _first_rows(rows, "target")}
    mixtures = {text: _canonical(text, languages, place(where, row)) for text, row in _first_rows(rows, "train")}
    return rows.with_columns(
        target_as_reported="target",
        target=pl.col("target").replace_strict(targets, return_dtype=pl.String),
        train=pl.col("train").replace_strict(mixtures, return_dtype=pl.String),
    )


def _canonical(text: str, languages: _Languages, where: str) -> str:
    return str(Mixture.parse(text, where=where, language=lambda code: languages(code, where)))


def _first_rows(rows: pl.DataFrame, name: str) -> list[tuple[str, int]]:
    """Each value once, with the first row that has it, so that an error can name that row."""
    return rows.group_by(name).agg(pl.col("origin_row").min()).sort("origin_row", name).rows()


def _settle_direction(rows: pl.DataFrame) -> pl.DataFrame:
    directions = {name: describe(name).higher_is_better for name in rows["metric"].drop_nulls().unique()}
    known = pl.col("metric").replace_strict(directions, default=None, return_dtype=pl.Boolean)
    return rows.with_columns(higher_is_better=pl.coalesce("higher_is_better", known))
