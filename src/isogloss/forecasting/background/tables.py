"""Tables of scores: rows of one task across languages, from which background is learnt."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import cast

import numpy as np
import polars as pl

from isogloss.errors import BadFile
from isogloss.files import atomic_write
from isogloss.forecasting.grid import Array, column_means
from isogloss.languages.near_identical import stand_in

COLUMNS = pl.Schema(
    {
        **dict.fromkeys(("table", "source", "kind", "corpus"), pl.String),
        "chance": pl.Float32,
        **dict.fromkeys(("row", "language"), pl.String),
        "score": pl.Float32,
    }
)
"""Columns of a file of tables, one row per score."""
SHIPPED = "public_tables.parquet"


@dataclass(frozen=True)
class ScoreTable:
    """Scores of one task, models (or training mixes) down and languages across.

    Attributes
    ----------
    name : str
    source : str
        Where the scores were published.
    kind : str
        `embeddings`, `retrieval`, `prompted`, `fine-tuned`, `few-shot`, `generation` or `other`.
    corpus : str
        Test texts: tables of the same texts tell of each other, and are held out together.
    chance : float
        Score of a uniform guess.
    rows, languages : tuple of str
    scores : array of shape (rows, languages)
        Fractions, higher is better; NaN where nothing was measured.
    """

    name: str
    source: str
    kind: str
    corpus: str
    chance: float
    rows: tuple[str, ...]
    languages: tuple[str, ...]
    scores: Array

    def take(self, rows: Array) -> ScoreTable:
        """Only some of the rows."""
        return replace(self, rows=tuple(np.array(self.rows, dtype=object)[rows]), scores=self.scores[rows])

    def merged(self) -> ScoreTable:
        """The table with near-identical languages as one, whose scores are the means of theirs."""
        names = np.array([stand_in(language) for language in self.languages])
        languages = tuple(dict.fromkeys(names.tolist()))
        if len(languages) == len(names):
            return replace(self, languages=languages)
        scores = np.stack([column_means(self.scores[:, names == name].T) for name in languages], axis=1)
        return replace(self, languages=languages, scores=scores)


def as_frame(tables: Iterable[ScoreTable]) -> pl.DataFrame:
    """Tables as one frame with the columns of `COLUMNS`, one row per score."""
    parts = [pl.DataFrame(schema=COLUMNS)]
    for table in tables:
        rows, columns = np.nonzero(~np.isnan(table.scores))
        part = pl.DataFrame(
            {
                "row": np.array(table.rows, dtype=object)[rows].astype(str),
                "language": np.array(table.languages, dtype=object)[columns].astype(str),
                "score": table.scores[rows, columns],
            }
        )
        facts = {name: getattr(table, name) for name in ("source", "kind", "corpus", "chance")}
        constant = {"table": table.name, **facts}
        parts.append(
            part.with_columns(pl.lit(value).alias(name) for name, value in constant.items())
            .select(COLUMNS.names())
            .cast(COLUMNS)
        )
    return pl.concat(parts)


def from_frame(frame: pl.DataFrame) -> list[ScoreTable]:
    """Tables of a frame that `as_frame` made, in the order they come."""
    tables = []
    for cells in frame.partition_by("table", maintain_order=True):
        rows, languages = (cells[name].unique().sort().to_list() for name in ("row", "language"))
        scores = np.full((len(rows), len(languages)), np.nan)
        place = [
            cells[name].replace_strict(known, range(len(known)), return_dtype=pl.Int64).to_numpy()
            for name, known in (("row", rows), ("language", languages))
        ]
        scores[place[0], place[1]] = cells["score"].to_numpy()
        first = cells.row(0, named=True)
        tables.append(
            ScoreTable(
                first["table"], first["source"], first["kind"], first["corpus"], round(first["chance"], 6),
                tuple(rows), tuple(languages), scores,
            )
        )  # fmt: skip
    return tables


def write_tables(tables: Iterable[ScoreTable], path: Path) -> None:
    """Write tables to a Parquet file, whole or not at all.

    Raises
    ------
    BadFile
    """
    frame = as_frame(tables)
    atomic_write(path, lambda into: frame.write_parquet(into, compression="zstd", compression_level=19))


def read_tables(path: Path | None = None) -> list[ScoreTable]:
    """Tables of a file; by default the public ones that ship.

    Raises
    ------
    BadFile
        If it cannot be read, or lacks a column of `COLUMNS`.
    """
    place = path or cast(Path, files("isogloss.forecasting.background").joinpath("data", SHIPPED))
    try:
        frame = pl.read_parquet(place.read_bytes()).select(COLUMNS.names()).cast(COLUMNS)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise BadFile(f"is no file of tables: {error}", where=str(place)) from None
    return from_frame(frame)
