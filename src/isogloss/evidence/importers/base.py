"""What every importer does: recognise its format, and read it as the tool wrote it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, ClassVar

import polars as pl

if TYPE_CHECKING:
    from isogloss.evidence.importers.mapping import ColumnMapping

DROPPED = pl.Schema({"origin_row": pl.Int64, "reason": pl.String})
"""What is known of a row that holds no observation."""

RAW_ITEM = pl.Schema({"row": pl.Int64, "item": pl.String, "score": pl.Float64, "prediction": pl.String})
"""One test item's outcome, as an importer gives it; `row` counts the rows of `RawTable.rows` from 0."""


@dataclass(frozen=True)
class ReadOptions:
    """What a user said about a file that the file itself does not say.

    Attributes
    ----------
    values : dict of str to str
        Column to the value that holds for every row (model, task, metric, recipe, ...).
    mapping : pathlib.Path, str, ColumnMapping or None
        Mapping file, the name of one that ships, or a mapping, for the `table` importer; for those that find languages
        in the names of tasks, a file of rules (see `isogloss.evidence.importers.task_names`).
    scale : str or None
        fraction (0 to 1), percent (0 to 100) or raw (no range); None decides from the scores, where the metric is
        known. Losses and other metrics known to be no fractions stay as they are.
    better : str or None
        higher or lower: which scores are better, of metrics of which neither the file nor isogloss knows it.
    languages : dict of str to str
        How to read a code: as reported to any known spelling.
    duplicates : str
        What to do with several scores of one observation: error, mean or last.
    unfinished : bool
        Whether to read runs that were cancelled or failed.
    """

    values: dict[str, str] = field(default_factory=dict)
    mapping: Path | str | ColumnMapping | None = None
    scale: str | None = None
    languages: dict[str, str] = field(default_factory=dict)
    duplicates: str = "error"
    unfinished: bool = False
    better: str | None = None


@dataclass(frozen=True)
class RawTable:
    """A file as its tool wrote it, before languages, scales and duplicates are settled.

    Attributes
    ----------
    rows : polars.DataFrame
        Columns named as in `isogloss.evidence.schema.OBSERVATION`, of which `target` and `train` hold
        codes as reported, `score` is on the file's own scale and null for a query, and `origin_row`
        is the 0-based position in the file. A score that is about a pair of languages has both in
        `target`, first and second, with `|` between: `eng|de`.
    dropped : polars.DataFrame
        Rows that hold no observation: `origin_row` (Int64) and `reason` (String).
    marks_queries : bool
        Whether a null score was written as a question (`"x"`, or no score column at all). Where it was
        not, a row without a score is one that went missing, and is dropped.
    items : polars.DataFrame or None
        Outcomes of single test items, with the columns of `RAW_ITEM`.
    models : polars.DataFrame or None
        Facts about models, with columns of `isogloss.evidence.schema.MODEL`; languages as reported.
    tasks : polars.DataFrame or None
        Facts about tasks, with columns of `isogloss.evidence.schema.TASK`.
    notes : tuple of str
        What else whoever imports should know; each becomes a line of the report.

    Notes
    -----
    `rows` may hold `scale`, which is then a declaration of how the scores of that row are written, and
    `origin`, the file each row comes from, where the source is a folder of several.
    """

    rows: pl.DataFrame
    dropped: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=DROPPED))
    marks_queries: bool = True
    items: pl.DataFrame | None = None
    models: pl.DataFrame | None = None
    tasks: pl.DataFrame | None = None
    notes: tuple[str, ...] = ()


class Importer(ABC):
    """Reads the files of one format."""

    name: ClassVar[str]

    @abstractmethod
    def sniff(self, head: bytes, path: PurePath) -> float:
        """How sure this is our format, 0 to 1, from the first kilobytes and the name alone."""

    def sniff_folder(self, folder: Path) -> float:
        """How sure this is a folder of our format, 0 to 1; formats of single files need not say."""
        return 0.0

    @abstractmethod
    def read(self, path: Path, options: ReadOptions) -> RawTable:
        """The file, or the folder, as it is.

        Raises
        ------
        BadFile, BadValue
            One line: the file, the row, the reason, the hint.
        """
