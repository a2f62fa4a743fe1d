"""Whom of many models should I believe in a language without right answers?"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field

from isogloss.progress import Progress
from isogloss.questions.about_items import AboutItems, written_names
from isogloss.questions.answer import Answer, Table
from isogloss.questions.names import Names
from isogloss.questions.pictures import canvas_of
from isogloss.questions.scale import FRACTION
from isogloss.text import counted

if TYPE_CHECKING:
    from isogloss.behaviour import Aggregation

FIELDS = ("language", "model", "task", "item", "text", "answer")
SHOWN = 20
SCORED = "Right answers, where the table has them, are used to score and never to aggregate."
LEARNT = (
    "Of each language, {} items with right answers are learnt from, by the labels weighted and supervised alone; "
    "they are in no score."
)


class AggregateQuestion(AboutItems):
    """Make one label of what many models say of an item, by how far each can be believed in each language."""

    command: ClassVar[str] = "behaviour aggregate"

    gold: Annotated[int, Field(ge=0, description="Items of each language whose right answers may be learnt from.")] = 0

    def answer(self, progress: Progress | None = None) -> Answer:
        """Aggregate them."""
        from isogloss.behaviour import aggregate_labels, read_items

        items = self.chosen(read_items(self.items, columns=self.columns, languages=self.languages, roles=FIELDS))
        result = aggregate_labels(items, gold=self.gold, level=self.level, seed=self.seed)
        names = Names(None, written_names(items))
        sentences = tuple(_sentences(result, names))
        return Answer(
            self.command, sentences, _tables(result, names), scale=FRACTION, result=result,
            notes=(LEARNT.format(self.gold) if self.gold else SCORED,),
            draw=partial(_draw, result, names, sentences[0]),
        )  # fmt: skip


def _sentences(result: Aggregation, names: Names) -> list[str]:
    import polars as pl

    languages = result.models["language"].n_unique()
    changed = result.labels.filter(pl.col("label") != pl.col("majority")).height
    of_all = (
        f"{counted(result.labels.height, 'item')} in {counted(languages, 'language')} labelled by "
        f"{result.models['model'].n_unique()} models; {counted(changed, 'label')} other than the majority's"
    )
    scored = result.scores.height
    if not scored:
        return [f"{of_all}, and no right answers to say which are better."]
    means = result.scores.select("aggregated", "weighted", "supervised", "majority", "best").mean().row(0, named=True)
    better = result.scores.filter(pl.col("lower") > 0).height
    worse = result.scores.filter(pl.col("upper") < 0).height
    said = [
        f"Accuracy {means['aggregated']:.3f}, that of the majority vote {means['majority']:.3f}, of the best single "
        f"model {means['best']:.3f}; better than the majority in {better} of {counted(scored, 'language')}, worse in "
        f"{worse}.",
        f"{of_all}.",
    ]
    if means["weighted"] is not None:
        said.insert(
            1, f"With some right answers: {means['weighted']:.3f} by weights, {means['supervised']:.3f} by confusions."
        )
    if scored < languages:
        said.append(f"{counted(languages - scored, 'language')} not scored: right answers of some items are missing.")
    return said


def _tables(result: Aggregation, names: Names) -> dict[str, Table]:
    tables = {}
    if result.scores.height:
        scores = result.scores.with_columns(names.of("language").alias("name"))
        by_gold = {} if scores["weighted"].is_null().all() else {"weighted": "weighted", "supervised": "supervised"}
        shown = {"language": "name", "aggregated": "aggregated", **by_gold, "majority": "majority",
                 "best model": "best", "difference": "difference", "from": "lower", "to": "upper",
                 "items": "items"}  # fmt: skip
        title = f"Accuracy; {100 * result.level:g} % intervals of aggregated less majority, items drawn anew"
        tables["scores"] = Table(scores, title, shown, rows=SHOWN)
    models = result.models.with_columns(names.of("language").alias("name")).sort(
        "language", "reliability", descending=[False, True], maintain_order=True
    )
    shown = {"language": "name", "model": "model", "reliability": "reliability"}
    shown |= {"accuracy": "accuracy"} if result.scores.height else {}
    shown |= {"weight": "weight"} if "weight" in models.columns else {}
    tables["models"] = Table(models, "How far each model is believed", shown, rows=SHOWN)
    tables["labels"] = Table(
        result.labels.with_columns(names.of("language").alias("name")), "Labels",
        {"language": "name", "item": "item", "label": "label", "probability": "probability", "majority": "majority"},
        rows=SHOWN // 2,
    )  # fmt: skip
    return tables


def _draw(result: Aggregation, names: Names, verdict: str) -> Any:
    """Languages by models, how far each is believed."""
    from isogloss.charts import Matrix, draw_matrix

    rows, columns = (result.models[name].unique(maintain_order=True).to_list() for name in ("language", "model"))
    values = {(one["language"], one["model"]): one["reliability"] for one in result.models.iter_rows(named=True)}
    grid = [[values.get((language, model)) for model in columns] for language in rows]
    return draw_matrix(
        Matrix([names(one) for one in rows], columns, grid, "reliability", low=0.0, high=1.0), lines=[],
        canvas=canvas_of(verdict, FRACTION),
    )  # fmt: skip
