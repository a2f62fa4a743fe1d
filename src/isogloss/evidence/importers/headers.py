"""Headers of columns of numbers that are no scores."""

from __future__ import annotations

import re

from isogloss.languages.context import is_summary
from isogloss.languages.names import fold

BOOKKEEPING = re.compile(
    r"(n|no|id|idx|index|count|counts|total count|rank|ranking|position|unnamed.*|column \d+|year|date|time|runtime|"
    r"seconds|epoch|steps?|tokens|speakers|population|(num|number|n) .+|.+ (count|seconds|per second|runtime|size)|"
    r"params?|parameters|cost|price|latency|size|version)"
)
"""Folded headers of columns of numbers that are no scores."""

SPREAD = re.compile(r"(std|sd|stdev|std dev|stddev|standard deviation|ci|ci 95|95 ci|margin|variance|var)( .*)?")
"""Folded headers of columns that say how far scores spread, which is no standard error."""


def is_bookkeeping(header: str) -> bool:
    """Whether a column of numbers under this header holds no scores."""
    folded = fold(header)
    return bool(BOOKKEEPING.fullmatch(folded) or SPREAD.fullmatch(folded))


def is_left_out(header: str) -> bool:
    """Whether a column of numbers under this header is a summary, a spread or bookkeeping."""
    return is_summary(header) or is_bookkeeping(header)
