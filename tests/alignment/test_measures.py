"""What holds for every measure of alignment."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from tests.alignment.worlds import LANGUAGES, planted

from isogloss.alignment import Layer, alignment_measures, score
from isogloss.errors import BadValue, NotEnoughEvidence, UnknownName

NAMES = alignment_measures.names()
OF_COSINES = ("mexa", "p@1", "margin", "csls", "cosine-gap", "mplm-sim", "language-ranker", "anisotropy", "rsa")


def values(vectors, name, **options):
    """Language -> value against English."""
    table = score(vectors, [name], **options).filter(pl.col("layers") == "each")
    return dict(table.select("lang_b", "value").iter_rows())


@pytest.mark.parametrize("name", NAMES)
def test_values_lie_in_the_range_and_within_their_interval(name):
    measure = alignment_measures.get(name)
    for row in score(LANGUAGES, [name]).iter_rows(named=True):
        assert measure.lowest - 1e-6 <= row["value"] <= measure.highest + 1e-6
        assert row["lower"] is None or row["lower"] - 1e-6 <= row["value"] <= row["upper"] + 1e-6
        assert row["n"] == 60


@pytest.mark.parametrize("name", NAMES)
def test_a_language_is_one_with_itself(name):
    if alignment_measures.get(name).one_with_itself:
        table = score(LANGUAGES, [name], all_pairs=True).filter(pl.col("lang_a") == pl.col("lang_b"))
        assert np.allclose(table["value"], 1.0, atol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_less_noise_is_more_alignment_and_shuffled_sentences_have_chance(name):
    if not alignment_measures.get(name).of_pairs:
        return
    shuffled = np.random.default_rng(5).permutation(60)
    vectors = LANGUAGES | {"yor": LANGUAGES["deu"][shuffled]}
    table = score(vectors, [name])
    found = dict(table.select("lang_b", "value").iter_rows())
    chance = dict(table.select("lang_b", "chance").iter_rows())["yor"]
    assert found["deu"] > found["wol"] > found["yor"]
    assert abs(found["yor"] - chance) < 0.12


@pytest.mark.parametrize("name", NAMES)
def test_all_pairs_and_a_pivot_agree_and_no_language_changes_another(name):
    against = values(LANGUAGES, name)
    pairs = score(LANGUAGES, [name], all_pairs=True)
    if alignment_measures.get(name).of_pairs:
        pairs = pairs.filter(pl.col("lang_a") == "eng")
    assert dict(pairs.select("lang_b", "value").iter_rows()) == pytest.approx(against, abs=1e-6)
    alone = values({"eng": LANGUAGES["eng"], "wol": LANGUAGES["wol"]}, name)
    assert alone["wol"] == pytest.approx(against["wol"], abs=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_symmetric_measures_are(name):
    table = score(LANGUAGES, [name], all_pairs=True)
    square = {(a, b): value for a, b, value in table.select("lang_a", "lang_b", "value").iter_rows()}
    if alignment_measures.get(name).symmetric and alignment_measures.get(name).of_pairs:
        for (a, b), value in square.items():
            assert value == pytest.approx(square[b, a], abs=1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_size_and_direction_of_the_vectors_do_not_matter(name):
    turn = np.linalg.qr(np.random.default_rng(1).normal(size=(12, 12)))[0].astype(np.float32)
    turned = {language: 1000.0 * rows @ turn for language, rows in LANGUAGES.items()}
    if name not in ("anc", "anc-signed"):  # these compare dimensions one by one
        assert values(turned, name) == pytest.approx(values(LANGUAGES, name), abs=2e-3)
    assert values({code: 8 * rows for code, rows in LANGUAGES.items()}, name) == pytest.approx(
        values(LANGUAGES, name), abs=1e-5
    )


@pytest.mark.parametrize("name", NAMES)
def test_a_zero_vector_is_a_reason_where_cosines_are_needed(name):
    broken = {language: rows.copy() for language, rows in LANGUAGES.items()}
    broken["wol"][3] = 0.0
    row = score(broken, [name]).row(by_predicate=pl.col("lang_b") == "wol", named=True)
    if name.startswith(OF_COSINES):
        assert (row["value"], row["reason"]) == (None, "the vector of sentence 3 is zero")
    else:
        assert row["value"] is not None
        assert row["reason"] is None
    assert score(broken, [name]).row(by_predicate=pl.col("lang_b") == "deu", named=True)["value"] is not None


@pytest.mark.parametrize("name", NAMES)
def test_a_vector_that_is_not_finite_is_a_reason(name):
    broken = {language: rows.copy() for language, rows in LANGUAGES.items()}
    broken["wol"][3, 2] = np.inf
    row = score(broken, [name]).row(by_predicate=pl.col("lang_b") == "wol", named=True)
    assert (row["value"], row["reason"]) == (None, "the vector of sentence 3 is not finite")


@pytest.mark.parametrize("name", ["cka", "cka-biased", "r2-cca", "anc", "anc-signed", "cka-minibatch"])
def test_vectors_that_are_all_alike_raise_nothing(name):
    table = score(LANGUAGES | {"wol": np.ones((60, 12), dtype=np.float32)}, [name])
    assert table.filter(pl.col("lang_b") == "deu")["value"].null_count() == 0


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("count", [1, 3])
def test_three_sentences_are_refused(name, count):
    with pytest.raises(NotEnoughEvidence, match=f"{count} sentences tell nothing"):
        score({language: rows[:count] for language, rows in LANGUAGES.items()}, [name])


def test_half_precision_is_refused():
    with pytest.raises(BadValue, match="float16"):
        score({language: rows.astype(np.float16) for language, rows in LANGUAGES.items()})


def test_sentences_that_differ_in_number_are_refused():
    with pytest.raises(BadValue, match="deu has vectors of 59 x 12, eng of 60 x 12"):
        score(LANGUAGES | {"deu": LANGUAGES["deu"][1:]})


@pytest.mark.parametrize("name", ["svcca", "pwcca", "r2-cca"])
def test_fewer_sentences_than_dimensions_are_refused_where_everything_would_be_alike(name):
    few = planted({"eng": 0.1, "deu": 0.3}, sentences=10, width=30)
    with pytest.raises(BadValue, match=f"{name} does not exist for 10 sentences in .* dimensions; give"):
        score(few, [name])
    assert values(few, "cka")["deu"] > 0.5


def test_unknown_names_are_refused_with_the_nearest():
    with pytest.raises(UnknownName, match="mexa"):
        score(LANGUAGES, ["meksa"])
    with pytest.raises(UnknownName, match="fra"):
        score(LANGUAGES, pivot="fra")
    with pytest.raises(UnknownName, match="layer"):
        score(LANGUAGES, layers=[4])


def test_a_registered_measure_is_used_by_name():
    from isogloss.alignment import SentenceMeasure

    @alignment_measures.register("cosine of translations")
    class Mean(SentenceMeasure):
        """Mean cosine of translations."""

        def outcomes(self, pair):
            return pair.translations

        def chance_level(self, sentences):
            return 0.0

    try:
        assert values(LANGUAGES, "cosine of translations") == pytest.approx(values(LANGUAGES, "mplm-sim"), abs=1e-6)
    finally:
        alignment_measures.unregister("cosine of translations")


def test_blocks_cover_every_sentence_once():
    for count in (4, 50, 51, 1004):
        blocks = Layer(["eng"], [np.ones((count, 2), dtype=np.float32)]).blocks()
        assert [at for block in blocks for at in range(block.start, block.stop)] == [*range(count)]
