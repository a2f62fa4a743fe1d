"""`isogloss plan`: what a budget buys best, and whether to label or to translate."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

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
    WeightsOption,
    parse_languages,
)
from isogloss.cli.show import JsonOption, OutOption, check_out, show, show_json, show_text, write_out

if TYPE_CHECKING:
    from isogloss.planning.budget.result import Plan


def plan(
    evidence: EvidenceOption,
    task: TaskOption,
    model: ModelOption,
    targets: Annotated[str, typer.Option(help="Languages that count, e.g. yor,wol,quy.")],
    budget: Annotated[float | None, typer.Option(help="What may be spent, in the currency of --costs.")] = None,
    cost: Annotated[
        Path | None,
        typer.Option("--costs", "--cost", help="Prices, exchange rates and caps; by default each example costs 1."),
    ] = None,
    objective: Annotated[
        str, typer.Option(help="What is best: mean, min, speakers, demand, gini or welfare.")
    ] = "mean",
    weights: WeightsOption = None,
    tau: Annotated[float | None, typer.Option(help="For demand: 1 counts speakers, 0 languages.")] = None,
    train: Annotated[
        str | None,
        typer.Option(help="What there is already, e.g. eng:1000; by default the model as it is, else a usual mix."),
    ] = None,
    buy: Annotated[str | None, typer.Option(help="Languages that can be bought; by default the targets.")] = None,
    at_least: Annotated[
        list[str] | None, typer.Option(help="Scores to guarantee: 0.6 for all, or yor:0.6,wol:0.5.")
    ] = None,
    cap: Annotated[
        list[str] | None, typer.Option(help="Labelled examples there are at most: 800, or yor:800,wol:200.")
    ] = None,
    goal: Annotated[
        float | None, typer.Option(help="Instead of a plan: the least that this score costs in one target.")
    ] = None,
    kinds: Annotated[
        bool, typer.Option("--kinds", help="Instead of a plan: weigh labelled against translated for one target.")
    ] = False,
    robust: Annotated[bool, typer.Option("--robust", help="Plan with the lower ends of intervals.")] = False,
    steps: Annotated[int, typer.Option(help="Sums tried for each language, each half the one before.")] = 6,
    rounds: Annotated[int, typer.Option(help="How often to ask the forecaster again around the best plan.")] = 8,
    fast: Annotated[bool, typer.Option("--fast", help="A greedy plan without proof.")] = False,
    metric: MetricOption = None,
    recipe: RecipeOption = None,
    language: LanguageOption = None,
    level: LevelOption = 0.9,
    forecaster: ForecasterOption = "default",
    out: OutOption = None,
    json: JsonOption = False,
) -> None:
    """Plan how many examples of which language to buy.

    Scores are fractions, 0 to 1, where the metric has that range.
    """
    from isogloss.charts.plan import kinds_picture, plan_picture
    from isogloss.cli.progress import at_work
    from isogloss.forecasting.settings import split_names
    from isogloss.planning.answers import answer_kinds, answer_plan

    check_out(out)
    asked: dict[str, Any] = {
        "task": task, "model": model, "targets": split_names(targets), "budget": budget, "cost": cost, "train": train,
        "metric": metric, "recipe": recipe, "languages": parse_languages(language),
    }  # fmt: skip
    if kinds or goal is not None:
        with at_work("weighing kinds of examples"):
            weighed = answer_kinds(
                evidence, goal=goal, **asked,
                beside={"objective": objective != "mean", "weights": weights, "tau": tau, "buy": buy,
                        "at_least": at_least, "cap": cap, "robust": robust, "fast": fast},
            )  # fmt: skip
        if json:
            show_json(weighed.record())
        else:
            show_text("\n".join(weighed.words()))
        write_out(out, table=weighed.lines, picture=lambda: kinds_picture(weighed), json=json)
        return
    with at_work("planning"), _solver_silenced():
        found = answer_plan(
            evidence, buy=split_names(buy) if buy else None, aim=objective, weights=weights, tau=tau,
            at_least=at_least or [], cap=cap or [], forecaster=forecaster, robust=robust, level=level, steps=steps,
            rounds=rounds, fast=fast, **asked,
        )  # fmt: skip
    if json:
        show_json(found.record())
    else:
        _print(found)
    write_out(out, table=found.purchases, picture=lambda: plan_picture(found), json=json)


@contextmanager
def _solver_silenced() -> Iterator[None]:
    """Keep standard output to the answer: HiGHS now and then prints a line that cannot be switched off."""
    sys.stdout.flush()
    output, discarded = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(discarded, 1)
        yield
    finally:
        os.dup2(output, 1)
        os.close(output)
        os.close(discarded)


def _print(found: Plan) -> None:
    show(found.purchases, json=False, title="Buy")
    typer.echo()
    columns = ["target", "before", "after", "lower", "upper"]
    columns += ["guarantee"] if found.forecasts["guarantee"].is_not_null().any() else []
    show(found.forecasts, json=False, columns=columns, title=f"Forecast, {100 * found.level:g} % intervals")
    typer.echo()
    show(found.rivals, json=False, title=f"By {found.objective.name}", digits=4)
    typer.echo()
    show_text("\n".join(found.words()))
