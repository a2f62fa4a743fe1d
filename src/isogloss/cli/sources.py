"""`isogloss sources`: which languages to train on for a target."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from isogloss.cli.questions import (
    EvidenceOption,
    LanguageOption,
    LevelOption,
    MetricOption,
    ModelOption,
    RecipeOption,
    TaskOption,
    parse_languages,
)
from isogloss.cli.show import JsonOption, OutOption, check_out, show, show_json, show_text, write_out

HIDDEN = ("source_as_reported",)


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
    from isogloss.charts.sources import sources_plot
    from isogloss.planning.answers import answer_sources

    check_out(out, picture=choose is None)
    found = answer_sources(
        evidence, target=target, top=top, together=2 if pairs else together, choose=choose, candidates=candidates,
        languages=parse_languages(language), level=level, task=task, model=model, metric=metric, recipe=recipe,
        examples=examples,
    )  # fmt: skip
    if json:
        show_json(found.record())
    else:
        for name, table in found.tables.items():
            show(table.drop(*HIDDEN, strict=False), json=False, title=found.titles[name])
        show_text("\n".join(found.lines))
    picture = None if found.found is None else partial(sources_plot, found.found, top=top)
    write_out(out, table=next(iter(found.tables.values())), picture=picture, json=json)
