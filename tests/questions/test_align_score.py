"""Which languages a model holds well: the verdict, the distance that is kept, and the scores in a store."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from tests.questions import worlds

from isogloss.alignment import write_encodings
from isogloss.errors import BadFile, BadValue, UnknownName
from isogloss.evidence import Store
from isogloss.languages import distances, similarities
from isogloss.questions.align_score import AlignmentQuestion
from isogloss.questions.question import read_question


@pytest.fixture(autouse=True)
def folders(tmp_path, monkeypatch):
    monkeypatch.setenv("ISOGLOSS_SIMILARITIES", str(tmp_path / "similarities"))


@pytest.fixture
def reps(tmp_path):
    return worlds.encodings(tmp_path, languages=8)


def ask(reps, **fields):
    return read_question(AlignmentQuestion, {"encodings": reps, **fields}).answer()


def test_the_verdict_says_how_many_languages_are_held_well_and_which(reps):
    answer = ask(reps, metrics=["p@1"])
    assert answer.verdict == "planted holds 2 of 7 languages well and 0 hardly, by p@1, the mean over layers."
    assert answer.sentences[2].startswith("Best: German (0.92, 0.87 to 0.96); Swahili (0.61, 0.52 to 0.70)")
    table = answer.table
    assert table["language"][0] == "deu"
    assert table["value"].is_sorted(descending=True)


def test_values_are_those_of_the_mean_over_layers_or_of_the_maximum(reps):
    mean, most = (ask(reps, over=over).table for over in ("mean", "max"))
    both = mean.join(most, on="language")
    assert (both["value_right"] >= both["value"]).all()
    assert set(most["layers"]) == {"max"}


def test_one_layer_is_asked_for_by_its_number(reps):
    answer = ask(reps, layers=[2], metrics=["cka"])
    assert answer.table["layer"].unique().to_list() == [2]
    with pytest.raises(UnknownName, match="layer"):
        ask(reps, layers=[9])
    with pytest.raises(BadValue, match="layers"):
        ask(reps, layers="1.5")


def test_a_name_that_cannot_be_kept_is_refused_before_the_work(reps):
    (reps / "mean.npy").unlink()
    with pytest.raises(BadValue, match="as_similarity: 'Bad Name' is no name; lower-case letters"):
        ask(reps, metrics=["cka"], as_similarity="Bad Name")


def test_no_language_is_among_the_best_and_the_worst(reps):
    """Of seven languages, four and three; of one, no worst."""
    best, worst = ask(reps).sentences[2:4]
    assert (best.count(" to "), worst.count(" to ")) == (4, 3)
    assert not any(sentence.startswith("Worst") for sentence in ask(reps, languages=["deu"]).sentences)


def test_all_pairs_become_a_distance_that_commands_know_by_name(reps):
    answer = ask(reps, metrics=["cka"], as_similarity="planted-cka")
    assert answer.verdict.startswith("Most alike by cka, the mean over layers: ")
    assert "Kept as the distance 'planted-cka'" in answer.sentences[-1]
    assert "planted-cka" in similarities.names()
    value = answer.table.row(by_predicate=(pl.col("language") == "wol") & (pl.col("other") == "deu"), named=True)[
        "value"
    ]
    assert distances(["deu"], "planted-cka", others=["wol"]).values[0, 0] == pytest.approx(1 - value)
    assert np.isnan(distances(["deu"], "planted-cka", others=["kor"]).values).all()


def test_what_is_kept_is_an_explanatory_factor_and_ranks_languages(reps):
    import isogloss

    ask(reps, metrics=["cka"], as_similarity="planted-cka")
    near = isogloss.nearest_languages("deu", among=["eng", "wol"], kind="planted-cka")
    assert near.table["language"].to_list() == ["eng", "wol"]
    from isogloss.explanation.pairs import check_names

    check_names(["planted-cka"])


@pytest.mark.parametrize("metric", ["cosine-gap", "pwcca", "anisotropy"])
def test_what_is_no_similarity_is_not_kept(reps, metric):
    with pytest.raises(BadValue, match="as_similarity"):
        ask(reps, metrics=[metric], as_similarity="mine")


def test_a_distance_that_comes_with_isogloss_is_not_replaced(reps):
    with pytest.raises(BadValue, match="'genetic' is a kind of distance already"):
        ask(reps, metrics=["cka"], as_similarity="genetic")
    with pytest.raises(BadValue, match="lower-case"):
        ask(reps, metrics=["cka"], as_similarity="../mine")


def test_scores_go_into_a_store_as_observations_of_alignment(reps, tmp_path):
    ask(reps, metrics=["mexa", "cka"], into=str(tmp_path / "store"))
    evidence = Store(tmp_path / "store").read()
    rows = evidence.observations
    assert set(rows["task"]) == {"alignment with eng"}
    assert evidence.tasks["kind"].to_list() == ["alignment"]
    assert rows.filter(recipe="mean pooling, mean over layers", metric="mexa")["target"].n_unique() == 8
    assert rows["items"].unique().to_list() == [40]
    assert rows["standard_error"].null_count() == 0


def test_sentences_that_some_languages_lack_are_counted(tmp_path):
    random = np.random.default_rng(0)
    vectors = {"eng": random.normal(size=(10, 4)), "deu": random.normal(size=(8, 4))}
    write_encodings(tmp_path / "reps", vectors, {"eng": range(10), "deu": range(2, 10)}, model="m")
    answer = ask(tmp_path / "reps")
    assert answer.notes[0] == "8 sentences that all languages have; 2 that some languages lack are left out."


def test_a_folder_without_encodings_is_refused(tmp_path):
    with pytest.raises(BadFile, match="holds no encodings"):
        ask(tmp_path)
