"""One answer for all questions: first the verdict, then the table, the picture, and what it rests on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from isogloss.errors import BadValue
from isogloss.questions.content import Content, Table
from isogloss.questions.files import ENDINGS, PICTURES, write_answer
from isogloss.questions.text import answer_text

if TYPE_CHECKING:
    import pandas

__all__ = ["ENDINGS", "PICTURES", "Answer", "Table"]


@dataclass(frozen=True, repr=False)
class Answer(Content):
    """The answer to a question; what it holds is described at `Content`."""

    def to_pandas(self) -> pandas.DataFrame:
        """The main table as a pandas frame."""
        from isogloss.evidence.dataframes import to_pandas

        return to_pandas(self.table)

    def picture(self) -> Any:
        """The answer drawn, as an altair chart.

        Raises
        ------
        BadValue
            If there is no picture of this answer.
        """
        if self.draw is None:
            raise BadValue(
                f"there is no picture of this answer to '{self.question}'", hint="write a table: .csv, .xlsx"
            )
        return self.draw()

    def write(self, path: str | Path) -> Path:
        """Write it whole or not at all; the ending of `path` names the format.

        Parameters
        ----------
        path : str or pathlib.Path
            `.png` and `.svg` hold the picture, `.html` everything as one page that needs no network, `.csv` and
            `.parquet` the main table, `.xlsx` all tables and sentences, `.json` what `to_dict` gives.

        Raises
        ------
        BadValue
            For another ending, or where there is no picture.
        BadFile
            If the file cannot be written.
        """
        return write_answer(self, Path(path))

    def text(self, width: int = 80, *, why: bool = False) -> str:
        """What a terminal shows: verdict, tables, and with `why` what the answer rests on."""
        return answer_text(self, width, why=why)

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        return self.text()

    def _repr_html_(self) -> str:
        from isogloss.questions.page import notebook_html

        return notebook_html(self)
