"""`isogloss chart`: the picture of an answer as a file, in the theme and size that are wanted."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import typer

from isogloss.cli.commands import option, question_values, say, say_written, with_parameters
from isogloss.cli.group import LazyGroup
from isogloss.errors import BadValue
from isogloss.files import check_place
from isogloss.questions.catalogue import question_kind

ENDINGS = (".png", ".svg", ".html")


class Kind(NamedTuple):
    """A kind of chart.

    Attributes
    ----------
    summary : str
    command : str
        Of the question whose answer it is the picture of.
    view : str, optional
        Which of its pictures.
    """

    summary: str
    command: str
    view: str | None = None


KINDS = {
    "intervals": Kind("Draw forecasts as intervals, between the measured scores.", "forecast", "intervals"),
    "map": Kind("Draw forecasts on a map of the region, among the measured scores.", "forecast", "map"),
    "heatmap": Kind("Draw what was measured: models by languages, with what is missing.", "evidence show"),
    "coverage": Kind("Draw how often intervals held the scores that were withheld.", "trust"),
    "drivers": Kind("Draw which factors drive transfer or, with a target, one forecast taken apart.", "explain"),
    "sources": Kind("Draw the languages to train on, best first.", "sources"),
    "next": Kind("Draw how unsure the other languages stay after each test.", "next"),
    "plan": Kind("Draw what a budget buys, with the scores before and after.", "plan"),
    "curve": Kind("Draw a score against the number of examples.", "curve"),
    "pareto": Kind("Draw the quality of recipes against their cost, with the Pareto front.", "compare"),
    "ranks": Kind("Draw means and ranks of models over the languages that all have.", "rank"),
    "fair": Kind("Draw every language of every model, and which rule picks which.", "fair"),
}
"""By name, in the order of help."""
SIZE, THEME = "1600x900", "light"


def _build(name: str) -> Any:
    """The command that draws a kind of chart: it takes what its question takes."""
    summary, command, view = KINDS[name]
    kind = question_kind(command)

    def draw(**values: Any) -> None:
        """Draw it."""
        from isogloss.charts import describe, look
        from isogloss.progress import Bar
        from isogloss.questions.question import read_question

        out, theme, size = (values.pop(one) for one in ("out", "theme", "size"))
        check_place(out, ENDINGS)
        with look(theme=theme, pixels=read_size(size)):
            with Bar(shown=True) as bar:
                answer = read_question(kind, question_values(kind, values)).answer(bar)
            chart = answer.picture(view)
            if out.suffix == ".html":  # with the sentences and the table
                answer.write(out)
            else:
                from isogloss.charts import save

                save(chart, out)
        say(describe(chart))
        say_written(out)

    draw.__doc__ = f"{summary}\n\nIt takes what 'isogloss {command}' takes, and prints the picture in words."
    own = (
        option("out", Path, Path(f"{name}.png"), "Where to draw it: .png, .svg, or .html with sentences and table."),
        option("theme", str, THEME, "Colours: light, dark or print."),
        option("size", str, SIZE, "Width and height in pixels."),
    )
    alone = typer.Typer(add_completion=False)
    alone.command(name)(with_parameters(draw, kind, *own))
    return typer.main.get_command(alone)


def read_size(text: str) -> tuple[int, int]:
    """`1600x900` as width and height.

    Raises
    ------
    BadValue
    """
    width, cross, height = text.lower().partition("x")
    if not (cross and width.isdecimal() and height.isdecimal()):
        raise BadValue(f"'{text}' is no size", where="size", hint="write 1600x900")
    return int(width), int(height)


class _Charts(LazyGroup):
    summaries, build = {name: kind.summary for name, kind in KINDS.items()}, staticmethod(_build)


app = typer.Typer(cls=_Charts, no_args_is_help=True, help="Draw the picture of an answer.")


@app.callback()
def charts() -> None:
    """Draw the picture of an answer."""
