"""Where features come from, and how gaps are filled when somebody asks for it."""

import numpy as np
import pytest

from isogloss.errors import UnknownName
from isogloss.languages import FeatureSource, distance_kinds, distances, feature_sources, features, source_table
from isogloss.languages.imputation import FEWEST_RELATIVES

SOME = ["deu", "eng", "slk", "yor", "wol", "quy", "eus", "zho"]


@pytest.fixture
def colours():
    """A source of one's own: six features of three languages."""
    values = np.array([[1, 0, 1, 1, 0, -1], [1, 0, 1, 1, 0, 1], [0, 1, 0, -1, -1, -1]], dtype=np.int8)
    names = tuple(f"C_{number}" for number in range(6))
    made = FeatureSource("colours", "a test", "none", {"deu": 0, "eng": 1, "gsw": 2}, names, values)
    feature_sources.register("colours")(lambda: made)
    yield made
    feature_sources.unregister("colours")


def test_every_source_says_what_it_is_and_how_much_is_missing():
    listed = source_table()
    assert listed["source"].to_list() == feature_sources.names()
    missing = dict(listed.select("source", "missing").iter_rows())
    assert all(0 <= share <= 1 for share in missing.values())
    weights = {name: len(feature_sources.get(name)().names) for name in ("syntactic", "phonological", "inventory")}
    total = sum(missing[name] * weight for name, weight in weights.items()) / sum(weights.values())
    assert total == pytest.approx(0.84, abs=0.05)  # most of URIEL is not known


@pytest.mark.parametrize(
    ("kind", "count"), [("morphological", 75), ("grambank", 196), ("uriel-script", 42), ("word-order", 55)]
)
def test_sources_have_their_features(kind, count):
    found = features(SOME, kind)
    assert found.values.shape == (len(SOME), count)
    assert set(np.unique(found.values[~np.isnan(found.values)])) <= {0.0, 1.0}


def test_grambank_is_found_by_glottocode():
    assert not np.isnan(features(["eus"], "grambank").values).all()
    assert all(name.startswith("M_") for name in features(["eus"], "morphological").names)


def test_word_order_is_the_order_of_words_and_no_marking():
    names = features(["deu"], "word-order").names
    assert {"S_SOV", "S_ADPOSITION_BEFORE_NOUN", "S_POLARQ_MARK_FINAL"} <= set(names)
    assert not any(name.endswith(("_PREFIX", "_SUFFIX", "_MARK", "_AFFIX")) for name in names)
    found = distances(["eng", "tur", "jpn"], "word-order").values
    assert found[1, 2] < found[0, 1]  # Turkish and Japanese put the verb last


def test_a_source_of_ones_own_is_a_kind_of_features_and_of_distance(colours):
    assert "colours" in distance_kinds()
    assert features(["deu"], "colours").values[0, :3].tolist() == [1.0, 0.0, 1.0]
    found = distances(["deu", "eng", "gsw"], "colours")
    assert found.values[0, 1] == 0.0
    assert found.coverage[0, 1] == pytest.approx(5 / 6)
    assert np.isnan(found.values[0, 2])  # three features in common are too few


def test_an_unknown_source_is_named_with_the_nearest():
    with pytest.raises(UnknownName, match="did you mean 'grambank'"):
        features(["deu"], "grambnak")


def test_nothing_is_imputed_unless_asked_for():
    found = features(SOME, "syntactic")
    assert not found.imputed.any()
    assert found.missing == pytest.approx(np.isnan(found.values).mean())


@pytest.mark.parametrize("method", ["family", "nearest"])
def test_imputation_fills_only_gaps_and_marks_them(method):
    plain, filled = features(SOME, "syntactic"), features(SOME, "syntactic", impute=method)
    known = ~np.isnan(plain.values)
    np.testing.assert_array_equal(filled.values[known], plain.values[known])
    np.testing.assert_array_equal(filled.imputed, np.isnan(plain.values) & ~np.isnan(filled.values))
    assert filled.imputed[SOME.index("slk")].mean() > 0.5
    assert filled.missing == pytest.approx(plain.missing)  # what is filled was not observed
    assert set(np.unique(filled.values[filled.imputed])) <= {0.0, 1.0}


def test_the_family_gives_what_most_relatives_have():
    filled = features(["slk"], "syntactic", impute="family")
    slavic = features(["ces", "pol", "rus", "ukr", "hsb", "bul"], "syntactic")
    place = filled.names.index("S_SVO")
    assert filled.imputed[0, place]
    assert filled.values[0, place] == round(float(np.nanmean(slavic.values[:, place]))) == 1.0


def test_an_isolate_has_no_family_to_be_filled_from():
    assert not features(["eus"], "inventory", impute="family").imputed.any()
    assert FEWEST_RELATIVES > 1


def test_imputed_features_make_distances_but_no_coverage():
    plain = distances(["slk"], "syntactic", others=["deu"])
    filled = distances(["slk"], "syntactic", others=["deu"], impute="family")
    assert np.isnan(plain.values).all()
    assert 0 < filled.values[0, 0] < 1
    assert filled.coverage[0, 0] == plain.coverage[0, 0] == 0.0


def test_an_unknown_way_to_impute_is_named_with_what_there_is():
    with pytest.raises(UnknownName, match="family, nearest"):
        features(["deu"], "syntactic", impute="mean")
