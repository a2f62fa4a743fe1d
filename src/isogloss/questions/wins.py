"""How often do answers of one system win against another's?"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field

from isogloss.progress import Progress
from isogloss.questions.about_items import AboutItems, written_names
from isogloss.questions.answer import Answer, Table
from isogloss.questions.fields import ReadAs, Shell
from isogloss.questions.names import Names
from isogloss.questions.pictures import canvas_of
from isogloss.questions.scale import FRACTION
from isogloss.text import counted, with_interval

if TYPE_CHECKING:
    import polars as pl

    from isogloss.behaviour import Wins

ITEMS = "Table of votes on pairs of answers, or of scores of answers. See docs/methods/win-rate.md."
SHOWN = 20
FEW_ITEMS = 10
WINS = {"items": "items", "won": "wins", "tied": "ties", "lost": "losses", "win rate": "rate", "from": "lower",
        "to": "upper", "p (Holm)": "p_holm"}  # fmt: skip
EQUAL = {"longer": "longer", "win rate": "rate", "at equal length": "equal", "from": "equal_lower", "to": "equal_upper"}
ORDERS = {"pairs": "items", "alike": "alike", "better first": "first", "better second": "second", "p (Holm)": "p_holm"}


class WinsQuestion(AboutItems):
    """Tell how often a system's answers win against another's in each language, also at equal length."""

    command: ClassVar[str] = "behaviour wins"

    items: Annotated[Any, Shell(kind=str, argument=True, metavar="VOTES"), Field(description=ITEMS)]
    languages: ReadAs = Field(default_factory=dict)
    task: Annotated[str | None, Field(description="Only this task.")] = None
    model: Annotated[str | None, Field(description="Only this system, against the other.")] = None
    against: Annotated[
        str | None,
        Field(description="The system that others are compared with, by default the one that stands in every pair."),
    ] = None

    def answer(self, progress: Progress | None = None) -> Answer:
        """Count them."""
        from isogloss.behaviour import read_items, score_wins
        from isogloss.behaviour.judgements import ROLES

        items = read_items(self.items, columns=self.columns, languages=self.languages, roles=ROLES)
        result = score_wins(
            self._of_task(items), against=self.against, model=self.model, level=self.level, seed=self.seed
        )
        names = Names(None, written_names(items) if "written" in items.columns else {})
        sentences = tuple(_sentences(result, names))
        return Answer(
            self.command, sentences, _tables(result, names), scale=FRACTION, flags=_flags(result, names),
            notes=tuple(_notes(result)), result=result, draw=partial(_draw, result, names, sentences[0]),
        )  # fmt: skip

    def _of_task(self, items: pl.DataFrame) -> pl.DataFrame:
        return self.model_copy(update={"model": None}).chosen(items)


def _best_first(result: Wins) -> list[dict[str, Any]]:
    """The mean over languages of each system."""
    import polars as pl

    whole = result.wins.filter(pl.col("language").is_null())
    return whole.sort("rate", descending=True, maintain_order=True).to_dicts()


def _sentences(result: Wins, names: Names) -> list[str]:
    import numpy as np
    import polars as pl

    best, *rest = _best_first(result)
    of_best = result.wins.filter(pl.col("language").is_not_null(), model=best["model"])
    shown = of_best.filter(pl.col("p_holm") <= 1 - result.level)
    more, fewer = (shown.filter(side).height for side in (pl.col("rate") > 0.5, pl.col("rate") < 0.5))
    start = f"Most wins of {len(rest) + 1} systems: {best['model']}" if rest else best["model"]
    said = [
        f"{start} against {best['against']}, win rate "
        f"{with_interval(best['rate'], best['lower'], best['upper'], '.2f')} "
        f"over {counted(of_best.height, 'language')}; shown, corrected (Holm), to win in {more} and to lose in {fewer}."
    ]
    if best["equal"] is not None:
        odds = result.lengths.filter(model=best["model"]).row(0, named=True)
        effect = "no effect of length is shown"
        if odds["lower"] > 1 or odds["upper"] < 1:
            effect = f"longer answers win {'more' if odds['odds'] > 1 else 'less'}"
        said.append(
            f"At equal length {best['equal']:.2f} ({best['equal_lower']:.2f} to {best['equal_upper']:.2f}); {effect} "
            f"(odds x {odds['odds']:.2f}, {odds['lower']:.2f} to {odds['upper']:.2f})."
        )
    orders = result.orders.filter(model=best["model"])
    if orders.height:
        biased = orders.filter(pl.col("p_holm") <= 1 - result.level)
        alike = np.average(orders["alike"], weights=orders["items"])
        where = (
            f"the place of an answer changes who wins in {', '.join(names(one) for one in biased['language'])}"
            if biased.height else "no effect of the place is shown"
        )  # fmt: skip
        said.append(f"In both orders the same vote for {100 * alike:.0f} % of pairs; {where}.")
    return said


def _tables(result: Wins, names: Names) -> dict[str, Table]:
    import polars as pl

    def named(table: pl.DataFrame) -> pl.DataFrame:
        name = pl.when(pl.col("language").is_null()).then(pl.lit("all")).otherwise(names.of("language"))
        return table.with_columns(name.alias("name"))

    several = {"system": "model"} if result.wins["model"].n_unique() > 1 else {}
    about = several | {"language": "name"}
    title = f"Against {result.wins['against'][0]}, a tie as half a win; {100 * result.level:g} % intervals"
    tables = {"wins": Table(named(result.wins), title, about | WINS, rows=SHOWN)}
    if result.lengths.height:
        known = named(result.wins.drop_nulls("equal"))
        tables["lengths"] = Table(known, "Expected where both answers are equally long", about | EQUAL, rows=SHOWN)
    if result.orders.height:
        tables["orders"] = Table(
            named(result.orders), "Pairs that were judged in both orders", about | ORDERS, rows=SHOWN
        )
    return tables


def _flags(result: Wins, names: Names) -> pl.DataFrame:
    import polars as pl

    few = result.wins.filter(pl.col("language").is_not_null(), pl.col("items") < FEW_ITEMS)
    meaning = f"Fewer than {FEW_ITEMS} items: only a very large difference could be shown."
    rows = [{"about": names(one), "flag": "few_items", "meaning": meaning} for one in few["language"].unique().sort()]
    return pl.DataFrame(rows, schema={"about": pl.String, "flag": pl.String, "meaning": pl.String})


def _notes(result: Wins) -> list[str]:
    notes = []
    if result.orders.is_empty():
        notes.append("No pair was judged in both orders: whether the judge favours the first answer is not checked.")
    if result.lengths.is_empty():
        notes.append("Without answers or their lengths, whether the judge favours long ones is not checked.")
    if result.left_out:
        notes.append(f"{counted(result.left_out, 'row')} without a vote, or of other systems, left out.")
    return notes


def _draw(result: Wins, names: Names, verdict: str) -> Any:
    """Languages of one system; systems by languages where there are several."""

    from isogloss.charts import Matrix, draw_matrix, draw_wins

    order = [row["model"] for row in _best_first(result)]
    codes = result.wins["language"].drop_nulls().unique(maintain_order=True).to_list()
    canvas = canvas_of(verdict, FRACTION, {code: names(code) for code in codes})
    if len(order) == 1:
        return draw_wins(result.wins, result.level, canvas=canvas)
    rates = {(model, code): rate for model, code, rate in result.wins.select("model", "language", "rate").iter_rows()}
    columns = [None, *codes]
    grid = [[rates.get((model, code)) for code in columns] for model in order]
    named = ["all" if code is None else names(code) for code in columns]
    lines = [f"Win rate against {result.wins['against'][0]}, a tie as half a win."]
    return draw_matrix(Matrix(order, named, grid, "win rate"), lines=lines, diverging=True, canvas=canvas)
