"""`isogloss fair`: which model each rule of choice picks, and where they disagree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from isogloss.cli.questions import (
    EvidenceOption,
    LanguageOption,
    MetricOption,
    TaskOption,
    WeightsOption,
    parse_languages,
)
from isogloss.cli.show import JsonOption, OutOption, check_out, show, show_json, show_text, write_out

if TYPE_CHECKING:
    from isogloss.planning.fairness import Fairness

INVEST = 5


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
    from isogloss.charts.fair import fair_picture
    from isogloss.planning.answers import answer_fairness

    check_out(out)
    found = answer_fairness(
        evidence, task=task, candidates=models, by=by, weights=weights, tau=tau, unserved=unserved, metric=metric,
        model=model, recipe=recipe, languages=parse_languages(language),
    )  # fmt: skip
    if json:
        show_json(found.record())
    else:
        _print(found)
    write_out(out, table=found.measures, picture=lambda: fair_picture(found), json=json)


def _print(found: Fairness) -> None:
    show(found.measures.drop("efficient"), json=False, title=f"{found.task}, {found.metric}")
    typer.echo()
    show(found.rule_table(), json=False, title="Which rule picks which")
    typer.echo()
    show(found.invest.head(INVEST), json=False, title="Most demand unmet, by what meets most of it")
    typer.echo()
    show_text("\n".join(found.words()))
