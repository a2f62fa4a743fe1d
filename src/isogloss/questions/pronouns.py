"""Does a model translate a person by their pronoun, and do demonstrations make it?"""

from __future__ import annotations

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
    from isogloss.behaviour import Pronouns

ITEMS = "Table with language, item, question (English), pronoun, gender, male, female (both translations)."
ACCURACY = "gender_accuracy"
VALUES = {"arm": "model", "language": "name", "metric": "metric", "value": "value", "from": "lower", "to": "upper",
          "items": "items"}  # fmt: skip
GAINS = {"arm": "arm", "language": "name", "gain": "gain", "from": "lower", "to": "upper", "items": "items"}
SHOWN = 40


class PronounsQuestion(Question):
    """Ask which of two translations of a person a model prefers, and what of the choice the pronoun makes."""

    command: ClassVar[str] = "behaviour pronouns"
    positional: ClassVar[tuple[str, ...]] = ("items",)

    items: Annotated[Any, Shell(kind=str, argument=True, metavar="ITEMS"), Field(description=ITEMS)]
    languages: ReadAs = Field(default_factory=dict)
    model: CheckpointName
    pool: Annotated[
        Any, Shell(kind=str), Field(description="Such a table of other sentences to show; nothing for none.")
    ] = None
    demonstrations: Annotated[int, Field(ge=2, description="How many are shown, as many of each gender.")] = 4
    template: Annotated[str, Field(description="With {question}, {language} and, at the end, {translation}.")] = ""
    points: Annotated[int, Field(ge=1, description="At which the gradient of attributions is taken.")] = 16
    precision: Precision = "float32"
    columns: Annotated[
        Pairs,
        Shell(flags=("--column",), metavar="ROLE=NAME"),
        Field(description="Which column is which, where its name does not say it, such as question=sentence."),
    ] = Field(default_factory=dict)
    level: Level = 0.95
    seed: Annotated[int, Field(ge=0, description="Of the demonstrations that are drawn.")] = 0

    def answer(self, progress: Progress | None = None) -> Answer:
        """Ask, attribute, and ask again."""
        from isogloss.behaviour import read_pronouns, score_pronouns
        from isogloss.behaviour.pronouns import TEMPLATE
        from isogloss.models.decoder import load_decoder

        known = {"columns": self.columns, "languages": self.languages}
        items = read_pronouns(self.items, **known)
        pool = None if self.pool is None else read_pronouns(self.pool, **known)
        result = score_pronouns(
            load_decoder(self.model, self.precision), items, pool, demonstrations=self.demonstrations,
            template=self.template or TEMPLATE, points=self.points, level=self.level, seed=self.seed,
            progress=progress,
        )  # fmt: skip
        names = Names(None, written_names(items) if "written" in items.columns else {})
        scores, gains = (table.with_columns(names.of("language").alias("name")) for table in
                         (result.scores, result.gains))  # fmt: skip
        sentences = tuple(_sentences(result, names))
        tables = {
            "scores": Table(scores.drop_nulls("language"), f"By arm; {100 * self.level:g} % intervals, items drawn "
                            "anew", VALUES, rows=SHOWN),
            "items": Table(result.items, rows=0),
        }  # fmt: skip
        if gains.height:
            tables["gains"] = Table(gains, "Accuracy with demonstrations less that without", GAINS)
        notes = (
            "A guess is right in half of the items; pronoun_share of the items is what the pronoun has of all "
            "absolute attributions (integrated gradients).",
        )
        return Answer(self.command, sentences, tables, scale=FRACTION, notes=notes, result=result,
                      draw=partial(_draw, result, names, sentences[0]))  # fmt: skip


def _sentences(result: Pronouns, names: Names) -> Iterator[str]:
    import polars as pl

    accuracy = result.scores.filter(pl.col("metric") == ACCURACY).drop_nulls("language")
    for (language,), rows in accuracy.group_by("language", maintain_order=True):
        told = rows.row(0, named=True)
        interval = "" if told["lower"] is None else f" ({100 * told['lower']:.0f} to {100 * told['upper']:.0f})"
        yield (
            f"{names(str(language))}: the gender of the pronoun in {100 * told['value']:.0f} % of "
            f"{counted(told['items'], 'person')}{interval}; a guess has 50 %."
        )
        own = result.items.filter(pl.col("language") == language, pl.col("pronoun_share").is_not_null())
        shares = dict(own.group_by("correct").agg(pl.col("pronoun_share").mean()).iter_rows())
        right, wrong = (f"{100 * shares[one]:.0f} %" if one in shares else "none" for one in (True, False))
        yield f"The pronoun has {right} of the attributions where it is right and {wrong} where it is wrong."
    for row in result.gains.iter_rows(named=True):
        sure = "" if row["lower"] <= 0 <= row["upper"] else ", so it changes"
        yield (
            f"{names(row['language'])}, {row['arm']}: {100 * row['gain']:+.0f} points "
            f"({100 * row['lower']:.0f} to {100 * row['upper']:.0f}){sure}."
        )


def _draw(result: Pronouns, names: Names, verdict: str) -> Any:
    """Languages by arms."""
    import polars as pl

    from isogloss.charts import Matrix, draw_matrix

    rows = result.scores.filter(pl.col("metric") == ACCURACY).drop_nulls("language")
    arms, languages = (rows[name].unique(maintain_order=True).to_list() for name in ("model", "language"))
    values = {(one["language"], one["model"]): one["value"] for one in rows.iter_rows(named=True)}
    grid = [[values.get((language, arm)) for arm in arms] for language in languages]
    return draw_matrix(
        Matrix([names(one) for one in languages], arms, grid, "right", low=0.0, high=1.0), lines=[],
        canvas=canvas_of(verdict, FRACTION),
    )  # fmt: skip
