"""Names beside and above grids of colours can be read."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.charts.drawn import rows_with

from isogloss.charts import Canvas, Matrix, draw_matrix
from isogloss.charts.canvas import shorten, text_width
from isogloss.charts.matrix import grid_places, halves

ADAPTATIONS = ["quantise-int8", "quantise-int4(tokens=2048,method=gptq)",
               "quantise-int4(tokens=2048,method=gptq,texts=eng_Latn)"]  # fmt: skip
RELATIONS = [f"{language}, {relation}" for relation in ("currencies", "official-languages")
             for language in ("English", "Spanish")]  # fmt: skip


def drawn(rows: list[str], columns: list[str]) -> list[str]:
    """All texts of a grid."""
    values = [[0.5 for _ in columns] for _ in rows]
    chart: Any = draw_matrix(Matrix(rows, columns, values, "share"))
    return [row["text"] for row in rows_with(chart, "text")]


def test_names_of_few_wide_columns_stand_level_and_whole():
    assert set(RELATIONS) <= set(drawn(["currencies", "official-languages"], RELATIONS))
    assert grid_places(["currencies"], RELATIONS, Canvas().page("x")).level


def test_long_names_of_rows_take_two_lines_rather_than_be_cut():
    texts = drawn(ADAPTATIONS * 3, [f"language {at}" for at in range(16)])
    assert not [text for text in texts if "…" in text]
    assert {"quantise-int4(tokens=2048,", "method=gptq)", "method=gptq,texts=eng_Latn)"} <= set(texts)


@pytest.mark.parametrize(
    ("name", "lines"),
    [("of one family", ("of one", "family")), ("layer-drop(tokens=2048)", ("layer-drop", "(tokens=2048)")),
     ("unbroken", ("unbroken", ""))],
)  # fmt: skip
def test_a_name_is_broken_where_words_end(name, lines):
    assert halves(name) == lines


@given(st.text(min_size=1, max_size=60), st.floats(20, 200))
def test_a_shortened_name_fits_and_keeps_both_ends(name, width):
    short = shorten(name, width)
    assert text_width(short) <= width
    assert short == name or short == "…" or (short[0] == name[0] and short[-1] == name[-1])


@given(st.lists(st.text(min_size=1, max_size=80), min_size=1, max_size=48),
       st.lists(st.text(min_size=1, max_size=80), min_size=1, max_size=48))  # fmt: skip
def test_cells_and_names_stay_on_the_page(rows, columns):
    page = Canvas().page("A title", ["and a line"])
    places = grid_places(rows, columns, page)
    assert places.left + places.across * len(columns) <= page.width + 1e-6
    assert places.above + places.step * len(rows) <= page.height
    assert places.across > 0
    assert places.step > 0
