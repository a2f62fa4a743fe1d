"""Varieties: dialects by glottocode, and a user's own from a file."""

import math
import textwrap

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from isogloss.errors import BadFile, UnknownLanguage
from isogloss.languages import add_varieties, card, distances, features, resolve
from isogloss.languages.varieties import clear_variety_caches, find_variety

ARABIC = ["ary", "arz", "apc", "acm", "ars", "aeb", "ajp", "acq"]

GOOD = """
    [[variety]]
    id = "zueri-stadt"
    name = "Zurich city German"
    parent = "gsw"
    latitude = 47.37
    longitude = 8.54
    [variety.features]
    S_SVO = 0
    S_SOV = 1

    [[variety]]
    id = "zueri-see"
    parent = "zueri-stadt"
    script = "Cyrl"
"""


@pytest.fixture
def add(tmp_path, monkeypatch):
    """Write a file of varieties and add it, in a data folder of its own."""
    monkeypatch.setenv("ISOGLOSS_VARIETIES", str(tmp_path / "kept"))
    clear_variety_caches()

    def add(text, name="mine.toml"):
        path = tmp_path / name
        path.write_text(textwrap.dedent(text), encoding="utf-8")
        return add_varieties(path)

    yield add
    monkeypatch.undo()
    clear_variety_caches()


def test_a_glottocode_of_a_language_is_that_language():
    for code in ("stan1295", "STAN1295", "stan1295_Latn"):
        assert resolve(code) == resolve("deu")


def test_a_dialect_is_found_by_its_glottocode():
    zurich = resolve("zuri1239")
    assert (zurich.id, zurich.name, zurich.parent, zurich.iso639_3) == ("zuri1239", "Zürich German", "high1290", "gsw")
    assert (zurich.scope, zurich.glottocode, zurich.script) == ("variety", "zuri1239", "Latn")
    assert zurich.family[-2:] == ("Central Alemannic", "High Alemannic")


def test_a_dialect_of_a_dialect_has_that_as_parent():
    inner = resolve("aniz1234")
    assert find_variety(inner.parent).parent == "ars"
    assert inner.iso639_3 == "ars"


def test_a_dialect_inherits_features_and_says_from_whom():
    own, parent = features(["zuri1239"], "syntactic"), features(["gsw"], "syntactic")
    np.testing.assert_array_equal(own.values, parent.values)
    assert own.inherited == (("high1290", "gsw"),)


def test_a_group_is_no_language_but_names_some():
    with pytest.raises(UnknownLanguage) as caught:
        resolve("alem1243")
    assert "gsw" in dict(caught.value.suggestions)


def test_a_dialect_is_suggested_by_its_name():
    with pytest.raises(UnknownLanguage, match="'bern1242'"):
        resolve("Bernese")


def test_the_arabic_dialects_of_flores_have_places_of_their_own():
    places = {(resolve(code).latitude, resolve(code).longitude) for code in ARABIC}
    assert len(places) == len(ARABIC)
    far = distances(ARABIC, "geographic").values
    assert far[ARABIC.index("ary"), ARABIC.index("acq")] * 20_015 == pytest.approx(5_600, abs=300)  # km
    assert (far[~np.eye(len(ARABIC), dtype=bool)] > 0).all()


def test_added_varieties_are_languages(add):
    assert [variety.code for variety in add(GOOD)] == ["zueri-stadt", "zueri-see"]
    town, lake = resolve("zueri-stadt"), resolve("Zueri-See")
    assert (town.name, town.parent, town.iso639_3, town.script) == ("Zurich city German", "gsw", "gsw", "Latn")
    assert (town.latitude, town.longitude) == (47.37, 8.54)
    assert (lake.id, lake.script, lake.latitude) == ("zueri-see", "Cyrl", 47.37)
    assert resolve(f"{lake.id}_Latn").script == "Latn"
    assert town.family == (*resolve("gsw").family, "Central Alemannic")


def test_added_varieties_are_kept(add):
    add(GOOD)
    clear_variety_caches()
    assert resolve("zueri-stadt").name == "Zurich city German"


def test_features_of_ones_own_come_first_and_the_rest_from_the_parents(add):
    add(GOOD)
    for code, lenders in (("zueri-stadt", ("gsw",)), ("zueri-see", ("zueri-stadt", "gsw"))):
        own = features([code, "gsw"], "syntactic")
        known = dict(zip(own.names, own.values[0], strict=True))
        assert (known["S_SVO"], known["S_SOV"]) == (0.0, 1.0)
        others = [place for place, name in enumerate(own.names) if name not in ("S_SVO", "S_SOV")]
        np.testing.assert_array_equal(own.values[0, others], own.values[1, others])
        assert own.inherited[0] == lenders


def test_the_card_tells_what_is_inherited(add):
    add(GOOD)
    told = " ".join(card("zueri-see")["known"]) + " ".join(card("zueri-see")["from"])
    assert "a variety of zueri-stadt" in told
    assert "place from zueri-stadt" in told


def test_a_variety_is_a_daughter_of_its_parent(add):
    add(GOOD)
    near, far, farthest = distances(["zueri-stadt"], "genetic", others=["zueri-see", "deu", "yor"]).values[0]
    assert 0 < near < far < farthest == 1.0
    assert distances(["zueri-stadt"], "geographic", others=["gsw"]).values[0, 0] > 0


def test_a_file_may_be_added_again_and_replaces_itself(add):
    add(GOOD)
    add(GOOD.replace("47.37", "47.40"))
    assert resolve("zueri-stadt").latitude == 47.40


def test_a_parent_may_come_from_another_file(add):
    add(GOOD)
    add('[[variety]]\nid = "zueri-berg"\nparent = "zueri-stadt"', "more.toml")
    assert resolve("zueri-berg").iso639_3 == "gsw"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[[variety]]\nid = "abcd-a"\nparent = "abcd-b"\n[[variety]]\nid = "abcd-b"\nparent = "abcd-a"',
         r"line \d: varieties are each other's parents: abcd-a -> abcd-b -> abcd-a"),
        ('[[variety]]\nid = "abcd-a"\nparent = "abcd-a"', "line 3: varieties are each other's parents"),
        ('[[variety]]\nid = "abcd-a"\n\nparent = "Germn"', "line 4: unknown parent 'Germn'; did you mean 'deu'"),
        ('[[variety]]\nid = "abcd-a"', "line 1: variety 1 has no parent"),
        ('[[variety]]\nparent = "deu"', "line 1: variety 1 has no id"),
        ('[[variety]]\nid = "abcd-a"\nparent = "deu"\nlatitude = 91\nlongitude = 0', "line 4: latitude 91 is off"),
        ('[[variety]]\nid = "abcd-a"\nparent = "deu"\nlatitude = 1\nlongitude = -181', "line 5: longitude -181 is off"),
        ('[[variety]]\nid = "abcd-a"\nparent = "deu"\nlatitude = nan\nlongitude = 1', "line 4: latitude is not a"),
        ('[[variety]]\nid = "abcd-a"\nparent = "deu"\nlatitude = 10', "line 4: latitude and longitude go together"),
        ('[[variety]]\nid = "abcd-a"\nparent = "deu"\nscript = "Xxxx"', "line 4: unknown script 'Xxxx'"),
        ('[[variety]]\nid = "abcd-a"\nparent = "deu"\nplace = 1', "line 4: unknown field 'place'"),
        ('[[variety]]\nid = "abcd-a"\nparent = "deu"\n[variety.features]\nS_SV0 = 1', "line 5: unknown feature"),
        ('[[variety]]\nid = "abcd-a"\nparent = "deu"\n[variety.features]\nS_SVO = 2', "line 5: S_SVO is 2"),
        ('[[variety]]\nid = "German"\nparent = "deu"', "line 2: 'German' is no id"),
        ('[[variety]]\nid = "german"\nparent = "deu"', "line 2: 'german' already means German"),
        ('[[variety]]\nid = "zuri1239"\nparent = "deu"', "line 2: 'zuri1239' already means"),
        ('[[variety]]\nid = "abcd-a"\nparent = "deu"\n[[variety]]\nid = "abcd-a"\nparent = "eng"', "line 5: .* twice"),
        ("", "no .*variety"),
        ("[[variety", "is no TOML"),
        ("variety = 3", "varieties are not tables"),
    ],
)  # fmt: skip
def test_a_bad_file_is_refused_with_the_line_and_nothing_is_kept(add, tmp_path, text, message):
    with pytest.raises(BadFile, match=message) as caught:
        add(text)
    assert "mine.toml" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "kept").exists()


def test_an_id_of_another_file_is_refused(add):
    add(GOOD)
    with pytest.raises(BadFile, match=r"defined in mine.toml too"):
        add(GOOD, "other.toml")


def test_a_folder_that_cannot_be_written_is_one_error(add, tmp_path):
    (tmp_path / "kept").write_text("in the way")
    with pytest.raises(BadFile, match="ISOGLOSS_VARIETIES"):
        add(GOOD)


@given(st.from_regex(r"[a-z0-9]{4}[0-9]{4}(_[A-Za-z]{4})?", fullmatch=True))
def test_whatever_looks_like_a_glottocode_is_a_language_or_unknown(code):
    try:
        language = resolve(code)
    except UnknownLanguage:
        return
    assert resolve(language.id) == language
    assert language.latitude is None or math.isfinite(language.latitude)
