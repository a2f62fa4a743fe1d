"""`isogloss trust`: how far forecasts can be trusted."""

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
STRATA = {"stratum": "stratum", "value": "value", "languages": "groups", "error": "mae", "coverage": "coverage",
         "from": "coverage_low", "to": "coverage_high", "width": "mean_width"}  # fmt: skip


def trust(
    evidence: EvidenceOption,
    task: Annotated[str | None, TASK] = None,
    model: Annotated[str | None, MODEL] = None,
    protocol: Annotated[str, typer.Option(help="What is withheld; see 'isogloss benchmark'.")] = "lolo",
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
    """Report how far forecasts can be trusted, by asking for each language as if nobody had measured it.

    Errors and widths are in points (hundredths) where scores are fractions.
    """
    from isogloss.charts.trust import trust_picture
    from isogloss.evaluation import assess_trust
    from isogloss.evidence import read_evidence
    from isogloss.progress import Bar

    check_out(out, table=False)
    read = read_evidence(*evidence, languages=parse_languages(language))
    with Bar(shown=not json) as bar:
        result = assess_trust(
            read, task=task, model=model, metric=metric, recipe=recipe, forecaster=forecaster, protocol=protocol,
            levels=parse_levels(level), every=every, folds=folds, seed=seed, progress=bar,
        )  # fmt: skip
    if json:
        show_json(result.as_dict())
    else:
        show(result.calibration.select(**CALIBRATION), json=False, title="Do intervals hold?", digits=2)
        title = f"By stratum of language, {100 * result.level:g} % intervals"
        typer.echo()
        unnumbered = result.strata.with_columns(result.strata["value"].str.replace(r"^\d ", ""))
        show(unnumbered.select(**STRATA), json=False, title=title, digits=2)
        typer.echo()
        show_text(result.words)
    write_out(out, picture=lambda: trust_picture(result), json=json)
