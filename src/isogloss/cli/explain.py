"""`isogloss explain`: which factors drive transfer, and why one forecast is what it is."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from isogloss.cli.questions import (
    EvidenceOption,
    ForecasterOption,
    LanguageOption,
    MetricOption,
    ModelOption,
    RecipeOption,
    TaskOption,
    parse_languages,
)
from isogloss.cli.show import JsonOption, OutOption, check_out, show, show_json, show_text, write_out


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
    from isogloss.charts.explanation import explanation_picture
    from isogloss.cli.progress import at_work
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
    picture = None if answer.explained is None else partial(explanation_picture, answer.explained)
    write_out(out, table=answer.flat, picture=picture, json=json)
