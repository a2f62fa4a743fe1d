"""Does a model follow a sentence that contradicts what it knows, in every language, and nothing else change?"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field

from isogloss.progress import Progress
from isogloss.questions.about_items import written_names
from isogloss.questions.answer import Answer, Table
from isogloss.questions.answering import QUESTIONS, Among, read_about
from isogloss.questions.behaviour_score import draw_scores, tables_of
from isogloss.questions.fields import Level, Pairs, ReadAs, Shell
from isogloss.questions.names import Names
from isogloss.questions.running import MODEL, RunsModels, meter_details, meter_notes
from isogloss.questions.scale import FRACTION
from isogloss.text import with_interval

if TYPE_CHECKING:
    import polars as pl

    from isogloss.behaviour import BehaviourScores

WHAT = {
    "edit_reliability": "follow the sentence", "edit_generality": "follow it in other words",
    "edit_locality": "leave other facts as they were", "edit_portability": "draw the conclusion",
    "context_rate": "of facts known without it, say what the sentence says",
}  # fmt: skip
SHOWN = 10
NOTES = (
    "Sentences say a wrong answer on purpose. A choice is scored as a text, so that no reply is in another language.",
    "Locality is 1 for a model that ignores every sentence, reliability for one that repeats it: read both.",
)


class EditsQuestion(RunsModels):
    """Put a sentence that says another answer before questions, and tell what a model follows in each language."""

    command: ClassVar[str] = "behaviour edits"
    positional: ClassVar[tuple[str, ...]] = ("items",)

    items: Annotated[Any, Shell(kind=str, argument=True, metavar="ITEMS"), Field(description=QUESTIONS)]
    languages: ReadAs = Field(default_factory=dict)
    model: Annotated[str, Field(description=MODEL)]
    targets: Among = Field(default_factory=list)
    edits_in: Annotated[
        str | None, Field(description="Language of the sentences; by default that of each question.")
    ] = None
    demonstrations: Annotated[int, Field(ge=0, description="Other edits, with questions and answers, before.")] = 0
    introduction: Annotated[str, Field(description="What a sentence begins with, such as 'New fact: '.")] = ""
    one_step: Annotated[
        Any,
        Shell(kind=str, metavar="QUESTIONS"),
        Field(description="Questions one step away, with the answer that follows from the edit of the same item."),
    ] = None
    columns: Annotated[
        Pairs,
        Shell(flags=("--column",), metavar="ROLE=NAME"),
        Field(description="Which column is which, where its name does not say it, such as edited=target_new."),
    ] = Field(default_factory=dict)
    level: Level = 0.95
    seed: Annotated[int, Field(ge=0, description="Seed of what is drawn at random.")] = 0

    def answer(self, progress: Progress | None = None) -> Answer:
        """Edit every fact, and ask."""
        from isogloss.behaviour import edit_facts, score_edits
        from isogloss.languages import resolve

        questions = read_about(self.items, self.columns, self.languages, self.targets)
        steps = None if self.one_step is None else read_about(self.one_step, {}, self.languages, self.targets)
        meter = self.meter()
        items = edit_facts(
            self.respondent(self.model), questions, demonstrations=self.demonstrations, one_step=steps,
            language=None if self.edits_in is None else resolve(self.edits_in, where="edits_in").id,
            introduction=self.introduction, listed=self.listed, template=self.template, seed=self.seed, meter=meter,
            progress=progress,
        )  # fmt: skip
        result = score_edits(items, level=self.level, seed=self.seed)
        names = Names(None, written_names(questions))
        sentences = tuple(_sentences(result, items, names))
        shown = {name: name for name in ("probe", "item", "language", "question", "completion", "correct")}
        return Answer(
            self.command, sentences, tables_of(result, names) | {"items": Table(items, "Answers", shown, rows=0)},
            scale=FRACTION, notes=(*NOTES, *meter_notes(meter)), details=meter_details(meter), result=result,
            draw=partial(draw_scores, result, names, sentences[0]),
        )  # fmt: skip


def _sentences(result: BehaviourScores, items: pl.DataFrame, names: Names) -> Iterator[str]:
    import polars as pl

    model = items["model"][0]
    for metric, what in WHAT.items():
        rows = result.scores.filter(pl.col("metric") == metric, pl.col("language").is_not_null()).drop_nulls("value")
        if rows.is_empty():
            continue
        ranked = rows.sort("value", descending=True, maintain_order=True)
        ends = " to ".join(
            f"{names(row['language'])} {with_interval(row['value'], row['lower'], row['upper'])}"
            for row in (ranked.row(0, named=True), ranked.row(-1, named=True))[: ranked.height]
        )
        yield f"Answers of {model} that {what}: {ends}."
    for reason in dict.fromkeys(result.unscored.values()):
        yield f"Context against memory has no score: {reason}."
