"""Similarities that were learned or counted, as a kind of distance."""

import json

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from isogloss.errors import BadFile, BadValue, UnknownLanguage, UnknownName
from isogloss.languages import compare, distance_kinds, distances, nearest, overlap, register_similarity, similarities

PAIRS = [("deu_Latn", "en", 0.9), ("deu_Latn", "yor", 0.2), ("en", "yor", 0.3)]


@pytest.fixture(autouse=True)
def forget():
    """Forget what a test registered."""
    yield
    for name in similarities.names():
        similarities.unregister(name)


def frame(rows=PAIRS, **more):
    table = pl.DataFrame(rows, schema=["lang_a", "lang_b", "similarity"], orient="row")
    return table.with_columns(**{name: pl.lit(value) for name, value in more.items()})


def test_a_similarity_is_a_distance_wherever_one_is_asked_for():
    register_similarity("mine", frame())
    found = distances(["de", "eng", "yor", "wol"], "mine")
    np.testing.assert_allclose(found.values[0, :3], [0.0, 0.1, 0.8])
    np.testing.assert_array_equal(found.values, found.values.T)
    assert found.missing[3, :3].all()
    assert found.coverage[0, 3] == 0.0
    assert "mine" in distance_kinds()
    assert nearest("yor", ["de", "en"], "mine")["language"].to_list() == ["eng", "deu"]
    assert compare(["de", "en"], ["mine", "genetic"]).row(0)[2] == pytest.approx(0.1)


def test_it_may_weigh_in_a_mean():
    register_similarity("mine", frame())
    mixed = distances(["deu"], others=["yor"], weights={"mine": 3, "genetic": 1}).values[0, 0]
    assert mixed == pytest.approx((3 * 0.8 + 1.0) / 4)


@pytest.mark.parametrize("ending", [".parquet", ".csv", ".tsv"])
def test_tables_are_read_from_files(tmp_path, ending):
    path = tmp_path / f"similarity{ending}"
    if ending == ".parquet":
        frame().write_parquet(path)
    else:
        frame().write_csv(path, separator="\t" if ending == ".tsv" else ",")
    register_similarity("mine", path)
    assert distances(["deu"], "mine", others=["eng"]).values[0, 0] == pytest.approx(0.1)


def test_type_overlap_is_read_from_litmus(tmp_path):
    path = tmp_path / "features.json"
    overlaps = {"de": {"de": 1.0, "en": 0.64}, "en": {"de": 0.64, "en": 1.0}}
    path.write_text(json.dumps({"type_overlap": {"xlmr": overlaps, "mbert": overlaps}, "regression_feats": {}}))
    with pytest.raises(BadFile, match="2 models; choose one: mbert, xlmr"):
        register_similarity("types", path)
    register_similarity("types", path, model="xlmr")
    assert distances(["de"], "types", others=["en"]).values[0, 0] == pytest.approx(0.36)


def test_a_layer_is_chosen_where_there_are_several():
    table = pl.concat([frame(layer=1), frame([("de", "en", 0.5)], layer=2)])
    with pytest.raises(BadFile, match="2 layers; choose one: 1, 2"):
        register_similarity("mine", table)
    register_similarity("mine", table, layer=2)
    assert distances(["de"], "mine", others=["en"]).values[0, 0] == 0.5
    with pytest.raises(UnknownName, match="known: 1, 2"):
        register_similarity("mine", table, layer=7)


def test_both_directions_count_alike():
    register_similarity("mine", frame([("de", "en", 0.8), ("en", "de", 0.6)]))
    assert distances(["de"], "mine", others=["en"]).values[0, 0] == pytest.approx(0.3)


def test_distances_are_taken_as_they_are():
    register_similarity("mine", frame([("de", "en", 0.25)]).rename({"similarity": "distance"}))
    assert distances(["de"], "mine", others=["en"]).values[0, 0] == 0.25


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (frame([("de", "en", 1.5)]), "similarity 1.5 of de and en; scale it to 0 .. 1"),
        (frame([("de", "en", 0.1), ("deu", "eng", 0.2)]), "two different numbers for"),
        (frame().drop("lang_b"), "no column lang_b"),
        (frame().drop("similarity"), "no column similarity"),
    ],
)
def test_a_bad_table_is_refused(table, message):
    with pytest.raises(BadFile, match=message):
        register_similarity("mine", table)


def test_a_file_that_is_no_table_is_one_error(tmp_path):
    for name in ("missing.csv", "broken.parquet", "odd.xls", "broken.json"):
        path = tmp_path / name
        if not name.startswith("missing"):
            path.write_text("{")
        with pytest.raises(BadFile, match=name) as caught:
            register_similarity("mine", path)
        assert "\n" not in str(caught.value)


def test_unknown_languages_and_taken_names_are_refused():
    with pytest.raises(UnknownLanguage, match="Germn"):
        register_similarity("mine", frame([("Germn", "en", 0.5)]))
    for name in ("genetic", "grambank"):
        with pytest.raises(BadValue, match="a kind of distance already"):
            register_similarity(name, frame())


def test_characters_and_words_are_counted():
    texts = {"deu": ["Das Haus", "ein Haus"], "nld": ["dat huis"], "zho": ["房子"]}
    by_word = overlap({**texts, "gsw": ["DAS haus!"]}, "word")
    found = {(a, b): value for a, b, value, _ in by_word.iter_rows()}
    assert found["deu", "gsw"] == pytest.approx(2 / 3)  # das, haus of das, haus, ein
    assert found["deu", "nld"] == 0.0
    assert found["deu", "zho"] is None  # Chinese has no spaces to find words by
    letters = {(a, b): value for a, b, value, _ in overlap(texts).iter_rows()}
    assert letters["deu", "nld"] == pytest.approx(len(set("dashu") | set("i")) / len(set("dashauein") | set("dathuis")))
    assert letters["deu", "zho"] == 0.0


def test_overlap_may_be_weighted_by_frequency():
    (row,) = overlap({"deu": ["a a a b"], "nld": ["a b b b"]}, weighted=True).filter(lang_a="deu", lang_b="nld").rows()
    assert row[2] == pytest.approx(0.5)


def test_overlap_is_a_similarity():
    register_similarity("characters", overlap({"deu": ["abc"], "nld": ["abd"]}))
    assert distances(["deu"], "characters", others=["nld"]).values[0, 0] == pytest.approx(0.5)


texts = st.lists(st.text(alphabet="abc é", max_size=12), max_size=4)


@given(texts, texts, st.sampled_from(["character", "word"]), st.booleans())
def test_overlap_is_between_0_and_1_and_1_with_itself(first, second, by, weighted):
    table = overlap({"deu": first, "nld": second}, by, weighted=weighted)
    for one, other, value, _ in table.iter_rows():
        assert value is None or 0 <= value <= 1
        assert one != other or value in (None, pytest.approx(1.0))


@pytest.mark.parametrize(
    ("texts", "message"), [({"deu": ["a"], "de": ["b"]}, "two texts of deu"), ({"deu": "text"}, "not a list")]
)
def test_bad_texts_are_refused(texts, message):
    with pytest.raises(BadValue, match=message):
        overlap(texts)
