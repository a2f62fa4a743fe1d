"""Text as people read it: numbers and what they count agree."""

import pytest

from isogloss.text import amount, counted


@pytest.mark.parametrize(
    ("number", "unit", "written"),
    [
        (1, "training languages", "1 training language"),
        (2, "training languages", "2 training languages"),
        (1, "examples of related languages", "1 example of related languages"),
        (0, "labelled examples", "0 labelled examples"),
        (1, "MiB of web text", "1 MiB of web text"),
        (1_264, "labelled examples", "1,264 labelled examples"),
        (22_700_000, "parameters", "22.7 million parameters"),
    ],
)
def test_an_amount_agrees_with_its_unit(number, unit, written):
    assert amount(number, unit) == written


def test_what_is_counted_agrees_with_its_number():
    assert [counted(number, "mix") for number in (0, 1, 1_200)] == ["0 mixes", "1 mix", "1,200 mixes"]
    assert [counted(number, "variety") for number in (1, 2)] == ["1 variety", "2 varieties"]
