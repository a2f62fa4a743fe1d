"""Forecasts: `isogloss forecast`, `curve`, `explain` and `demo`."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from isogloss.cli.questions import (
    EVIDENCE,
    MODEL,
    TASK,
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
from isogloss.cli.show import (
    JsonOption,
    OutOption,
    PictureOption,
    at_work,
    check_out,
    say,
    show,
    show_json,
    show_text,
    write_out,
)

CURVE_COLUMNS = ["size", "mean", "lower", "upper", "basis"]
FORECAST_COLUMNS = ["target", "mean", "lower", "upper", "trust", "flags"]


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
        Path | None, typer.Option(help="Write the table to .csv or .parquet, or a LITMUS file to .json.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Forecast scores in languages and training mixes that nobody measured.

    Scores and intervals are fractions, 0 to 1, where the metric has that range.
    """
    from isogloss.forecasting.answer import answer_question, save_forecaster
    from isogloss.forecasting.flags import short

    read_as = parse_languages(language)
    if save is not None and queries is None and targets is None and forecaster_from is None:
        save_forecaster(evidence or [], save, forecaster=forecaster, languages=read_as)
        say(f"forecaster saved to {save}")
        return
    forecasts = answer_question(
        evidence or [], queries=queries, task=task, model=model, train=train, targets=targets, metric=metric,
        recipe=recipe, languages=read_as, level=level, forecaster=forecaster, forecaster_from=forecaster_from,
        save=save, new_model=new_model, out=out,
    )  # fmt: skip
    if out is None or json:
        show(
            forecasts if json else short(forecasts),
            json=json,
            columns=FORECAST_COLUMNS,
            title=f"{100 * level:g} % intervals",
        )
    else:
        say(f"{forecasts.height} forecasts written to {out}")


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
    from isogloss.charts import draw_curve
    from isogloss.forecasting.curves.fit import answer_curve

    check_out(out, table=False)
    answer = answer_curve(
        evidence, start=start, end=end, goal=goal, level=level, task=task, model=model, target=target, train=train,
        vary=vary, metric=metric, recipe=recipe, languages=parse_languages(language), forecaster=forecaster,
    )  # fmt: skip
    if json:
        show_json(answer.record())
    else:
        show(answer.table, json=False, columns=CURVE_COLUMNS, title=f"{100 * level:g} % band")
        show_text("\n".join(answer.lines()))
    picture = partial(draw_curve, answer.curve, start=start, end=answer.end, goal=goal, level=level)
    write_out(out, picture=picture, json=json)


def explain(
    evidence: EvidenceOption,
    task: TaskOption,
    model: ModelOption,
    target: Annotated[str | None, typer.Option(help="Explain the forecast for this language instead.")] = None,
    train: Annotated[
        str | None, typer.Option(help="With --target: the training mix; by default the one measured most.")
    ] = None,
    hide: Annotated[
        bool, typer.Option("--hide", help="With --target: forecast as if the target had never been measured.")
    ] = False,
    response: Annotated[
        str, typer.Option(help="What is explained: absolute scores, or relative to the target's own.")
    ] = "absolute",
    factors: Annotated[
        str | None, typer.Option(help="Only these factors, comma between; registered similarities may be named.")
    ] = None,
    interactions: Annotated[
        str | None, typer.Option(help="Products of factors to test, e.g. 'script*syntactic'; 'usual' for some.")
    ] = None,
    additions: Annotated[
        bool, typer.Option("--additions", help="Compare mixes with the same ones without a language instead.")
    ] = False,
    examples: Annotated[
        int | None, typer.Option(help="Which number of training examples, where sources have several.")
    ] = None,
    permutations: Annotated[int, typer.Option(help="Permutations of the language labels.")] = 999,
    seed: Annotated[int, typer.Option(help="Seed of the permutations.")] = 0,
    metric: MetricOption = None,
    recipe: RecipeOption = None,
    language: LanguageOption = None,
    level: Annotated[float, typer.Option(help="With --target: probability that an interval holds.")] = 0.9,
    forecaster: ForecasterOption = "default",
    out: OutOption = None,
    json: JsonOption = False,
) -> None:
    """Test which factors drive transfer, or with --target explain one forecast.

    Effects and contributions are in points (hundredths) where scores are fractions.
    """
    from isogloss.charts import draw_result
    from isogloss.explanation.answer import answer_explain

    check_out(out, picture=not additions)
    with at_work("explaining"):
        answer = answer_explain(
            evidence, task=task, model=model, target=target, train=train, hide=hide, level=level,
            forecaster=forecaster, response=response, factors=factors, interactions=interactions, additions=additions,
            examples=examples, permutations=permutations, seed=seed, metric=metric, recipe=recipe,
            languages=parse_languages(language),
        )  # fmt: skip
    if json:
        show_json(answer.record)
    else:
        for title, table, digits in answer.tables:
            show(table, json=False, title=title, digits=digits)
            typer.echo()
        show_text(answer.words)
    picture = None if answer.explained is None else partial(draw_result, answer.explained)
    write_out(out, table=answer.flat, picture=picture, json=json)


def demo(
    out: Annotated[Path, typer.Option(help="Folder for the picture and the table.")] = Path("demo-output"),
    json: JsonOption = False,
) -> None:
    """Forecast languages nobody measured from the evidence that ships with isogloss."""
    from rich.console import Console

    from isogloss.demo import COMMAND, run_demo

    with Console(stderr=True).status("Starting") as status:
        made = run_demo(out, status.update)
    if json:
        show(made.forecasts, json=True)
        return
    show(made.summary, json=False, title=made.title)
    typer.echo(f"\npicture: {made.picture}\ntable:   {made.table}\n\nthe same for other languages:\n  {COMMAND}")
