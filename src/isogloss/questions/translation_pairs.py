"""Scores of translations between any two of several languages: by pair, those learnt from apart."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from isogloss.questions.answer import Table
from isogloss.questions.scale import Scale
from isogloss.text import counted

if TYPE_CHECKING:
    import polars as pl

SHOWN = 30
WITHOUT, LEARNT = "without an example", "learnt"


def of_pairs(cells: pl.DataFrame) -> pl.DataFrame:
    """The cells of trainings on pairs, with `from`, `into` and `learnt`.

    Parameters
    ----------
    cells : polars.DataFrame
        As `isogloss.lab.Findings.cells` gives them.
    """
    import polars as pl

    from isogloss.evidence.pairs import ARROW
    from isogloss.lab.transfer import direction, target_in_source

    sides = direction().str.split(ARROW).list
    found = cells.filter(pl.col("source").str.contains(ARROW, literal=True), pl.col("shown_size") == 0)
    return found.with_columns(sides.get(0).alias("from"), sides.get(1).alias("into"), learnt=target_in_source())


def pairs_tables(cells: pl.DataFrame, scale: Scale) -> dict[str, Table]:
    """One table for each task, model, source and size: pairs in rows, those learnt from first, recipes in columns."""
    import polars as pl

    tables = {}
    key = ("task", "model", "source", "size")
    for number, ((task, model, source, size), group) in enumerate(
        of_pairs(cells).group_by(key, maintain_order=True), 1
    ):
        wide = group.pivot(on="recipe", index=["from", "into", "learnt"], values="score")
        recipes = wide.columns[3:]
        wide = wide.sort(pl.col("learnt").not_(), "from", "into").with_columns(
            pl.when("learnt").then(pl.lit(LEARNT)).otherwise(pl.lit(WITHOUT)).alias("learnt")
        )
        letters = [chr(ord("a") + place) for place in range(len(recipes))]  # as names of recipes are long
        heads = letters if len(recipes) > 1 else ["score"]
        shown = {"from": "from", "into": "into", "pair": "learnt"} | dict(zip(heads, recipes, strict=True))
        listed = "; ".join(f"{head}: {one}" for head, one in zip(heads, recipes, strict=True))
        learnt = counted(source.count(":") or 1, "pair")
        title = f"{task}, {model}, {size} examples of {learnt}. {listed}"
        tables[f"pairs {number}"] = Table(scale.table(wide, recipes), title, shown, scale.digits, rows=SHOWN)
    return tables


def pairs_sentences(cells: pl.DataFrame, compared: pl.DataFrame, metric: str, scale: Scale) -> Iterator[str]:
    """The mean over pairs without an example and over those learnt, and how recipes differ there."""
    import polars as pl

    means = of_pairs(cells).group_by("model", "recipe", "learnt").agg(pl.col("score").mean(), pairs=pl.len())
    best = means.filter(~pl.col("learnt")).sort("score", "recipe", descending=True).head(1)
    for row in best.iter_rows(named=True):
        learnt = means.filter(pl.col("learnt"), model=row["model"], recipe=row["recipe"])["score"].to_list()
        within = f" ({scale.score(learnt[0])} in pairs learnt from)" if learnt else ""
        yield (
            f"In {counted(row['pairs'], 'pair')} without an example, {row['recipe']} is best: {metric} "
            f"{scale.score(row['score'])}{within}."
        )
    for row in compared.filter(pl.col("learnt").eq(False)).iter_rows(named=True):
        span = f"{scale.change(row['lower'])} to {scale.change(row['upper'])}"
        yield f"There {row['first']} less {row['second']}: {scale.change(row['difference'])} ({span})."


def draw_pairs(cells: pl.DataFrame, metric: str, scale: Scale) -> Any:
    """Languages that are read in rows, that are written in columns, of the recipe best in pairs without an example."""
    import polars as pl

    from isogloss.charts import Canvas, Matrix, draw_matrix
    from isogloss.metrics import find_metric

    every = of_pairs(cells)
    arms = every.filter(~pl.col("learnt")).group_by("model", "recipe", "source", "size").agg(pl.col("score").mean())
    best = (arms if arms.height else every).sort("score", "recipe", descending=True).row(0, named=True)
    rows = every.filter(**{name: best[name] for name in ("model", "recipe", "source", "size")})
    read, written = (rows[side].unique().sort().to_list() for side in ("from", "into"))
    known = {(one, two): (score, learnt) for one, two, score, learnt in
             rows.select("from", "into", "score", "learnt").iter_rows()}  # fmt: skip
    values = [[known[one, two][0] * scale.factor if (one, two) in known else None for two in written] for one in read]
    framed = {(row, column) for row, one in enumerate(read) for column, two in enumerate(written)
              if known.get((one, two), (0.0, False))[1]}  # fmt: skip
    high = (
        scale.factor
        if find_metric(metric).is_fraction
        else max(one for line in values for one in line if one is not None)
    )
    canvas = Canvas(score=metric, percent=scale.factor == 100)
    rows_named, columns_named = ([canvas.name(one) for one in side] for side in (read, written))
    title = f"{metric} by pair of languages"
    return draw_matrix(
        Matrix(rows_named, columns_named, values, title, high=high, framed=frozenset(framed)),
        lines=[
            f"{rows['task'][0]} · {best['recipe']}",
            "Rows: read; columns: written. Framed: learnt from; others without an example.",
        ],
        canvas=canvas,
    )  # fmt: skip
