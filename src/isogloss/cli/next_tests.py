"""`isogloss next`: which languages to test next."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from isogloss.cli.questions import (
    EvidenceOption,
    LanguageOption,
    MetricOption,
    ModelOption,
    RecipeOption,
    TaskOption,
    parse_languages,
)
from isogloss.cli.show import JsonOption, OutOption, check_out, show, show_json, show_text, write_out

SHOWN = ["order", "language", "name", "deviation", "deviation_of_rest", "tells_most_about"]


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
    from isogloss.charts.next_tests import next_plot
    from isogloss.planning.answers import answer_next

    check_out(out)
    found = answer_next(
        evidence, candidates=candidates, k=k, languages=parse_languages(language), task=task, model=model,
        metric=metric, recipe=recipe,
    )  # fmt: skip
    if json:
        show_json(found.record())
    else:
        show(found.tables["next"], json=False, title=found.titles["next"], columns=SHOWN, digits=4)
        show(found.tables["baselines"], json=False, title=found.titles["baselines"], digits=4)
        show_text("\n".join(found.lines))
    write_out(out, table=found.tables["next"], picture=partial(next_plot, found.found), json=json)
