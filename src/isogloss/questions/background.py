"""What is public evidence allowed to say, and where is it from?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from isogloss.progress import Progress
from isogloss.questions.about import AboutEvidence
from isogloss.questions.answer import Answer, Table
from isogloss.questions.fields import OptionalPath, Shell
from isogloss.questions.question import Question
from isogloss.text import counted

if TYPE_CHECKING:
    from isogloss.evidence import Evidence
    from isogloss.forecasting import Background

SHOWN = {"source": "source", "tables": "tables", "rows": "rows", "languages": "languages", "licence": "licence",
         "revision": "revision"}  # fmt: skip
OWN = "own"


class BackgroundShowQuestion(Question):
    """Show what a background learnt from: its sources, with their licences."""

    command: ClassVar[str] = "background show"
    positional: ClassVar[tuple[str, ...]] = ("background",)

    background: Annotated[
        OptionalPath,
        Shell(argument=True, metavar="FILE"),
        Field(description="A file of 'isogloss background build'; by default what ships."),
    ] = None

    def answer(self, progress: Progress | None = None) -> Answer:
        """Read it and check that it is whole."""
        from isogloss.forecasting import read_background, shipped_card

        return _answer(self.command, read_background(self.background), () if self.background else shipped_card())


class BackgroundBuildQuestion(AboutEvidence):
    """Learn a background from tables of your own, and from the public ones that ship."""

    command: ClassVar[str] = "background build"
    writes: ClassVar[bool] = True

    save: Annotated[Path, Field(description="File to write the background to; give it as background=... later.")]
    own_only: Annotated[bool, Field(description="Leave out the public tables.")] = False
    source: Annotated[str, Field(description="What to call the source of your tables.")] = OWN

    def answer(self, progress: Progress | None = None) -> Answer:
        """Learn from evidence, where there is any, and from public tables."""
        return super().answer(progress) if self.evidence or self.own_only else self._learn(None)

    def respond(self, evidence: Evidence, progress: Progress | None = None) -> Answer:
        """Learn from evidence and public tables."""
        return self._learn(evidence)

    def _learn(self, evidence: Evidence | None) -> Answer:
        from isogloss.forecasting import build_background, read_tables, tables_of

        tables = [] if self.own_only else read_tables()
        own = [] if evidence is None else tables_of(evidence, self.source)
        return _answer(self.command, build_background([*tables, *own], self.save), saved=self.save)


def _answer(command: str, background: Background, card: Sequence[str] = (), saved: Path | None = None) -> Answer:
    from isogloss.forecasting import sources_of

    sources = sources_of(background)
    tables, languages = counted(len(background.tables), "table"), counted(len(background.factors.languages), "language")
    what = f"Learnt from {tables} of {counted(sources.height, 'source')}, in {languages}"
    sentences = [f"{what}." if saved is None else f"{what}; saved to {saved.name}."]
    if own := sources.filter(sources["licence"].is_null())["source"].to_list():
        sentences.append(f"Of no known licence: {', '.join(own)}.")
    return Answer(
        command, tuple(sentences), {"sources": Table(sources, "Where its scores are from", SHOWN)},
        notes=(f"Checksum: {background.checksum}.", *card),
        details={"checksum": background.checksum}, result=background,
    )  # fmt: skip
