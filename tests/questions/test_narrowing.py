"""What a forecast of poor languages says that measuring one of them would do for the others."""

from __future__ import annotations

import re

import polars as pl
import pytest
from tests.questions import worlds

import isogloss
from isogloss.questions.narrowing import narrows
from isogloss.questions.scale import FRACTION, RAW

POOR = ["Wolof", "Bambara", "Ewe", "Yoruba"]
ADVICE = re.compile(r"Measure (\w+) or (\w+): the 90 % intervals of the others narrow from (\d+) to (\d+) points\.")


@pytest.mark.parametrize("models", [1, 2])
def test_two_of_the_poor_languages_are_named_with_what_either_would_narrow(models):
    advice = ADVICE.fullmatch(isogloss.forecast(worlds.as_they_are(models), POOR).sentences[-1])
    assert {advice[1], advice[2]} <= set(POOR)
    assert int(advice[3]) > int(advice[4]) > 0


def test_intervals_are_narrower_once_the_language_was_measured():
    table = worlds.as_they_are()
    answer = isogloss.forecast(table, POOR)
    advice = ADVICE.fullmatch(answer.sentences[-1])
    rest = [language for language in POOR if language != advice[1]]
    score = answer.table.filter(language=advice[1])["mean"][0]
    measured = table.head(1).with_columns(target=pl.lit(advice[1]), score=pl.lit(score))
    after = isogloss.forecast(pl.concat([table, measured]), rest).table
    width = (after["upper"] - after["lower"]).mean()
    assert width == pytest.approx(int(advice[4]), rel=0.15)


@pytest.mark.parametrize("targets", [["Wolof", "Bambara"], ["Swedish", "Danish", "Romanian"]])
def test_nothing_is_said_of_few_languages_or_of_those_that_are_not_poorer(targets):
    assert "narrow from" not in isogloss.forecast(worlds.as_they_are(), targets).text(300)


@pytest.mark.parametrize(
    ("widths", "scale", "said"),
    [((0.41, 0.367), FRACTION, "from 41 to 37 points"), ((0.024, 0.0204), FRACTION, "from 2.4 to 2.0 points"),
     ((0.0312, 0.024), RAW, "from 0.0312 to 0.024 perplexity")],
)  # fmt: skip
def test_narrow_intervals_are_said_with_the_digits_that_tell_them_apart(widths, scale, said):
    assert narrows(*widths, scale, "perplexity") == f"the 90 % intervals of the others narrow {said}"
