"""Means that are the same to the last digit in whatever order rows come, and on any number of cores."""

from __future__ import annotations

import polars as pl


def mean_in_order(*columns: str) -> pl.Expr:
    """The mean of each column in a group, without its nulls, summed from the lowest on.

    polars leaves out a sort before a mean, and takes the order of what it sums from its threads.
    """
    column = pl.col(*columns)
    return column.sort().cum_sum().last() / column.count()
