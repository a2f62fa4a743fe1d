from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.explanation.worlds import transfer_evidence, transfer_table

import isogloss
from isogloss import read_evidence
from isogloss.errors import InputError, NotEnoughEvidence
from isogloss.explanation import DRIVERS, Drivers, find_drivers, target_facts
from isogloss.explanation.pairs import similarity
from isogloss.languages import register_similarity, similarities

REPOSITORY = Path(__file__).parents[2]
FEW = ["syntactic", "genetic", "geographic", "script", "source text", "target text"]
ASKED = {"task": "topics", "model": "toy"}


@pytest.fixture(scope="module")
def planted() -> Drivers:
    """Grammar adds 4 points per standard deviation, the target's web text 5, nothing else anything."""
    evidence = transfer_evidence(1, 16, {"syntactic": 0.04, "target text": 0.05})
    return find_drivers(evidence, **ASKED, factors=FEW, permutations=199)


def test_planted_drivers_are_found_with_their_size_and_no_others(planted):
    assert set(planted.table.filter(pl.col("driver"))["factor"]) == {"syntactic", "target text"}
    rows = {row["factor"]: row for row in planted.table.to_dicts()}
    for name, effect in (("syntactic", 4.0), ("target text", 5.0)):
        assert rows[name]["lower"] < effect < rows[name]["upper"]
        assert rows[name]["q"] <= 0.05
    assert all(rows[name]["q"] > 0.05 for name in ("genetic", "geographic", "script", "source text"))


def test_word_order_is_a_factor_of_its_own_where_it_is_asked_for():
    evidence = transfer_evidence(1, 16, {"word-order": 0.05})
    drivers = find_drivers(evidence, **ASKED, factors=["word-order", "morphological", "script"], permutations=199)
    assert drivers.table.filter(pl.col("driver"))["factor"].to_list() == ["word-order"]
    assert drivers.words.startswith("Shown to go with the scores: similar word order goes with higher scores")
    assert "word-order" not in find_drivers(evidence, **ASKED, permutations=19).table["factor"]


def test_the_table_has_a_row_for_every_factor_and_shares_that_add_up_to_r2(planted):
    assert planted.table.schema == DRIVERS
    assert sorted(planted.table["factor"]) == sorted(FEW)
    assert planted.table["share"].sum() == pytest.approx(planted.r2)
    assert planted.groups["share"].sum() == pytest.approx(planted.r2)
    assert (planted.pairs, planted.sources, planted.targets) == (240, 16, 16)


def test_languages_left_out_are_explained_less_than_those_fitted(planted):
    assert 0 < planted.held_out_r2 < planted.r2


def test_the_paragraph_names_drivers_numbers_and_limits(planted):
    words = planted.words
    assert "Shown to go with the scores: more web text in the target language goes with higher scores" in words
    assert "Not shown to matter beside these, which is no proof that they do not:" in words
    assert f"{100 * planted.r2:.0f} %" in words
    assert f"for {100 * planted.held_out_r2:.0f} % for held-out languages" in words
    assert "no cause is shown" in words


def test_where_nothing_is_planted_nothing_is_claimed():
    """Twenty null tables; a false discovery rate of .05 leaves at most 4 tables with a driver in 99.7 % of runs."""
    found = [
        find_drivers(transfer_evidence(100 + seed, 10), **ASKED, factors=FEW, permutations=99) for seed in range(20)
    ]
    claimed = [one for one in found if one.table["driver"].any()]
    assert len(claimed) <= 4
    silent = next(one for one in found if not one.table["driver"].any())
    assert silent.words.startswith("No factor is shown to go with the scores")
    assert "That is no proof that none matters." in silent.words


def test_a_planted_product_is_found_beside_its_factors():
    table = transfer_table(5, 16)
    names = sorted(set(table["target"]))
    script, syntactic = (similarity(kind, names, names) for kind in ("script", "syntactic"))
    product = (script - script.mean()) / script.std() * (syntactic - syntactic.mean()) / syntactic.std()
    place = {name: position for position, name in enumerate(names)}
    added = [
        0.05 * product[place[train[:3]], place[target]] for train, target in table.select("train", "target").rows()
    ]
    evidence = read_evidence(table.with_columns(score=pl.col("score") + pl.Series(added)))
    products = [("script", "syntactic"), ("script", "geographic")]
    found = find_drivers(evidence, **ASKED, factors=FEW, interactions=products, permutations=199)
    assert found.interactions["factor"].to_list() == ["script x syntactic", "script x geographic"]
    assert found.interactions["driver"].to_list() == [True, False]


def test_permutations_that_cannot_show_one_factor_are_said_to_be_too_few():
    evidence = transfer_evidence(1, 12, {"target text": 0.1})
    notes = {
        count: find_drivers(evidence, **ASKED, factors=["target text", "genetic"], permutations=count).notes
        for count in (38, 39)
    }
    assert notes == {38: ("38 permutations are too few to show one factor of 2: take 39 or more",), 39: ()}


def test_where_less_is_better_the_words_say_so():
    table = transfer_table(1, 12, {"target text": 0.1}).with_columns(
        metric=pl.lit("perplexity"), score=9 + pl.col("score")
    )
    found = find_drivers(read_evidence(table), **ASKED, factors=["target text"], permutations=19)
    assert not found.higher_is_better
    assert "Of perplexity less is better" in found.words


def test_mixes_are_explained_by_their_doses():
    chance = np.random.default_rng(0)
    names = "deu eng fra hin rus spa tam tur vie zho".split()
    rows = []
    for _ in range(30):
        sizes = {name: int(chance.choice([0, 100, 1000, 5000])) for name in names}
        text = ",".join(f"{name}:{size}" for name, size in sizes.items() if size)
        rows += [(name, text, 0.3 + 0.04 * np.log1p(sizes[name] / 10) + chance.normal(0, 0.02)) for name in names]
    table = pl.DataFrame(rows, schema=["target", "train", "score"], orient="row")
    evidence = read_evidence(table.with_columns(task=pl.lit("topics"), model=pl.lit("toy"), metric=pl.lit("accuracy")))
    found = find_drivers(evidence, **ASKED, factors=["own examples", "source examples", "syntactic"], permutations=199)
    assert found.mixed
    assert found.table.row(0, named=True)["factor"] == "own examples"
    assert found.table.filter(pl.col("driver"))["factor"].to_list() == ["own examples"]


def test_one_source_is_explained_by_its_targets_and_the_words_say_so():
    table = transfer_table(3, 40).filter(pl.col("train") == pl.col("train").first())
    found = find_drivers(read_evidence(table), **ASKED, factors=["syntactic", "target text"], permutations=99)
    assert found.sources == 1
    assert "All scores come from one source" in found.words


def test_the_same_seed_gives_the_same_answer():
    evidence = transfer_evidence(0, 10)
    one, other = (find_drivers(evidence, **ASKED, factors=FEW, permutations=49) for _ in range(2))
    assert one.table.equals(other.table)


@pytest.mark.data
def test_grammar_and_script_drive_entity_recognition():
    """NN-Rank's table of XLM-R base: 51 sources, 72 targets."""
    pytest.importorskip("isogloss_papers", reason="the importers of papers are absent: pip install ./plugins")
    folder = Path(os.environ.get("ISOGLOSS_DATA", REPOSITORY.parent / "shared" / "data"))
    path = folder / "observations" / "nnrank" / "results_xlm-roberta-base_test.csv"
    if not path.exists():
        pytest.skip("the research data is absent: set ISOGLOSS_DATA to its folder")
    found = find_drivers(read_evidence(path), task="NER", model="xlm-roberta-base", permutations=199)
    assert {"syntactic", "script"} <= set(found.table.filter(pl.col("driver"))["factor"])
    assert 0.5 < found.held_out_r2 < found.r2


def test_too_few_pairs_are_refused_with_the_number_needed():
    with pytest.raises(NotEnoughEvidence, match=r"30 pairs .* 35 are needed .* by 7 factors; measure 5 more"):
        find_drivers(transfer_evidence(4, 6), **ASKED, factors=[*FEW, "inventory", "morphological"])
    with pytest.raises(NotEnoughEvidence, match="4 target languages measured, 5 are needed"):
        find_drivers(transfer_evidence(0, 4), **ASKED, factors=["genetic"])


def test_scores_that_are_all_alike_are_refused():
    table = transfer_table(0, 10).with_columns(score=pl.lit(0.5))
    with pytest.raises(InputError, match="all 90 scores are alike: there is nothing to explain"):
        find_drivers(read_evidence(table), **ASKED)


def test_collinear_factors_asked_for_are_named_and_refused():
    table = transfer_table(0, 10)
    names = sorted(set(table["target"]))
    values = similarity("genetic", names, names)
    rows = [(one, two, float(values[i, j])) for i, one in enumerate(names) for j, two in enumerate(names)]
    register_similarity("descent-of-test", pl.DataFrame(rows, schema=["lang_a", "lang_b", "similarity"], orient="row"))
    try:
        with pytest.raises(InputError, match="'descent-of-test' is a combination of genetic; leave one of them out"):
            find_drivers(read_evidence(table), **ASKED, factors=["genetic", "script", "descent-of-test"])
    finally:
        similarities.unregister("descent-of-test")


def test_facts_of_targets_from_a_table_are_factors_beside_the_others(tmp_path):
    """A planted fact adds 10 points per standard deviation; another column is noise, and words are no numbers."""
    table = transfer_table(3, 16, {"syntactic": 0.04})
    names = sorted(table["target"].unique())
    chance = np.random.default_rng(1)
    counts = np.exp(chance.normal(3, 1.5, len(names))).astype(int)
    told = np.log10(1 + counts)
    adds = dict(zip(names, 0.1 * (told - told.mean()) / told.std(), strict=True))
    planted = table.with_columns(pl.col("score") + pl.col("target").replace_strict(adds, return_dtype=pl.Float64))
    facts = pl.DataFrame(
        {"language": names, "data_sets": counts, "noise": chance.normal(size=len(names)), "who": ["x"] * len(names)}
    )
    facts.write_csv(tmp_path / "facts.csv")
    drivers = find_drivers(
        read_evidence(planted), **ASKED, factors=[*FEW[:2], "target: data_sets", "target: noise"],
        facts=target_facts(facts), permutations=199,
    )  # fmt: skip
    rows = {row["factor"]: row for row in drivers.table.to_dicts()}
    assert {name for name, row in rows.items() if row["driver"]} == {"syntactic", "target: data_sets"}
    assert rows["target: data_sets"]["lower"] < 10 < rows["target: data_sets"]["upper"]
    assert rows["target: data_sets"]["group"] == "facts of languages"
    assert "more 'data_sets' of the target goes with higher scores" in drivers.words
    asked = isogloss.explain(read_evidence(planted), facts=tmp_path / "facts.csv", permutations=99)
    assert "target: data_sets" in asked.tables["factors"].frame["factor"]


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"language": ["deu", "German"], "size": [1, 2]}, "row 1: two rows for deu"),
        ({"language": ["deu", "fra"], "size": ["big", "small"]}, "no column of numbers"),
    ],
)
def test_facts_of_languages_that_cannot_be_read_are_refused(table, message):
    with pytest.raises(InputError, match=message):
        target_facts(pl.DataFrame(table))
