"""Label projection: labels of sentences carried over to their translations, along linked words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from isogloss.errors import BadValue
from isogloss.texts.aligners import Bitext, Links

OUTSIDE = "O"
"""The label of words that are in no span."""
NO_LINK, UNSURE = "no link", "too unsure"
"""Why a label is not carried, whatever it is of."""

LABELS = {"label": pl.String, "in_source": pl.Int64, "carried": pl.Int64, "dropped": pl.Int64, "reasons": pl.String}


@dataclass(frozen=True)
class Projection:
    """Labels of target words.

    Attributes
    ----------
    labels : list of list of (str or None)
        Of each word of each target sentence; None where none could be carried.
    sureness : list of list of float
        From 0 to 1, of each label; 0 where there is none.
    table : polars.DataFrame
        One row per label: how often it is in the source, how often it was carried, how often dropped, and why.
    unlabelled : dict of str to int
        Target words without a label, by reason.
    """

    labels: list[list[str | None]]
    sureness: list[list[float]]
    table: pl.DataFrame
    unlabelled: dict[str, int]


def check_labels(bitext: Bitext, labels: Sequence[Sequence[str]], links: Sequence[Links]) -> None:
    """Raise BadValue unless each source word has a label, and each pair of sentences its links."""
    if len(links) != len(bitext):
        raise BadValue(
            f"links of {len(links)} sentences, not of {len(bitext)}", where="links", hint="align all of them"
        )
    for number, (words, given) in enumerate(zip(bitext.sources, labels, strict=True), start=1):
        if len(words) != len(given):
            raise BadValue(f"sentence {number} has {len(words)} words and {len(given)} labels", where="labels")


def label_table(rows: Sequence[tuple[str, str]]) -> pl.DataFrame:
    """The table of a projection from (label, reason) of everything labelled in the source; no reason if carried."""
    found = pl.DataFrame(rows, schema={"label": pl.String, "reason": pl.String}, orient="row")
    dropped = found.filter(pl.col("reason") != "").group_by("label", "reason").len().sort("len", descending=True)
    reasons = dropped.group_by("label", maintain_order=True).agg(
        pl.format("{} {}", "len", "reason").str.join(", ").alias("reasons")
    )
    counts = found.group_by("label").agg(
        pl.len().cast(pl.Int64).alias("in_source"), (pl.col("reason") == "").sum().cast(pl.Int64).alias("carried")
    )
    table = counts.with_columns((pl.col("in_source") - pl.col("carried")).alias("dropped"))
    table = table.join(reasons, on="label", how="left").with_columns(pl.col("reasons").fill_null(""))
    return table.sort("in_source", "label", descending=[True, False]).select(LABELS.keys())
