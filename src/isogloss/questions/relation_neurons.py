"""Which neurons of a model fire at questions about one relation, and what does it no longer know without them?"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field

from isogloss.errors import BadValue
from isogloss.progress import Progress
from isogloss.questions.about_items import written_names
from isogloss.questions.answer import Answer, Table
from isogloss.questions.answering import Among, read_about
from isogloss.questions.fields import CheckpointName, Level, Pairs, ReadAs, Shell
from isogloss.questions.names import Names
from isogloss.questions.pictures import canvas_of
from isogloss.questions.question import Question
from isogloss.questions.scale import FRACTION
from isogloss.text import counted

if TYPE_CHECKING:
    import polars as pl

    from isogloss.behaviour import RelationNeurons

QUESTIONS = (
    "Table of questions with item, language, relation, question, choices and answer. See docs/how-to/behaviour.md."
)
EFFECTS = {"off": "off", "asked": "relation", "language": "name", "items": "items", "right": "accuracy",
           "without": "without", "loss": "loss", "from": "lower", "to": "upper", "random": "random",
           "excess": "excess", "from ": "excess_lower", "to ": "excess_upper"}  # fmt: skip
NOTES = (
    "Half of the items of each relation find neurons, in one language; the others are asked in all.",
    "random: the loss without as many random neurons of the same layers that are of no relation; excess: loss less "
    "random.",
    "A loss may come from the words of a question as well as from what is known: ask in several wordings.",
)
SHOWN = 30


class RelationNeuronsQuestion(Question):
    """Find neurons that fire at questions about a relation, and measure what is lost in each language without them."""

    command: ClassVar[str] = "behaviour neurons"
    positional: ClassVar[tuple[str, ...]] = ("items",)

    items: Annotated[Any, Shell(kind=str, argument=True, metavar="ITEMS"), Field(description=QUESTIONS)]
    languages: ReadAs = Field(default_factory=dict)
    model: CheckpointName
    targets: Among = Field(default_factory=list)
    source: Annotated[
        str | None, Field(description="Language whose questions find neurons; by default English, else the first.")
    ] = None
    share: Annotated[float, Field(gt=0, lt=1, description="Of all neurons, those of a relation at most.")] = 0.02
    false_discoveries: Annotated[
        float, Field(gt=0, lt=1, description="Share of them that may fire so by chance alone.")
    ] = 0.05
    draws: Annotated[int, Field(ge=1, description="Sets of random neurons, for comparison.")] = 5
    template: Annotated[str, Field(description="How a question is put, with {question}.")] = ""
    columns: Annotated[
        Pairs,
        Shell(flags=("--column",), metavar="ROLE=NAME"),
        Field(description="Which column is which, where its name does not say it, such as relation=predicate."),
    ] = Field(default_factory=dict)
    level: Level = 0.95
    seed: Annotated[int, Field(ge=0, description="Of the halves, and of random neurons.")] = 0

    def answer(self, progress: Progress | None = None) -> Answer:
        """Find them, and switch them off."""
        from isogloss.behaviour import find_relation_neurons
        from isogloss.languages import resolve
        from isogloss.models.respondents import open_respondent
        from isogloss.models.respondents.local import LocalRespondent

        questions = read_about(self.items, self.columns, self.languages, self.targets)
        respondent = open_respondent(self.model)
        if not isinstance(respondent, LocalRespondent):
            raise BadValue("an endpoint shows no neurons", where="model", hint="give a checkpoint on this machine")
        source = None if self.source is None else resolve(self.source, where="source").id
        result = find_relation_neurons(
            respondent, questions, source=source, share=self.share, false_discoveries=self.false_discoveries,
            draws=self.draws, template=self.template, level=self.level, seed=self.seed, progress=progress,
        )  # fmt: skip
        names = Names(None, written_names(questions))
        effects = result.effects.with_columns(names.of("language").alias("name"))
        sentences = tuple(_sentences(result, effects, respondent.name))
        return Answer(
            self.command, sentences,
            {"effects": Table(effects, f"Right answers without the neurons of a relation; {100 * self.level:g} % "
                              "intervals, items drawn anew", EFFECTS, rows=SHOWN),
             "neurons": Table(result.neurons, "Neurons that fire more at a relation than at others", rows=5)},
            scale=FRACTION, notes=NOTES, result=result,
            draw=None if effects.is_empty() else partial(_draw, effects, sentences[0]),
        )  # fmt: skip


def _sentences(result: RelationNeurons, effects: pl.DataFrame, model: str) -> Iterator[str]:
    import polars as pl

    every = next(iter(result.chosen.values())).size
    counts = {relation: int(mask.sum()) for relation, mask in result.chosen.items()}
    if effects.is_empty():
        yield f"No neurons of relations were found in {model}: none of {every:,} is shown to fire more at one relation."
        return
    own = effects.filter(pl.col("off") == pl.col("relation"))
    sure = own.filter(pl.col("excess_lower") > 0)
    if sure.is_empty():
        yield f"No relation is shown to lose more without its own neurons than without random ones in {model}."
    else:
        top = sure.sort("excess", descending=True, maintain_order=True).row(0, named=True)
        ends = f"{100 * top['excess_lower']:.0f} to {100 * top['excess_upper']:.0f}"
        what = f"{counts[top['off']]:,} of {every:,} neurons that fire at {top['off']}"
        yield (
            f"Without {what}, {model} loses {100 * top['loss']:.0f} points of {top['off']} in {top['name']}, "
            f"{100 * top['excess']:.0f} more than without random ones ({ends})."
        )
    yield (
        f"{sure.height} of {counted(own.height, 'pair')} of relation and language "
        f"{'loses' if sure.height == 1 else 'lose'} more by their own neurons than by random ones, each by its own "
        "interval."
    )
    others = effects.filter(pl.col("off") != pl.col("relation"))
    means = [100 * float(rows["loss"].to_numpy().mean()) for rows in (own, others)]
    yield f"Mean loss: {means[0]:+.0f} points of the relation itself, {means[1]:+.0f} of the others."


def _draw(effects: pl.DataFrame, verdict: str) -> Any:
    """Losses by the relation that is off, and the relation and language that are asked."""
    from isogloss.charts import Matrix, draw_matrix

    relations = effects["off"].unique(maintain_order=True).to_list()
    asked = effects.select("relation", "name").unique(maintain_order=True).sort("relation", maintain_order=True).rows()
    loss = {(off, relation, name): value for off, relation, name, value in
            effects.select("off", "relation", "name", "loss").iter_rows()}  # fmt: skip
    values = [[loss.get((off, *one)) for one in asked] for off in relations]
    most = max(0.05, *map(abs, loss.values()))
    matrix = Matrix(
        relations, [f"{name}, {relation}" for relation, name in asked], values, "accuracy lost", low=-most, high=most,
        framed=frozenset((row, column) for row, off in enumerate(relations)
                         for column, (relation, _) in enumerate(asked) if relation == off),
    )  # fmt: skip
    return draw_matrix(
        matrix, lines=["Row: the relation whose neurons are off. Column: what is asked. With a frame: its own."],
        diverging=True, canvas=canvas_of(verdict, FRACTION),
    )  # fmt: skip
