"""Which names of things do several sources agree on?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from isogloss.progress import Progress
from isogloss.questions.about_items import AboutItems, written_names
from isogloss.questions.answer import Answer, Table
from isogloss.questions.names import Names
from isogloss.questions.scale import FRACTION
from isogloss.text import counted

if TYPE_CHECKING:
    from isogloss.behaviour import NameVotes

FIELDS = ("language", "model", "task", "item", "text", "answers")
SHOWN = 20
SCORED = "Right names, where the table has them, are used to score and never to choose."


class VoteNamesQuestion(AboutItems):
    """Choose names of entities that several sources give, and score them by the votes asked for."""

    command: ClassVar[str] = "behaviour names"

    votes: Annotated[int, Field(ge=1, description="Sources that have to give a name.")] = 2

    def answer(self, progress: Progress | None = None) -> Answer:
        """Count them."""
        from isogloss.behaviour import read_items, vote_names

        items = self.chosen(read_items(self.items, columns=self.columns, languages=self.languages, roles=FIELDS))
        result = vote_names(items, votes=self.votes, level=self.level, seed=self.seed)
        names = Names(None, written_names(items))
        return Answer(
            self.command, tuple(_sentences(result)), _tables(result, names), scale=FRACTION, result=result,
            notes=(SCORED,),
        )  # fmt: skip


def _sentences(result: NameVotes) -> list[str]:
    import polars as pl

    chosen = result.names.filter(pl.col("chosen")).height
    entities = result.names.select("language", "item").unique().height
    covered = result.names.filter(pl.col("chosen")).select("language", "item").unique().height
    languages = result.names["language"].n_unique()
    said = (
        f"{counted(chosen, 'name')} of {result.names.height} given by {counted(result.votes, 'source')} or more; "
        f"{covered} of {entities} entities in {counted(languages, 'language')} have one"
    )
    if result.differences.is_empty():
        return [f"{said}, and no right names to say how good they are."]
    known = result.names.filter(pl.col("right").is_not_null()).select("language", "item").unique().height
    where = "" if known == entities else f" Scored on the {known} of {entities} entities with right names."
    scored = result.scores.filter(pl.col("chosen").str.starts_with(f"{result.votes} of "))
    mean = sum(scored["f1"]) / scored.height
    better = result.differences.filter(pl.col("lower") > 0).height
    worse = result.differences.filter(pl.col("upper") < 0).height
    return [
        f"F1 of names by votes {mean:.3f}; better than the best single source in {better} of "
        f"{counted(result.differences.height, 'language')}, worse in {worse}.{where}",
        f"{said}.",
    ]


def _tables(result: NameVotes, names: Names) -> dict[str, Table]:
    listed = result.names.with_columns(names.of("language").alias("language_name"))
    shown = {"language": "language_name", "item": "item", "name": "name", "votes": "votes", "sources": "models"}
    tables = {"names": Table(listed, "Names", shown, rows=SHOWN // 2)}
    if result.scores.height:
        scores = result.scores.with_columns(names.of("language").alias("name"))
        title = f"By votes asked for, and each source by itself; {100 * result.level:g} % intervals of F1"
        shown = {"language": "name", "votes or source": "chosen", "precision": "precision", "recall": "recall",
                 "F1": "f1", "from": "lower", "to": "upper", "names": "names"}  # fmt: skip
        tables["scores"] = Table(scores, title, shown, rows=SHOWN)
        differences = result.differences.with_columns(names.of("language").alias("name"))
        shown = {"language": "name", "best source": "best", "difference": "difference", "from": "lower", "to": "upper"}
        tables["differences"] = Table(differences, "F1 by votes less that of the best single source", shown, rows=SHOWN)
    return tables
