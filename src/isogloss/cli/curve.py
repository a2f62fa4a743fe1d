"""`isogloss curve`: what a score becomes with more examples of the target, and how many a goal needs."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from isogloss.cli.questions import (
    EvidenceOption,
    ForecasterOption,
    LanguageOption,
    LevelOption,
    MetricOption,
    ModelOption,
    RecipeOption,
    TaskOption,
    parse_languages,
)
from isogloss.cli.show import JsonOption, PictureOption, check_out, show, show_json, show_text, write_out

SHOWN = ["size", "mean", "lower", "upper", "basis"]


def curve(
    evidence: EvidenceOption,
    task: TaskOption,
    model: ModelOption,
    target: Annotated[str, typer.Option(help="The language whose examples vary; it need not have been measured.")],
    start: Annotated[int, typer.Option("--from", help="Smallest number of examples.")] = 0,
    end: Annotated[int | None, typer.Option("--to", help="Largest; by default the largest that was measured.")] = None,
    goal: Annotated[float | None, typer.Option(help="A score to reach, as a fraction where the metric is one.")] = None,
    train: Annotated[
        str | None,
        typer.Option(help="The rest of the mix, e.g. eng:1000; by default the one measured most or in the middle."),
    ] = None,
    vary: Annotated[str, typer.Option(help="Which examples are counted: labelled or translated.")] = "labelled",
    metric: MetricOption = None,
    recipe: RecipeOption = None,
    language: LanguageOption = None,
    level: LevelOption = 0.9,
    forecaster: ForecasterOption = "default",
    out: PictureOption = None,
    json: JsonOption = False,
) -> None:
    """Show how a score grows with examples of the target, and how many a goal needs.

    Scores and bands are fractions, 0 to 1, where the metric has that range.
    """
    from isogloss.charts.curve import curve_plot
    from isogloss.forecasting.curves.fit import answer_curve

    check_out(out, table=False)
    found = answer_curve(
        evidence, start=start, end=end, goal=goal, level=level, task=task, model=model, target=target, train=train,
        vary=vary, metric=metric, recipe=recipe, languages=parse_languages(language), forecaster=forecaster,
    )  # fmt: skip
    if json:
        show_json(found.record())
    else:
        show(found.table, json=False, columns=SHOWN, title=f"{100 * level:g} % band")
        show_text("\n".join(found.lines()))
    picture = partial(curve_plot, found.curve, start=start, end=found.end, goal=goal, level=level)
    write_out(out, picture=picture, json=json)
