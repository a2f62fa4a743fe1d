"""The demonstration: languages nobody measured, forecast from the evidence that ships with isogloss.

A probe on multilingual-e5-small, a real multilingual encoder, learnt topics from English and was tested in 205
languages. It does well in languages that it read much of and in their kin; where a script is new to all that was
measured, the forecast says that it is a guess.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import Field

from isogloss.errors import BadFile
from isogloss.progress import Progress
from isogloss.questions.answer import Answer
from isogloss.questions.fields import FilePath
from isogloss.questions.forecast import ForecastQuestion
from isogloss.questions.question import Question, read_question
from isogloss.questions.report import ReportQuestion

EVIDENCE, METRIC, TRAIN = "isogloss:sib200-e5", "accuracy", "eng:700"
LANGUAGES = (
    *("Latin", "Western Frisian", "Breton"),  # with much text online
    *("Rusyn", "Chuvash", "Yakut", "Ossetian", "Abkhazian"),  # in Cyrillic, with little
    *("Kalaallisut", "Navajo", "Hawaiian"),  # in Latin letters, with little
    *("Dhivehi", "Cherokee", "Coptic"),  # in scripts in which nothing was measured
)
PICTURE, TABLE, REPORT = "forecast.png", "forecast.csv", "report.html"
SECTIONS = ("finding", "next", "method", "data")
"""Of the report: to withhold languages of so much evidence takes minutes."""
COMMAND = f"  isogloss forecast {EVIDENCE} --metric {METRIC} \\\n      --train {TRAIN} --targets Udmurt,Ossetian"
"""The same for other languages, as a shell takes it."""
BROWSER = "In the browser:\n  pip install 'isogloss[web]'\n  isogloss open"


class DemoQuestion(Question):
    """Forecast languages nobody measured from the evidence that ships with isogloss."""

    command: ClassVar[str] = "demo"
    writes: ClassVar[bool] = True
    positional: ClassVar[tuple[str, ...]] = ("into",)

    into: Annotated[FilePath, Field(description="Folder for the picture, the table and the report.")] = Path(
        "demo-output"
    )

    def answer(self, progress: Progress | None = None) -> Answer:
        """Forecast, and write the picture, the table and the report.

        Raises
        ------
        BadFile
            If the folder cannot be written to.
        """
        try:
            self.into.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            reason = f"cannot be made a folder: {error.strerror}"
            raise BadFile(reason, where=str(self.into), hint="choose another with into=...") from None
        values = {"evidence": EVIDENCE, "metric": METRIC, "train": TRAIN, "targets": list(LANGUAGES)}
        answer = read_question(ForecastQuestion, values).answer(progress)
        report = read_question(ReportQuestion, values | {"sections": list(SECTIONS)}).answer(progress)
        answer.write(self.into / PICTURE)
        answer.write(self.into / TABLE)
        report.write(self.into / REPORT)
        where = (
            f"Picture: {self.into / PICTURE}\nTable:   {self.into / TABLE}\nReport:  {self.into / REPORT}\n"
            "         (two pages to send, which any browser opens)"
        )
        sentences = (*answer.sentences, where, f"The same for other languages:\n{COMMAND}", BROWSER)
        return replace(answer, question=self.command, sentences=sentences)
