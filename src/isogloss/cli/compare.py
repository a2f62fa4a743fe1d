"""`isogloss compare`: what recipes are worth and what they cost."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from isogloss.cli.questions import EvidenceOption, LanguageOption, MetricOption, TaskOption, parse_languages
from isogloss.cli.show import JsonOption, OutOption, check_out, show, show_json, show_text, write_out

if TYPE_CHECKING:
    from isogloss.planning.compare import Comparison


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
    found = answer_comparison(
        evidence, costs=costs, task=task, recipes=recipes, model=model, metric=metric, targets=targets, volume=volume,
        seed=seed, languages=parse_languages(language),
    )  # fmt: skip
    if json:
        show_json(found.record())
    else:
        _print(found)
    write_out(out, table=found.recipes, picture=lambda: compare_picture(found), json=json)


def _print(found: Comparison) -> None:
    shown = found.recipes.rename({"efficient": "on the front"}).drop("lower", "upper")
    show(shown, json=False, title=f"Costs in {found.currency}")
    typer.echo()
    show_text("\n".join(found.words()))
