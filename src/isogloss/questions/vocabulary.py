"""How many tokens of a shared vocabulary should each language get?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from isogloss.progress import Progress
from isogloss.questions.answer import Answer, Table
from isogloss.questions.fields import FilePath, Shell
from isogloss.questions.names import Names
from isogloss.questions.question import Question
from isogloss.questions.scale import RAW

if TYPE_CHECKING:
    import polars as pl

    from isogloss.lab import VocabularyCapacity

SHOWN = {
    "language": "name", "tokens": "tokens", "share": "share", "bytes": "bytes", "log probability": "log_probability",
    "of bytes alone": "without",
}  # fmt: skip
NOTES = (
    "Log probability is the mean on texts held out, of frequencies of tokens on the others.",
    "Whether a vocabulary serves a task has to be measured: train with it.",
)


class VocabularyQuestion(Question):
    """Say how many tokens of a shared vocabulary each language should get, by how much they help to tell its text."""

    command: ClassVar[str] = "lab vocabulary"
    positional: ClassVar[tuple[str, ...]] = ("corpus", "tokens")

    corpus: Annotated[
        FilePath,
        Shell(argument=True, metavar="CORPUS"),
        Field(description="Table with a text on each row."),
    ]
    tokens: Annotated[int, Field(gt=256, description="Tokens of all languages, the 256 single bytes among them.")]
    column: Annotated[str, Field(description="Column of the texts.")] = "text"
    language: Annotated[str, Field(description="Column of their languages.")] = "language"
    step: Annotated[int, Field(gt=0, description="Tokens that a language gets at once.")] = 100
    beta: Annotated[float, Field(ge=0, description="Languages count by (bytes of their text)^beta.")] = 0.7
    unit: Annotated[Literal["byte", "sentence"], Field(description="What log probability is counted by.")] = "byte"
    most: Annotated[int, Field(gt=1, description="Texts of each language at most.")] = 10_000

    def answer(self, progress: Progress | None = None) -> Answer:
        """Learn tokens of each language, and divide them."""
        from isogloss.lab import TextsFile, vocabulary_capacity

        texts = TextsFile(self.corpus, column=self.column, language=self.language, most=self.most).read()
        result = vocabulary_capacity(
            texts, self.tokens, step=self.step, beta=self.beta, unit=self.unit, progress=progress
        )
        names = Names(None, {one: one for one in texts})
        table = result.table.with_columns(names.of("language").alias("name"))
        table = table.sort("tokens", "language", descending=[True, False])
        tables = {
            "languages": Table(table, shown=SHOWN, digits=3, rows=20),
            "curves": Table(result.curves, "Log probability by tokens", digits=3, rows=0),
        }
        return Answer(
            self.command, tuple(_sentences(result, table, self.tokens)), tables, scale=RAW, result=result, notes=NOTES
        )


def _sentences(result: VocabularyCapacity, table: pl.DataFrame, tokens: int) -> Iterator[str]:
    """Who gets most and least, and what is left."""
    most, least = table.row(0, named=True), table.row(-1, named=True)
    yield f"{most['name']} should get most tokens, {most['tokens']:,}; {least['name']} fewest, {least['tokens']:,}."
    shared = int(table["tokens"].sum()) + 256 - result.tokens
    if shared:
        yield f"{shared:,} of them stand in more than one language and are counted once."
    if result.tokens < tokens:
        yield f"{result.tokens:,} of {tokens:,} tokens are given: no further step fits, or helps on texts held out."
