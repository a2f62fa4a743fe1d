"""`isogloss forecast`: answers about languages nobody measured."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from isogloss.cli.questions import (
    EVIDENCE,
    MODEL,
    TASK,
    ForecasterOption,
    LanguageOption,
    LevelOption,
    MetricOption,
    RecipeOption,
    parse_languages,
)
from isogloss.cli.show import JsonOption, show

SHOWN = ["target", "mean", "lower", "upper", "basis"]


def forecast(
    evidence: Annotated[list[str] | None, EVIDENCE] = None,
    task: Annotated[str | None, TASK] = None,
    model: Annotated[str | None, MODEL] = None,
    train: Annotated[str, typer.Option(help="Training mix, e.g. eng:1000,hin:500; empty: used as it is.")] = "",
    targets: Annotated[str | None, typer.Option(help="Languages to forecast, e.g. yor,wol,quy.")] = None,
    queries: Annotated[Path | None, typer.Option(help="File of questions, instead of --train and --targets.")] = None,
    metric: MetricOption = None,
    recipe: RecipeOption = None,
    language: LanguageOption = None,
    level: LevelOption = 0.9,
    forecaster: ForecasterOption = "default",
    forecaster_from: Annotated[
        Path | None, typer.Option(help="Folder of a saved forecaster, which answers instead; needs no --evidence.")
    ] = None,
    save: Annotated[
        Path | None, typer.Option(help="Save the forecaster to this folder; without a question, do only that.")
    ] = None,
    new_model: Annotated[
        bool, typer.Option("--new-model", help="Answer even about a model that the evidence does not know at all.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(help="Write the table to .csv or .parquet, or a LITMUS file to .json."),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Forecast scores in languages and training mixes that nobody measured.

    Scores and intervals are fractions, 0 to 1, where the metric has that range.
    """
    from isogloss.forecasting.answer import answer_question, save_forecaster

    read_as = parse_languages(language)
    if save is not None and queries is None and targets is None and forecaster_from is None:
        save_forecaster(evidence or [], save, forecaster=forecaster, languages=read_as)
        typer.echo(f"forecaster saved to {save}")
        return
    forecasts = answer_question(
        evidence or [], queries=queries, task=task, model=model, train=train, targets=targets, metric=metric,
        recipe=recipe, languages=read_as, level=level, forecaster=forecaster, forecaster_from=forecaster_from,
        save=save, new_model=new_model, out=out,
    )  # fmt: skip
    if out is None or json:
        show(forecasts, json=json, columns=SHOWN, title=f"{100 * level:g} % intervals")
    else:
        typer.echo(f"{forecasts.height} forecasts written to {out}")
