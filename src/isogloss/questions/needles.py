"""Does a model find a line in a long context, in every language alike?"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field

from isogloss.progress import Progress
from isogloss.questions.answer import Answer, Table
from isogloss.questions.fields import NameList, Shell, split_whole_numbers
from isogloss.questions.names import Names
from isogloss.questions.pictures import canvas_of
from isogloss.questions.running import MODEL, RunsModels, meter_details, meter_notes
from isogloss.questions.scale import FRACTION
from isogloss.text import counted

if TYPE_CHECKING:
    import polars as pl

SHOWN = 30
WHAT = {"one": "one number", "several": "a number on each", "absent": "the number of another country alone"}


class NeedlesQuestion(RunsModels):
    """Ask a model for a number that stands once in a long list, by language and length, with names from the CLDR."""

    command: ClassVar[str] = "behaviour needles"
    positional: ClassVar[tuple[str, ...]] = ("languages",)

    languages: Annotated[
        NameList, Shell(flags=("--language", "--languages"), kind=str), Field(description="Languages of the lists.")
    ]
    model: Annotated[str, Field(description=MODEL)]
    lengths: Annotated[
        list[int],
        BeforeValidator(split_whole_numbers),
        Shell(flags=("--lines",), kind=str),
        Field(description="Lines of a list, such as 10,40,160."),
    ] = Field(default_factory=lambda: [10, 40])
    kinds: Annotated[
        NameList,
        Shell(flags=("--kind", "--kinds"), kind=str),
        Field(
            description="one (a single line has a number), several (every line has one), absent (one line has the "
            "number of another country; wants --none)."
        ),
    ] = Field(default_factory=lambda: ["one", "several"])
    items: Annotated[int, Field(ge=1, description="Questions of each length and kind.")] = 20
    instructions: Annotated[
        str | None,
        Field(
            description="Table with language and instruction; each stands before every list. With a column none, its "
            "answer that says that nothing is there."
        ),
    ] = None
    texts: Annotated[
        str | None,
        Field(
            description="Table with language and text, a line of a book a row, in order; they stand around the needle."
        ),
    ] = None
    none: Annotated[
        str, Field(description="Answer that says that no line has the number; every question has it as a choice then.")
    ] = ""
    seed: Annotated[int, Field(ge=0, description="Seed of what is drawn at random.")] = 0

    def answer(self, progress: Progress | None = None) -> Answer:
        """Ask every question."""
        from isogloss.behaviour import answer_questions, needle_questions, read_questions

        instructions, none = self._instructions()
        made = needle_questions(
            self.languages, self.lengths, kinds=self.kinds, items=self.items, instructions=instructions,
            texts=self._texts(), none=none, seed=self.seed,
        )  # fmt: skip
        meter = self.meter()
        respondent = self.respondent(self.model)
        answered = answer_questions(
            respondent, read_questions(made), listed=self.listed, template=self.template, meter=meter,
            progress=progress,
        )  # fmt: skip
        about = made.drop("question", "choices", "answer")
        items = answered.join(about, on=["task", "item", "language"], maintain_order="left")
        guess = 1 / made["choices"].list.len()[0]
        title = f"Right answers; 95 % intervals over items; a guess has {guess:.3f}"
        names = Names(None, {})
        shares = _shares(items)
        sentences = tuple(_sentences(shares, names, respondent.name, guess))
        instruction = {"instruction": "instruction_name"} if "instruction" in shares.columns else {}
        shown = {"kind": "kind", "lines": "lines", "language": "name", **instruction, "characters": "characters",
                 "right": "accuracy", "from": "lower", "to": "upper",
                 **({"none": "none_share"} if "none_share" in shares.columns else {}), "items": "items"}  # fmt: skip
        named = shares.with_columns(names.of("language").alias("name"))
        if instruction:
            named = named.with_columns(names.of("instruction").alias("instruction_name"))
        return Answer(
            self.command, sentences,
            {"shares": Table(named, title, shown, rows=SHOWN),
             "items": Table(items, rows=0)},
            scale=FRACTION, notes=tuple(meter_notes(meter)), details=meter_details(meter), result=items,
            draw=partial(_draw, shares, names, sentences[0]),
        )  # fmt: skip

    def _instructions(self) -> tuple[dict[str, str] | None, str | dict[str, str]]:
        """By language as the table calls it; and the answers that say that nothing is there."""
        if self.instructions is None:
            return None, self.none
        from isogloss.errors import UnknownName
        from isogloss.texts.tables import read_table

        path, columns = Path(self.instructions), {name: name for name in ("language", "instruction")}
        instructions = dict(read_table(path, columns).select("language", "instruction").iter_rows())
        if self.none:
            return instructions, self.none
        try:
            table = read_table(path, {"language": "language", "none": "none"})
        except UnknownName:
            return instructions, ""
        return instructions, dict(table.select("language", "none").iter_rows())

    def _texts(self) -> dict[str, list[str]] | None:
        """Lines by language as the table calls it."""
        if self.texts is None:
            return None
        from isogloss.texts.tables import read_table

        table = read_table(Path(self.texts), {"language": "language", "text": "text"}).drop_nulls()
        return dict(table.group_by("language", maintain_order=True).agg("text").iter_rows())


def _shares(items: pl.DataFrame) -> pl.DataFrame:
    """Share of right answers by kind, length and language, and by the language of the instruction."""
    import polars as pl

    from isogloss.stats import wilson_interval

    keys = ["kind", "lines", "language", *(["instruction"] if "instruction" in items.columns else [])]
    shares = items.group_by(keys, maintain_order=True).agg(
        characters=pl.col("characters").mean().round().cast(pl.Int64), accuracy=pl.col("correct").mean(),
        none_share=(pl.col("completion") == pl.col("none")).mean(), items=pl.len(),
    )  # fmt: skip
    if not (items["none"] != "").any():
        shares = shares.drop("none_share")
    ends = [wilson_interval(share, count) for share, count in shares.select("accuracy", "items").iter_rows()]
    return shares.with_columns(pl.Series(name, [end[at] for end in ends]) for at, name in enumerate(("lower", "upper")))


def _sentences(shares: pl.DataFrame, names: Names, model: str, guess: float) -> list[str]:
    import polars as pl

    said = []
    keys = ["kind", *(["instruction"] if "instruction" in shares.columns else [])]
    for (kind, *instruction), rows in shares.group_by(keys, maintain_order=True):
        longest = rows.filter(pl.col("lines") == pl.col("lines").max()).sort("accuracy", descending=True)
        best, worst = longest.row(0, named=True), longest.row(-1, named=True)
        ends = ", ".join(
            f"{names(row['language'])} {row['accuracy']:.3f} ({row['lower']:.3f} to {row['upper']:.3f})"
            for row in ([best] if longest.height == 1 else [best, worst])
        )
        what = WHAT[kind]
        what += "".join(f", asked in {names(str(one))}" for one in instruction)
        said.append(f"{model}, {counted(best['lines'], 'line')} with {what}: {ends} right; a guess has {guess:.3f}.")
    return said


def _draw(shares: pl.DataFrame, names: Names, verdict: str) -> Any:
    """Languages by kinds and lengths."""
    from isogloss.charts import Matrix, draw_matrix

    keys = ["kind", "lines", *(["instruction"] if "instruction" in shares.columns else [])]
    columns = [*dict.fromkeys(shares.select(keys).iter_rows())]
    rows = shares["language"].unique(maintain_order=True).to_list()
    values = {(one["language"], *(one[key] for key in keys)): one["accuracy"] for one in shares.iter_rows(named=True)}
    grid = [[values.get((language, *column)) for column in columns] for language in rows]
    called = [f"{kind}, {lines} lines{''.join(f', in {names(one)}' for one in more)}" for kind, lines, *more in columns]
    return draw_matrix(
        Matrix([names(one) for one in rows], called, grid, "right", low=0.0, high=1.0), lines=[],
        canvas=canvas_of(verdict, FRACTION),
    )  # fmt: skip
