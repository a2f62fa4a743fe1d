"""What do metrics of behaviour say of a table of items?"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field

from isogloss.progress import Progress
from isogloss.questions.about_items import AboutItems, written_names
from isogloss.questions.answer import Answer, Table
from isogloss.questions.fields import NameList, ReadAs, Shell
from isogloss.questions.names import Names
from isogloss.questions.pictures import canvas_of
from isogloss.questions.question import Question
from isogloss.questions.scale import FRACTION, RAW
from isogloss.text import counted, with_interval

if TYPE_CHECKING:
    import polars as pl

    from isogloss.behaviour import BehaviourScores

MOST_SENTENCES = 5
FEW_ITEMS = 10
SHOWN = 20
SIGNIFICANT = 0.05
DIFFERENCES = {"difference": "value", "from": "lower", "to": "upper", "p (Holm)": "p_holm", "items": "items"}
VALUES = {"value": "value", "from": "lower", "to": "upper", "items": "items"}


class BehaviourScoreQuestion(AboutItems):
    """Score a table of items by every metric whose columns it has."""

    command: ClassVar[str] = "behaviour score"

    # Declared again: shared options stand in one order, before what is this question's alone.
    languages: ReadAs = Field(default_factory=dict)
    task: Annotated[str | None, Field(description="Only this task.")] = None
    model: Annotated[str | None, Field(description="Only this model.")] = None
    metrics: Annotated[
        NameList,
        Shell(flags=("--metric", "--metrics"), kind=str),
        Field(description="Only these metrics; 'isogloss behaviour metrics' lists them with the columns they need."),
    ] = Field(default_factory=list)
    shared: Annotated[
        bool, Field(description="Leave out items without a counterpart in the other language or variant.")
    ] = False
    against: Annotated[
        str | None, Field(description="A model or task of the items, which all others are compared with, item by item.")
    ] = None
    into: Annotated[str | None, Field(description="Store to add the scores to, a folder or s3://...")] = None

    def answer(self, progress: Progress | None = None) -> Answer:
        """Score them."""
        from isogloss.behaviour import read_items, score_items
        from isogloss.behaviour.items import EVERY_ROLE

        items = self.chosen(read_items(self.items, columns=self.columns, languages=self.languages, roles=EVERY_ROLE))
        result = score_items(
            items, self.metrics, shared=self.shared, against=self.against, level=self.level, seed=self.seed
        )
        names = Names(None, written_names(items) if "written" in items.columns else {})
        sentences = [*_sentences(result), *self._written(result)]
        return Answer(
            self.command, tuple(sentences), tables_of(result, names), scale=FRACTION, flags=_flags(result),
            notes=_notes(result, self.shared), result=result, draw=partial(draw_scores, result, names, sentences[0]),
        )  # fmt: skip

    def _written(self, result: BehaviourScores) -> list[str]:
        """Add the scores to the store, and say so."""
        if self.into is None:
            return []
        from isogloss.behaviour.observations import facts_of, observations_of
        from isogloss.evidence import Store

        rows = observations_of(result.scores)
        Store(self.into).append(rows, tasks=facts_of(rows))
        return [f"{counted(rows.height, 'score')} written to {self.into}."]


class BehaviourMetricsQuestion(Question):
    """List the metrics of behaviour: what each says, which command answers with it, and the columns it needs."""

    command: ClassVar[str] = "behaviour metrics"
    positional: ClassVar[tuple[str, ...]] = ()

    def answer(self, progress: Progress | None = None) -> Answer:
        """List them."""
        import polars as pl

        from isogloss.behaviour import behaviour_metrics

        rows = [
            {"metric": name, "command": one.command, "columns": [*one.tally.columns] if one.tally else [],
             "optional": [*one.tally.optional] if one.tally else [], "meaning": one.meaning, "formula": one.formula,
             "chance": one.chance, "misleads": one.misleads, "source": one.source}
            for name, one in behaviour_metrics.items()
        ]  # fmt: skip
        types = {"columns": pl.List(pl.String), "optional": pl.List(pl.String)}
        table = pl.DataFrame(rows, schema_overrides=types)
        scored = table.filter(pl.col("columns").list.len() > 0).height
        verdict = (
            f"{counted(table.height, 'metric')} of behaviour; 'isogloss behaviour score ITEMS' answers with {scored}, "
            "where a table has their columns."
        )
        listed = Table(table, shown={"metric": "metric", "command": "command", "columns": "columns"})
        return Answer(self.command, (verdict,), {"metrics": listed}, scale=RAW, result=table)


def _whole(result: BehaviourScores) -> pl.DataFrame:
    """The scores over all languages."""
    import polars as pl

    return result.scores.filter(pl.col("language").is_null())


def _sentences(result: BehaviourScores) -> list[str]:
    """The best model by each metric and part, with what the first metric says."""
    from isogloss.behaviour import behaviour_metrics

    said = []
    for (name, part), rows in _whole(result).group_by("metric", "part", maintain_order=True):
        metric = behaviour_metrics.get(str(name))
        about = f"{name} ({part})" if part else str(name)
        ranked = rows.drop_nulls("value").sort("value", descending=metric.higher_is_better is not False)
        if ranked.is_empty():
            said.append(f"{about} does not exist for these items.")
            continue
        best = ranked.row(0, named=True)
        who = " ".join(
            one for one in (best["model"] or "the model", f"({best['task']})" if best["task"] else "") if one
        )
        value = with_interval(best["value"], best["lower"], best["upper"])
        end = "Highest" if metric.higher_is_better is None else "Best"
        several = f"{end} of {ranked.height} by {about}: {who}, {value}"
        said.append(f"{several}." if ranked.height > 1 else f"{about} of {who}: {value}.")
        if len(said) == 1:
            said.append(metric.meaning)
    said = _compared(result) or said
    left = len(said) - 1 - MOST_SENTENCES
    return said if left <= 0 else [*said[: MOST_SENTENCES + 1], f"{left} more are in the table."]


def _compared(result: BehaviourScores) -> list[str]:
    """By each metric the largest difference over all languages, those of which most is shown first."""
    import polars as pl

    said = []
    for (name,), rows in result.differences.group_by("metric", maintain_order=True):
        shown = rows.filter(pl.col("p_holm") < SIGNIFICANT).height
        whole = rows.filter(pl.col("language").is_null()).drop_nulls("value")
        for row in whole.sort(pl.col("value").abs(), descending=True).head(1).iter_rows(named=True):
            who = row["task"] if row["against"] in result.scores["task"].to_list() else row["model"]
            difference = with_interval(row["value"], row["lower"], row["upper"], "+.3f")
            said.append((shown, f"{name} of {who} less that of {row['against']}: {difference}; shown, corrected "
                                f"(Holm), in {shown} of {counted(rows.height, 'row')}."))  # fmt: skip
    return [text for _, text in sorted(said, key=lambda one: -one[0])]


def tables_of(result: BehaviourScores, names: Names) -> dict[str, Table]:
    import polars as pl

    several = {name: name for name in ("task", "model") if result.scores[name].n_unique() > 1}
    several |= {"part": "part"} if result.scores["part"].count() else {}
    whole = _whole(result)
    by_language = result.scores.filter(pl.col("language").is_not_null()).with_columns(
        names.of("language").alias("name")
    )
    about = {"metric": "metric"} | several
    title = f"Over all languages; {100 * result.level:g} % intervals, items drawn anew"
    tables = {"scores": Table(whole, title, about | VALUES, rows=SHOWN)}
    if by_language.height:
        shown = about | {"language": "name"} | VALUES
        tables["languages"] = Table(by_language, "By language", shown, rows=SHOWN)
    if result.differences.height:
        named = result.differences.with_columns(
            pl.when(pl.col("language").is_null()).then(pl.lit("all")).otherwise(names.of("language")).alias("name")
        )
        shown = about | {"language": "name"} | DIFFERENCES
        title = f"Less {result.differences['against'][0]}, over the items of both, drawn alike"
        tables["differences"] = Table(named, title, shown, rows=SHOWN)
    return tables


def _flags(result: BehaviourScores) -> pl.DataFrame:
    """Metrics without a score, and scores of few items."""
    import polars as pl

    rows = [
        {"about": name, "flag": "not_scored", "meaning": f"{reason[0].upper()}{reason[1:]}."}
        for name, reason in result.unscored.items()
    ]
    few = _whole(result).filter(pl.col("items") < FEW_ITEMS)["metric"].unique(maintain_order=True)
    meaning = f"Fewer than {FEW_ITEMS} items: the interval is too narrow."
    rows += [{"about": name, "flag": "few_items", "meaning": meaning} for name in few]
    if result.repeated:
        verb = "repeats" if result.repeated == 1 else "repeat"
        meaning = (
            f"{counted(result.repeated, 'row')} {verb} another in every column that is read, and all count: remove "
            "copies, or intervals are too narrow."
        )
        rows.append({"about": "items", "flag": "repeated_rows", "meaning": meaning})
    return pl.DataFrame(rows, schema={"about": pl.String, "flag": pl.String, "meaning": pl.String})


def _notes(result: BehaviourScores, shared: bool) -> tuple[str, ...]:
    from isogloss.behaviour import behaviour_metrics

    notes = []
    for name in result.scores["metric"].unique(maintain_order=True):
        metric = behaviour_metrics.get(name)
        notes.append(f"{name}: {metric.meaning} Chance: {metric.chance}. {metric.misleads}")
    for row in result.differences.unique(["task", "model"], maintain_order=True).iter_rows(named=True):
        if row["left_out"]:
            who = row["task"] if row["against"] in result.scores["task"].to_list() else row["model"]
            left = counted(row["left_out"], "row")
            notes.append(f"Compared are items that both have: {left} of {who} and {row['against']} left out.")
    if shared:
        notes.append("Items without a counterpart are left out.")
    return tuple(notes)


def draw_scores(result: BehaviourScores, names: Names, verdict: str) -> Any:
    """Languages, or models where there are no languages, by metrics and their parts; differences where there are."""
    import polars as pl

    from isogloss.charts import Matrix, draw_matrix

    if result.differences.height:
        return _draw_differences(result, names, verdict)
    scores = result.scores.with_columns(
        pl.when(pl.col("part").is_null())
        .then("metric")
        .otherwise(pl.format("{} ({})", "metric", "part"))
        .alias("about")
    )
    if scores["about"].n_unique() == 1 and scores["model"].n_unique() > 1 and scores["language"].count():
        return _draw_models(scores, names, verdict)
    first = scores.row(0, named=True)
    of_first = scores.filter(
        pl.col("language").is_not_null(), pl.col("model") == first["model"], pl.col("task") == first["task"]
    )
    rows, key = (of_first, "language") if of_first.height else (scores.filter(pl.col("language").is_null()), "model")
    columns = rows["about"].unique(maintain_order=True).to_list()
    order = rows[key].unique(maintain_order=True).to_list()
    values = {(one, about): value for one, about, value in rows.select(key, "about", "value").iter_rows()}
    called = [names(one) if key == "language" else one or "the model" for one in order]
    numbers = rows["value"].drop_nulls().to_list() or [0.0]
    grid = [[values.get((one, about)) for about in columns] for one in order]
    return draw_matrix(
        Matrix(called, columns, grid, "value", low=min(0.0, *numbers), high=max(1.0, *numbers)),
        lines=[first["model"]] if scores["model"].n_unique() > 1 and key == "language" else [],
        canvas=canvas_of(verdict, FRACTION),
    )


def _draw_models(scores: pl.DataFrame, names: Names, verdict: str) -> Any:
    """Models by languages, of one metric; a model without a language, such as its own, has a blank there."""
    from isogloss.charts import Matrix, draw_matrix

    rows = scores.filter(task=scores["task"][0])
    models, codes = rows["model"].unique(maintain_order=True), rows["language"].drop_nulls().unique().sort()
    values = {(model, code): value for model, code, value in rows.select("model", "language", "value").iter_rows()}
    columns = [None, *codes]
    grid = [[values.get((model, code)) for code in columns] for model in models]
    numbers = rows["value"].drop_nulls().to_list() or [0.0]
    named = ["all" if code is None else names(code) for code in columns]
    low, high = min(0.0, *numbers), max(1.0, *numbers)
    matrix = Matrix(models.to_list(), named, grid, scores["about"][0], low=low, high=high)
    return draw_matrix(matrix, canvas=canvas_of(verdict, FRACTION))


def _draw_differences(result: BehaviourScores, names: Names, verdict: str) -> Any:
    """Languages by metrics, and by who is compared where these are several: differences, gains and losses apart."""
    import polars as pl

    from isogloss.charts import Matrix, draw_matrix

    by = "task" if result.differences["against"][0] in result.scores["task"].to_list() else "model"
    several = [one for one in (by, "part") if result.differences[one].n_unique() > 1]
    about = pl.concat_str(["metric", *several], separator=" ", ignore_nulls=True)
    rows = result.differences.with_columns(about=about, called=pl.col("language").fill_null(""))
    columns, order = (rows[one].unique(maintain_order=True).to_list() for one in ("about", "called"))
    values = {(one, name): value for one, name, value in rows.select("called", "about", "value").iter_rows()}
    most = max([abs(one) for one in rows["value"].drop_nulls()] or [1.0]) or 1.0
    grid = [[values.get((one, name)) for name in columns] for one in order]
    matrix = Matrix([names(one) if one else "all" for one in order], columns, grid, "difference", low=-most, high=most)
    lines = [f"Less {result.differences['against'][0]}, over the items of both."]
    return draw_matrix(matrix, lines=lines, diverging=True, canvas=canvas_of(verdict, FRACTION))
