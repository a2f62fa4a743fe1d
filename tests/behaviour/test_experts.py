"""Expert languages: choices counted by hand, planted and null worlds, and bad input."""

from __future__ import annotations

import polars as pl
import pytest
from tests.behaviour.worlds import experts_world

import isogloss
from isogloss.behaviour import score_experts
from isogloss.errors import InputError


def certain(items: int = 60) -> pl.DataFrame:
    """Law is known in German and English, cooking in Hindi and English; English lacks three of ten items."""
    rows = [
        (topic, f"{topic} {item}", language, language in known and not (language == "English" and item % 10 < 3))
        for topic, known in {"law": ("German", "English"), "cooking": ("Hindi", "English")}.items()
        for item in range(items) for language in ("English", "German", "Hindi")
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=["topic", "item", "language", "correct"], orient="row")


def test_experts_of_certain_knowledge_are_named_with_their_gain():
    """English has 84 of 120 right; German all of law and Hindi all of cooking: .3 gained."""
    answer = isogloss.expert_languages(certain())
    row = answer.result.models.row(0, named=True)
    assert (row["single"], row["switched"], row["topics"], row["items"]) == ("eng", 2, 2, 120)
    assert row["gain"] == pytest.approx(0.3)
    assert dict(answer.result.topics.select("topic", "expert").iter_rows()) == {"law": "deu", "cooking": "hin"}
    accuracy = dict(answer.result.policies.select("policy", "accuracy").iter_rows())
    assert accuracy == pytest.approx(
        {"experts": 1, "experts without shrinkage": 1, "best single language": 0.7, "English": 0.7,
         "a language at random": (0.7 + 1) / 3, "any language right": 1}
    )  # fmt: skip
    assert answer.verdict.startswith("The model: an expert language for each topic gains +30.0 points (")
    assert "law in German" in answer.sentences[1]


def test_the_own_language_of_a_country_is_one_way_to_ask():
    about = certain().with_columns(topic=pl.col("topic").replace({"law": "Germany", "cooking": "India"}))
    policies = isogloss.expert_languages(about, home={"German": "Germany"}).result.policies
    assert policies.filter(policy="own language of the country")["accuracy"].item() == 1


def test_where_no_language_is_expert_of_anything_a_gain_is_seldom_shown():
    """20 worlds in which languages differ alike in all topics: lower ends above 0 in at most 2, and little is lost."""
    rows = [score_experts(experts_world(seed=seed), draws=50).models.row(0, named=True) for seed in range(20)]
    assert sum(row["lower"] > 0 for row in rows) <= 2
    assert sum(row["gain"] for row in rows) / 20 > -0.005


def test_planted_experts_are_found_and_gain():
    results = [score_experts(experts_world(4.0, items=60, seed=seed), draws=50) for seed in range(10)]
    assert sum(one.models["lower"].item() > 0 for one in results) >= 8
    planted = {"topic 0": "deu", "topic 2": "fra", "topic 4": "rus", "topic 6": "deu"}
    found = [dict(one.topics.select("topic", "expert").iter_rows()) for one in results]
    assert sum(one[topic] == language for one in found for topic, language in planted.items()) >= 32


def test_shrinkage_loses_less_than_the_best_of_noisy_shares():
    """In null worlds of eight items a topic, unshrunk experts lose to the best single language."""
    shares = pl.concat(
        score_experts(experts_world(items=8, seed=seed), draws=2).policies for seed in range(20)
    ).group_by("policy").agg(pl.col("accuracy").mean())  # fmt: skip
    accuracy = dict(shares.iter_rows())
    assert accuracy["experts without shrinkage"] < accuracy["experts"] - 0.01
    assert accuracy["experts"] > accuracy["best single language"] - 0.02


def test_the_topics_may_stand_in_a_table_of_facts():
    table = certain()
    facts = table.select("item", subject="topic").unique()
    answer = isogloss.expert_languages(table.drop("topic"), facts=facts, columns={"topic": "subject"})
    assert answer.result.models["gain"].item() == pytest.approx(0.3)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.drop("topic"), "no column 'topic'"),
        (lambda t: t.with_columns(topic=pl.lit("law")), "one topic is too few"),
        (lambda t: t.filter(pl.col("language") == "Hindi"), "1 language is too few"),
        (lambda t: t.head(-1), "item cooking 59 is not answered in hin; 1 of 120 items .*shared"),
        (lambda t: pl.concat([t, t]), "item law 0 is given twice"),
        (lambda t: t.with_columns(item=pl.lit("x")), "given twice"),
        (lambda t: t.with_columns(topic=pl.when(pl.col("language") == "Hindi").then(pl.lit("law")).otherwise("topic")),
         "is of several topics"),
        (lambda t: t.with_columns(topic=pl.lit(None, pl.String)), "has no topic"),
        (lambda t: t.filter(pl.col("item").is_in(["law 1", "cooking 1"])), "2 items are too few to hold some out"),
    ],
)  # fmt: skip
def test_what_cannot_be_scored_is_said_with_what_to_do(change, message):
    with pytest.raises(InputError, match=message):
        isogloss.expert_languages(change(certain()))
