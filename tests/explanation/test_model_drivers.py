from __future__ import annotations

import polars as pl
import pytest
from tests.explanation.worlds import models_world

import isogloss
from isogloss.charts import draw_result
from isogloss.errors import BadValue, InputError, NotEnoughEvidence, UnknownName
from isogloss.evidence import Evidence
from isogloss.explanation import MODEL_DRIVERS, ModelDrivers, find_model_drivers

PLANTED = {"architecture": 0.06, "size": 0.04}


@pytest.fixture(scope="module")
def planted() -> ModelDrivers:
    """Encoders have 6 points more, ten times the parameters 4, and the objective does nothing."""
    return find_model_drivers(*models_world(1, 24, **PLANTED), permutations=499)


def test_planted_facts_are_found_with_their_size_and_no_other(planted):
    assert planted.table.schema == MODEL_DRIVERS
    assert set(planted.table.filter("driver")["factor"]) == {"architecture", "parameters"}
    row = planted.table.filter(pl.col("factor") == "architecture").row(0, named=True)
    assert (row["contrast"], row["group"]) == ("encoder against decoder", "model architecture")
    assert row["lower"] < 6 < row["upper"]
    assert row["p_holm"] <= 0.05
    assert planted.held_out_r2 < planted.r2


def test_the_sentences_name_the_facts_the_contrast_and_the_limits(planted):
    first, *others = planted.sentences()
    assert first.startswith("Shown to go with the scores of models: ")
    assert "architecture, encoder against decoder: +" in first
    assert "Not shown to matter, which is no proof that they do not: objective." in others
    assert "models of one family count as if each were made anew" in others[-1]


def test_in_null_worlds_anything_is_shown_in_few():
    """Family-wise: at most 5 % of worlds; of 20, more than 4 would be rare."""
    shown = [find_model_drivers(*models_world(seed, 12), permutations=99).table["driver"].any() for seed in range(20)]
    assert sum(shown) <= 4


def test_a_model_does_not_gain_by_easy_languages():
    """Half of the models lack the six hardest languages; their levels are what they are with all."""
    evidence, facts = models_world(3, 12, **PLANTED, gaps=0.0)
    whole = find_model_drivers(evidence, facts, permutations=19)
    hard = evidence.observations["target"].unique().sort()[:6].to_list()
    half = facts["model"][::2].to_list()
    fewer = evidence.with_observations(
        evidence.observations.filter(~(pl.col("target").is_in(hard) & pl.col("model").is_in(half)))
    )
    levels = find_model_drivers(fewer, facts, permutations=19).levels.join(whole.levels, on="model")
    assert (levels["level"] - levels["level_right"]).abs().max() < 0.02


def test_with_few_models_each_fact_is_tested_alone_and_this_is_said():
    drivers = find_model_drivers(*models_world(1, 8, **PLANTED), permutations=99)
    assert not drivers.beside
    assert any("each is tested alone" in sentence for sentence in drivers.sentences())


def test_facts_that_cannot_be_told_apart_are_left_out_or_refused():
    evidence, facts = models_world(2, 12)
    twice = facts.with_columns(kind=pl.col("architecture").str.to_uppercase(), name=pl.col("model"))
    drivers = find_model_drivers(evidence, twice, permutations=19)
    assert drivers.excluded["kind"].startswith("a combination of architecture")
    assert drivers.excluded["name"] == "12 values in 12 models"
    with pytest.raises(InputError, match="cannot be told apart"):
        find_model_drivers(evidence, twice, factors=["architecture", "kind"], permutations=19)


def test_models_of_which_a_fact_is_unknown_are_left_out_and_named():
    evidence, facts = models_world(2, 12)
    gap = facts.with_columns(parameters=pl.when(pl.col("model") != "lm-03").then("parameters"))
    drivers = find_model_drivers(evidence, gap, permutations=19)
    assert (drivers.models, drivers.notes) == (11, ("1 model left out, of which a fact is not known: lm-03",))


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda facts: facts.rename({"model": "name"}), BadValue, "no column 'model'"),
        (lambda facts: pl.concat([facts, facts[:1]]), BadValue, "two rows for the model 'lm-00'"),
        (lambda facts: facts.with_columns(model="x" + pl.col("model")), BadValue, "names none of the models"),
        (lambda facts: facts[:4], NotEnoughEvidence, "no fact is known"),
        (lambda facts: facts.select("model", kind=pl.lit("x")), NotEnoughEvidence, "the same in all models"),
    ],
)
def test_a_table_of_facts_that_cannot_be_used_is_refused(change, error, message):
    evidence, facts = models_world(2, 12)
    with pytest.raises(error, match=message):
        find_model_drivers(evidence, change(facts), permutations=19)


def test_an_unknown_fact_is_named():
    evidence, facts = models_world(2, 12)
    with pytest.raises(UnknownName, match="'architectur'"):
        find_model_drivers(evidence, facts, factors=["architectur"])


def test_models_that_share_no_language_are_refused():
    evidence, facts = models_world(2, 6, gaps=0.0)
    moved = evidence.observations.with_columns(
        target=pl.when(pl.col("model") == "lm-02").then(pl.lit("zul")).otherwise("target")
    )
    alone = evidence.with_observations(moved.unique(["model", "target"]))
    with pytest.raises(InputError, match="lm-02 shares no language"):
        find_model_drivers(alone, facts, permutations=19)


def test_the_question_reads_a_table_of_facts(tmp_path):
    evidence, facts = models_world(1, 24, **PLANTED)
    facts.write_csv(tmp_path / "facts.csv")
    answer = isogloss.explain(evidence, facts=tmp_path / "facts.csv", permutations=99)
    assert "architecture, encoder against decoder" in answer.sentences[0]
    assert set(answer.tables) == {"factors", "models"}
    assert "encoder against decoder" in draw_result(answer.result).to_json()
    with pytest.raises(InputError, match="one model"):
        isogloss.explain(evidence, facts=tmp_path / "facts.csv", model="lm-01")


def test_facts_of_the_evidence_are_used_without_a_table():
    evidence, facts = models_world(1, 24, **PLANTED)
    known = Evidence(evidence.observations, models=facts)
    answer = isogloss.explain(known, permutations=99)
    assert "architecture, encoder against decoder" in answer.sentences[0]
