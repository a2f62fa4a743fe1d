"""What questions about test items share: the table, its columns and its languages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from isogloss.errors import UnknownName
from isogloss.questions.fields import Level, Pairs, ReadAs, Shell
from isogloss.questions.question import Question

if TYPE_CHECKING:
    import polars as pl

ITEMS = "Table of test items: a file, a store with items, or a table in memory. See docs/how-to/behaviour.md."
CHOSEN = ("task", "model")


class AboutItems(Question):
    """A question about a table with one row for each test item, language and model."""

    positional = ("items",)

    items: Annotated[Any, Shell(kind=str, argument=True, metavar="ITEMS"), Field(description=ITEMS)]
    columns: Annotated[
        Pairs,
        Shell(flags=("--column",), metavar="ROLE=NAME"),
        Field(description="Which column is which, where its name does not say it, such as item=question_nr."),
    ] = Field(default_factory=dict)
    languages: ReadAs = Field(default_factory=dict)
    task: Annotated[str | None, Field(description="Only this task.")] = None
    model: Annotated[str | None, Field(description="Only this model.")] = None
    level: Level = 0.95
    seed: Annotated[int, Field(ge=0, description="Seed of what is drawn at random.")] = 0

    def chosen(self, items: pl.DataFrame) -> pl.DataFrame:
        """The rows of the task and the model.

        Raises
        ------
        UnknownName
        """
        import polars as pl

        for name in CHOSEN:
            wanted = getattr(self, name)
            if wanted is None:
                continue
            there = items[name].cast(pl.String) if name in items.columns else pl.Series(name, [], pl.String)
            if wanted not in (known := there.unique().drop_nulls().to_list()):
                raise UnknownName(name, wanted, known, where=name)
            items = items.filter(there == wanted)
        return items


def written_names(items: pl.DataFrame) -> dict[str, str]:
    """Languages as the table wrote them."""
    return dict(items.select("language", "written").unique().sort("language", "written").iter_rows())


def subject(row: dict[str, Any], rows: pl.DataFrame) -> str:
    """What a row is about in words: its model, and its task where there are several."""
    parts = [row["model"] or "The model"]
    if rows["task"].n_unique() > 1:
        parts.append(f"({row['task']})")
    return " ".join(parts)
