"""What do I tell who pays? Two pages: what is known, what is not, what to test first, and how that was found out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field

from isogloss.errors import InputError, IsoglossError, UnknownName
from isogloss.progress import Progress
from isogloss.questions.about import AboutSettings
from isogloss.questions.answer import Answer
from isogloss.questions.believe import TrustQuestion
from isogloss.questions.fields import Languages, Level, NameList, Shell
from isogloss.questions.forecast import ForecastQuestion
from isogloss.questions.next_tests import NextQuestion
from isogloss.questions.question import Question, read_question
from isogloss.questions.report_text import (
    appendix,
    data,
    finding,
    is_measured,
    main_grid,
    method,
    origin,
    unknown,
)
from isogloss.text import counted, sentence

if TYPE_CHECKING:
    from isogloss.evidence import Evidence
    from isogloss.reporting import Document, Section

SECTIONS = ("finding", "unknown", "next", "method", "data")
"""Of the two pages, in their order."""
APPENDIX = "appendix"


class ReportQuestion(AboutSettings):
    """Write two pages for a funder: what is known, what is not, and what to test first."""

    command: ClassVar[str] = "report"
    positional: ClassVar[tuple[str, ...]] = ("evidence", "targets")

    targets: Annotated[Languages, Shell(flags=("--for", "--targets", "--target"), kind=str)] = Field(
        default_factory=list
    )
    train: Annotated[
        str | None,
        Field(description="Training mix, e.g. eng:1000; by default the one that was measured in most languages."),
    ] = None
    sections: Annotated[NameList, Field(description=f"Sections to write: {', '.join(SECTIONS)}.")] = Field(
        default_factory=lambda: [*SECTIONS]
    )
    appendix: Annotated[bool, Field(description="Add all tables, for the appendix of a paper.")] = False
    k: Annotated[int, Shell(flags=("--k", "-k")), Field(ge=1, description="How many languages to test next.")] = 5
    level: Level = 0.9

    def respond(self, evidence: Evidence, progress: Progress | None = None) -> Answer:
        """Ask for forecasts, and for what the sections need beside them."""
        if not self.targets:
            raise InputError("no language to report on", where="targets", hint="name some: targets=Yoruba,Wolof")
        for name in self.sections:
            if name not in SECTIONS:
                raise UnknownName("section", name, SECTIONS, where="sections")
        question, choice = self.about_one_model(evidence)
        evidence, setting, _, scale = question.one_setting(evidence)
        named = setting._asdict()
        shared = {name: named[name] for name in ("task", "model", "metric", "recipe")} | {
            "evidence": [evidence], "languages": self.languages, "scale": self.scale, "better": self.better,
        }  # fmt: skip
        apart = {name: named[name] for name in ("shots", "pair")}
        forecasts = _ask(
            ForecastQuestion, progress, targets=self.targets, train=self.train, level=self.level, **shared, **apart
        )
        asked = {
            "unknown": lambda: _ask(TrustQuestion, progress, targets=self.targets, **shared),
            "next": lambda: self._next_tests(forecasts, progress, shared | apart),
        }
        answers = {name: _answered(asked[name]) for name in self.sections if name in asked}
        title, sentences = finding(forecasts, setting)
        material = Material(question, evidence, forecasts, answers, title, (*sentences, *choice))
        tables = {"forecasts": replace(forecasts.tables["forecasts"], rows=MOST_PRINTED)}
        if isinstance(planned := answers.get("next"), Answer):
            tables["next"] = next(iter(planned.tables.values()))
        return Answer(
            self.command, (title, *sentences, *_first(answers.get("next")), *choice), tables, scale=scale,
            flags=forecasts.flags, notes=forecasts.notes, result=material, draw=forecasts.draw,
            document=partial(compose, material, [*self.sections, *([APPENDIX] if self.appendix else [])]),
        )  # fmt: skip

    def _next_tests(self, forecasts: Answer, progress: Progress | None, shared: dict[str, Any]) -> Answer:
        """Which of the languages to test first; of one that was not measured, there is nothing to choose."""
        left = forecasts.table.filter(~is_measured())["language"].unique().to_list()
        if len(left) < 2:
            only = f"test {left[0]}, the only one that was not measured" if left else "all of them were measured"
            raise InputError(only)
        return _ask(NextQuestion, progress, among=self.targets, k=min(self.k, len(left) - 1), **shared)

    def about_one_model(self, evidence: Evidence) -> tuple[ReportQuestion, tuple[str, ...]]:
        """The question about one model: the best in the languages that all were measured in, where none is named."""
        import polars as pl

        from isogloss.evidence import SETTING

        settings = self.settings(evidence)
        models = sorted({setting.model for setting in settings})
        if len(models) == 1:
            return self.model_copy(update={"model": models[0]}), ()
        wanted = pl.DataFrame([setting._asdict() for setting in settings], infer_schema_length=None)
        rows = evidence.observations.join(
            wanted.cast({name: evidence.observations.schema[name] for name in SETTING}),
            on=list(SETTING), how="semi", nulls_equal=True,
        )  # fmt: skip
        shared = rows.filter(pl.col("model").n_unique().over("target") == len(models))
        means = (shared if shared.height else rows).group_by("model").agg(pl.col("score").mean())
        higher = bool(rows["higher_is_better"].all())
        best = str(means.sort("score", "model", descending=[higher, False])["model"][0])
        where = f"{counted(shared['target'].n_unique(), 'language')} that all were measured in" if shared.height else (
            "languages that each was measured in"
        )  # fmt: skip
        why = f"Of {len(models)} models the report is about {best}, the best on average in the {where}."
        return self.model_copy(update={"model": best}), (why,)


MOST_PRINTED = 10
"""Forecasts that a terminal shows."""


@dataclass(frozen=True)
class Material:
    """What a report is composed of.

    Attributes
    ----------
    question : ReportQuestion
        With the model that it is about.
    evidence : Evidence
    forecasts : Answer
    answers : dict of str to Answer or str
        By section; the reason where there is none.
    title : str
    sentences : tuple of str
        What was found, and why it is about this model.
    out : str
        Name of the file that it is written to.
    """

    question: ReportQuestion
    evidence: Evidence
    forecasts: Answer
    answers: dict[str, Answer | str]
    title: str
    sentences: tuple[str, ...]
    out: str = "report.html"


def _ask(kind: type[Question], progress: Progress | None, **values: Any) -> Answer:
    question: Any = read_question(kind, values)
    answer: Answer = question.respond(question.evidence[0], progress)
    return answer


def _answered(ask: Callable[[], Answer]) -> Answer | str:
    """An answer, or why the evidence has none: the rest of a report does not wait for it."""
    try:
        return ask()
    except IsoglossError as error:
        return sentence(error.reason)


def _first(answer: Answer | str | None) -> tuple[str, ...]:
    return (answer.verdict,) if isinstance(answer, Answer) else ()


def compose(material: Material, sections: list[str], out: str) -> Document:
    """The document of a report: its sections in the order of `SECTIONS`, whatever the order they were named in."""
    from isogloss.reporting import Document

    material = replace(material, out=out)
    written = [_WRITERS[name](material) for name in (*SECTIONS, APPENDIX) if name in sections]
    return Document(material.title.rstrip("."), written, footer=origin())


def _finding(material: Material) -> Section:
    from isogloss.charts import describe, look
    from isogloss.reporting import Picture, Section

    answer = material.forecasts
    with look(theme="print", titled=False):  # the title of the report says it
        chart = answer.picture()
    return Section("", [*material.sentences, Picture(chart, describe(chart)), main_grid(answer)])


def _unknown(material: Material) -> Section:
    from isogloss.reporting import Items, Section

    trust = material.answers["unknown"]
    tested = (
        trust.sentences if isinstance(trust, Answer) else (f"The forecasts were not tested on these scores. {trust}",)
    )
    task = material.forecasts.table["task"][0]
    other = f"A score on '{task}' does not tell how the model does on another task."
    return Section("What we do not know", [Items([*unknown(material.forecasts), *tested, other])], new_page=True)


def _next(material: Material) -> Section:
    from isogloss.reporting import Section

    answer, title = material.answers["next"], "What to fund first, and what it would tell"
    if isinstance(answer, str):
        return Section(title, [answer])
    return Section(title, [*answer.sentences, next(iter(answer.tables.values())).grid(whole=True)])


def _method(material: Material) -> Section:
    from isogloss.reporting import Items, Section

    return Section("Method", [Items(method(material.forecasts, material.evidence, material.question.level))])


def _data(material: Material) -> Section:
    from isogloss.reporting import Items, Section

    return Section(
        "Data, and how to make this report again", [Items(data(material.question, material.evidence, material.out))]
    )


def _appendix(material: Material) -> Section:
    from isogloss.reporting import Section

    answers = [material.forecasts, *(one for one in material.answers.values() if isinstance(one, Answer))]
    return Section("Appendix: all tables", appendix(answers, material.evidence), new_page=True)


_WRITERS: dict[str, Callable[[Material], Section]] = {
    "finding": _finding, "unknown": _unknown, "next": _next, "method": _method, "data": _data, APPENDIX: _appendix,
}  # fmt: skip
