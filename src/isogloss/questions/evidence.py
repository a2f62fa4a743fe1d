"""What was measured, what is missing, and what contradicts itself?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field

from isogloss.progress import Progress
from isogloss.questions.about import AboutEvidence
from isogloss.questions.answer import Answer, Table
from isogloss.questions.comparable import describe_means, describe_twins, with_shared_means, with_smallest_differences
from isogloss.questions.fields import NameList, Shell, shell_of
from isogloss.questions.names import Names
from isogloss.questions.pictures import canvas_of
from isogloss.questions.question import ordered_fields
from isogloss.questions.scale import Scale, scale_of
from isogloss.text import counted

if TYPE_CHECKING:
    import polars as pl

    from isogloss.evidence import Evidence, ReadOptions, Store
    from isogloss.evidence.comparable_means import ComparableMeans

TELLING_APART = ("recipe", "split", "pair", "shots", "model_revision")
"""Columns of a setting that are shown where rows would be alike without them."""
SHOWN_ROWS = 100


READING = (
    "format", "mapping", "task", "model", "metric", "recipe", "train", "scale", "better", "languages", "duplicates",
    "unfinished",
)  # fmt: skip
"""Fields that `isogloss.evidence.read_evidence` takes."""


class ReadingQuestion(AboutEvidence):
    """A question about evidence as files hold it, with all that can be said about reading them."""

    format: Annotated[str | None, Field(description="Name of the importer, instead of recognising it.")] = None
    mapping: Annotated[
        str | None,
        Shell(flags=("--map",)),
        Field(description="Mapping file for a table, or the name of one that ships."),
    ] = None
    task: Annotated[str | None, Field(description="Task of every row, where the file does not say it.")] = None
    model: Annotated[str | None, Field(description="Model of every row.")] = None
    metric: Annotated[str | None, Field(description="Metric of every row.")] = None
    recipe: Annotated[str | None, Field(description="How the model was adapted, for every row.")] = None
    train: Annotated[
        str | None,
        Field(description="What the model was trained on, where the file does not say it: eng:1000,hin:500."),
    ] = None
    duplicates: Annotated[
        Literal["error", "mean", "last"], Field(description="What to do if scores of one observation differ.")
    ] = "error"
    unfinished: Annotated[bool, Field(description="Read runs that were cancelled or failed too.")] = False

    def options(self) -> ReadOptions:
        """What was said about reading files, as importers take it.

        Raises
        ------
        InputError
        """
        from isogloss.evidence.read import read_options

        return read_options(**{name: getattr(self, name) for name in READING if name != "format"})

    def open(self) -> Store | Evidence:
        """A single store as it is, anything else as evidence in memory.

        Raises
        ------
        InputError
        """
        from isogloss.evidence.read import open_sources

        return open_sources(*self.given(), **{name: getattr(self, name) for name in READING})


def reading_options() -> dict[str, str]:
    """Fields that say how files are read to their options, which are the same in every command that has them."""
    fields = ordered_fields(ReadingQuestion)
    return {name: shell_of(fields[name]).flags_of(name)[0] for name in READING}


class ShowQuestion(ReadingQuestion):
    """Say what was measured, and what is missing.

    'at chance' is the share of scores a guess could reach, 'saturated' the share at the ceiling: neither says
    much about a model.
    """

    command: ClassVar[str] = "evidence show"

    by: Annotated[NameList, Field(description="Columns to count by, e.g. task,model or target.")] = Field(
        default_factory=list
    )
    coverage: Annotated[bool, Field(description="Show what is missing: languages per task, or tasks per language.")] = (
        False
    )

    def answer(self, progress: Progress | None = None) -> Answer:
        """Count what there is."""
        from isogloss.evidence.comparable_means import comparable_means
        from isogloss.evidence.overview import cells

        source = self.open()
        there = cells(source)
        names, scale, means = _names(there), scale_of(there), comparable_means(source)
        table = self._coverage(source, names) if self.coverage else self._counts(source, names, scale, means)
        first = _gaps(table.frame, self.by or ["task"]) if self.coverage else _verdict(there)
        more = describe_twins(means, names) if self.coverage else describe_means(means, names, scale)
        sentences = (first, *more)
        return Answer(
            self.command, sentences, {"coverage" if self.coverage else "counts": table}, scale=scale, notes=NOTES,
            assumptions=getattr(source, "notes", ()), result=there,
            draw=partial(_draw, cache(partial(_drawn, source, there)), there.height, sentences[0], names),
        )  # fmt: skip

    def _counts(self, source: Store | Evidence, names: Names, scale: Scale, means: ComparableMeans) -> Table:
        import polars as pl

        from isogloss.evidence.overview import count_by, settings

        counts = count_by(source, self.by) if self.by else settings(source)
        counts = counts.rename({"observations": "scores", "mean_score": "mean"}, strict=False)
        factor = pl.when(pl.col("scale") == "raw").then(1.0).otherwise(scale.factor)
        counts = counts.with_columns(pl.col("mean", "lowest", "highest") * factor)
        counts = with_shared_means(counts, means, scale)
        counts = _with_language(with_smallest_differences(counts, means, scale), names)
        return Table(counts, shown=_shown(counts, self.by or ["task", "metric", "model"]), digits=scale.digits)

    def _coverage(self, source: Store | Evidence, names: Names) -> Table:
        import polars as pl

        from isogloss.evidence.overview import coverage

        by = self.by or ["task"]
        covered = coverage(source, by)
        if "target" not in by:
            called = [[names(code) for code in missing] for missing in covered["missing"]]
            covered = covered.with_columns(missing_names=pl.Series(called, dtype=pl.List(pl.String)))
        covered = _with_language(covered, names)
        missing = "missing" if "target" in by else "missing_names"
        shown = {_header(name): _column(name) for name in by}
        return Table(covered, shown=shown | {"measured": "measured", "of": "of", "missing": missing})


class ConflictsQuestion(AboutEvidence):
    """List observations of which different scores were recorded; 'counts' is the one a store gives."""

    command: ClassVar[str] = "evidence conflicts"

    def answer(self, progress: Progress | None = None) -> Answer:
        """Look for them in all that was recorded."""
        import polars as pl

        from isogloss.evidence.overview import conflicts, recorded
        from isogloss.evidence.read import read_options

        options = read_options(
            None, None, None, None, None, self.scale, self.languages, "error", better=self.better
        )  # fmt: skip
        rows = recorded(self.given(), options)
        names, scale = _names(rows.rename({"target_as_reported": "written"})), scale_of(rows)
        raw = rows.filter(pl.col("scale") == "raw")["metric"].unique()
        found = _with_language(_on_scale(conflicts(rows), scale, raw), names)
        shown = {"task": "task", "model": "model", "language": "language", "trained on": "train",
                 "scores": "scores_shown", "counts": "counts"}  # fmt: skip
        written = pl.col("scores").list.eval(pl.element().round(scale.digits).cast(pl.String)).list.join(" ")
        found = found.with_columns(scores_shown=written)
        return Answer(
            self.command, (_worst(found, scale),), {"conflicts": Table(found, shown=shown, digits=scale.digits)},
            scale=scale, result=found,
        )  # fmt: skip


class SelectQuestion(AboutEvidence):
    """Ask evidence in SQL, reading only: "select target, avg(score) from observations group by target"."""

    command: ClassVar[str] = "evidence query"
    positional: ClassVar[tuple[str, ...]] = ("evidence", "query")

    query: Annotated[
        str,
        Shell(argument=True, metavar="SELECT"),
        Field(description="SQL about observations, models, tasks, items; scores are fractions."),
    ]

    def answer(self, progress: Progress | None = None) -> Answer:
        """Ask it."""
        from isogloss.evidence.read import open_sources
        from isogloss.evidence.sql import select

        source = open_sources(*self.given(), languages=self.languages, scale=self.scale, better=self.better)
        selected = select(source, self.query)
        return Answer(
            self.command, (f"{counted(selected.height, 'row')}.",), {"selected": Table(selected, rows=SHOWN_ROWS)},
            assumptions=getattr(source, "notes", ()), details={"query": self.query}, result=selected,
        )  # fmt: skip


NOTES = (
    "A cell is a task, a metric, a model and a language; missing are those of which the task was measured with that "
    "model in other languages, and in that language with other models.",
    "A mean counts every score once, whatever its number of test items (macro). Shared: languages that all models or "
    "settings of a task have, and the mean over them; a tie is a difference to the best within 1.96 standard errors. "
    "Smallest difference: between two models, what test items show in four of five cases.",
    "At chance: the share of scores that a guess could reach. Saturated: the share at the ceiling.",
)


def _verdict(there: pl.DataFrame) -> str:
    """How much there is, and how many cells of the tables of models and languages are empty."""
    import polars as pl

    from isogloss.languages.near_identical import count_once

    there = there.with_columns(pl.col("target").replace(count_once(there["target"])))
    there = there.group_by("task", "metric", "model", "target").agg(pl.col("scores").sum())
    tasks, models, languages = (there[name].n_unique() for name in ("task", "model", "target"))
    sides = there.group_by("task", "metric").agg(
        cells=pl.col("model").n_unique() * pl.col("target").n_unique() - pl.len()
    )
    missing = int(sides["cells"].sum())
    on = "one task" if tasks == 1 else f"{tasks} tasks"
    scores = f"{counted(int(there['scores'].sum()), 'score')} of {counted(models, 'model')}"
    gap = f"{counted(missing, 'cell')} {'is' if missing == 1 else 'are'} missing" if missing else "no cell is missing"
    return f"{scores} in {counted(languages, 'language')} on {on}; {gap}."


def _gaps(covered: pl.DataFrame, by: list[str]) -> str:
    """How many rows of a table of coverage lack something, and which lacks most."""
    import polars as pl

    what = "task" if "target" in by else "language"
    lacking = covered.filter(pl.col("measured") < pl.col("of"))
    rows = " and ".join(_header(name) for name in by)
    if lacking.is_empty():
        return f"Nothing is missing: every {rows} has all {counted(covered['of'][0], what)}."
    worst = lacking.row(0, named=True)
    named = ", ".join(str(worst[_column(name)]) for name in by)
    left = worst["of"] - worst["measured"]
    most = f"most lacks {named}: {left:,} of {worst['of']:,}"
    return f"By {rows}, {lacking.height:,} of {covered.height:,} lack {what}s; {most}."


def _shown(counts: pl.DataFrame, by: list[str]) -> dict[str, str]:
    """Columns that tell something: eighty columns are few."""
    by = [name for name in by if name != "metric" or counts[name].n_unique() > 1 or len(by) == 1]
    apart: list[str] = []
    for name in TELLING_APART:
        if (
            name in counts.columns
            and counts.select(*by, *apart, name).n_unique() > counts.select(*by, *apart).n_unique()
        ):
            apart.append(name)
    numbers = [name for name in ("targets", "mixes", "seeds", "models") if name in counts.columns]
    several = [name for name in numbers if name[:-1] not in by and (name == "targets" or (counts[name] > 1).any())]
    means = ("shared", "shared_mean", "standing", "smallest_difference")
    shared = [name for name in means if name in counts.columns]
    flags = [name for name in ("at_chance", "saturated") if (counts[name].fill_null(0.0) > 0).any()]
    return {_header(name): _column(name) for name in (*by, *apart, *several, "scores", "mean", *shared, *flags)}


def _header(name: str) -> str:
    return {"target": "language", "targets": "languages"}.get(name, name.replace("_", " "))


def _column(name: str) -> str:
    return "language" if name == "target" else name


def _with_language(table: pl.DataFrame, names: Names) -> pl.DataFrame:
    """With a column of names for people, where there are target languages."""
    import polars as pl

    if "target" not in table.columns:
        return table
    called = pl.Series("language", [names(code) for code in table["target"]], dtype=pl.String)
    return table.with_columns(called)


def _names(rows: pl.DataFrame) -> Names:
    """Names as written, and with their ids behind them where two languages, such as swa and swh, are called alike."""
    names = Names(None, dict(rows.select("target", "written").drop_nulls().unique().sort("target", "written").rows()))
    called = {code: names(code) for code in rows["target"].unique().drop_nulls()}
    times = Counter(called.values())
    return Names(None, names.written | {code: f"{name} ({code})" for code, name in called.items() if times[name] > 1})


def _on_scale(found: pl.DataFrame, scale: Scale, raw: pl.Series) -> pl.DataFrame:
    import polars as pl

    factor = pl.when(pl.col("metric").is_in(raw.implode())).then(1.0).otherwise(scale.factor)
    return found.with_columns(pl.col("scores", "spread", "counts") * factor)


def _worst(found: pl.DataFrame, scale: Scale) -> str:
    if found.is_empty():
        return "No conflicts: no observation has different scores."
    worst = found.row(0, named=True)
    spread = f"{worst['spread']:.{scale.digits}f}"
    return (
        f"{counted(found.height, 'observation')} with different scores; the widest are {spread} apart: "
        f"{worst['language']} on {worst['task']} with {worst['model']}."
    )


def _draw(drawn: Callable[[], tuple[str, pl.DataFrame]], whole: int, verdict: str, names: Names) -> Any:
    """The picture; the verdict is its title where all cells are in it."""
    from isogloss import charts

    draw, shown = drawn()
    canvas = canvas_of(verdict, scale_of(shown), names.written, shown["metric"][0])
    return getattr(charts, draw)(shown, canvas=canvas if shown.height == whole else replace(canvas, title=None))


def _drawn(source: Store | Evidence, there: pl.DataFrame) -> tuple[str, pl.DataFrame]:
    """What draws, and which cells; of one model that learnt from several languages in turn, sources by targets."""
    from isogloss.evidence.overview import transfers

    if there["model"].n_unique() == 1 and (trained := transfers(source))["source"].n_unique() > 1:
        return "draw_transfer", _of_most_cells(_with_few_panels(trained))
    return "draw_evidence", _of_most_cells(there)


def _of_most_cells(cells: pl.DataFrame) -> pl.DataFrame:
    """The metric that most cells have: one colour scale cannot show two."""
    import polars as pl

    metric = cells["metric"].value_counts(sort=True).sort("count", "metric", descending=[True, False])["metric"][0]
    return cells.filter(pl.col("metric") == metric)


def _with_few_panels(trained: pl.DataFrame) -> pl.DataFrame:
    """The task that most cells have; of more than two numbers of examples, the least and the most."""
    import polars as pl

    task = trained["task"].value_counts(sort=True).sort("count", "task", descending=[True, False])["task"][0]
    of_task = trained.filter(pl.col("task") == task)
    sizes = of_task["size"].drop_nulls()
    if sizes.n_unique() <= 2:
        return of_task
    return of_task.filter(pl.col("size").is_in([sizes.min(), sizes.max()]))
