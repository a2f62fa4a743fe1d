"""Tables of items that are wrong are answered as far as they can be, or refused with an error that names the reason."""

from __future__ import annotations

import polars as pl
import pytest

from isogloss.errors import IsoglossError
from isogloss.questions.behaviour_report import SECTIONS, BehaviourReportQuestion
from isogloss.questions.question import read_question

KINDS = {**{name: kind for name, (_, kind) in SECTIONS.items()}, "report": BehaviourReportQuestion}


def rows(columns: str, *lines: str) -> pl.DataFrame:
    cells = [[None if cell == "-" else cell for cell in line.split()] for line in lines]
    return pl.DataFrame(cells, schema=columns.split(), orient="row")


TABLES = {
    "no rows": rows("item language correct"),
    "one language": rows("item language model correct", "1 English m 1", "2 English m 0"),
    "not parallel": rows("item language model correct country", "1 English m 1 France", "2 English m 0 India",
                         "3 Hindi m 1 India"),
    "unknown ratings": rows("item language model rating country", "1 English m 1 India", "1 Hindi m 9 India"),
    "other candidates": rows("item language model candidate score correct", "1 English m 0 1 1", "1 English m 1 0 0",
                             "1 German m 0 1 1", "1 German m 1 1 0", "1 German m 2 0 0"),
    "empty replies": rows("item language model text", "1 English m -", "2 Hindi m -"),
    "no language known": rows("item language model correct", "1 Klingonese m 1", "1 English m 0"),
    "twice": rows("item language model correct", "1 English m 1", "1 English m 0", "1 German m 1"),
    "no outcome": rows("item language model correct", "1 English m -", "1 German m -"),
    "of something else": rows("a b", "1 2"),
}  # fmt: skip


@pytest.mark.parametrize("command", KINDS)
def test_a_wrong_table_is_refused_with_a_reason_or_answered(command: str) -> None:
    if command in ("confusion", "report"):
        pytest.importorskip("py3langid", reason="to identify languages needs py3langid, of the extra behaviour")
    refused = set()
    for name, table in TABLES.items():
        try:
            assert read_question(KINDS[command], {"items": table}).answer().verdict
        except IsoglossError as error:
            refused.add(name if error.reason else f"{name}, without a reason")
    answered = {"empty replies"} if command in ("confusion", "report") else set()
    assert refused == TABLES.keys() - answered


def test_empty_replies_do_not_count_as_right() -> None:
    table = TABLES["empty replies"].with_columns(answers=pl.lit("Paris"))
    fields = {"items": table, "metrics": ["blend_short"]}
    assert read_question(KINDS["score"], fields).answer().result.scores["value"].to_list() == [0.0, 0.0, 0.0]
