"""How hard is each item in each language, and what would a model score on items it never answered?"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field

from isogloss.progress import Progress
from isogloss.questions.about_items import AboutItems, written_names
from isogloss.questions.answer import Answer, Table
from isogloss.questions.fields import Level
from isogloss.questions.names import Names
from isogloss.questions.pictures import canvas_of
from isogloss.questions.scale import FRACTION
from isogloss.text import counted

if TYPE_CHECKING:
    import polars as pl

    from isogloss.behaviour import Difficulty

SCORES = {"language": "name", "answered": "answered", "of": "items", "share": "share", "forecast": "forecast",
          "from": "lower", "to": "upper", "other models": "others"}  # fmt: skip
FLAGS = {"item": "item", "where": "name", "fewer right": "shortfall", "p": "p", "q": "q"}
NEXT = {"item": "item", "language": "name", "probability": "probability", "information": "information"}
SHOWN = 10
MOST_NAMED = 3
NOTES = (
    "A flag is a reason to read the item in that language: a wrong translation, a word with two meanings, a fact that "
    "is known in one place.",
    "Draw the items to run at random if the share itself is to be measured; those with most information rank models.",
)


class DifficultyQuestion(AboutItems):
    """Tell how hard items are in each language, forecast single items and scores, and flag bad translations."""

    command: ClassVar[str] = "behaviour difficulty"

    level: Level = 0.9
    false_discoveries: Annotated[
        float, Field(gt=0, lt=1, description="Share of wrong flags among flags that is accepted.")
    ] = 0.05

    def answer(self, progress: Progress | None = None) -> Answer:
        """Fit the item response model."""
        from isogloss.behaviour import read_items, score_difficulty
        from isogloss.behaviour.items import OUTCOMES

        read = read_items(self.items, columns=self.columns, languages=self.languages, roles=OUTCOMES)
        items = read if self.task is None else self.model_copy(update={"model": None}).chosen(read)
        self.chosen(items)  # a model that there is not is said before the others are fitted
        result = score_difficulty(items, level=self.level, false_discoveries=self.false_discoveries)
        names = Names(None, written_names(items))
        sentences = tuple(_sentences(self._of_model(result.scores), result, names))
        return Answer(
            self.command, sentences, self._tables(result, names), scale=FRACTION, notes=NOTES, result=result,
            draw=partial(_draw, self._of_model(result.scores), names, canvas_of(sentences[0], FRACTION)),
        )  # fmt: skip

    def _of_model(self, table: pl.DataFrame) -> pl.DataFrame:
        """The rows of the model that is asked about; all others are needed to learn how hard items are."""
        return table if self.model is None else table.filter(model=self.model)

    def _tables(self, result: Difficulty, names: Names) -> dict[str, Table]:
        scores = self._of_model(result.scores).with_columns(names.of("language").alias("name"))
        ordered = scores.sort(scores["upper"] - scores["lower"], descending=True, maintain_order=True)
        about = {name: name for name in ("model", "task") if ordered[name].n_unique() > 1}
        flags = result.flags.with_columns(_where(result.flags, names))
        asked = self._of_model(result.probabilities).with_columns(names.of("language").alias("name"))
        kind = {"kind": "kind"} if flags["kind"].n_unique() > 1 else {}
        return {
            "scores": Table(ordered, f"Share of right answers; {100 * self.level:g} % intervals", about | SCORES,
                            FRACTION.digits, rows=SHOWN),
            "flags": Table(flags, "Harder in one language or group than elsewhere", kind | FLAGS, 4, rows=SHOWN),
            "next": Table(asked, "What to run next: items that tell most", about | NEXT, FRACTION.digits, rows=SHOWN),
            "items": Table(result.items, rows=0),
        }  # fmt: skip


def _where(flags: pl.DataFrame, names: Names) -> pl.Series:
    """The language or group of each flag, as the reader wrote it."""
    import polars as pl

    named = [names(where) if kind == "language" else where for kind, where in flags.select("kind", "where").iter_rows()]
    return pl.Series("name", named, dtype=pl.String)


def _sentences(scores: pl.DataFrame, result: Difficulty, names: Names) -> list[str]:
    import polars as pl

    flags = result.flags
    if flags.is_empty():
        first = "No item is shown to be harder in one language than its difficulty elsewhere says."
    else:
        listed = zip(flags["item"], _where(flags, names), strict=True)
        worst = ", ".join(f"{item} ({where})" for item, where in [*listed][:MOST_NAMED])
        more = f" and {flags.height - MOST_NAMED} more" if flags.height > MOST_NAMED else ""
        first = (
            f"{counted(flags.height, 'item')} to check, harder or easier in one place than elsewhere: {worst}{more}."
        )
    partial_ = scores.filter(pl.col("answered") < pl.col("items"))
    if partial_.is_empty():
        return [first, "Every model answered every item, so no score is left to forecast."]
    widest = partial_.sort(partial_["upper"] - partial_["lower"], descending=True).row(0, named=True)
    ends = f"{widest['lower']:.2f} to {widest['upper']:.2f}"
    return [
        first,
        f"Least known: {widest['model']} in {names(widest['language'])}, {widest['forecast']:.2f} ({ends}) from "
        f"{widest['answered']} of {counted(widest['items'], 'answer')}.",
    ]  # fmt: skip


def _draw(scores: pl.DataFrame, names: Names, canvas: Any) -> Any:
    """Scores by model and language; cells with answers missing have a frame."""
    import polars as pl

    from isogloss.charts import Matrix, draw_matrix

    several = scores["task"].n_unique() > 1
    row_of = pl.concat_str("model", pl.lit(", "), "task") if several else pl.col("model")
    table = scores.with_columns(row=row_of)
    means = table.group_by("row").agg(pl.col("forecast").mean()).sort("forecast", "row", descending=[True, False])
    hardest = table.group_by("language").agg(pl.col("forecast").mean())
    columns = hardest.sort("forecast", "language", descending=[True, False])["language"].to_list()
    rows = means["row"].to_list()
    value = {(row, one): score for row, one, score in table.select("row", "language", "forecast").iter_rows()}
    framed = {
        (rows.index(row), columns.index(one))
        for row, one in table.filter(pl.col("answered") < pl.col("items")).select("row", "language").iter_rows()
    }
    return draw_matrix(
        Matrix(rows, [names(one) for one in columns], [[value.get((row, one)) for one in columns] for row in rows],
               "right answers", framed=frozenset(framed)),
        lines=["With a frame: a forecast, as some items were not answered."] if framed else [],
        canvas=canvas,
    )  # fmt: skip
