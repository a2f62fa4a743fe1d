"""What a reader sees first: whether to act on a number at all."""

from __future__ import annotations

import polars as pl
import pytest

from isogloss.forecasting import ask
from isogloss.forecasting.forecaster import FORECAST
from isogloss.questions.forecast_answer import answer_forecasts

LANGUAGES = {"yor": "Yoruba", "wol": "Wolof", "por": "Portuguese"}


def verdict(*words: str) -> str:
    queries = ask(task="topics", model="ours", targets=list(LANGUAGES)[: len(words)])
    rows = [
        {**dict.fromkeys(FORECAST), "query_row": row, "task": "topics", "model": "ours", "train": "", "target": code,
         "target_as_reported": LANGUAGES[code], "mean": 0.5 + row / 10, "lower": 0.4, "upper": 0.8, "level": 0.9,
         "flags": [], "trust": word}
        for row, (code, word) in enumerate(zip(LANGUAGES, words, strict=False))
    ]  # fmt: skip
    return answer_forecasts(pl.DataFrame(rows, schema=FORECAST), queries, None).verdict


@pytest.mark.parametrize(
    ("words", "first"),
    [
        (("guess", "guess"), "All forecasts are guesses (Yoruba, Wolof): test before you act on a number."),
        (("guess", "shaky", "fair"), "1 of 3 forecasts is a guess (Yoruba): test before you act on a number."),
        (("shaky", "fair"), "1 of 2 forecasts is shaky (Yoruba): act on the interval, not on the number in it."),
        (("solid", "fair"), "ours, topics: forecasts from 0.50 (Yoruba) to 0.60 (Wolof) in 2 languages."),
        (("guess",), "Yoruba: a guess. Test this language before you act on a number."),
    ],
)
def test_the_gravest_word_of_trust_comes_before_any_number(words, first):
    assert verdict(*words).startswith(first)
