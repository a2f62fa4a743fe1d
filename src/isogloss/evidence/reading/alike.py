"""Small files with tables of the same columns, such as one JSON per run: planned and read as one table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from isogloss.evidence.importers.base import RawTable, ReadOptions
from isogloss.evidence.importers.mapping import READABLE
from isogloss.evidence.importers.sheets import Sheet
from isogloss.evidence.importers.table import Table
from isogloss.evidence.importers.tables import read_sheets
from isogloss.evidence.reading.decisions import NoScores
from isogloss.evidence.reading.plan import ReadingPlan
from isogloss.evidence.reading.tables import plan_table
from isogloss.evidence.reading.vocabulary import role_of

AFTER_THE_FILE = ("task", "model")
"""What is called after its file where nothing names it."""


@dataclass(frozen=True)
class _Part:
    """The table of one file."""

    path: Path
    frame: pl.DataFrame


class AlikeTables:
    """Tables of the same columns, file by file.

    Parameters
    ----------
    options : ReadOptions

    Attributes
    ----------
    left : list of (pathlib.Path, str)
        Files in which nothing is a score of a language, and why, once all are read.
    """

    def __init__(self, options: ReadOptions):
        self.options = options
        self._groups: dict[tuple[str, ...], list[_Part]] = {}
        self._named: dict[tuple[str, ...], list[str]] = {}
        self.left: list[tuple[Path, str]] = []

    def take(self, path: Path) -> bool:
        """Keep the table of a file to be read with others; False where it has to be read alone."""
        if path.suffix.lower() != ".json" or self.options.mapping is not None:
            return False
        sheets = read_sheets(path, self.options.values)
        if len(sheets) != 1 or sheets[0].headers or sheets[0].title or sheets[0].frame.is_empty():
            return False
        frame = sheets[0].frame
        roles = {name: name if name in READABLE else role_of(name) for name in frame.columns}
        lacking = [what for what in AFTER_THE_FILE if what not in roles.values() and what not in self.options.values]
        if lacking and any(role is None for role in roles.values()):
            return False  # another column may turn out to say it
        named = frame.with_columns(**{what: pl.lit(sheets[0].name) for what in lacking})
        key = tuple(named.columns)
        self._groups.setdefault(key, []).append(_Part(path, named))
        self._named[key] = lacking
        return True

    def read(self) -> Iterator[tuple[str, int, RawTable]]:
        """Each group: its first file, the number of files, and what it says; rows name their own file.

        Raises
        ------
        BadFile, BadValue
            If it cannot be read, or something has to be asked first.
        """
        for key, parts in self._groups.items():
            first = str(parts[0].path)
            frame = pl.concat([part.frame for part in parts])
            try:
                plan = plan_table(Sheet(frame), self.options, first)
            except NoScores as error:
                self.left += [(part.path, error.reason) for part in parts]
                continue
            raw = ReadingPlan(first, Table(), self.options, parts[0].path, (plan,)).execute()
            heights = pl.Series([part.frame.height for part in parts])
            starts = heights.cum_sum() - heights
            places = pl.DataFrame(
                {
                    "origin_row": pl.select(pl.int_range(frame.height, dtype=pl.Int64)).to_series(),
                    "_file": pl.Series([str(part.path) for part in parts]).gather(_repeated(heights)),
                    "_start": starts.cast(pl.Int64).gather(_repeated(heights)),
                }
            )
            rows = raw.rows.join(places, on="origin_row", how="left", maintain_order="left")
            rows = rows.with_columns(origin="_file", origin_row=pl.col("origin_row") - pl.col("_start"))
            notes = raw.notes
            if named := self._named[key]:
                notes = (*notes, f"assumed {' and '.join(named)}: after the names of the files; to say otherwise: "
                         + " ".join(f"{what}=..." for what in named))  # fmt: skip
            yield first, len(parts), replace(raw, rows=rows.drop("_file", "_start"), notes=notes)


def _repeated(heights: pl.Series) -> pl.Series:
    """The place of each part as often as it has rows."""
    return pl.DataFrame({"place": range(len(heights)), "height": heights}).select(
        pl.col("place").repeat_by("height").explode()
    )["place"]
