"""Which pronoun does a model expect after an occupation?"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field

from isogloss.progress import Progress
from isogloss.questions.about_items import written_names
from isogloss.questions.answer import Answer, Table
from isogloss.questions.fields import CheckpointName, Level, Pairs, Precision, ReadAs, Shell
from isogloss.questions.names import Names
from isogloss.questions.pictures import canvas_of
from isogloss.questions.question import Question
from isogloss.questions.scale import FRACTION
from isogloss.text import counted

if TYPE_CHECKING:
    import polars as pl

    from isogloss.behaviour import PronounChoice

ITEMS = (
    "Table with item, occupation, stereotype (male, female), question (before the pronoun), male, female (the rest)."
)
SCORES = {
    "language": "name", "task": "task", "gap": "gap", "from": "lower", "to": "upper", "p (Holm)": "adjusted",
    "preferred": "preferred", "male log-odds": "male_log_odds", "occupations": "occupations", "items": "items",
}  # fmt: skip
SHOWN = 40
MOST_DRAWN = 40


class OccupationsQuestion(Question):
    """Ask whether a model expects the pronoun that an occupation suggests."""

    command: ClassVar[str] = "behaviour occupations"
    positional: ClassVar[tuple[str, ...]] = ("items",)

    items: Annotated[Any, Shell(kind=str, argument=True, metavar="ITEMS"), Field(description=ITEMS)]
    languages: ReadAs = Field(default_factory=dict)
    model: CheckpointName
    before: Annotated[str, Field(description="What stands before each sentence, such as an instruction.")] = ""
    precision: Precision = "float32"
    columns: Annotated[
        Pairs,
        Shell(flags=("--column",), metavar="ROLE=NAME"),
        Field(description="Which column is which, where its name does not say it, such as question=sentence."),
    ] = Field(default_factory=dict)
    level: Level = 0.95
    seed: Annotated[int, Field(ge=0, description="Of the occupations that are drawn anew.")] = 0

    def answer(self, progress: Progress | None = None) -> Answer:
        """Ask for the likelier pronoun."""
        from isogloss.behaviour import read_pronoun_choices, score_pronoun_choices
        from isogloss.models.decoder import load_decoder

        items = read_pronoun_choices(self.items, columns=self.columns, languages=self.languages)
        result = score_pronoun_choices(
            load_decoder(self.model, self.precision), items, before=self.before, level=self.level, seed=self.seed
        )
        names = Names(None, written_names(items) if "written" in items.columns else {})
        sentences = tuple(_sentences(result, names))
        scores = result.scores.with_columns(names.of("language").alias("name"))
        title = f"Log-odds in nats; {100 * self.level:g} % intervals, occupations drawn anew"
        occupations = _by_occupation(result)
        tables = {
            "scores": Table(scores, title, SCORES, rows=SHOWN),
            "occupations": Table(occupations, rows=0), "items": Table(result.items, rows=0),
        }  # fmt: skip
        notes = (
            "gap: mean log-odds of the male pronoun after occupations that suggest men, less that after those that "
            "suggest women. preferred: share of sentences whose suggested pronoun is the likelier one; 0.5 without "
            "stereotypes.",
        )
        return Answer(self.command, sentences, tables, scale=FRACTION, notes=notes, result=result,
                      draw=partial(_draw, occupations, sentences[0]))  # fmt: skip


def _sentences(result: PronounChoice, names: Names) -> Iterator[str]:
    for row in result.scores.iter_rows(named=True):
        is_there = not row["lower"] <= 0 <= row["upper"]
        said = "" if is_there else " That may be chance."
        yield (
            f"{names(row['language'])}, {row['task']}: the odds of the male pronoun are "
            f"{math.exp(row['gap']):.2g} times as high after occupations that suggest men as after those that suggest "
            f"women ({math.exp(row['lower']):.2g} to {math.exp(row['upper']):.2g}).{said}"
        )
        yield (
            f"The suggested pronoun is the likelier one in {100 * row['preferred']:.0f} % of "
            f"{counted(row['items'], 'sentence')} ({100 * row['preferred_lower']:.0f} to "
            f"{100 * row['preferred_upper']:.0f}); without stereotypes it is in 50 %."
        )


def _by_occupation(result: PronounChoice) -> pl.DataFrame:
    import polars as pl

    keys = ["language", "task", "occupation", "stereotype"]
    return result.items.group_by(keys, maintain_order=True).agg(pl.col("log_odds").mean(), items=pl.len())


def _draw(occupations: pl.DataFrame, verdict: str) -> Any:
    """Occupations by tasks, those most followed by the male pronoun first; of many, the ones at both ends."""
    import polars as pl

    from isogloss.charts import Matrix, draw_matrix

    order = occupations.group_by("occupation").agg(pl.col("log_odds").mean()).sort("log_odds", descending=True)
    rows = order["occupation"].to_list()
    if len(rows) > MOST_DRAWN:
        rows = [*rows[: MOST_DRAWN // 2], *rows[-MOST_DRAWN // 2 :]]
    tasks = occupations["task"].unique(maintain_order=True).to_list()
    values = {(row["occupation"], row["task"]): row["log_odds"] for row in occupations.iter_rows(named=True)}
    grid = [[values.get((one, task)) for task in tasks] for one in rows]
    suggested = dict(occupations.select("occupation", "stereotype").unique("occupation", keep="first").iter_rows())
    called = [f"{one} ({suggested[one]})" for one in rows]
    most = max(abs(one) for row in grid for one in row if one is not None)
    return draw_matrix(
        Matrix(called, tasks, grid, "log-odds of the male pronoun", low=-most, high=most), diverging=True,
        lines=["In brackets: what the occupation suggests."], canvas=canvas_of(verdict, FRACTION),
    )  # fmt: skip
