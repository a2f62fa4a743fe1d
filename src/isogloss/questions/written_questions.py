"""Which questions do texts answer, as instructions to train on?"""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from isogloss.progress import Progress
from isogloss.questions.answer import Answer, Table
from isogloss.questions.fields import FilePath, Pairs, Shell
from isogloss.questions.running import MODEL, WritesReplies, meter_details, meter_notes
from isogloss.questions.scale import RAW
from isogloss.text import counted


class WriteQuestionsQuestion(WritesReplies):
    """Let a model write the question that each text answers, and keep those that pass rules, as a file to train on."""

    command: ClassVar[str] = "lab write-questions"
    writes: ClassVar[bool] = True
    positional: ClassVar[tuple[str, ...]] = ("texts", "into")

    texts: Annotated[
        FilePath,
        Shell(argument=True, metavar="FILE"),
        Field(description="Table of texts by people with language, id and text."),
    ]
    into: Annotated[FilePath, Field(description="File of JSON lines to write, for tasks of the kind `instructions`.")]
    model: Annotated[str, Field(description=MODEL)]
    question: Annotated[str, Field(description="Language of the questions.")] = "eng"
    prompt: Annotated[
        str, Field(description="What is asked, with {text}; perhaps {language} and {question_language}.")
    ] = ""
    wording: Annotated[
        str, Field(description="How a question is put in an example, with {question}; perhaps {language}.")
    ] = ""
    shortest: Annotated[int, Field(ge=1, description="Words of a question at least.")] = 3
    longest: Annotated[int, Field(ge=1, description="Words of a question at most.")] = 60
    copied: Annotated[
        float, Field(ge=0, le=1, description="Share of a question that may stand in its text, in runs of characters.")
    ] = 0.8
    refine: Annotated[
        bool, Field(description="Let the model rewrite questions, and texts as answers to their questions.")
    ] = False
    max_answer: Annotated[int, Field(ge=1, description="Tokens of an answer that is rewritten at most.")] = 512
    judge: Annotated[
        str | None, Field(description="A model that rates question and answer from 1 to 5; it may be the same.")
    ] = None
    least: Annotated[float, Field(ge=1, le=5, description="Rating of a pair that is kept at least.")] = 4.0
    most: Annotated[int | None, Field(ge=1, description="Texts of a language at most.")] = None
    columns: Annotated[
        Pairs,
        Shell(flags=("--column",), metavar="ROLE=NAME"),
        Field(description="Which column is which (language, item, text), such as item=url."),
    ] = Field(default_factory=dict)
    seed: Annotated[int, Field(ge=0, description="Of which texts are taken, where there are more.")] = 0

    def answer(self, progress: Progress | None = None) -> Answer:
        """Ask, and write what is kept."""
        from isogloss.lab import QuestionRules, read_answer_texts, write_questions

        meter = self.meter()
        texts = read_answer_texts(self.texts, self.columns)
        written = write_questions(
            self.respondent(self.model), texts, question=self.question, prompt=self.prompt, wording=self.wording,
            rules=QuestionRules(self.shortest, self.longest, self.copied, self.least),
            refiner=self.respondent(self.model, max_new=self.max_answer) if self.refine else None,
            judge=None if self.judge is None else self.respondent(self.judge),
            most=self.most, seed=self.seed, meter=meter, progress=progress,
        )  # fmt: skip
        written.write(self.into)
        verdict = f"{written.rows.height:,} of {counted(texts.height, 'text')} have a question."
        reasons = written.dropped["reason"].value_counts(sort=True, name="texts")
        return Answer(
            self.command, (verdict, f"Written to {self.into}."),
            {"languages": Table(written.languages, "By language of the texts"),
             "reasons": Table(reasons, "Why texts were left out"), "dropped": Table(written.dropped, rows=0)},
            scale=RAW, notes=tuple(meter_notes(meter)), details=meter_details(meter), result=written,
        )  # fmt: skip
