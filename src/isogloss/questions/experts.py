"""In which language does a model know most about each topic, and does asking it there pay?"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field

from isogloss.progress import Progress
from isogloss.questions.about_items import AboutItems, subject, written_names
from isogloss.questions.answer import Answer, Table
from isogloss.questions.fields import Pairs, Shell
from isogloss.questions.names import Names
from isogloss.questions.pictures import canvas_of
from isogloss.questions.scale import FRACTION

if TYPE_CHECKING:
    import polars as pl

    from isogloss.behaviour import Experts

MODELS = {"gain": "gain", "from": "lower", "to": "upper", "best single language": "single_name",
          "other experts": "switched", "topics": "topics", "items": "items"}  # fmt: skip
TOPICS = {"topic": "topic", "expert": "expert_name", "accuracy": "accuracy", "of the single": "single_accuracy",
          "gain": "gain", "from": "lower", "to": "upper", "items": "items"}  # fmt: skip
POLICIES = {"language asked": "policy", "accuracy": "accuracy", "from": "lower", "to": "upper"}
FEW_ITEMS = 10
MOST_NAMED = 3
SHOWN = 20
NOTES = (
    "Gains are of items that experts were not chosen on: five folds, ten times over. The best single language is "
    "chosen on the same items.",
    "Accuracies of topics are shrunk towards those of languages over all topics: with few items, the best of many "
    "languages is mostly luck.",
    "The topic must be known before the answer is. Where the topic is the answer itself, such as the country that a "
    "fact is asked for, the gain says where knowledge is, and no system could follow it.",
)


class ExpertsQuestion(AboutItems):
    """Tell which language a model knows most in for each topic, and what asking it there gains on items held out."""

    command: ClassVar[str] = "behaviour experts"

    facts: Annotated[
        Any,
        Shell(kind=str, metavar="FACTS"),
        Field(description="Table of the topic of each item, where the table of items does not say it."),
    ] = None
    topics: Annotated[
        int | None,
        Field(ge=2, description="Put questions into so many topics by their texts, where no table says the topic."),
    ] = None
    encoder: Annotated[
        str | None, Field(description="Checkpoint whose vectors of texts make topics; by default words do.")
    ] = None
    home: Annotated[
        Pairs,
        Shell(metavar="LANGUAGE=COUNTRY"),
        Field(description="The country of a language, where topics are countries; 13 languages of X-FaKT are known."),
    ] = Field(default_factory=dict)
    counted: Annotated[
        Literal["any", "own"],
        Field(description="Whether right answers in any language count, or in that of the question only."),
    ] = "any"
    shared: Annotated[bool, Field(description="Leave out items that a language lacks.")] = False

    def answer(self, progress: Progress | None = None) -> Answer:
        """Choose experts, and score them."""
        from isogloss.behaviour import score_experts
        from isogloss.behaviour.countries import read_homes
        from isogloss.behaviour.items import read_items_and_facts
        from isogloss.behaviour.ratings import with_right

        homes = read_homes(self.home, self.languages)
        facts, columns = (self.facts, self.columns) if self.topics is None else self._clustered(self.topics)
        read = read_items_and_facts(
            self.items, facts, columns=columns, languages=self.languages, choose=self.chosen, about="topic"
        )
        items = with_right(read, self.counted)
        result = score_experts(items, homes=homes, shared=self.shared, level=self.level, seed=self.seed)
        names = Names(None, written_names(items))
        sentences = tuple(_sentences(result, names))
        return Answer(
            self.command, sentences, _tables(result, names, self.level), scale=FRACTION, flags=_flags(result),
            notes=(*NOTES, *(["Items that a language lacks are left out."] if self.shared else [])), result=result,
            draw=partial(_draw, _first(result, result.cells), names, sentences[0]),
        )  # fmt: skip

    def _clustered(self, count: int) -> tuple[pl.DataFrame, dict[str, str]]:
        """The topic of each item by its text; and the columns of the table of items."""
        from isogloss.behaviour import read_items
        from isogloss.behaviour.items import item_table
        from isogloss.behaviour.topics import cluster_topics

        source = self.items if self.facts is None else self.facts
        table, _ = item_table(source)
        columns = {role: name for role, name in self.columns.items() if name in table.columns}
        roles = ("language", "task", "item", "question")
        questions = read_items(table, columns=columns, languages=self.languages, roles=roles)
        topics = cluster_topics(questions, count, encoder=self.encoder, seed=self.seed)
        return topics, {role: name for role, name in self.columns.items() if role != "question"}


def _best(result: Experts) -> dict[str, Any]:
    """The model that gains most."""
    return result.models.sort("gain", descending=True, maintain_order=True).row(0, named=True)


def _first(result: Experts, table: pl.DataFrame) -> pl.DataFrame:
    """The rows of that model."""
    best = _best(result)
    return table.filter(task=best["task"], model=best["model"])


def _in_front(result: Experts, table: pl.DataFrame) -> pl.DataFrame:
    """All rows, those of that model first."""
    best = _best(result)
    others = (table["task"] != best["task"]) | (table["model"] != best["model"])
    return table.sort(others, maintain_order=True)


def _gain(row: dict[str, Any]) -> str:
    return f"{100 * row['gain']:+z.1f} points ({100 * row['lower']:+z.1f} to {100 * row['upper']:+z.1f})"


def _sentences(result: Experts, names: Names) -> list[str]:
    import polars as pl

    models, best = result.models, _best(result)
    who, single = subject(best, models), names(best["single"])
    if models.height > 1:
        rows = "rows" if models["task"].n_unique() > 1 else "models"
        gained = models.filter(pl.col("lower") > 0).height
        first = f"In {gained} of {models.height} {rows}, an expert language for each topic beats one language for all."
        return [first, f"Most gained: {who}, {_gain(best)} over {single} on items held out.", *_experts(result, names)]
    if best["lower"] > 0:
        return [f"{who}: an expert language for each topic gains {_gain(best)} over {single} for all, on items held "
                "out.", *_experts(result, names)]  # fmt: skip
    if best["upper"] < 0:
        return [f"{who}: ask in {single}; an expert language for each topic loses, {_gain(best)} on items held out."]
    return [f"{who}: ask in {single}; that an expert language for each topic gains is not shown, {_gain(best)} on "
            "items held out."]  # fmt: skip


def _experts(result: Experts, names: Names) -> list[str]:
    """The topics that gain most, where a gain is shown at all."""
    import polars as pl

    best = _best(result)
    if best["lower"] <= 0:
        return []
    switched = _first(result, result.topics).filter(pl.col("expert") != pl.col("single"), pl.col("gain") > 0)
    most = switched.sort("gain", descending=True, maintain_order=True).head(MOST_NAMED)
    named = "; ".join(f"{row['topic']} in {names(row['expert'])}, {_gain(row)}" for row in most.to_dicts())
    return [f"Topics that gain most: {named}."] if named else []


def _tables(result: Experts, names: Names, level: float) -> dict[str, Table]:
    about = {name: name for name in ("task", "model") if result.models[name].n_unique() > 1}
    models = result.models.sort("gain", descending=True, maintain_order=True)
    models = models.with_columns(names.of("single").alias("single_name"))
    topics = _in_front(result, result.topics).with_columns(names.of("expert").alias("expert_name"))
    policies = _in_front(result, result.policies)
    ends = f"{100 * level:g} % intervals, items drawn anew"
    shown = [_first(result, table).height for table in (policies, topics)]
    return {
        "models": Table(models, f"What experts gain over the best single language, items held out; {ends}",
                        about | MODELS, rows=SHOWN),
        "policies": Table(policies, f"Accuracy on items held out{_of(result)}; {ends}", POLICIES, rows=shown[0]),
        "topics": Table(topics, f"Experts{_of(result)}; accuracies shrunk, gains on items held out", TOPICS,
                        rows=shown[1]),
        "cells": Table(result.cells.with_columns(names.of("language").alias("name")), rows=0),
    }  # fmt: skip


def _of(result: Experts) -> str:
    return f" of {subject(_best(result), result.models)}" if result.models.height > 1 else ""


def _flags(result: Experts) -> pl.DataFrame:
    """Topics of which little can be said."""
    import polars as pl

    few = result.topics.filter(pl.col("items") < FEW_ITEMS)["topic"].unique().sort().to_list()
    rows = [
        {"about": ", ".join(few), "flag": "few_items",
         "meaning": f"Fewer than {FEW_ITEMS} items: the expert rests mostly on other topics."}
    ] if few else []  # fmt: skip
    return pl.DataFrame(rows, schema={"about": pl.String, "flag": pl.String, "meaning": pl.String})


def _draw(cells: pl.DataFrame, names: Names, verdict: str) -> Any:
    """Accuracy after shrinkage, topics by languages."""
    from isogloss.charts import Matrix, draw_matrix

    topics, languages = (cells[name].unique(maintain_order=True).to_list() for name in ("topic", "language"))
    values = {(topic, one): value for topic, one, value in cells.select("topic", "language", "shrunk").iter_rows()}
    languages.sort(key=lambda one: -sum(values[topic, one] for topic in topics))
    grid = [[values[topic, one] for one in languages] for topic in topics]
    framed = frozenset((row, line.index(max(line))) for row, line in enumerate(grid))
    title = "accuracy by topic and language, after shrinkage"
    matrix = Matrix(topics, [names(one) for one in languages], grid, title, framed=framed)
    return draw_matrix(matrix, lines=["Framed: the expert language of the topic."], canvas=canvas_of(verdict, FRACTION))
