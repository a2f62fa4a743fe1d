"""Does a model know a fact in every language, or only in that of the country it is about?"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field

from isogloss.progress import Progress
from isogloss.questions.about_items import AboutItems, subject, written_names
from isogloss.questions.answer import Answer, Table
from isogloss.questions.fields import Pairs, Shell
from isogloss.questions.names import Names
from isogloss.questions.pictures import canvas_of
from isogloss.questions.scale import FRACTION
from isogloss.text import counted

if TYPE_CHECKING:
    import polars as pl

    from isogloss.behaviour import Recall

SCORES = {"X-FaKT": "xfakt", "from": "xfakt_lower", "to": "xfakt_upper", "FRS": "frs", "KTS": "kts",
          "A": "associative", "N": "non_associative", "N - A": "gap"}  # fmt: skip
TIER_COLUMNS = {"associative": "A", "non_associative": "N"}
LANGUAGES = {"language": "name", "wrong": "error_rate"}
ANSWERED = {"right, but in English": "in_english", "right, but in another": "in_other"}
CELLS = {"language": "name", "country": "country", "wrong": "error_rate", "facts": "facts"}
WRITTEN_P = 0.05
FEW_FACTS = 10
MOST_WRONG, MOST_EQUAL = 0.25, 0.9
"""FRS below which, and KTS above which, equality says little."""
SHOWN = 20


class RecallQuestion(AboutItems):
    """Score factual recall and its transfer between languages (FRS, KTS, X-FaKT)."""

    command: ClassVar[str] = "behaviour recall"

    facts: Annotated[
        Any,
        Shell(kind=str, metavar="FACTS"),
        Field(description="Table of the country of each item, where the table of items does not say it."),
    ] = None
    home: Annotated[
        Pairs,
        Shell(metavar="LANGUAGE=COUNTRY"),
        Field(description="The country of a language, such as deu=Germany; 13 languages of X-FaKT are known."),
    ] = Field(default_factory=dict)
    counted: Annotated[
        Literal["any", "own"],
        Field(description="Whether right answers in any language count, or in that of the question only."),
    ] = "any"
    shared: Annotated[bool, Field(description="Leave out items that a language or a model lacks.")] = False
    round_cells: Annotated[
        bool, Field(description="Round error rates of cells to hundredths first, as the published scores do.")
    ] = False

    def answer(self, progress: Progress | None = None) -> Answer:
        """Score them."""
        from isogloss.behaviour import score_recall
        from isogloss.behaviour.countries import read_homes
        from isogloss.behaviour.items import read_items_and_facts
        from isogloss.behaviour.ratings import with_right

        homes = read_homes(self.home, self.languages)
        read = read_items_and_facts(
            self.items, self.facts, columns=self.columns, languages=self.languages, choose=self.chosen
        )
        items = with_right(read, self.counted)
        result = score_recall(
            items, homes=homes, shared=self.shared, round_cells=self.round_cells, level=self.level, seed=self.seed
        )
        names = Names(None, written_names(items))
        sentences = tuple(_sentences(result))
        canvas = canvas_of(sentences[0], FRACTION, names.written, "share of wrong answers")
        best = _best_first(result).row(0, named=True)
        cells = result.cells.filter(task=best["task"], model=best["model"])
        draw_scores, draw_cells = partial(_draw, result.scores, canvas), partial(_draw_cells, cells, canvas)
        return Answer(
            self.command, sentences, _tables(result, names, self.level), scale=FRACTION, flags=_flags(result),
            notes=_notes(items, self.shared), result=result,
            draw=draw_cells if result.scores.height == 1 else draw_scores,
            views={"models": draw_scores, "cells": draw_cells},
        )  # fmt: skip


def _best_first(result: Recall) -> pl.DataFrame:
    """The scores, the best model first."""
    return result.scores.sort("xfakt", descending=True, maintain_order=True)


def _tables(result: Recall, names: Names, level: float) -> dict[str, Table]:
    import polars as pl

    scores = _best_first(result)
    about = {name: name for name in ("task", "model") if scores[name].n_unique() > 1}
    named = result.languages.with_columns(names.of("language").alias("name"))
    answered = ANSWERED if "in_english" in named.columns else {}
    worst = result.cells.sort("error_rate", descending=True, maintain_order=True)
    worst = worst.with_columns(names.of("language").alias("name"), own=pl.col("associative"))
    one = not about
    p = pl.col("p").round(4).cast(pl.String)
    return {
        "scores": Table(
            scores, f"Shares of wrong answers and scores, {100 * level:g} % intervals", about | SCORES | {"p": p}
        ),
        "tiers": _tiers(result.tiers, about),
        "languages": Table(named, "By language of the question", about | LANGUAGES | answered, rows=None if one else 0),
        "cells": Table(worst, "Most wrong", about | CELLS | {"own country": "own"}, rows=SHOWN // 2 if one else 0),
    }


def _tiers(tiers: pl.DataFrame, about: dict[str, str]) -> Table:
    """A and N of languages with much, some and little text, one row for each model."""
    wide = tiers.pivot("tier", index=["task", "model"], values=[*TIER_COLUMNS], maintain_order=True)
    shown = {
        f"{short}, {tier}": f"{name}_{tier}"
        for tier in tiers["tier"].unique(maintain_order=True) for name, short in TIER_COLUMNS.items()
    }  # fmt: skip
    return Table(wide, "A and N of languages with much, medium and little text", about | shown)


def _sentences(result: Recall) -> list[str]:
    scores = _best_first(result)
    best = scores.row(0, named=True)
    wrong = (
        f"{100 * best['associative']:.0f} % of facts of a language's own country wrong, "
        f"{100 * best['non_associative']:.0f} % of others"
    )
    score = f"X-FaKT {best['xfakt']:.3f} ({best['xfakt_lower']:.3f} to {best['xfakt_upper']:.3f})"
    if scores.height == 1:
        return [f"{subject(best, scores)}: {wrong}; {score}.", _tested(best)]
    rows = "rows" if scores["task"].n_unique() > 1 else "models"
    first = f"Best of {scores.height} {rows}: {subject(best, scores)}, {score}: {wrong}."
    ties = scores.filter(scores["xfakt_upper"] >= best["xfakt_lower"]).height - 1
    tied = f"{counted(ties, 'other')} may be as good: intervals overlap." if ties else ""
    surely = scores.filter((scores["p_holm"] <= WRITTEN_P) & (scores["gap"] > 0)).height
    known = (
        f"In {surely} of {scores.height}, facts are known better in the language of their country than chance pairs of "
        f"language and country would give (Holm's p at most {WRITTEN_P:g})."
    )
    return [part for part in (first, tied, known) if part]


def _tested(row: dict[str, Any]) -> str:
    """The permutation test in words."""
    if row["p"] > WRITTEN_P:
        return f"That own and other facts differ is not shown (permutation test, p = {row['p']:.3f})."
    known = "better" if row["gap"] > 0 else "worse"
    return (
        f"Facts are known {known} in the language of their country than chance pairs of language and country would "
        f"give (permutation test, p = {row['p']:.4f})."
    )


def _flags(result: Recall) -> pl.DataFrame:
    """Where a score says less than it seems to."""
    import polars as pl

    rows = []
    for row in result.scores.iter_rows(named=True):
        about = " ".join(part for part in (row["model"], row["task"]) if part)
        if row["frs"] < MOST_WRONG and row["kts"] > MOST_EQUAL:
            meaning = "KTS is high because nearly all is wrong, not because knowledge transfers."
            rows.append({"about": about, "flag": "wrong_everywhere", "meaning": meaning})
    few = result.cells.filter(pl.col("facts") < FEW_FACTS)["country"].unique().sort().to_list()
    if few:
        meaning = f"Fewer than {FEW_FACTS} facts: {', '.join(few)}. Their intervals are too narrow."
        rows.append({"about": "countries", "flag": "few_facts", "meaning": meaning})
    return pl.DataFrame(rows, schema={"about": pl.String, "flag": pl.String, "meaning": pl.String})


def _notes(items: pl.DataFrame, shared: bool) -> tuple[str, ...]:
    import polars as pl

    notes = [
        "A and N are means over cells of a language and a country: A where the country is the language's own.",
        "Chance: guesses among 13 countries have FRS .03, KTS 1 and X-FaKT .05. KTS is 1 also if all is wrong.",
    ]
    if "answered_in" in items.columns:
        elsewhere = items.filter(pl.col("answered_in").is_in(["English", "other"])).height
        right = max(items["answered_in"].count(), 1)
        notes.append(f"{100 * elsewhere / right:.0f} % of right answers are in another language than the question.")
    if shared:
        notes.append("Items that a language or a model lacks are left out.")
    return tuple(notes)


def _draw(scores: pl.DataFrame, canvas: Any) -> Any:
    from isogloss.charts import draw_recall

    return draw_recall(scores, canvas=canvas)


def _draw_cells(cells: pl.DataFrame, canvas: Any) -> Any:
    from isogloss.charts import draw_recall_cells

    return draw_recall_cells(cells, canvas=canvas)
