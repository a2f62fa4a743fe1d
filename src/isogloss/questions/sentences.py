"""Which sentences of one language are closest to another?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from isogloss.progress import Progress
from isogloss.questions.answer import Answer, Table
from isogloss.questions.fields import FilePath, OptionalPath, Shell
from isogloss.questions.question import Question
from isogloss.questions.scale import RAW
from isogloss.text import counted

if TYPE_CHECKING:
    import polars as pl

SHOWN, SHOWN_ROWS = {"line": "number", "distance": "distance", "sentence": "text"}, 10
NOTE = "The distance of a word is the smallest edit distance to a word of the target, over the longer length."


class SentencesQuestion(Question):
    """Choose the sentences of a source language whose words are closest to those of a target, to train on first."""

    command: ClassVar[str] = "lab sentences"
    writes: ClassVar[bool] = True
    positional: ClassVar[tuple[str, ...]] = ("source", "target")

    source: Annotated[
        FilePath,
        Shell(argument=True, metavar="SOURCE"),
        Field(description="Sentences of the source, one on a line."),
    ]
    target: Annotated[
        FilePath,
        Shell(argument=True, metavar="TARGET"),
        Field(description="Sentences of the target, one on a line."),
    ]
    share: Annotated[float, Field(gt=0, le=1, description="Share of the sentences to choose.")] = 0.25
    into: Annotated[OptionalPath, Field(description="File to write the chosen sentences to, one on each line.")] = None
    seed: Annotated[int, Field(ge=0, description="Of the sentences that the chosen ones are compared with.")] = 0

    def answer(self, progress: Progress | None = None) -> Answer:
        """Measure, choose, and write."""
        from isogloss.files import atomic_write, read_text
        from isogloss.texts.closest import closest_sentences, controls

        source, target = (read_text(path).splitlines() for path in (self.source, self.target))
        table = closest_sentences(source, target)
        keep = max(1, round(self.share * table.height))
        chosen = table.head(keep)
        if self.into is not None:
            text = "".join(f"{line}\n" for line in chosen["text"])
            atomic_write(self.into, lambda place: place.write_text(text, encoding="utf-8"))
        means = {name: float(table["distance"].gather(places).to_numpy().mean())
                 for name, places in controls(table, keep, self.seed).items() if places}  # fmt: skip
        said = [*_sentences(chosen, table, means)]
        if self.into is not None:
            said.append(f"Written to {self.into}.")
        return Answer(
            self.command, tuple(said), {"sentences": Table(chosen, "Closest first", SHOWN, rows=SHOWN_ROWS)},
            scale=RAW, notes=(NOTE,), result=table, details={"controls": means},
        )  # fmt: skip


def _sentences(chosen: pl.DataFrame, table: pl.DataFrame, means: dict[str, float]) -> Iterator[str]:
    """How close the chosen ones are, and others."""
    own = float(chosen["distance"].to_numpy().mean())
    if table["distance"].n_unique() == 1:
        yield "No sentence is closer to the target than the others, so this choice means nothing."
    yield (
        f"The {chosen.height:,} closest of {counted(table.height, 'sentence')} have a mean distance of {own:.3f}; "
        f"as many at random have {means['random']:.3f}."
    )
    if "length" in means:
        yield f"Others with as many words have {means['length']:.3f}."
    yield "Whether they train a better model has to be measured: compare both sets as training mixes."
