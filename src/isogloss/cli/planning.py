"""What to do next: `isogloss plan`, `sources`, `next`, `compare` and `fair`."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
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
from isogloss.cli.show import JsonOption, OutOption, at_work, check_out, show, show_json, show_text, write_out

if TYPE_CHECKING:
    from isogloss.planning.budget.result import Plan
    from isogloss.planning.compare import Comparison
    from isogloss.planning.fairness import Fairness

HIDDEN_COLUMNS = ("source_as_reported",)
NEXT_COLUMNS = ["order", "language", "name", "deviation", "deviation_of_rest", "tells_most_about"]
SHOWN_INVESTMENTS = 5


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
    from isogloss.charts import draw_result
    from isogloss.forecasting.settings import split_names
    from isogloss.planning.answers import answer_kinds, answer_plan

    check_out(out)
    question: dict[str, Any] = {
        "task": task, "model": model, "targets": split_names(targets), "budget": budget, "cost": cost, "train": train,
        "metric": metric, "recipe": recipe, "languages": parse_languages(language),
    }  # fmt: skip
    if kinds or goal is not None:
        with at_work("weighing kinds of examples"):
            weighed = answer_kinds(
                evidence, goal=goal, **question,
                beside={"objective": objective != "mean", "weights": weights, "tau": tau, "buy": buy,
                        "at_least": at_least, "cap": cap, "robust": robust, "fast": fast},
            )  # fmt: skip
        if json:
            show_json(weighed.record())
        else:
            show_text("\n".join(weighed.words()))
        write_out(out, table=weighed.lines, picture=partial(draw_result, weighed), json=json)
        return
    with at_work("planning"), _solver_silenced():
        budget_plan = answer_plan(
            evidence, buy=split_names(buy) if buy else None, aim=objective, weights=weights, tau=tau,
            at_least=at_least or [], cap=cap or [], forecaster=forecaster, robust=robust, level=level, steps=steps,
            rounds=rounds, fast=fast, **question,
        )  # fmt: skip
    if json:
        show_json(budget_plan.record())
    else:
        _print_plan(budget_plan)
    write_out(out, table=budget_plan.purchases, picture=partial(draw_result, budget_plan), json=json)


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


def _print_plan(budget_plan: Plan) -> None:
    show(budget_plan.purchases, json=False, title="Buy")
    typer.echo()
    columns = ["target", "before", "after", "lower", "upper", "trust"]
    columns += ["guarantee"] if budget_plan.forecasts["guarantee"].is_not_null().any() else []
    show(budget_plan.forecasts, json=False, columns=columns, title=f"Forecast, {100 * budget_plan.level:g} % intervals")
    typer.echo()
    show(budget_plan.rivals, json=False, title=f"By {budget_plan.objective.name}", digits=4)
    typer.echo()
    show_text("\n".join(budget_plan.words()))


def sources(
    evidence: EvidenceOption,
    task: TaskOption,
    model: ModelOption,
    target: Annotated[str, typer.Option(help="The language to serve; several with --choose, e.g. yor,wol.")],
    top: Annotated[int, typer.Option(min=1, help="How many rows to show.")] = 5,
    pairs: Annotated[bool, typer.Option("--pairs", help="Rank pairs of sources too: --together 2.")] = False,
    together: Annotated[int, typer.Option(min=1, help="Rank sets of so many sources too.")] = 1,
    choose: Annotated[int | None, typer.Option(min=1, help="Choose so many sources for all targets together.")] = None,
    candidates: Annotated[
        str | None, typer.Option(help="Sources to choose from, e.g. eng,swa; by default all.")
    ] = None,
    examples: Annotated[int | None, typer.Option(help="Only sources trained on so many examples.")] = None,
    metric: MetricOption = None,
    recipe: RecipeOption = None,
    language: LanguageOption = None,
    level: LevelOption = 0.9,
    out: OutOption = None,
    json: JsonOption = False,
) -> None:
    """Rank the languages to train on for a target language.

    Scores, bands and regret (the expected loss against the best source) are fractions where the metric has that range.
    """
    from isogloss.charts import draw_result
    from isogloss.planning.answers import answer_sources

    check_out(out)
    answer = answer_sources(
        evidence, target=target, top=top, together=2 if pairs else together, choose=choose, candidates=candidates,
        languages=parse_languages(language), level=level, task=task, model=model, metric=metric, recipe=recipe,
        examples=examples,
    )  # fmt: skip
    if json:
        show_json(answer.record())
    else:
        for name, table in answer.tables.items():
            show(table.drop(*HIDDEN_COLUMNS, strict=False), json=False, title=answer.titles[name])
        show_text("\n".join(answer.lines))
    picture = None if answer.result is None else partial(draw_result, answer.result)
    write_out(out, table=next(iter(answer.tables.values())), picture=picture, json=json)


def next_tests(
    evidence: EvidenceOption,
    task: TaskOption,
    model: ModelOption,
    candidates: Annotated[
        str,
        typer.Option(
            help="Languages and groups, e.g. yor,wol or @asia: a continent (@africa, @americas, @asia, @europe, "
            "@oceania), a family (@Uralic), a script (@Deva), or @evidence."
        ),
    ],
    k: Annotated[int, typer.Option(help="How many languages to test.")] = 5,
    metric: MetricOption = None,
    recipe: RecipeOption = None,
    language: LanguageOption = None,
    out: OutOption = None,
    json: JsonOption = False,
) -> None:
    """Choose the languages to test next, so that the others are known best.

    Deviations are standard deviations of a language's level, on the scale of the scores.
    """
    from isogloss.charts import draw_result
    from isogloss.planning.answers import answer_next

    check_out(out)
    answer = answer_next(
        evidence, candidates=candidates, k=k, languages=parse_languages(language), task=task, model=model,
        metric=metric, recipe=recipe,
    )  # fmt: skip
    if json:
        show_json(answer.record())
    else:
        show(answer.tables["next"], json=False, title=answer.titles["next"], columns=NEXT_COLUMNS, digits=4)
        show(answer.tables["baselines"], json=False, title=answer.titles["baselines"], digits=4)
        show_text("\n".join(answer.lines))
    write_out(out, table=answer.tables["next"], picture=partial(draw_result, answer.result), json=json)


def compare(
    evidence: EvidenceOption,
    task: TaskOption,
    costs: Annotated[Path, typer.Option("--costs", "--cost", help="Prices, machine time, and what each recipe takes.")],
    recipes: Annotated[
        str | None, typer.Option(help="What to compare, comma between; by default all with scores and costs.")
    ] = None,
    targets: Annotated[str | None, typer.Option(help="Languages that count; by default all in common.")] = None,
    volume: Annotated[float | None, typer.Option(help="Queries to come, for costs in all.")] = None,
    seed: Annotated[int, typer.Option(help="Seed of the bootstrap over languages.")] = 0,
    model: Annotated[str | None, typer.Option(help="Model, where a recipe was measured with several.")] = None,
    metric: MetricOption = None,
    language: LanguageOption = None,
    out: OutOption = None,
    json: JsonOption = False,
) -> None:
    """Compare recipes: quality, cost to make, cost to run, latency; Pareto front and break-even volumes.

    Serving costs are for 1,000 queries, latency is in seconds for one.
    """
    from isogloss.charts.compare import compare_picture
    from isogloss.planning.answers import answer_comparison

    check_out(out)
    comparison = answer_comparison(
        evidence, costs=costs, task=task, recipes=recipes, model=model, metric=metric, targets=targets, volume=volume,
        seed=seed, languages=parse_languages(language),
    )  # fmt: skip
    if json:
        show_json(comparison.record())
    else:
        _print_comparison(comparison)
    write_out(out, table=comparison.recipes, picture=lambda: compare_picture(comparison), json=json)


def _print_comparison(comparison: Comparison) -> None:
    shown = comparison.recipes.rename({"efficient": "on the front"}).drop("lower", "upper")
    show(shown, json=False, title=f"Costs in {comparison.currency}")
    typer.echo()
    show_text("\n".join(comparison.words()))


def fair(
    evidence: EvidenceOption,
    task: TaskOption,
    models: Annotated[
        str | None, typer.Option("--models", help="What to compare, comma between; by default all. See --by.")
    ] = None,
    by: Annotated[str, typer.Option(help="What is compared: model, recipe or train.")] = "model",
    weights: WeightsOption = None,
    tau: Annotated[float, typer.Option(help="For demand: 1 counts speakers, 0 languages.")] = 1.0,
    unserved: Annotated[
        bool, typer.Option("--unserved", help="Count languages with speakers but without a score as 0.")
    ] = False,
    model: Annotated[str | None, typer.Option(help="Hold the model, when comparing recipes or mixes.")] = None,
    metric: MetricOption = None,
    recipe: Annotated[str | None, typer.Option(help="Hold the recipe, when comparing models or mixes.")] = None,
    language: LanguageOption = None,
    out: OutOption = None,
    json: JsonOption = False,
) -> None:
    """Tell which model is best by utility, demand, inequality, minimum, leximin and priority to the worst-off."""
    from isogloss.charts.compare import fair_picture
    from isogloss.planning.answers import answer_fairness

    check_out(out)
    fairness = answer_fairness(
        evidence, task=task, candidates=models, by=by, weights=weights, tau=tau, unserved=unserved, metric=metric,
        model=model, recipe=recipe, languages=parse_languages(language),
    )  # fmt: skip
    if json:
        show_json(fairness.record())
    else:
        _print_fairness(fairness)
    write_out(out, table=fairness.measures, picture=lambda: fair_picture(fairness), json=json)


def _print_fairness(fairness: Fairness) -> None:
    show(fairness.measures.drop("efficient"), json=False, title=f"{fairness.task}, {fairness.metric}")
    typer.echo()
    show(fairness.rule_table(), json=False, title="Which rule picks which")
    typer.echo()
    show(fairness.invest.head(SHOWN_INVESTMENTS), json=False, title="Most demand unmet, by what meets most of it")
    typer.echo()
    show_text("\n".join(fairness.words()))
