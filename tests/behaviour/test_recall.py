"""Factual recall and its transfer: hand-checked tables, planted worlds, published rows, bad input."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from benchmarks.behaviour_xfakt import DATA, FACTS, PUBLISHED, RATINGS, score, worst
from tests.behaviour.worlds import HOMES, facts_world, ratings_world

import isogloss
from isogloss.behaviour import home_countries, score_recall
from isogloss.errors import InputError

RIGHT = pl.col("rating") < 4


def test_a_table_of_four_facts_scored_by_hand():
    """English: 0 of 2 own wrong, 1 of 2 others; Hindi: 0 of 2 own, 2 of 2 others. A = 0, N = .75."""
    answer = isogloss.factual_recall(ratings_world())
    (row,) = answer.result.scores.to_dicts()
    assert (row["associative"], row["non_associative"], row["gap"]) == (0, 0.75, 0.75)
    assert row["frs"] == pytest.approx(1.5 * (1 / 1.75 - 1 / 3))
    assert row["kts"] == pytest.approx(2 * (1 / 1.75 - 1 / 2))
    assert row["p"] == 1  # two pairings, the same distance from their mean
    assert answer.verdict.startswith("ours: 0 % of facts of a language's own country wrong, 75 % of others; X-FaKT")
    assert {(row["language"], row["country"]): row["errors"] for row in answer.result.cells.to_dicts()} == {
        ("eng", "United States"): 0, ("eng", "India"): 1, ("hin", "United States"): 2, ("hin", "India"): 0
    }  # fmt: skip


def test_right_answers_in_english_count_as_own_to_english_questions_only():
    """Of the facts of own countries, only the Hindi one that was answered in English is lost."""
    own = isogloss.factual_recall(ratings_world(), counted="own").result
    assert own.scores["associative"].item() == 0.25
    languages = {row["language"]: row["in_english"] for row in own.languages.to_dicts()}
    assert languages == {"eng": 0, "hin": 0.5}


@pytest.mark.parametrize(
    "change",
    [
        lambda table: table.with_columns(rating=pl.format("[{}]", "rating")),
        lambda table: table.with_columns(correct=pl.col("rating") < 4).drop("rating"),
        lambda table: table.with_columns(score=(pl.col("rating") < 4).cast(pl.Float64)).drop("rating"),
        lambda table: table.select(pl.exclude("rating"), Right=RIGHT.replace_strict([True, False], ["yes", "no"])),
        lambda table: table.rename({"fact": "question_id", "language": "lang"}),
    ],
)  # fmt: skip
def test_tables_of_any_tool_say_the_same(change):
    assert isogloss.factual_recall(change(ratings_world())).result.scores.equals(
        isogloss.factual_recall(ratings_world()).result.scores
    )


@pytest.mark.parametrize("ending", ["csv", "parquet", "xlsx", "jsonl"])
def test_every_kind_of_file_is_read(tmp_path, ending):
    path = tmp_path / f"ratings.{ending}"
    write = {"csv": "write_csv", "parquet": "write_parquet", "xlsx": "write_excel", "jsonl": "write_ndjson"}[ending]
    getattr(ratings_world(), write)(path)
    assert isogloss.factual_recall(str(path)).result.scores["non_associative"].item() == 0.75


def test_countries_may_stand_in_a_table_of_facts():
    facts = ratings_world().select("fact", "language", answer="country").unique()
    spelt = facts.with_columns(answer=pl.when(pl.col("language") == "Hindi").then(pl.lit("भारत")).otherwise("answer"))
    answer = isogloss.factual_recall(ratings_world().drop("country"), facts=spelt, columns={"country": "answer"})
    assert answer.result.scores["non_associative"].item() == 0.75


def test_a_country_of_an_own_language_can_be_given():
    german = ratings_world().with_columns(
        language=pl.col("language").replace("Hindi", "German"), country=pl.col("country").replace("India", "Germany")
    )
    with pytest.raises(InputError, match=r"country of deu is not known; home=\{'deu': 'COUNTRY'\}"):
        isogloss.factual_recall(german)
    assert isogloss.factual_recall(german, home={"German": "germany"}).result.scores["gap"].item() == 0.75
    named = {"home": {"our German": "Germany"}, "languages": {"our German": "deu"}}
    assert isogloss.factual_recall(german, **named).result.scores["gap"].item() == 0.75


def test_pairs_that_do_not_matter_are_seldom_called_significant():
    """Languages and countries differ in difficulty, but own facts are no easier: p is uniform, and intervals hold 0."""
    scores = score_recall(facts_world(models=200), homes=HOMES, draws=200).scores
    assert 0.01 <= (scores["p"] <= 0.05).mean() <= 0.1
    assert abs(scores["p"].mean() - 0.5) < 0.08
    assert (scores["p_holm"] <= 0.05).sum() <= 1
    held = (scores["gap_lower"] <= 0) & (scores["gap_upper"] >= 0)
    assert held.mean() >= 0.9


def test_a_planted_gap_is_found_and_inside_its_interval():
    scores = score_recall(facts_world(models=100, own=0.3, seed=1), homes=HOMES, draws=200).scores
    assert (scores["p"] <= 0.05).mean() > 0.95
    held = (scores["gap_lower"] <= 0.3) & (scores["gap_upper"] >= 0.3)
    assert 0.88 <= held.mean() <= 1


def test_neither_the_order_of_rows_nor_other_models_change_a_score():
    world = facts_world(models=2, own=0.2)
    both = score_recall(world, homes=HOMES, draws=50).scores.sort("model")
    shuffled = score_recall(world.sample(fraction=1, shuffle=True, seed=3), homes=HOMES, draws=50).scores.sort("model")
    assert np.allclose(both["xfakt"], shuffled["xfakt"])
    alone = score_recall(world.filter(model="model 0"), homes=HOMES, draws=50).scores
    first, same = (scores.drop("p_holm").row(0, named=True) for scores in (both, alone))
    assert first == pytest.approx(same)


def test_tiers_are_means_over_the_cells_of_their_languages():
    result = score_recall(facts_world(), homes=HOMES, draws=10)
    low = result.cells.filter(pl.col("language").is_in(["swa", "tha"]), ~pl.col("associative"))
    assert result.tiers.filter(tier="low")["non_associative"].item() == pytest.approx(low["error_rate"].mean())
    assert dict(result.tiers.select("tier", "languages").iter_rows()) == {"high": 2, "medium": 2, "low": 2}


def test_a_model_wrong_everywhere_is_flagged():
    wrong = ratings_world().with_columns(rating=pl.lit(4))
    answer = isogloss.factual_recall(wrong)
    assert answer.result.scores["kts"].item() == 1
    assert "wrong_everywhere" in answer.flags["flag"].to_list()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.with_columns(pl.col("rating").replace(4, 7)), r"item c: '7' in 3 rows is not known; use 1 \("),
        (lambda t: t.with_columns(rating=pl.col("rating").replace(4, None)), "no value in 3 rows"),
        (lambda t: t.filter(pl.col("language") == "Hindi"), "1 language is too few to compare"),
        (lambda t: t.head(7), "Hindi|hin: lacks 1 of 4 items, such as d; .* shared=True"),
        (lambda t: pl.concat([t, t.head(1)]), "item a stands 2 times; keep one answer"),
        (lambda t: t.drop("rating"), "no column 'correct'; name it correct or is correct"),
        (lambda t: t.drop("country"), "no column 'country'"),
        (lambda t: t.drop("fact"), "no column 'item'"),
        (lambda t: t.head(0), "has no rows"),
        (lambda t: t.with_columns(language=pl.lit("Hindish")), "unknown language 'Hindish'"),
        (lambda t: t.with_columns(country=pl.lit("Brazil")), "0 of 2 languages have facts of their own country"),
        (lambda t: t.with_columns(qid=pl.lit(1)), "'fact' and 'qid' may both be the item; columns="),
    ],
)  # fmt: skip
def test_what_cannot_be_scored_is_said_with_what_to_do(change, message):
    with pytest.raises(InputError, match=message):
        isogloss.factual_recall(change(ratings_world()))


def test_items_that_a_language_lacks_can_be_left_out():
    answer = isogloss.factual_recall(ratings_world().head(7), shared=True)
    assert answer.table["facts"].item() == 3


def test_the_home_countries_are_those_of_the_thirteen_languages():
    assert len(set(home_countries().values())) == 13
    assert home_countries()["swh"] == home_countries()["swa"] == "Kenya"


@pytest.mark.data
def test_published_rows_come_out_of_the_released_ratings():
    """Scores from rounded cells to .0005, error rates from exact cells to .005 points."""
    if not (DATA / RATINGS).is_file():
        pytest.skip("the research data is absent: set ISOGLOSS_DATA to its folder")
    rounded, exact = (score(DATA / RATINGS, DATA / FACTS, "answer", round_cells=one) for one in (True, False))
    assert rounded.height == len(PUBLISHED) == 14
    assert worst(rounded, ("frs", "kts", "xfakt"), 1, slice(2, 5)) <= 0.0005
    assert worst(exact, ("associative", "non_associative"), 100, slice(0, 2)) <= 0.005
    assert dict(exact.select("languages", "countries", "facts").row(0, named=True)) == {
        "languages": 13, "countries": 13, "facts": 802
    }  # fmt: skip
