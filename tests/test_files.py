"""Delimited text is read as it is written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isogloss.files import parse_delimited

NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters='",'), min_size=1).filter(
    lambda name: name != "b"
)


@pytest.mark.parametrize("start", ["x^2", "x\x01", "\x1f\x8b", "(\u00b5/\u00fd"])
def test_text_that_begins_like_a_compressed_stream_is_still_text(start: str) -> None:
    table = parse_delimited(f"{start},b\n1,2\n".encode(), ",")
    assert table.to_dict(as_series=False) == {start: ["1"], "b": ["2"]}


@given(NAMES, NAMES)
def test_any_header_and_cell_come_back_as_they_were_written(header: str, cell: str) -> None:
    table = parse_delimited(f"{header},b\n{cell},007\n".encode(), ",")
    assert table.rows() == [(cell, "007")]
    assert table.columns == [header.removeprefix("\ufeff") or header, "b"]


def test_types_are_inferred_only_where_asked() -> None:
    assert parse_delimited(b"a\n01\n", ",").rows() == [("01",)]
    assert parse_delimited(b"a\n01\n", ",", infer_schema=True).rows() == [(1,)]
