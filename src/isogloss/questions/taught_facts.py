"""Which facts does a model know once it was taught them in one language, there and in the others?"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field

from isogloss.errors import BadValue
from isogloss.progress import Progress
from isogloss.questions.about_items import written_names
from isogloss.questions.answer import Answer, Table
from isogloss.questions.answering import QUESTIONS, language_ids, read_about
from isogloss.questions.fields import Languages, Level, Pairs, ReadAs, Settings, Shell
from isogloss.questions.names import Names
from isogloss.questions.pictures import canvas_of
from isogloss.questions.running import MODEL, RunsModels, meter_details, meter_notes
from isogloss.questions.scale import FRACTION

if TYPE_CHECKING:
    import polars as pl

    from isogloss.models.respondents import Respondent

CHANGES = {"facts": "kind", "language": "name", "items": "items", "before": "before", "after": "after",
           "change": "change", "from": "lower", "to": "upper"}  # fmt: skip
CONTROL = {"facts": "kind", "language": "name", "exchanged": "exchanged", "excess": "excess", "from": "excess_lower",
           "to": "excess_upper"}  # fmt: skip
RANKS = {"facts": "kind", "language": "name", "other": "other_name", "items": "items", "before": "before",
         "after": "after", "change": "change", "from": "lower", "to": "upper"}  # fmt: skip
SHOWN = 30
NOTES = (
    "Each fact is compared with itself before and after; intervals are of each row by itself.",
    "Facts held out are of the same relations: what they gain is the form of the questions, not a fact.",
)


class TaughtFactsQuestion(RunsModels):
    """Teach a model facts in some languages by an adapter, and measure what it knows before and after in all of them.

    Another model that was taught elsewhere can be named instead.
    """

    command: ClassVar[str] = "behaviour facts"
    positional: ClassVar[tuple[str, ...]] = ("items",)

    items: Annotated[Any, Shell(kind=str, argument=True, metavar="ITEMS"), Field(description=QUESTIONS)]
    languages: ReadAs = Field(default_factory=dict)
    model: Annotated[str, Field(description=MODEL)]
    taught_in: Annotated[
        Languages, Shell(kind=str),
        Field(description="Languages to teach in. By default the column taught says which questions are taught."),
    ] = Field(default_factory=list)  # fmt: skip
    held_out: Annotated[float, Field(ge=0, lt=1, description="Share of the facts of each relation not taught.")] = 0.5
    adapted: Annotated[
        str | None, Field(description="The model after teaching, where it was taught elsewhere; nothing is trained.")
    ] = None
    skip_control: Annotated[
        bool, Field(description="Train no second adapter on answers that are exchanged at random.")
    ] = False
    training: Annotated[
        Settings,
        Field(description="Parameters of the recipe instruction-lora, such as epochs=30 and learning_rate=5e-3."),
    ] = Field(default_factory=dict)
    columns: Annotated[
        Pairs,
        Shell(flags=("--column",), metavar="ROLE=NAME"),
        Field(description="Which column is which, where its name does not say it, such as relation=predicate."),
    ] = Field(default_factory=dict)
    level: Level = 0.95
    seed: Annotated[int, Field(ge=0, description="Of the facts held out, and of training.")] = 0

    def answer(self, progress: Progress | None = None) -> Answer:
        """Teach the facts, and ask for them."""
        from isogloss.behaviour import answer_questions, mark_taught, score_taught_facts
        from isogloss.models.respondents.local import LocalRespondent

        if self.adapted is not None and self.training:
            raise BadValue("adapted and training exclude each other", where="training", hint="leave one of them out")
        read = read_about(self.items, self.columns, self.languages, [])
        taught_in = language_ids(self.taught_in)
        questions = mark_taught(read, taught_in, held_out=self.held_out, seed=self.seed)
        meter = self.meter()
        models = self._models(questions, progress)
        answers = {
            name: answer_questions(one, questions, listed=self.listed, candidates=True, template=self.template,
                                   meter=meter, progress=progress)
            for name, one in models.items()
        }  # fmt: skip
        result = score_taught_facts(questions, answers, level=self.level, seed=self.seed)
        names = Names(None, written_names(questions))
        changes = result.changes.with_columns(names.of("language").alias("name"))
        ranks = result.consistency.with_columns(
            names.of("language").alias("name"), names.of("other").alias("other_name")
        )
        sentences = tuple(_sentences(changes, answers["before"]["model"][0]))
        intervals = f"{100 * self.level:g} % intervals, facts drawn anew"
        tables = {"changes": Table(changes, f"Right answers before and after; {intervals}", CHANGES, rows=SHOWN)}
        if "exchanged" in answers:
            tables["control"] = Table(
                changes, "Change with answers exchanged at random, and what true ones add to it", CONTROL, rows=SHOWN
            )
        title = f"RankC of two languages before and after; {intervals}"
        tables["consistency"] = Table(ranks, title, RANKS, rows=SHOWN)
        folders = {name: one.checkpoint for name, one in models.items() if isinstance(one, LocalRespondent)}
        notes = [*NOTES, *meter_notes(meter)]
        if self.adapted is None:
            notes.append(f"The taught model, with the adapter beside it: {folders['after']}")
        return Answer(
            self.command, sentences, tables, scale=FRACTION, notes=tuple(notes),
            details=meter_details(meter) | {"checkpoints": folders}, result=result,
            draw=partial(_draw, changes, sentences[0]),
        )  # fmt: skip

    def _models(self, questions: pl.DataFrame, progress: Progress | None) -> dict[str, Respondent]:
        """The model before and after, and with the control."""
        from isogloss.behaviour import teach_facts

        asked = {"before": self.respondent(self.model)}
        if self.adapted is not None:
            asked["after"] = self.respondent(self.adapted)
        else:
            for name in ("after", "exchanged")[: 1 if self.skip_control else 2]:
                if progress is not None:
                    progress.begin(f"Training of {self.model} ({name})", None)
                asked[name] = teach_facts(
                    asked["before"], questions, exchanged=name == "exchanged", settings=self.training,
                    listed=self.listed, template=self.template, seed=self.seed,
                )  # fmt: skip
        return asked


def _sentences(changes: pl.DataFrame, model: str) -> Iterator[str]:
    for kind, rows in ((kind, changes.filter(kind=kind)) for kind in ("taught", "taught elsewhere", "held out")):
        if rows.is_empty():
            if kind == "held out":
                yield "No fact is held out, so that what is taught cannot be told from the form of questions."
            continue
        said = "; ".join(
            f"{row['name']} {row['before']:.3f} to {row['after']:.3f} ({100 * row['change']:+.0f} points, "
            f"{100 * row['lower']:+.0f} to {100 * row['upper']:+.0f})" for row in rows.head(SHOWN).iter_rows(named=True)
        )  # fmt: skip
        what = {"taught": f"{model} knows facts that it was taught", "taught elsewhere": "In other languages the same",
                "held out": "Facts held out"}[kind]  # fmt: skip
        yield f"{what}: {said}."
    control = changes.filter(kind="taught").drop_nulls("excess")
    if control.height:
        sure = control.filter(control["excess_lower"] > 0).height
        ends = " and ".join(f"{100 * one:+.0f}" for one in control["exchanged"])
        yield (
            f"With answers exchanged at random, the taught facts change by {ends} points; the true ones surely add "
            f"more in {sure} of {control.height} languages taught in."
        )


def _draw(changes: pl.DataFrame, verdict: str) -> Any:
    """Right answers before and after by language and kind of facts."""
    from isogloss.charts import Matrix, draw_matrix

    taught = changes.filter(kind="taught")["name"].to_list()
    rows = [*dict.fromkeys(changes["name"])]
    has_control = changes["exchanged"].null_count() < changes.height
    groups = ("taught", "held out") if changes.filter(kind="held out").height else ("taught",)
    columns = [(group, state) for group in groups
               for state in ("before", "after", *(("exchanged",) if has_control else ()))]  # fmt: skip
    of: dict[tuple[str, str, str], float] = {}
    for row in changes.iter_rows(named=True):
        group = "held out" if row["kind"] == "held out" else "taught"
        if row["kind"] == "taught elsewhere" and (row["name"], group, "after") in of:
            continue  # some facts are taught in this language, others elsewhere: those taught here are drawn
        for state in ("before", "after", "exchanged"):
            value = row[state] if state != "exchanged" or row[state] is None else row["before"] + row[state]
            of[row["name"], group, state] = value
    values = [[of.get((name, *column)) for column in columns] for name in rows]
    framed = frozenset((rows.index(name), columns.index(("taught", "after"))) for name in taught)
    return draw_matrix(
        Matrix(rows, [f"{group}, {state}" for group, state in columns], values, "right", framed=framed),
        lines=["Facts that were taught, and facts held out. With a frame: the languages that they were taught in."],
        canvas=canvas_of(verdict, FRACTION),
    )  # fmt: skip
