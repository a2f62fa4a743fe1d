"""Distances between languages: their properties, and values worked out by hand."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isogloss.errors import BadValue, UnknownName
from isogloss.languages import BUILT_IN_KINDS, describe, distance_blocks, distances, features, nearest, resolve
from isogloss.languages.distance import COMBINED, FEWEST_IN_COMMON, distance_matrices
from isogloss.languages.glottolog import languoids
from isogloss.languages.language import resolve_standard

SOME = [
    "deu",
    "eng",
    "yor",
    "zho",
    "zho_Hant",
    "arb",
    "ara",
    "eus",
    "jpn",
    "quy",
    "srp",
    "srp_Latn",
    "nqo",
    "slk",
    "epo",
    "ajp",
]


languages = st.lists(st.sampled_from(SOME), min_size=1, max_size=8)


@pytest.mark.parametrize("kind", BUILT_IN_KINDS)
@settings(deadline=None)
@given(rows=languages, columns=languages)
def test_distances_are_symmetric_zero_to_oneself_and_between_0_and_1(kind, rows, columns):
    there, back = distances(rows, kind, others=columns), distances(columns, kind, others=rows)
    np.testing.assert_allclose(there.values, back.values.T, atol=1e-12)
    np.testing.assert_allclose(there.coverage, back.coverage.T)
    known = there.values[~np.isnan(there.values)]
    assert ((known >= 0) & (known <= 1)).all()
    assert ((there.coverage >= 0) & (there.coverage <= 1)).all()
    np.testing.assert_array_equal(np.diag(distances(rows, kind).values), 0.0)


@pytest.mark.parametrize("kind", BUILT_IN_KINDS)
def test_a_distance_does_not_depend_on_the_company(kind):
    alone = distances(["deu"], kind, others=["yor"]).values[0, 0]
    table = distances(SOME, kind)
    assert table.values[SOME.index("deu"), SOME.index("yor")] == pytest.approx(alone, nan_ok=True)


def by_definition(first: str, second: str, kind: str) -> float:
    u, v = (features([one], kind).values[0] for one in (first, second))
    common = ~np.isnan(u) & ~np.isnan(v)
    if common.sum() < FEWEST_IN_COMMON:
        return math.nan
    u, v = (one[common] if one[common].any() else np.ones(common.sum()) for one in (u, v))
    return 2 / math.pi * math.acos(min(1.0, u @ v / math.sqrt((u @ u) * (v @ v))))


@pytest.mark.parametrize("kind", ["syntactic", "phonological", "inventory", "featural"])
def test_typological_distance_is_the_angle_over_what_is_known_of_both(kind):
    table = distances(SOME, kind)
    for i, first in enumerate(SOME):
        for j, second in enumerate(SOME):
            expected = 0.0 if first == second else by_definition(first, second, kind)
            assert table.values[i, j] == pytest.approx(expected, abs=1e-6, nan_ok=True), (first, second)


def test_distance_is_missing_where_nothing_is_known():
    assert np.isnan(distances(["slk"], "syntactic", others=["deu"]).values).all()
    assert distances(["slk"], "syntactic", others=["deu"]).coverage[0, 0] == 0.0
    assert np.isnan(distances(["nqo"], "geographic", others=["deu"]).values).all()


def test_geographic_distance_is_the_great_circle_over_half_the_circumference():
    (latitude, longitude), (other_latitude, other_longitude) = (
        (math.radians(one.latitude), math.radians(one.longitude)) for one in (resolve("deu"), resolve("jpn"))
    )
    angle = math.acos(
        math.sin(latitude) * math.sin(other_latitude)
        + math.cos(latitude) * math.cos(other_latitude) * math.cos(longitude - other_longitude)
    )
    assert distances(["deu"], "geographic", others=["jpn"]).values[0, 0] == pytest.approx(angle / math.pi)
    assert angle * 6371 == pytest.approx(9_200, abs=300)  # km from southern Germany to central Japan


def test_genetic_distance_is_the_angle_of_the_lines_of_descent():
    german, english = resolve("deu").family, resolve("eng").family
    shared = next(i for i, (a, b) in enumerate(zip(german, english, strict=False)) if a != b)
    cosine = shared / math.sqrt((len(german) + 1) * (len(english) + 1))
    assert distances(["deu"], "genetic", others=["eng"]).values[0, 0] == pytest.approx(2 / math.pi * math.acos(cosine))


def test_an_isolate_is_unrelated_to_all_others():
    assert (distances(["eus"], "genetic", others=["spa", "fra", "jpn"]).values == 1.0).all()


def test_languages_that_are_only_filed_together_are_unrelated():
    assert resolve("epo").family[0] == resolve("vol").family[0] == "Artificial Language"
    assert distances(["epo"], "genetic", others=["vol"]).values[0, 0] == 1.0


def test_nearer_relatives_are_nearer():
    near, far, unrelated = distances(["nob"], "genetic", others=["dan", "deu", "fin"]).values[0]
    assert 0 < near < far < unrelated == 1.0


def test_script_distance_tells_scripts_apart():
    values = distances(["srp", "srp_Latn"], "script", others=["rus", "hrv"]).values
    np.testing.assert_array_equal(values, [[0, 1], [1, 0]])


def test_the_script_of_a_language_makes_no_other_difference():
    for kind in set(COMBINED) - {"script"}:
        assert distances(["zho"], kind, others=["zho_Hant"]).values[0, 0] == pytest.approx(0.0, abs=1e-7)


def test_combined_is_the_mean_of_what_is_known():
    for other in ("deu", "slk", "nqo"):
        parts = np.array([distances(["yor"], kind, others=[other]).values[0, 0] for kind in COMBINED])
        found = distances(["yor"], "combined", others=[other])
        assert found.values[0, 0] == pytest.approx(np.nanmean(parts))
        assert found.coverage[0, 0] == pytest.approx((~np.isnan(parts)).mean())


def test_rows_and_columns_carry_canonical_ids():
    found = distances(["de", "zh-TW"], "script", others=["English"])
    assert (found.rows, found.columns, found.values.shape) == (("deu", "zho_Hant"), ("eng",), (2, 1))


def test_the_table_has_a_row_per_pair_and_null_where_unknown():
    table = distances(["deu", "slk"], "syntactic").table()
    assert table.columns == ["language", "other", "kind", "distance", "coverage"]
    assert table.filter(language="slk", other="deu")["distance"].to_list() == [None]
    assert table.filter(language="deu", other="deu")["distance"].to_list() == [0.0]


@pytest.mark.parametrize("kind", BUILT_IN_KINDS)
def test_no_languages_make_an_empty_matrix(kind):
    assert distances([], kind).values.shape == (0, 0)
    assert distances([], kind, others=["deu", "eng"]).values.shape == (0, 2)
    assert distances([], kind).table().height == 0


def test_an_unknown_kind_is_named_with_the_nearest():
    with pytest.raises(UnknownName, match="did you mean 'syntactic'"):
        distances(["deu"], "syntctic")


def test_features_have_names_and_only_known_values():
    found = features(["deu", "slk"], "syntactic")
    assert len(found.names) == 103
    assert all(name.startswith("S_") for name in found.names)
    german = dict(zip(found.names, found.values[0], strict=True))
    assert german["S_SUBJECT_BEFORE_VERB"] == 1.0
    assert np.isnan(found.values[1]).all()
    assert found.table().filter(language="slk")["S_SVO"].to_list() == [None]


def test_a_macrolanguage_and_its_standard_variety_fill_each_others_gaps():
    standard, macro = features(["lvs"], "syntactic"), features(["lav"], "syntactic")
    np.testing.assert_array_equal(standard.values, macro.values)
    assert standard.inherited == (("lav",),)
    assert macro.inherited == ((),)


def test_other_members_inherit_only_where_nothing_is_known_of_them():
    assert features(["apc"], "phonological").inherited == (("ara",),)
    assert features(["apc"], "syntactic").inherited == ((),)


def test_place_and_family_of_a_macrolanguage_are_those_of_its_representative():
    assert resolve("ara").glottocode == resolve("arb").glottocode == "stan1318"
    assert resolve("ara").latitude == pytest.approx(27.9625)
    assert resolve("ajp").family[0] == "Afro-Asiatic"


def test_places_lie_on_the_globe():
    table = describe(["aaa", "xaa", "abq", "yor", "mri", "haw", "aap", "aan"])
    assert table["latitude"].is_between(-90, 90).all()
    assert table["longitude"].is_between(-180, 180).all()


@pytest.mark.parametrize("kind", BUILT_IN_KINDS)
def test_blocks_are_the_rows_of_the_whole(kind):
    whole, pieces = distances(SOME, kind), list(distance_blocks(SOME, kind, size=5))
    assert [piece.values.shape for piece in pieces] == [(5, 16), (5, 16), (5, 16), (1, 16)]
    np.testing.assert_allclose(np.concatenate([piece.values for piece in pieces]), whole.values, atol=1e-12)
    assert sum((piece.rows for piece in pieces), ()) == whole.rows


def test_weights_make_a_mean_of_what_is_known():
    weights = {"syntactic": 2.0, "genetic": 1.0, "script": 0.0}
    for other in ("deu", "slk"):
        parts = {kind: distances(["yor"], kind, others=[other]).values[0, 0] for kind in ("syntactic", "genetic")}
        known = {kind: value for kind, value in parts.items() if not math.isnan(value)}
        expected = sum(weights[kind] * value for kind, value in known.items()) / sum(weights[kind] for kind in known)
        found = distances(["yor"], others=[other], weights=weights)
        assert found.values[0, 0] == pytest.approx(expected)
        assert found.coverage[0, 0] == pytest.approx(sum(weights[kind] for kind in known) / 3)


def test_equal_weights_make_the_combined_distance():
    weighted = distances(SOME, weights=dict.fromkeys(COMBINED, 2.0))
    np.testing.assert_allclose(weighted.values, distances(SOME).values)


@pytest.mark.parametrize(
    ("kind", "weights", "message"),
    [
        ("genetic", {"genetic": 1.0}, "weights are for 'combined'"),
        ("combined", {"genetic": -1.0}, "weight -1 of 'genetic'"),
        ("combined", {"genetic": math.nan}, "weight nan of 'genetic'"),
        ("combined", {"genetic": 0.0}, "no kind has a weight"),
        ("combined", {}, "no kind has a weight"),
    ],
)
def test_bad_weights_are_refused(kind, weights, message):
    with pytest.raises(BadValue, match=message):
        distances(["deu"], kind, weights=weights)


def test_a_mean_is_missing_where_none_of_its_parts_is_known():
    found = distances(["slk"], others=["deu"], weights={"syntactic": 1.0})
    assert np.isnan(found.values[0, 0])
    assert found.missing[0, 0]
    assert found.coverage[0, 0] == 0.0


def test_the_nearest_come_first_and_unknown_ones_not_at_all():
    found = nearest("nob", ["deu", "dan", "fin", "slk", "nob", "da"], "genetic")
    assert found["language"].to_list() == ["dan", "deu", "slk", "fin"]
    assert nearest("deu", ["slk", "eng"], "syntactic")["language"].to_list() == ["eng"]
    assert nearest("nob", ["deu", "dan"], "genetic", top=1).height == 1
    assert nearest("nob", []).height == 0


def test_several_kinds_at_once_are_each_kind_alone_to_the_last_bit():
    """More languages than are computed at once, in one direction or both."""
    names = [code for code in languoids() if resolve_standard(code)][:140]
    found = distance_matrices(names, ["combined", "syntactic", "genetic", "geographic", "script"])
    for kind, values in found.items():
        np.testing.assert_array_equal(values, distances(names, kind).values)
        np.testing.assert_array_equal(values, distances(names, kind, others=names).values)
        np.testing.assert_array_equal(values, values.T)
