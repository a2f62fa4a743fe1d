"""Which texts that mix two languages does a model write, and which do judges let pass?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from isogloss.progress import Progress
from isogloss.questions.answer import Answer, Table
from isogloss.questions.fields import FilePath, NameList, Pairs, Shell
from isogloss.questions.running import MODEL, WritesReplies, meter_details, meter_notes
from isogloss.questions.scale import RAW
from isogloss.text import counted

if TYPE_CHECKING:
    import polars as pl

    from isogloss.texts import Judge, MixedTexts


class WriteMixedQuestion(WritesReplies):
    """Let a model write texts that mix two languages, have judges score them, and keep those that pass, as a file."""

    command: ClassVar[str] = "lab write-mixed"
    writes: ClassVar[bool] = True
    positional: ClassVar[tuple[str, ...]] = ("texts", "into")

    texts: Annotated[
        FilePath,
        Shell(argument=True, metavar="FILE"),
        Field(description="Table with id, language, embedded (the other language), and text or topic."),
    ]
    into: Annotated[FilePath, Field(description="File of JSON lines to write.")]
    model: Annotated[str, Field(description=MODEL)]
    embedded: Annotated[str | None, Field(description="The other language, where no column says it.")] = None
    prompt: Annotated[
        str, Field(description="What is asked at first, with {source} or {topic}; perhaps {conditions} and languages.")
    ] = ""
    least_share: Annotated[float, Field(gt=0, lt=1, description="Words in the other language at least.")] = 0.15
    most_share: Annotated[float, Field(gt=0, lt=1, description="Words in the other language at most.")] = 0.6
    rater: Annotated[
        str | None, Field(description="A decoder, or an endpoint of completions, that finds texts likely or not.")
    ] = None
    least_order: Annotated[
        float, Field(ge=0, le=1, description="Random orders of its words that a text must be likelier than.")
    ] = 0.95
    judge: Annotated[
        str | None, Field(description="A model that is asked to judge; it may be the one that writes.")
    ] = None
    criteria: Annotated[
        NameList,
        Shell(flags=("--criterion", "--criteria"), kind=str),
        Field(
            description="What it is asked: naturalness, fluency, culture, meaning (of texts that there were before)."
        ),
    ] = Field(default_factory=lambda: ["naturalness", "culture", "meaning"])
    least: Annotated[float, Field(ge=1, le=5, description="Number from 1 to 5 that passes.")] = 4.0
    rounds: Annotated[int, Field(ge=0, le=10, description="How often a text is written again at most.")] = 2
    control: Annotated[
        int, Field(ge=0, description="Texts by which it is tested whether judges can tell; each is judged twice.")
    ] = 10
    columns: Annotated[
        Pairs,
        Shell(flags=("--column",), metavar="ROLE=NAME"),
        Field(description="Which column is which (id, language, embedded, text, topic, tense, ...), such as id=nr."),
    ] = Field(default_factory=dict)
    seed: Annotated[int, Field(ge=0, description="Of what is drawn: tense, perspective, switching, orders.")] = 0

    def answer(self, progress: Progress | None = None) -> Answer:
        """Ask, judge, and write what is kept."""
        from isogloss.texts import read_drafts, write_mixed

        meter = self.meter()
        drafts = read_drafts(self.texts, columns=self.columns, embedded=self.embedded)
        mixed = write_mixed(
            self.respondent(self.model), drafts, [*self._judges()], prompt=self.prompt, rounds=self.rounds,
            control=self.control, seed=self.seed, meter=meter, progress=progress,
        )  # fmt: skip
        mixed.write(self.into)
        reasons = mixed.dropped["reason"].value_counts(sort=True, name="texts")
        return Answer(
            self.command, (*_sentences(mixed, len(drafts)), f"Written to {self.into}."),
            {"languages": Table(mixed.languages, "By pair of languages"),
             "judges": Table(mixed.judges.drop("scale", "against"), "Judges, in their order"),
             "reasons": Table(reasons, "Why texts were refused"), "dropped": Table(mixed.dropped, rows=0),
             "judgements": Table(mixed.judgements, rows=0)},
            scale=RAW, flags=_flags(mixed), notes=(*_scales(mixed), *meter_notes(meter)),
            details=meter_details(meter), result=mixed,
        )  # fmt: skip

    def _judges(self) -> Iterator[Judge]:
        from isogloss.texts import OrderJudge, PromptedJudge, ShareJudge

        yield ShareJudge(self.least_share, self.most_share)
        if self.rater is not None:
            yield OrderJudge(self.respondent(self.rater, form="text", normalise="sum"), self.least_order, self.seed)
        if self.judge is not None:
            asked = self.respondent(self.judge)
            yield from (PromptedJudge(asked, name, self.least) for name in self.criteria)


def _sentences(mixed: MixedTexts, asked: int) -> Iterator[str]:
    """What is kept, and what the judge that is asked can tell."""
    rewritten = int(mixed.languages["rewritten"].sum())
    again = f", {rewritten:,} of them written again" if rewritten else ""
    yield f"{mixed.rows.height:,} of {counted(asked, 'text')} passed every judge{again}."
    names = mixed.judges["judge"].to_list()
    if len(names) == 1:
        yield "Nothing but the share of both languages was judged."
    for row in mixed.judges.filter(mixed.judges["pairs"] > 0).iter_rows(named=True):
        pairs = counted(row["pairs"], "text")
        yield f"{row['judge']} puts {row['discrimination']:.0%} of {pairs} above {row['against']}, ties counting half."


def _scales(mixed: MixedTexts) -> Iterator[str]:
    """What scores mean, judge by judge."""
    yield from (f"{name}: {scale}." for name, scale in mixed.judges.select("judge", "scale").iter_rows())


def _flags(mixed: MixedTexts) -> pl.DataFrame:
    """Judges that cannot tell a text from a worse one, and those that gave no score."""
    import polars as pl

    rows = []
    for row in mixed.judges.iter_rows(named=True):
        if row["discrimination"] is not None and row["discrimination"] <= 0.5:
            meaning = f"Scores are no higher than those of {row['against']}: do not rely on this judge."
            rows.append({"about": row["judge"], "flag": "judge_blind", "meaning": meaning})
        if row["unjudged"]:
            meaning = f"{counted(row['unjudged'], 'text')} got no score that can be read: refused."
            rows.append({"about": row["judge"], "flag": "unjudged", "meaning": meaning})
    return pl.DataFrame(rows, schema={"about": pl.String, "flag": pl.String, "meaning": pl.String})
