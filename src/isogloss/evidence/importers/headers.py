"""Headers of columns of numbers that are no scores."""

from __future__ import annotations

import re

from isogloss.languages.context import is_summary
from isogloss.languages.names import fold

BOOKKEEPING = re.compile(
    r"(n|no|id|idx|index|count|counts|total count|rank|ranking|position|unnamed.*|column \d+|year|date|time|runtime|"
    r"seconds|epoch|steps?|tokens|speakers|population|(num|number|n) .+|.+ (count|seconds|per second|runtime|size)|"
    r"params?|parameters|cost|price|latency|size|version|langs|languages|.+ id|correct)"
)
"""Folded headers of columns of numbers that are no scores."""

SPREAD = re.compile(
    r"(std|sd|stdev|std dev|stddev|standard deviation|ci|ci 95|95 ci|margin|variance|var|p value|pvalue)( .*)?"
)
"""Folded headers of columns that say how far scores spread, or how sure a difference is, which is no standard error."""


FACTS = frozenset(
    "speakers population class level tier resource resources tokens size gb mb articles wikipedia year params "
    "parameters seconds runtime latency cost price distance similarity latitude longitude lat lon".split()
)
"""Words in the headers of facts about languages and models, which are no scores."""

BESIDE = re.compile(
    r".+ (stderr|std err|standard error|se|sem|std|sd|stdev|std dev|ci|ci 95|lower|upper|p value|pvalue)"
)
"""Folded headers of what stands beside the scores of one system: `A stderr`."""

_ERROR = re.compile(
    r"(?:(.*?)[\s_-]*)?(?:±|\+/-|\+-|\b(?:std[ ._-]?err|stderr|standard[ ._-]error|se|sem))", re.IGNORECASE
)

DIFFERENCE = re.compile(r"(δ|delta|diff|difference|gain|gap|improvement|change)( .*)?")
"""Folded headers of differences between scores that stand in other columns."""

LONGEST = 200
"""Characters of a header; a longer one is looked at no closer."""

LONGEST_FACT = 3
"""Words of a header; a longer one may be the name of a model with its parameters."""


TASKS = frozenset(
    "xnli xcopa paws-x pawsx mmlu mgsm belebele sib-200 sib200 xquad tydiqa mlqa wikiann udpos xstorycloze xwinograd "
    "flores ntrex hellaswag arc arc-challenge truthfulqa gsm8k global-mmlu include masakhaner masakhanews nusax "
    "afrisenti afrixnli afrimmlu afrimgsm tatoeba massive xlsum panx copa naijasenti squad xlsum pos ner nli qa "
    "sentiment summarization translation".split()
)
"""Names of well-known tasks, to be compared folded."""


def error_of(header: str) -> str | None:
    """Of what a column holds the standard errors by its header, "" if of that before it; None where it holds none."""
    match = _ERROR.fullmatch(header.strip().replace("_", " ")) if len(header) <= LONGEST else None
    return (match[1] or "").strip() if match else None


def is_bookkeeping(header: str) -> bool:
    """Whether a column of numbers under this header holds no scores."""
    folded = fold(header)
    words = folded.split()
    if header.strip() in ("±", "+/-", "+-"):
        return True
    if len(words) <= LONGEST_FACT and FACTS.intersection(words):
        return True
    return any(pattern.fullmatch(folded) for pattern in (BOOKKEEPING, SPREAD, BESIDE, DIFFERENCE))


def is_left_out(header: str) -> bool:
    """Whether a column of numbers under this header is a summary, a spread or bookkeeping."""
    return is_summary(header) or is_bookkeeping(header)
