"""What does a rare copy of a language gain from the language, and how near do the two come in a small model?"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field

from isogloss.progress import Progress
from isogloss.questions.answer import Answer, Table
from isogloss.questions.fields import DataFolder, FilePath, Shell, split_numbers
from isogloss.questions.pictures import canvas_of
from isogloss.questions.question import Question
from isogloss.questions.scale import RAW
from isogloss.text import counted

if TYPE_CHECKING:
    from isogloss.lab import CloneStudy

SHOWN = {"copy": "arm", "mean": "mean", "from": "lower", "to": "upper", "difference": "difference",
         "lowest": "difference_lower", "highest": "difference_upper", "p_holm": "p_holm"}  # fmt: skip
TITLES = {
    "bits_copy": "Bits per byte of the copy",
    "bits_language": "Bits per byte of the language",
    "retrieval": "Stretches found in the other language (p@1)",
    "gap": "States: cosine of a stretch and its copy, less that with others",
    "embeddings": "Vectors of bytes: the same",
}
"""Measures, and what stands above their tables; differences are to a copy with half of the text."""
SHOWN_BY = 0.05


class ClonesQuestion(Question):
    """Measure what a rare copy of a language gains from the language, with small models trained from scratch."""

    command: ClassVar[str] = "lab clones"
    positional: ClassVar[tuple[str, ...]] = ("texts",)

    texts: Annotated[
        FilePath,
        Shell(argument=True, metavar="FILE"),
        Field(description="Texts of one language, and the models' shape, as of 'isogloss lab pretrain' (TOML)."),
    ]
    shares: Annotated[
        list[float],
        BeforeValidator(split_numbers),
        Shell(kind=str),
        Field(description="Shares of what is read that are in the copy, below one half, such as 0.2,0.05."),
    ] = Field(default_factory=lambda: [0.1])
    equal: Annotated[
        Literal["copy", "total"],
        Field(description="What every model reads as much of: text in the copy, or text in all."),
    ] = "copy"
    seeds: Annotated[int, Field(ge=2, description="Models of each share.")] = 3
    data: DataFolder = None

    def answer(self, progress: Progress | None = None) -> Answer:
        """Train and measure."""
        from isogloss.lab import read_pretraining, study_clones

        sources, shape = read_pretraining(self.texts, data=self.data)
        texts = [text for source in sources for text in source.read(shape.seed) if text.strip()]
        study = study_clones(
            texts, shape, shares=self.shares, equal=self.equal, seeds=self.seeds, progress=progress
        )  # fmt: skip
        sentences = tuple(_sentences(study))
        return Answer(
            self.command, sentences,
            {name: Table(study.arms.filter(measure=name), title, SHOWN, 3) for name, title in TITLES.items()},
            scale=RAW, result=study, draw=partial(_draw, study, sentences[0]),
        )  # fmt: skip


def _sentences(study: CloneStudy) -> Iterator[str]:
    rows = study.arms.rows(named=True)
    rare = min(row["share"] for row in rows if row["arm"] not in ("alone", "balanced", "schedule"))
    told = {"bits_copy": "is learnt", "embeddings": "is aligned with the language"}
    for measure, what in told.items():
        row = next(row for row in rows if row["measure"] == measure and row["arm"] == f"{rare:g}")
        ends = (
            f"{row['difference']:+.3f} (95 % interval {row['difference_lower']:+.3f} to {row['difference_upper']:+.3f})"
        )
        copy = f"a copy with {100 * rare:g} % of the text {what}"
        if row["p_holm"] > SHOWN_BY:
            yield f"It is not shown that {copy} otherwise than one with half of it: {ends}."
        else:
            better = "better" if (row["difference"] < 0) == (measure == "bits_copy") else "worse"
            yield f"{copy[0].upper()}{copy[1:]} {better} than one with half of it: {ends}."
    same = "the same text in the copy" if study.equal == "copy" else "the same text in all"
    seeds = study.runs["seed"].n_unique()
    yield (
        f"Every model read {same}; {counted(study.runs.height, 'model')}, {seeds} of each kind, measured on "
        f"{study.stretches} stretches that none has read. Fewer bits are better; a stretch is found by chance in "
        f"{1 / study.stretches:.3f}."
    )
    yield "Differences are paired by seed, and p is corrected over the shares (Holm)."


def _draw(study: CloneStudy, verdict: str) -> Any:
    from isogloss.charts import draw_clones

    return draw_clones(study.arms, canvas=canvas_of(verdict, RAW, {}, ""))
