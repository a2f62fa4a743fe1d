"""What does each language lose when a model is made smaller?"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field

from isogloss.progress import Progress
from isogloss.questions.answer import Answer, Table
from isogloss.questions.fields import DataFolder, FilePath, GridFile, Number, Shell
from isogloss.questions.names import Names
from isogloss.questions.question import Question
from isogloss.questions.scale import RAW
from isogloss.text import counted

if TYPE_CHECKING:
    import polars as pl

    from isogloss.lab import CompressionResult

PEOPLE = (
    "Loss on text can understate what people notice: have people read what the model writes in each language "
    "before you ship it."
)
MEASURES = {"bits_per_byte": "bits per byte", "vector_distance": "in the distance of sentence vectors"}


class CompressQuestion(Question):
    """Measure what each language loses when a model is pruned, rounded, trimmed or shortened."""

    command: ClassVar[str] = "compress"
    writes: ClassVar[bool] = True
    positional: ClassVar[tuple[str, ...]] = ("grid", "into")

    grid: Annotated[GridFile, Shell(argument=True, metavar="GRID")]
    into: Annotated[FilePath, Field(description="Store to write to; what it has already is not measured again.")]
    data: DataFolder = None
    max_minutes: Annotated[Number, Field(description="Begin no compression after this many minutes.")] = None

    def answer(self, progress: Progress | None = None) -> Answer:
        """Make the checkpoints, measure them, and say who pays."""
        from isogloss.evidence import Store
        from isogloss.lab import read_compression, run_compression

        result = run_compression(
            read_compression(self.grid, data=self.data), Store(self.into), progress=progress,
            max_minutes=self.max_minutes,
        )  # fmt: skip
        names = Names(None, dict(result.observations.select("target", "target_as_reported").unique().rows()))
        tables = {
            "summary": _summary(result, names),
            "changes": Table(
                result.changes.with_columns(language=names.of("target")), "What each language loses (more is worse)",
                {"language": "language", "compression": "recipe", "before": "before", "change": "change",
                 "lower": "lower", "upper": "upper"}, rows=20,
            ),
        }  # fmt: skip
        sentences = tuple(_sentences(result, names))
        return Answer(
            self.command, sentences, tables, scale=RAW, result=result,
            details={"compressions": result.jobs, "measured": result.measured},
            draw=partial(_draw, result.changes, names, sentences[0]) if result.changes.height else None,
        )  # fmt: skip


def _summary(result: CompressionResult, names: Names) -> Table:
    """Sizes and times in the units that people read."""
    import polars as pl

    shown = {
        "compression": pl.col("recipe"), "MB": pl.col("bytes") / 1e6, "ms per text": 1000 * pl.col("seconds"),
        "mean change": pl.col("mean_change"), "worst": pl.col("worst"), "its change": pl.col("worst_change"),
        "on the front": pl.col("efficient"),
    }  # fmt: skip
    return Table(result.summary.with_columns(worst=names.of("worst")), "What each compression saves and costs", shown)


def _sentences(result: CompressionResult, names: Names) -> Iterator[str]:
    """The smallest and the gentlest compression of each model, then what is missing, then the caution."""
    from isogloss.lab.adaptation.chain import AS_IT_IS

    for (model,), rows in result.summary.group_by("model", maintain_order=True):
        full = rows.filter(recipe=AS_IT_IS)["bytes"]
        made = rows.drop_nulls("worst_change")
        if full.is_empty() or made.is_empty():
            continue
        unit = MEASURES[result.changes.filter(model=model)["metric"][0]]
        smallest = made.sort("bytes", "worst_change").row(0, named=True)
        gentlest = made.sort("worst_change", "bytes").row(0, named=True)
        best = {smallest["recipe"]: "is smallest"}
        best |= {gentlest["recipe"]: "costs the worst language least"} if gentlest != smallest else {}
        for row in (smallest, gentlest)[: len(best)]:
            yield (
                f"{row['recipe']} {best[row['recipe']]}: {row['bytes'] / full[0]:.0%} of the bytes of {model}; "
                f"{names(row['worst'])} loses most, {row['worst_change']:+.2g} {unit} "
                f"({row['lower']:+.2g} to {row['upper']:+.2g})."
            )
    if result.measured < result.jobs:
        yield f"{result.measured} of {counted(result.jobs, 'measurement')} are in the store; run it again for the rest."
    yield PEOPLE


def _draw(changes: pl.DataFrame, names: Names, verdict: str) -> Any:
    """A row for each compression: names of compressions are longer than those of languages."""
    from isogloss.charts import Canvas
    from isogloss.charts.matrix import Matrix, draw_matrix

    several = changes["model"].n_unique() > 1
    named = [f"{row['model']}: {row['recipe']}" if several else row["recipe"] for row in changes.iter_rows(named=True)]
    rows = list(dict.fromkeys(named))
    targets = changes["target"].unique(maintain_order=True).to_list()
    cells = dict(zip(zip(changes["target"], named, strict=True), changes["change"], strict=True))
    values = [[cells.get((target, row)) for target in targets] for row in rows]
    most = max(0.001, *(abs(value) for value in changes["change"]))
    measure = MEASURES[changes["metric"][0]]
    return draw_matrix(
        Matrix(rows, [names(target) for target in targets], values, "change of loss", low=0.0, high=most),
        lines=[f"Change of the loss on texts held out, {measure}: more is worse."],
        reverse=True,
        canvas=Canvas(title=verdict.rstrip(".")),
    )
