"""Tables at any width: all of them is there, no number is broken, and lines fit."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from isogloss.layout import Column, lay_out, paragraph

SCORES = [
    Column("task", ["SIB-200", "UD-POS"]),
    Column("model", ["all-MiniLM-L6-v2", "char-ngram"]),
    Column("targets", ["21", "53"], numeric=True),
    Column("mean", ["0.338", "12345.678"], numeric=True),
]
WORDS = st.text(st.characters(categories=["Lu", "Ll", "Lo", "Zs"], include_characters="-/,:"), max_size=30)
NUMBERS = st.floats(-1e9, 1e9).map(lambda number: f"{number:.3f}") | st.integers(0, 10**9).map(str)


@st.composite
def tables(draw):
    rows, columns = draw(st.integers(1, 4)), draw(st.integers(1, 6))
    numeric = [draw(st.booleans()) for _ in range(columns)]
    return [
        Column(
            draw(WORDS.filter(str.strip)),
            draw(st.lists(NUMBERS if kind else WORDS, min_size=rows, max_size=rows)),
            kind,
        )
        for kind in numeric
    ]


def test_columns_stand_side_by_side_where_they_fit():
    assert lay_out(SCORES, 80) == (
        ["task     model             targets       mean"],
        ["SIB-200  all-MiniLM-L6-v2       21      0.338", "UD-POS   char-ngram             53  12345.678"],
    )


def test_text_is_broken_between_words_before_anything_else():
    assert lay_out(SCORES, 41) == (
        ["task     model         targets       mean"],
        ["SIB-200  all-MiniLM-        21      0.338", "         L6-v2", "UD-POS   char-ngram         53  12345.678"],
    )


def test_fields_stand_below_each_other_where_columns_do_not_fit():
    header, body = lay_out(SCORES, 30)
    assert header == []
    assert body[:5] == ["task     SIB-200", "model    all-MiniLM-L6-v2", "targets  21", "mean     0.338", ""]


def test_a_training_mix_is_broken_after_a_language():
    _, body = lay_out([Column("train", ["eng:1000,hin:500,swa:250"]), Column("mean", ["0.5"], numeric=True)], 23)
    assert body == ["eng:1000,hin:500,   0.5", "swa:250"]


def test_a_recipe_is_broken_between_its_parameters_and_no_number_of_it_is():
    _, body = lay_out([Column("recipe", ["ngram-logreg(C=10,tolerance=1e-05)"]), Column("jobs", ["178"], True)], 18)
    assert body == ["ngram-         178", "logreg(C=10,", "tolerance=", "1e-05)"]


@given(tables(), st.integers(1, 120))
def test_no_number_is_broken_at_any_width(columns, width):
    header, body = lay_out(columns, width)
    lines = "\n".join([*header, *body])
    for column in columns:
        for cell in column.cells:
            for number in re.findall(r"\d[\d.]*", cell):
                assert number in lines


@given(tables(), st.integers(60, 120))
def test_lines_fit_and_nothing_is_left_out(columns, width):
    header, body = lay_out(columns, width)
    assert max(map(cell_len, [*header, *body]), default=0) <= width
    shown = "".join(sorted("".join("".join(header + body).split())))
    names = 1 if header else len(columns[0].cells)
    wanted = [column.name * names + "".join(column.cells) for column in columns]
    assert shown == "".join(sorted("".join("".join(wanted).split())))


def test_a_table_without_rows_is_its_header():
    assert lay_out([Column("task", []), Column("mean", [], numeric=True)], 80) == (["task  mean"], [])


@given(st.lists(st.text("abc 語", max_size=40), max_size=3).map("\n".join), st.integers(4, 40))
def test_sentences_are_broken_between_words_and_lose_none(text, width):
    found = paragraph(text, width)
    assert "".join("".join(found).split()) == "".join(text.split())
    assert all(cell_len(line) <= width for line in found)


def test_a_sentence_that_fits_is_left_as_it_is():
    assert paragraph("  two spaces before\nand a second line", 40) == ["  two spaces before", "and a second line"]
