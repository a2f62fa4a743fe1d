"""Topics of questions by their texts: planted ones are found, and experts are chosen by them."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

import isogloss
from isogloss.behaviour import cluster_topics
from isogloss.errors import InputError

WORDS = {"rivers": "river flows water sea bridge".split(), "meals": "rice soup bread spice dinner".split(),
         "games": "ball goal team match referee".split()}  # fmt: skip
BEST = {"rivers": "eng", "meals": "hin", "games": "swa"}


def asked(items: int = 40, seed: int = 0) -> pl.DataFrame:
    """Questions of three topics, each right in a language of its own far more often than in the others."""
    rng, rows = np.random.default_rng(seed), []
    for topic, words in WORDS.items():
        for item in range(items):
            text = f"Which {' and '.join(rng.choice(words, 3, replace=False))} is it?"
            rows += [(f"{topic} {item}", language, text if language == "eng" else "?",
                      bool(rng.random() < (0.9 if language == BEST[topic] else 0.3)), topic)
                     for language in BEST.values()]  # fmt: skip
    schema = ["item", "language", "question", "correct", "truth"]
    return pl.DataFrame(rows, schema=schema, orient="row").with_columns(model=pl.lit("m"))


def test_planted_topics_are_found_and_called_by_their_words() -> None:
    table = asked()
    found = cluster_topics(table, 3).join(table.filter(language="eng").select("item", "truth"), on="item")
    assert found.select("topic", "truth").unique().height == 3
    for topic, truth in found.select("topic", "truth").unique().iter_rows():
        assert {*topic.split(": ")[1].split(", ")} <= {*WORDS[truth]}
    assert cluster_topics(table, 3).equals(cluster_topics(table, 3))


def test_experts_of_topics_that_were_found_gain_what_was_planted() -> None:
    answer = isogloss.expert_languages(asked().drop("truth"), topics=3)
    row = answer.result.models.row(0, named=True)
    assert row["topics"] == 3
    assert row["lower"] < 0.4 < row["upper"]
    assert answer.result.topics["expert"].sort().to_list() == ["eng", "hin", "swa"]


def test_questions_may_stand_in_a_table_of_their_own_under_any_name() -> None:
    table = asked()
    facts = table.filter(language="eng").select("item", prompt_text="question")
    items = table.drop("question", "truth")
    answer = isogloss.expert_languages(items, facts=facts, topics=3, columns={"question": "prompt_text"})
    whole = isogloss.expert_languages(table.drop("truth"), topics=3)
    assert answer.result.models.equals(whole.result.models)


@pytest.mark.parametrize(
    ("table", "count", "reason"),
    [
        (asked().drop("question"), 3, "has no column 'question'"),
        (asked(2), 6, "6 questions are too few for 6 topics"),
        (asked().with_columns(question=pl.lit("same words here")), 3, "no word is in fewer than half"),
    ],
)
def test_bad_input_is_refused(table: pl.DataFrame, count: int, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        cluster_topics(table, count)
