"""What does a model answer?"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field

from isogloss.progress import Progress
from isogloss.questions.about_items import written_names
from isogloss.questions.answer import Answer, Table
from isogloss.questions.fields import Languages, Pairs, ReadAs, Shell
from isogloss.questions.names import Names
from isogloss.questions.pictures import canvas_of
from isogloss.questions.running import MODEL, RunsModels, meter_details, meter_notes
from isogloss.questions.scale import FRACTION
from isogloss.text import counted

if TYPE_CHECKING:
    import polars as pl

SHOWN = 10
COLUMNS = ("item", "question", "completion", "choice", "score", "correct")
QUESTIONS = "Table of questions with item, language, question, choices and answer. See docs/how-to/behaviour.md."
Among = Annotated[Languages, Shell(flags=("--languages",), kind=str)]


class AnswerQuestion(RunsModels):
    """Let a model answer questions in every language; --out answers.parquet keeps the table for the other commands."""

    command: ClassVar[str] = "behaviour answer"
    positional: ClassVar[tuple[str, ...]] = ("items",)

    items: Annotated[Any, Shell(kind=str, argument=True, metavar="ITEMS"), Field(description=QUESTIONS)]
    languages: ReadAs = Field(default_factory=dict)
    model: Annotated[str, Field(description=MODEL)]
    targets: Among = Field(default_factory=list)
    candidates: Annotated[bool, Field(description="One row for each choice, with its score.")] = False
    columns: Annotated[
        Pairs,
        Shell(flags=("--column",), metavar="ROLE=NAME"),
        Field(description="Which column is which, where its name does not say it, such as item=question_nr."),
    ] = Field(default_factory=dict)

    def answer(self, progress: Progress | None = None) -> Answer:
        """Ask every question."""
        from isogloss.behaviour import answer_questions

        questions = read_about(self.items, self.columns, self.languages, self.targets)
        meter = self.meter()
        respondent = self.respondent(self.model)
        items = answer_questions(
            respondent, questions, listed=self.listed, candidates=self.candidates, template=self.template,
            meter=meter, progress=progress,
        )  # fmt: skip
        names = Names(None, written_names(questions))
        by_language = _by_language(items)
        sentences = tuple(_sentences(items, by_language, names, respondent.name))
        canvas = canvas_of(sentences[0], FRACTION, names.written)
        named = items.with_columns(names.of("language").alias("name"))
        present = {one: one for one in COLUMNS if one in items.columns}
        shown = {"language": "name", **present}
        tables = {"items": Table(named, "Answers", shown, rows=SHOWN)}
        if by_language is not None:
            tables["languages"] = Table(
                by_language.with_columns(names.of("language").alias("name")), "By language; 95 % intervals over items",
                {"language": "name", "right": "accuracy", "from": "lower", "to": "upper", "items": "items"},
            )  # fmt: skip
        return Answer(
            self.command, sentences, tables, scale=FRACTION, notes=tuple(meter_notes(meter)),
            details=meter_details(meter), result=items,
            draw=None if by_language is None else partial(_draw, by_language, canvas),
        )  # fmt: skip


def read_about(source: Any, columns: dict[str, str], languages: dict[str, str], among: list[str]) -> pl.DataFrame:
    """The questions of a table in some languages."""
    from isogloss.behaviour import read_questions

    return read_questions(source, columns=columns, languages=languages, among=language_ids(among))


def language_ids(names: list[str]) -> list[str]:
    """Languages by their ids in the catalogue."""
    from isogloss.languages.language import as_languages

    return [one.id for one in as_languages(names, where="targets")]


def _by_language(items: pl.DataFrame) -> pl.DataFrame | None:
    """Share of right answers, where it is known what is right."""
    import polars as pl

    from isogloss.stats import wilson_interval

    if "correct" not in items.columns:
        return None
    if "candidate" in items.columns:
        key = [one for one in ("task", "item", "language", "written") if one in items.columns]
        items = items.sort("score", descending=True, maintain_order=True).unique(key, keep="first", maintain_order=True)
    judged = items.drop_nulls("correct")
    if judged.is_empty():
        return None
    shares = judged.group_by("language").agg(accuracy=pl.col("correct").mean(), items=pl.len())
    ends = [wilson_interval(share, count) for share, count in shares.select("accuracy", "items").iter_rows()]
    shares = shares.with_columns(
        pl.Series(name, [end[at] for end in ends]) for at, name in enumerate(("lower", "upper"))
    )
    return shares.sort("accuracy", "language", descending=[True, False])


def _sentences(items: pl.DataFrame, by_language: pl.DataFrame | None, names: Names, model: str) -> Iterator[str]:
    asked = items.unique([one for one in ("task", "item", "language") if one in items.columns]).height
    over = f"{counted(asked, 'answer')} in {counted(items['language'].n_unique(), 'language')}"
    if by_language is None:
        yield f"{model}: {over}; what is right is not known."
    else:
        best, worst = by_language.row(0, named=True), by_language.row(-1, named=True)
        ends = f"{names(best['language'])} {best['accuracy']:.3f}"
        if by_language.height > 1:
            ends += f" to {names(worst['language'])} {worst['accuracy']:.3f}"
        yield f"{model}: {over}; right: {ends}."
    if "completion" in items.columns:
        missing = items.filter((items["completion"].is_null()) | (items["completion"] == "")).height
        if missing:
            yield f"Empty, or without a choice, and counted as wrong: {counted(missing, 'reply')}."


def _draw(by_language: pl.DataFrame, canvas: Any) -> Any:
    """Shares of right answers by language."""
    from isogloss.charts import draw_answers

    return draw_answers(by_language, canvas=canvas)
