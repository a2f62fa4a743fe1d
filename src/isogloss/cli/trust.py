"""`isogloss trust`: where forecasts can be believed."""

from __future__ import annotations

from typing import Annotated

import typer

from isogloss.cli.benchmark import (
    EveryOption,
    FoldsOption,
    OnlyMetricOption,
    OnlyRecipeOption,
    SeedOption,
    parse_levels,
)
from isogloss.cli.questions import MODEL, TASK, EvidenceOption, ForecasterOption, LanguageOption, parse_languages
from isogloss.cli.show import JsonOption, show, show_json, show_text
from isogloss.cli.write import PictureOption, check_out, write_out

CALIBRATION = {"level": "level", "coverage": "coverage", "from": "coverage_low", "to": "coverage_high",
               "width": "mean_width", "languages": "groups", "whole range": "whole_range"}  # fmt: skip
KINDS = {"kind": "kind", "value": "value", "languages": "groups", "error": "mae", "coverage": "coverage",
         "from": "coverage_low", "to": "coverage_high", "width": "mean_width"}  # fmt: skip


def trust(
    evidence: EvidenceOption,
    task: Annotated[str | None, TASK] = None,
    model: Annotated[str | None, MODEL] = None,
    protocol: Annotated[str, typer.Option(help="What is kept from it; see 'isogloss benchmark'.")] = "lolo",
    every: EveryOption = 1,
    folds: FoldsOption = None,
    seed: SeedOption = 0,
    metric: OnlyMetricOption = None,
    recipe: OnlyRecipeOption = None,
    language: LanguageOption = None,
    level: Annotated[str, typer.Option(help="Levels of intervals, comma between.")] = "0.5,0.8,0.9,0.95",
    forecaster: ForecasterOption = "default",
    out: PictureOption = None,
    json: JsonOption = False,
) -> None:
    """Tell where forecasts can be believed, by asking for each language as if nobody had measured it.

    Errors and widths are in points (hundredths) where scores are fractions.
    """
    from isogloss.charts.trust import trust_picture
    from isogloss.evaluation.trust import trust as find_out
    from isogloss.evidence import read_evidence
    from isogloss.progress import Bar

    check_out(out, table=False)
    read = read_evidence(*evidence, languages=parse_languages(language))
    with Bar(shown=not json) as bar:
        found = find_out(
            read, task=task, model=model, metric=metric, recipe=recipe, forecaster=forecaster, protocol=protocol,
            levels=parse_levels(level), every=every, folds=folds, seed=seed, watch=bar,
        )  # fmt: skip
    if json:
        show_json(found.as_dict())
    else:
        show(found.calibration.select(**CALIBRATION), json=False, title="Do intervals hold?", digits=2)
        title = f"By kind of language, {100 * found.level:g} % intervals"
        typer.echo()
        unnumbered = found.kinds.with_columns(found.kinds["value"].str.replace(r"^\d ", ""))
        show(unnumbered.select(**KINDS), json=False, title=title, digits=2)
        typer.echo()
        show_text(found.words)
    write_out(out, picture=lambda: trust_picture(found), json=json)
