"""One answer for all questions: first the verdict, then the table, the picture, and what it rests on."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from isogloss.errors import BadValue, UnknownName
from isogloss.questions.content import Content, Table
from isogloss.questions.files import ENDINGS, PICTURES, write_answer
from isogloss.questions.text import answer_text

if TYPE_CHECKING:
    import pandas

__all__ = ["ENDINGS", "PICTURES", "Answer", "Table"]

NOTEBOOK_SCALE = 0.75
"""Of a picture in a notebook against its canvas: as wide as a cell."""


@dataclass(frozen=True, repr=False)
class Answer(Content):
    """The answer to a question; what it holds is described at `Content`."""

    def to_pandas(self) -> pandas.DataFrame:
        """The main table as a pandas frame."""
        from isogloss.evidence.dataframes import to_pandas

        return to_pandas(self.table)

    def picture(
        self, view: str | None = None, *, theme: str | None = None, pixels: tuple[int, int] | None = None
    ) -> Any:
        """The answer drawn, as an altair chart.

        Parameters
        ----------
        view : str, optional
            Another picture of it, such as the `map` of forecasts; see `views`.
        theme : {"light", "dark", "print"}, optional
        pixels : (int, int), optional
            Width and height of a PNG; by default 1600 x 900.

        Raises
        ------
        BadValue
            If there is no picture of this answer, or the size is too small.
        UnknownName
            For a view or a theme that there is not.
        """
        from isogloss.charts import look

        if self.draw is None:
            raise BadValue(
                f"there is no picture of this answer to '{self.question}'", hint="write a table: .csv, .xlsx"
            )
        if view is not None and view not in self.views:
            raise UnknownName("view", view, self.views, where="view")
        with look(theme=theme, pixels=pixels):
            return without_network(self.draw() if view is None else self.views[view]())

    def write(self, path: str | Path) -> Path:
        """Write it whole or not at all; the ending of `path` names the format.

        Parameters
        ----------
        path : str or pathlib.Path
            `.png` and `.svg` hold the picture, `.html` everything as one page that needs no network, `.pdf` the same
            on paper (with the extra `pdf`), `.csv` and `.parquet` the main table, `.xlsx` all tables and sentences,
            `.json` what `to_dict` gives.

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

    def _ipython_display_(self) -> None:
        """Show sentences and tables, and the picture as an output of its own.

        Pages that show notebooks without running them leave out images inside HTML.
        """
        from IPython.display import display

        from isogloss.questions.page import notebook_html

        display({"text/html": notebook_html(self, picture=False), "text/plain": self.text()}, raw=True)
        if self.draw is not None:
            display(self.picture())


def without_network(chart: Any) -> Any:
    """The same chart, which a notebook shows as an image beside its Vega-Lite, and never by scripts from a server."""

    def bundle(self: Any, *_: Any, **__: Any) -> dict[str, Any]:
        import altair as alt

        from isogloss.charts.files import describe, png

        interactive = f"application/vnd.vegalite.{alt.SCHEMA_VERSION.partition('.')[0]}+json"
        image = b64encode(png(self, NOTEBOOK_SCALE)).decode()
        return {interactive: self.to_dict(), "image/png": image, "text/plain": describe(self)}

    kind = type(chart)
    shown = type(kind.__name__, (kind,), {"_repr_mimebundle_": bundle, "__module__": kind.__module__})
    object.__setattr__(chart, "__class__", shown)  # attributes of charts are keys of their Vega-Lite
    return chart
