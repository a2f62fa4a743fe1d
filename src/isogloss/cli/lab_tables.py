"""How sources x targets are laid out for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

MOST = 11
"""Targets that a line of 80 columns has room for."""


def columns_that_tell(summary: pl.DataFrame) -> list[str]:
    """The columns that tell the rows of `Findings.summary` apart, and no more, as lines are short.

    Tasks stand there where there are several, pairs where there is one; models where rows would be alike without.
    """
    named = [*["task"] * (summary["task"].n_unique() > 1), *["pair"] * (summary["pair"].count() > 0)]
    rest = ["recipe", "size", "shown_size"]
    if summary.select(named + rest).is_duplicated().any():
        named.append("model")
    return named + rest


def transfer_matrix(cells: pl.DataFrame) -> Iterator[tuple[str, pl.DataFrame]]:
    """One table per task, recipe and size, sources in rows, with what it is of; none where there are too many targets.

    Parameters
    ----------
    cells : polars.DataFrame
        As `isogloss.lab.transfer.Findings.cells` gives them.
    """
    plain = cells.filter(shown_size=0)
    if plain["target"].n_unique() > MOST:
        return
    key = ("task", "pair", "model", "recipe", "size")
    for (task, pair, model, recipe, size), group in plain.group_by(key, maintain_order=True):
        asked = f" ({pair})" if pair else ""
        targets = sorted(group["target"].unique())
        matrix = group.pivot(on="target", index="source", values="score").select("source", *targets)
        yield f"{task}{asked}, {model}, {recipe}, {size} examples (rows: trained on)", matrix
