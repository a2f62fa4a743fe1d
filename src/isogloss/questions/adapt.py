"""What does each language gain or lose when a model is adapted, and who pays for whose gain?"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field

from isogloss.errors import BadFile
from isogloss.progress import Progress
from isogloss.questions.answer import Answer, Table
from isogloss.questions.fields import DataFolder, FilePath, GridFile, Number, Shell, StoreName
from isogloss.questions.names import Names
from isogloss.questions.question import Question
from isogloss.questions.scale import RAW
from isogloss.text import counted

if TYPE_CHECKING:
    import polars as pl

    from isogloss.lab import AdaptationFindings

PEOPLE = (
    "Loss on text can understate what people notice: have people read what the model writes in each language "
    "before you ship it."
)
MEASURES = {"bits_per_byte": "bits per byte", "vector_distance": "in the distance of sentence vectors"}
LEAST_P = 0.05
ALIKE = 0.1
"""Share by which the sizes of models may differ to be called the same."""
MOST_SENTENCES = 4
"""Adaptations of which a sentence says who gains and who pays."""


class AdaptQuestion(Question):
    """Adapt models: train on, prune, round, trim or merge them, and measure what each language gains or loses.

    Every checkpoint of the grid is made once, and measured on the same texts before and after.
    """

    command: ClassVar[str] = "adapt"
    writes: ClassVar[bool] = True
    positional: ClassVar[tuple[str, ...]] = ("grid", "into")

    grid: Annotated[GridFile, Shell(argument=True, metavar="GRID")]
    into: Annotated[FilePath, Field(description="Store to write to; what it has already is not measured again.")]
    data: DataFolder = None
    max_minutes: Annotated[Number, Field(description="Begin no adaptation after this many minutes.")] = None

    def answer(self, progress: Progress | None = None) -> Answer:
        """Make the checkpoints, measure them, and say who pays."""
        from isogloss.evidence import Store
        from isogloss.lab import read_adaptation_grid, run_adaptation_grid

        findings = run_adaptation_grid(
            read_adaptation_grid(self.grid, data=self.data), Store(self.into), progress=progress,
            max_minutes=self.max_minutes,
        )  # fmt: skip
        return answer_of(self.command, findings)


class ShowAdaptationsQuestion(Question):
    """Show what a store has of adapted models: per language gain, loss and interval, and what each adaptation costs."""

    command: ClassVar[str] = "adapt show"
    positional: ClassVar[tuple[str, ...]] = ("store",)

    store: StoreName

    def answer(self, progress: Progress | None = None) -> Answer:
        """Show it."""
        from isogloss.evidence import Store
        from isogloss.lab import AdaptationFindings

        store = Store(self.store)
        if not store.storage.exists():
            hint = "make one: isogloss adapt GRID --into STORE"
            raise BadFile("no such store", where=str(store.path), hint=hint)
        return answer_of(self.command, AdaptationFindings(store))


def answer_of(command: str, findings: AdaptationFindings) -> Answer:
    """What has been found of adaptations, for readers."""
    names = Names(None, dict(findings.observations.select("target", "target_as_reported").unique().rows()))
    changes = findings.changes.with_columns(language=names.of("target"), **{"learnt from": "learnt"})
    of_model = {"model": "model"} if findings.summary["model"].n_unique() > 1 else {}
    tables = {
        "summary": _summary(findings, names),
        "changes": Table(
            changes, "What each language gains or loses (less is better)",
            {**of_model, "language": "language", "adaptation": "recipe", "before": "before", "change": "change",
             "lower": "lower", "upper": "upper", "p": "p_value", "verdict": "verdict"}, rows=20,
        ),
    }  # fmt: skip
    if findings.contrasts["p_value"].drop_nulls().len():
        tables["contrasts"] = Table(
            findings.contrasts, "Do languages of few texts (rank correlation with CC-100), or other scripts, pay more?",
            {"adaptation": "recipe", "contrast": "contrast", "languages": "languages", "value": "value",
             "p": "p_value"},
        )  # fmt: skip
    sentences = tuple(_sentences(findings, names))
    if findings.models.height:
        tables["models"] = Table(
            findings.models.with_columns(language=names.of("target")),
            "What the same adaptation costs a language in two models (above 0: the first loses more)",
            {"language": "language", "adaptation": "recipe", "model": "model", "change": "change", "other": "other",
             "its change": "other_change", "difference": "difference", "lower": "lower", "upper": "upper",
             "p": "p_value"}, rows=20,
        )  # fmt: skip
    curves = findings.curves.height
    return Answer(
        command, sentences, tables, scale=RAW, result=findings,
        details={"adaptations": findings.jobs, "measured": findings.measured},
        notes=(
            "Intervals (95 %) and p-values are those of the bootstrap over texts and seeds, each text compared with "
            "itself; p is corrected by Holm over the languages of an adaptation.",
        ),
        draw=partial(_draw, findings.changes, names, sentences[0]) if changes.height else None,
        views={"forgetting": partial(_draw_forgetting, findings, names)} if curves else {},
    )  # fmt: skip


def _summary(findings: AdaptationFindings, names: Names) -> Table:
    """Sizes, times and changes in the units that people read."""
    import polars as pl

    of_model = {"model": pl.col("model")} if findings.summary["model"].n_unique() > 1 else {}
    shown = {
        **of_model, "adaptation": pl.col("recipe"), "MB": pl.col("bytes") / 1e6,
        "ms per text": 1000 * pl.col("seconds"), "seconds to make": pl.col("making_seconds"),
        "gain": pl.col("gain"), "lose": pl.col("lose"), "learnt from": pl.col("learnt_change"),
        "others": pl.col("other_change"), "worst": pl.col("worst"), "its change": pl.col("worst_change"),
        "on the front": pl.col("efficient"),
    }  # fmt: skip
    table = findings.summary.with_columns(best=names.of("best"), worst=names.of("worst"))
    return Table(table, "What each adaptation costs, saves and does", shown)


def _sentences(findings: AdaptationFindings, names: Names) -> Iterator[str]:
    """What so few texts cannot tell; who gains and who pays; sizes of compressions; what is missing, the caution."""
    yield from _too_few(findings)
    yield from list(_exchanges(findings, names))[:MOST_SENTENCES]
    yield from _sizes(findings, names)
    yield from _models(findings, names)
    yield from _contrasts(findings)
    if findings.measured < findings.jobs:
        there = f"{findings.measured} of {counted(findings.jobs, 'measurement')}"
        yield f"{there} are in the store; run it again for the rest."
    yield PEOPLE


def _too_few(findings: AdaptationFindings) -> Iterator[str]:
    """Whether any change could be clear with so many texts and languages, and how many texts could show one."""
    import polars as pl

    groups = findings.changes.group_by("model", "recipe").agg(pl.col("items").max(), languages=pl.len())
    few = groups.filter(pl.col("languages") * 2.0 ** (1 - pl.col("items")) >= LEAST_P)
    if few.is_empty():
        return
    most, languages = (max(few[name].to_list()) for name in ("items", "languages"))
    enough = 2 + math.floor(math.log2(languages / LEAST_P))
    who = "" if few.height == groups.height else f" of {', '.join(few['recipe'].unique().sort())}"
    yield (
        f"Too few texts for any verdict{who}: {most} of each language, tried in {counted(languages, 'language')} at "
        f"once, cannot show who gains or loses; {enough} can."
    )


def _exchanges(findings: AdaptationFindings, names: Names) -> Iterator[str]:
    """Of each adaptation by which a language gains, the largest gain first: who gains, and who pays."""
    gaining = findings.summary.filter(findings.summary["gain"] > 0).sort("best_change", "recipe")
    several = findings.summary["model"].n_unique() > 1
    for row in gaining.iter_rows(named=True):
        rows = findings.changes.filter(model=row["model"], recipe=row["recipe"]).sort("change")
        best, worst = rows.row(0, named=True), rows.row(-1, named=True)
        unit = MEASURES[best["metric"]]
        of = f" of {row['model']}" if several else ""
        pays = {
            "loses": f"{names(worst['target'])} pays most, {_interval(worst)}",
            "gains": f"{names(worst['target'])} gains least, {_interval(worst)}",
            "unclear": f"no language is known to lose; {names(worst['target'])} changes by {_interval(worst)}",
        }[worst["verdict"]]
        yield f"{row['recipe']}{of}: {names(best['target'])} gains most, {_interval(best, unit)}; {pays}."


def _interval(row: dict[str, Any], unit: str = "") -> str:
    said = f"{row['change']:+.2g} {unit}".rstrip()
    return f"{said} ({row['lower']:+.2g} to {row['upper']:+.2g})"


def _sizes(findings: AdaptationFindings, names: Names) -> Iterator[str]:
    """The smallest and the gentlest of the adaptations that make a model smaller."""
    from isogloss.evidence.schema import AS_IT_IS

    for (model,), rows in findings.summary.group_by("model", maintain_order=True):
        full = rows.filter(recipe=AS_IT_IS)["bytes"]
        made = rows.drop_nulls("worst_change")
        if full.is_empty() or made.is_empty() or (made["bytes"].min() >= full[0] and made["gain"].sum() > 0):
            continue
        unit = MEASURES[findings.changes.filter(model=model)["metric"][0]]
        smallest = made.sort("bytes", "worst_change").row(0, named=True)
        gentlest = made.sort("worst_change", "bytes").row(0, named=True)
        best = {smallest["recipe"]: "is smallest"}
        best |= {gentlest["recipe"]: "costs the worst language least"} if gentlest != smallest else {}
        for row in (smallest, gentlest)[: len(best)]:
            does = "loses most" if row["worst_change"] > 0 else "gains least"
            yield (
                f"{row['recipe']} {best[row['recipe']]}: {row['bytes'] / full[0]:.0%} of the bytes of {model}; "
                f"{names(row['worst'])} {does}, {row['worst_change']:+.2g} {unit} "
                f"({row['lower']:+.2g} to {row['upper']:+.2g})."
            )


def _models(findings: AdaptationFindings, names: Names) -> Iterator[str]:
    """By which adaptations one of two models loses more than the other, and whether their sizes differ."""
    import polars as pl

    clear = findings.models.filter(pl.col("p_value") < LEAST_P).sort("difference", descending=True)
    for (recipe, model, other), rows in clear.group_by("recipe", "model", "other", maintain_order=True):
        said = [
            f"{word} in {', '.join(names(target) for target in some['target'])}"
            for word, some in (("more", rows.filter(pl.col("difference") > 0)),
                               ("less", rows.filter(pl.col("difference") < 0))) if some.height
        ]  # fmt: skip
        size = rows["parameters"][0] / rows["other_parameters"][0]
        sizes = "" if abs(size - 1) < ALIKE else f" It has {size:.2g} times the weights."
        yield f"{recipe}: {model} loses {' and '.join(said)} than {other} does.{sizes}"


def _contrasts(findings: AdaptationFindings) -> Iterator[str]:
    """Of which adaptations languages of few texts or other scripts pay more, or less."""
    words = {
        ("text", True): "languages of fewer texts pay less", ("text", False): "languages of fewer texts pay more",
        ("script", True): "other scripts than the Latin one pay more",
        ("script", False): "other scripts than the Latin one pay less",
    }  # fmt: skip
    clear = findings.contrasts.filter(findings.contrasts["p_value"] < LEAST_P)
    for (contrast, is_positive), word in words.items():
        value = clear["value"] > 0 if is_positive else clear["value"] < 0
        named = clear.filter(value, contrast=contrast)["recipe"].to_list()
        if named:
            yield f"{word[0].upper()}{word[1:]} for {', '.join(named)} (p below {LEAST_P:g}, permuted languages)."


def _named(table: pl.DataFrame) -> pl.DataFrame:
    """With `adaptation`: the recipe, with the model where there are several, which stand side by side then."""
    import polars as pl

    if table["model"].n_unique() == 1:
        return table.with_columns(adaptation="recipe")
    name = pl.concat_str("recipe", pl.lit(", "), "model")
    return table.with_columns(adaptation=name).sort("recipe", "model", maintain_order=True)


def _draw(changes: pl.DataFrame, names: Names, verdict: str) -> Any:
    from isogloss.charts import Canvas, draw_adaptations

    canvas = Canvas(title=verdict.rstrip("."), names=names.written)
    return draw_adaptations(_named(changes), measure=MEASURES[changes["metric"][0]], canvas=canvas)


def _draw_forgetting(findings: AdaptationFindings, names: Names) -> Any:
    import polars as pl

    from isogloss.charts import Canvas, draw_forgetting

    on = ["model", "recipe", "target_as_reported"]
    metric = findings.changes["metric"][0]
    known = findings.changes.select(*on, "target", "learnt").rename({"target_as_reported": "language"})
    first = pl.col("loss").filter(pl.col("tokens") == pl.col("tokens").min()).first()
    change = (pl.col("loss") - first).over("model", "recipe", "seed", "language")
    means = (
        findings.curves.with_columns(change=change)
        .join(known, on=["model", "recipe", "language"])
        .group_by("model", "recipe", "target", "learnt", "tokens", maintain_order=True)
        .agg(pl.col("change").mean())
    )
    return draw_forgetting(_named(means), measure=MEASURES[metric], canvas=Canvas(names=names.written))
