"""`isogloss sources`: which languages to train on for a target."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from isogloss.cli.evidence import LanguageOption, parse_languages
from isogloss.cli.show import JsonOption, show, show_json, show_text

HIDDEN = ("source_as_reported",)


def sources(
    evidence: Annotated[
        list[str], typer.Option("--evidence", "-e", help="Store, result file or isogloss:NAME; may be repeated.")
    ],
    task: Annotated[str, typer.Option(help="Task as the evidence names it.")],
    model: Annotated[str, typer.Option(help="Model as the evidence names it.")],
    target: Annotated[str, typer.Option(help="The language to serve; several with --choose, e.g. yor,wol.")],
    top: Annotated[int, typer.Option(min=1, help="How many rows to show.")] = 5,
    pairs: Annotated[bool, typer.Option("--pairs", help="Rank pairs of sources too: --together 2.")] = False,
    together: Annotated[int, typer.Option(min=1, help="Rank sets of so many sources too.")] = 1,
    choose: Annotated[int | None, typer.Option(min=1, help="Choose so many sources for all targets together.")] = None,
    candidates: Annotated[
        str | None, typer.Option(help="Sources to choose from, e.g. eng,swa; by default all.")
    ] = None,
    examples: Annotated[int | None, typer.Option(help="Only sources trained on so many examples.")] = None,
    metric: Annotated[str | None, typer.Option(help="Metric, where the evidence has several.")] = None,
    recipe: Annotated[str | None, typer.Option(help="Recipe, where the evidence has several.")] = None,
    language: LanguageOption = None,
    level: Annotated[float, typer.Option(help="Probability that a band holds.")] = 0.9,
    out: Annotated[
        Path | None, typer.Option(help="Write the first table to .csv, .parquet, .json; draw it to .png, .svg, .html.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Rank the languages to train on for a target language.

    Scores, bands and regret (the expected loss against the best source) are fractions where the metric has that range.
    """
    from isogloss.plan.sources_answer import answer_sources, write_table

    found = answer_sources(
        evidence, target=target, top=top, together=2 if pairs else together, choose=choose, candidates=candidates,
        languages=parse_languages(language), level=level, task=task, model=model, metric=metric, recipe=recipe,
        examples=examples,
    )  # fmt: skip
    if out is not None and out.suffix in (".png", ".svg", ".html"):
        from isogloss.charts import save, sources_plot

        save(sources_plot(found.found, top=top), out)
    elif out is not None:
        write_table(next(iter(found.tables.values())), out)
    if json:
        show_json(found.record())
        return
    for name, table in found.tables.items():
        show(table.drop(*HIDDEN, strict=False), json=False, title=found.titles[name])
    show_text("\n".join(found.lines))
