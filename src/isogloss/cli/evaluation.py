"""`isogloss benchmark` and `isogloss trust`: judge forecasters on one's own evidence."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from isogloss.cli.questions import MODEL, TASK, EvidenceOption, ForecasterOption, LanguageOption, parse_languages
from isogloss.cli.show import JsonOption, PictureOption, check_out, say_written, show, show_json, show_text, write_out
from isogloss.errors import BadValue
from isogloss.files import check_place

if TYPE_CHECKING:
    import polars as pl

    from isogloss.evaluation import Benchmark

OnlyMetricOption = Annotated[str | None, typer.Option(help="Use only evidence in this metric.")]
OnlyRecipeOption = Annotated[str | None, typer.Option(help="Use only evidence of this recipe.")]
EveryOption = Annotated[int, typer.Option(min=1, help="Leave out only every n-th language, family, fold, ...")]
FoldsOption = Annotated[
    int | None, typer.Option(min=1, help="Number of folds or draws, where a protocol has them; by default its own.")
]
SeedOption = Annotated[int, typer.Option(help="Seed of folds, draws and bootstrap.")]

CALIBRATION = {"level": "level", "coverage": "coverage", "from": "coverage_low", "to": "coverage_high",
               "width": "mean_width", "languages": "groups", "whole range": "whole_range"}  # fmt: skip
STRATA = {"stratum": "stratum", "value": "value", "languages": "groups", "error": "mae", "coverage": "coverage",
         "from": "coverage_low", "to": "coverage_high", "width": "mean_width"}  # fmt: skip


def benchmark(
    evidence: EvidenceOption,
    task: Annotated[str | None, typer.Option(help="Ask only about this task; the others stay evidence.")] = None,
    model: Annotated[str | None, typer.Option(help="Ask only about this model; the others stay evidence.")] = None,
    protocol: Annotated[
        str,
        typer.Option(
            help="What is left out, comma between: configs, lolo, low-resource, family, script, shift-aware, models, "
            "tasks, language-in-task, target-in-model, anchors."
        ),
    ] = "lolo,low-resource",
    forecasters: Annotated[
        str, typer.Option(help="Names, comma between; the first is the candidate, the others are its baselines.")
    ] = "default,litmus,additive,nearest",
    sister: Annotated[
        list[str] | None,
        typer.Option(metavar="TASK=SISTER", help="language-in-task: leave SISTER out while TASK is asked. Repeatable."),
    ] = None,
    every: EveryOption = 1,
    folds: FoldsOption = None,
    seed: SeedOption = 0,
    metric: OnlyMetricOption = None,
    recipe: OnlyRecipeOption = None,
    language: LanguageOption = None,
    level: Annotated[str, typer.Option(help="Levels of intervals, comma between; the first is reported.")] = "0.9",
    out: Annotated[Path | None, typer.Option(help="Write a report to .html.")] = None,
    json: JsonOption = False,
) -> None:
    """Withhold measured scores, ask forecasters for them, and report error and coverage of the answers.

    Errors and widths are in points (hundredths) where scores are fractions.
    """
    from isogloss.charts.benchmark_page import ENDINGS, write_report
    from isogloss.evaluation import run_benchmark
    from isogloss.evidence import read_evidence
    from isogloss.progress import Bar

    if out is not None:
        check_place(out, ENDINGS)
    read = read_evidence(*evidence, languages=parse_languages(language)).filter(metric=metric, recipe=recipe)
    with Bar(shown=not json) as bar:
        result = run_benchmark(
            read, task=task, model=model, protocols=parse_list(protocol), forecasters=parse_list(forecasters),
            levels=parse_levels(level), every=every, folds=folds, seed=seed,
            options={"language-in-task": {"sisters": parse_sisters(sister)}}, progress=bar,
        )  # fmt: skip
    if json:
        show_json(result.as_dict())
    else:
        print_benchmark(result)
    if out is not None:
        write_report(result, out)
        say_written(out, json=json)
    if result.refusals["failed"].any():
        raise typer.Exit(1)


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


def print_benchmark(result: Benchmark) -> None:
    """A table for each protocol, table and condition, and what they mean."""
    import polars as pl

    from isogloss.evaluation.trust import count_units, verdicts

    sentences = verdicts(result)
    for protocol, description in result.protocols.items():
        show_text(f"{protocol}: {description}")
        rows = result.summary.filter(pl.col("protocol") == protocol)
        for (table, condition), part in rows.group_by("table", "condition", maintain_order=True):
            units = count_units(part["groups"][0], part["grouped_by"][0])
            title = " · ".join(word for word in (str(table), str(condition), units) if word)
            show(part.select(**_columns()), json=False, title=title, digits=2)
        for sentence in sentences[protocol]:
            show_text(sentence)
        typer.echo()


def _columns() -> dict[str, pl.Expr]:
    """Columns that fit on a line."""
    import polars as pl

    same = {"forecaster": "forecaster", "error": "mae", "from": "mae_low", "to": "mae_high", "rmse": "rmse",
            "coverage": "coverage", "width": "mean_width"}  # fmt: skip
    note = pl.when("best").then(pl.lit("best")).when("strongest_baseline").then(pl.lit("strongest baseline"))
    return {name: pl.col(column) for name, column in same.items()} | {"": note.otherwise(pl.lit(""))}


def parse_list(text: str) -> list[str]:
    """`a, b` as a list; nothing stands twice."""
    return list(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))


def parse_levels(text: str) -> list[float]:
    """`0.9,0.5` as numbers.

    Raises
    ------
    BadValue
        For what is not a number.
    """
    try:
        return [float(part) for part in parse_list(text)]
    except ValueError:
        raise BadValue(f"level '{text}' is not a number", where="--level", hint="give 0.9, or 0.5,0.9") from None


def parse_sisters(pairs: list[str] | None) -> dict[str, str]:
    """`A=B` as a mapping from a task to its sister.

    Raises
    ------
    BadValue
        For a pair that lacks a half.
    """
    sisters = {}
    for pair in pairs or []:
        task, _, other = (part.strip() for part in pair.partition("="))
        if not (task and other):
            raise BadValue(f"--sister {pair} does not name two tasks", hint="write --sister TASK=SISTER")
        sisters[task] = other
    return sisters
