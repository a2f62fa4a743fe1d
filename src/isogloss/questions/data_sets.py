"""How many public data sets does each language have, and who may use them?"""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from isogloss.progress import Progress
from isogloss.questions.answer import Answer, Table
from isogloss.questions.fields import FilePath, Shell
from isogloss.questions.question import Question
from isogloss.questions.scale import RAW
from isogloss.text import counted

SHOWN = {"language": "language", "sets": "data_sets", "open": "open", "share alike": "share_alike",
         "no changes": "no_derivatives", "noncommercial": "noncommercial", "other": "other",
         "unknown": "unknown"}  # fmt: skip
LICENCES = {"licence": "licence", "class": "licence_class", "data sets": "data_sets"}
MOST = 20


class DataSetsQuestion(Question):
    """Count the public data sets of each language by what their licences allow, from a table of data sets."""

    command: ClassVar[str] = "languages datasets"
    positional: ClassVar[tuple[str, ...]] = ("survey",)

    survey: Annotated[
        FilePath,
        Shell(argument=True, metavar="FILE"),
        Field(description="A row per data set: dataset, language and perhaps licence, task, year, size."),
    ]

    def answer(self, progress: Progress | None = None) -> Answer:
        """Count them."""
        import polars as pl

        from isogloss.evidence import read_data_sets
        from isogloss.languages import resolve

        found = read_data_sets(self.survey)
        most = found.languages.row(0, named=True)
        is_usable = pl.col("licence_class").is_in(["open", "share_alike"])
        total, usable = (some["dataset"].n_unique() for some in (found.data_sets, found.data_sets.filter(is_usable)))
        verdict = (
            f"{counted(total, 'data set')} in {counted(found.languages.height, 'language')}, most in "
            f"{resolve(most['language']).name} ({most['data_sets']:,}); {usable:,} may be used and changed by anybody."
        )
        unclear = found.data_sets.filter(pl.col("licence_class").is_in(["other", "unknown"]))["dataset"].n_unique()
        doubt = (f"The licence of {unclear:,} is not known, or has to be read.",) if unclear else ()
        tables = {
            "languages": Table(found.languages, "Data sets by language and licence", SHOWN, rows=MOST),
            "licences": Table(found.licences, "Licences as they were written", LICENCES, rows=MOST),
        }
        return Answer(self.command, (verdict, *doubt), tables, scale=RAW, notes=found.notes, result=found)
