"""The demonstration: languages nobody measured, forecast from the evidence that ships with isogloss.

A classifier of character n-grams was trained on Russian and tested on 205 languages. What it carries over ends where
the Cyrillic alphabet does, whatever the family of the language and wherever it is spoken.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from isogloss.errors import BadFile

if TYPE_CHECKING:
    from isogloss.progress import Progress
    from isogloss.questions import Answer

EVIDENCE, METRIC, TRAIN = "isogloss:sib200-ngram", "macro_f1", "rus:700"
LANGUAGES = (
    *(
        "Rusyn",
        "Russia Buriat",
        "Nogai",
        "Chuvash",
        "Yakut",
        "Tuvinian",
        "Komi-Zyrian",
        "Abkhazian",
        "Chukot",
    ),  # in Cyrillic
    *("Breton", "Kalaallisut", "Navajo", "Hawaiian"),  # in Latin letters
    "Cherokee",  # a script and a family of which nothing was measured
)
PICTURE, TABLE, REPORT = "forecast.png", "forecast.csv", "report.html"
SECTIONS = ("finding", "next", "method", "data")
"""Of the report: to withhold languages of so much evidence takes minutes."""
COMMAND = f"isogloss forecast {EVIDENCE} --metric {METRIC} --train {TRAIN} --targets Udmurt,Ossetian"
"""The same for other languages."""


def run_demo(folder: Path, progress: Progress | None = None) -> Answer:
    """Forecast languages that the shipped evidence lacks, and write a picture, a table and a report.

    Parameters
    ----------
    folder : pathlib.Path
        Where to write; made if absent.
    progress : Progress, optional

    Raises
    ------
    BadFile
        If the folder cannot be written to.
    """
    from isogloss.questions.forecast import ForecastQuestion
    from isogloss.questions.question import read_question
    from isogloss.questions.report import ReportQuestion

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = f"cannot be made a folder: {error.strerror}"
        raise BadFile(reason, where=str(folder), hint="choose another with out=...") from None
    values = {"evidence": EVIDENCE, "metric": METRIC, "train": TRAIN, "targets": list(LANGUAGES)}
    answer = read_question(ForecastQuestion, values).answer(progress)
    answer.write(folder / PICTURE)
    answer.write(folder / TABLE)
    report = read_question(ReportQuestion, values | {"sections": list(SECTIONS)}).answer(progress)
    report.write(folder / REPORT)
    return answer
