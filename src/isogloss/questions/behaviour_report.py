"""What do tables of items say of a model's behaviour? One page: all that they can be asked, and what it cannot mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field

from isogloss.errors import BadValue, InputError, IsoglossError
from isogloss.progress import Progress
from isogloss.questions.about_items import AboutItems
from isogloss.questions.answer import Answer
from isogloss.questions.behaviour_score import BehaviourScoreQuestion
from isogloss.questions.confusion import ConfusionQuestion
from isogloss.questions.consistency import ConsistencyQuestion
from isogloss.questions.culture import CultureQuestion
from isogloss.questions.difficulty import DifficultyQuestion
from isogloss.questions.experts import ExpertsQuestion
from isogloss.questions.fields import Pairs, Shell
from isogloss.questions.question import Question, read_question
from isogloss.questions.recall import RecallQuestion
from isogloss.questions.report_text import file_facts, made_with, origin
from isogloss.questions.typed import command
from isogloss.text import sentence

if TYPE_CHECKING:
    from isogloss.questions.content import Content
    from isogloss.reporting import Document, Picture, Section

SECTIONS: dict[str, tuple[str, type[Question]]] = {
    "recall": ("Which facts it knows only at home", RecallQuestion),
    "consistency": ("Whether it answers alike in every language", ConsistencyQuestion),
    "experts": ("Which language knows most about each topic", ExpertsQuestion),
    "confusion": ("Whether it replies in the language expected", ConfusionQuestion),
    "culture": ("What demonstrations from one country change in another", CultureQuestion),
    "difficulty": ("Which items are hard in one language", DifficultyQuestion),
    "score": ("What other metrics say", BehaviourScoreQuestion),
}
"""Name of an answer to its heading and its question, in the order of the page; the first makes the finding."""
WITH_FACTS = ("recall", "experts")


class BehaviourReportQuestion(AboutItems):
    """Write a page on all that a table of items tells of behaviour, with what it cannot mean."""

    command: ClassVar[str] = "behaviour report"

    facts: Annotated[
        Any,
        Shell(kind=str, metavar="FACTS"),
        Field(description="Table of the country or topic of each item, where the table of items does not say it."),
    ] = None
    home: Annotated[
        Pairs, Shell(metavar="LANGUAGE=COUNTRY"), Field(description="The country of a language, such as deu=Germany.")
    ] = Field(default_factory=dict)
    shared: Annotated[bool, Field(description="Leave out items that a language or a model lacks.")] = False
    appendix: Annotated[bool, Field(description="Add all tables, whole.")] = False

    def answer(self, progress: Progress | None = None) -> Answer:
        """Ask all that the table can be asked."""
        from isogloss.behaviour.items import item_table

        table, where = item_table(self.items)
        answers: dict[str, Content] = {}
        unanswered: dict[str, str] = {}
        for name, (title, kind) in SECTIONS.items():
            try:
                answers[name] = read_question(kind, self._values(name, kind, table)).answer(progress)
            except IsoglossError as error:
                unanswered[title] = error.reason if isinstance(error, InputError) else str(error)
        if not answers:
            reasons = "; ".join(dict.fromkeys(unanswered.values()))
            raise BadValue(f"says nothing of behaviour: {reasons}", where=where,
                           hint="see docs/how-to/behaviour.md for the columns that each question needs")  # fmt: skip
        first = next(iter(answers.values()))
        tables = {
            name if number == 0 else f"{name} {number + 1}": one
            for name, answer in answers.items() for number, one in enumerate(answer.tables.values())
        }  # fmt: skip
        tables = {name: one if name in answers else replace(one, rows=0) for name, one in tables.items()}
        return Answer(
            self.command, tuple(one.verdict for one in answers.values()), tables, scale=first.scale,
            notes=tuple(f"{title}: not answered, {reason}." for title, reason in unanswered.items()),
            result={name: one.result for name, one in answers.items()}, draw=first.draw,
            document=partial(compose, Material(self, answers, unanswered)),
        )  # fmt: skip

    def _values(self, name: str, kind: type[Question], table: Any) -> dict[str, Any]:
        """The fields of a question that this one has too."""
        columns = self.columns
        if name not in WITH_FACTS:
            columns = {role: one for role, one in columns.items() if one in table.columns}
        own = {"items": table, "columns": columns, "facts": self.facts if name in WITH_FACTS else None}
        mine = {one: getattr(self, one) for one in ("languages", "task", "model", "level", "seed", "home", "shared")}
        return {one: value for one, value in (mine | own).items() if one in kind.model_fields and value is not None}


@dataclass(frozen=True)
class Material:
    """What a report is composed of.

    Attributes
    ----------
    question : BehaviourReportQuestion
        For the command that makes the report again.
    answers : mapping of str to Content
        By name in `SECTIONS`.
    unanswered : mapping of str to str
        Heading to why the table cannot say it.
    """

    question: BehaviourReportQuestion
    answers: Mapping[str, Content]
    unanswered: Mapping[str, str]


def compose(material: Material, out: str) -> Document:
    """The document: what was found, one section for each question, what it cannot mean, and how it was made."""
    from isogloss.reporting import Document, Items, Section

    answers = material.answers
    first, *others = answers.values()
    sections = [Section("", [*first.sentences[1:], *([Items([one.verdict for one in others])] if others else [])])]
    sections += [_section(SECTIONS[name][0], answer) for name, answer in answers.items()]
    cannot = [note for answer in answers.values() for note in answer.notes]
    sections.append(Section("What it cannot mean", [Items([*dict.fromkeys(cannot)])]))
    if material.unanswered:
        reasons = [sentence(f"{title}: {reason}") for title, reason in material.unanswered.items()]
        sections.append(Section("What the table does not say", [Items(reasons)]))
    facts = [text for one in (material.question.items, material.question.facts) if one is not None
             for text in file_facts(one)]  # fmt: skip
    made = [*facts, made_with(), f"Command: {command(material.question, out)}"]
    sections.append(Section("Data, and how to make this report again", [Items(made)]))
    if material.question.appendix:
        grids = [table.grid(whole=True) for one in answers.values() for table in one.tables.values()
                 if table.frame.height]  # fmt: skip
        sections.append(Section("Appendix", grids, new_page=True))
    return Document(first.verdict.rstrip("."), sections, footer=origin())


def _section(title: str, answer: Content) -> Section:
    """The sentences, the picture, tables as a terminal shows them, and warnings of one answer."""
    from isogloss.reporting import Items, Section

    grids = [table.grid() for table in answer.tables.values() if table.frame.height and table.rows != 0]
    warned = [] if answer.flags is None else [f"{about}: {meaning}" for about, meaning in
                                              answer.flags.select("about", "meaning").iter_rows()]  # fmt: skip
    return Section(title, [*answer.sentences, *_picture(answer), *grids, *([Items(warned)] if warned else [])])


def _picture(answer: Content) -> list[Picture]:
    """The picture for paper, without the title that the page says already."""
    from isogloss.charts import describe, look
    from isogloss.reporting import Picture

    if answer.draw is None:
        return []
    with look(theme="print", titled=False):
        chart = answer.draw()
    return [Picture(chart, describe(chart))]
