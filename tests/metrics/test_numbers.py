"""The number that an output ends with, in any writing."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isogloss.metrics.texts import last_number

ZEROS = {"ASCII": "0", "Bengali": "০", "Telugu": "౦", "Thai": "๐", "Arabic": "٠", "Persian": "۰", "full width": "０"}
THOUSANDS = [",", ".", "'", "’", "\u00a0", "\u202f", " ", "_"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("16 - 3 - 4 = 9, so she makes 9 * 2 = $18.", "18"),
        ("The answer is 70,000.", "70000"),
        ("Die Antwort ist 70.000 Euro", "70000"),
        ("La réponse est 70 000", "70000"),
        ("1,00,000 rupees", "100000"),
        ("1.080,50 €", "1080.5"),
        ("1,080.50 $", "1080.5"),
        ("it is -5", "-5"),
        ("it is −5 degrees", "-5"),
        ("10-18", "18"),
        ("2 + 3 = 5.0", "5"),
        ("答えは18です", "18"),
        ("উত্তর ১৮", "18"),
        ("٣٫٥", "3.5"),
        ("1, 2, 3", "3"),
        ("1.2.3", "3"),
    ],
)
def test_the_last_number_is_read_as_people_write_it(text: str, value: str) -> None:
    assert Decimal(value) in last_number(text)


def test_a_mark_that_languages_use_differently_is_read_both_ways() -> None:
    assert last_number("1.234") == last_number("1,234") == {Decimal("1.234"), Decimal(1234)}
    assert last_number("80,000") == {Decimal(80000)}
    assert last_number("0.125") == {Decimal("0.125")}


def test_a_number_after_another_may_stand_alone() -> None:
    assert last_number("add 3 200") == {Decimal(3200), Decimal(200)}


def test_there_may_be_no_number() -> None:
    assert last_number("十八, eighteen or ½") == frozenset()


@given(st.integers(-(10**12), 10**12), st.sampled_from(sorted(ZEROS)), st.sampled_from(["", *THOUSANDS]))
def test_any_whole_number_is_read_in_any_digits_with_any_separator(value: int, digits: str, separator: str) -> None:
    zero = ord(ZEROS[digits])
    written = "".join(chr(zero + int(sign)) if sign.isdigit() else sign for sign in f"{value:,}")
    assert Decimal(value) in last_number(f"so 7 + 1 is: {written.replace(',', separator)}.")


@given(st.text())
def test_no_text_is_too_odd_to_read(text: str) -> None:
    assert all(value.is_finite() for value in last_number(text))
