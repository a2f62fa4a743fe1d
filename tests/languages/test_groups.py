"""Groups of languages, and lists in which languages and groups mix."""

import pytest

from isogloss.errors import BadValue, UnknownLanguage, UnknownName
from isogloss.languages import resolve
from isogloss.languages.groups import every_language, flores_languages, read_languages, region_of


@pytest.mark.parametrize(
    ("code", "region"),
    [("yor", "africa"), ("mlg", "africa"), ("arz", "africa"), ("amh", "africa"), ("arb", "asia"), ("tur", "asia"),
     ("heb", "asia"), ("kat", "asia"), ("kaz", "asia"), ("tgl", "asia"), ("ell", "europe"), ("mlt", "europe"),
     ("rus", "europe"), ("isl", "europe"), ("quy", "americas"), ("hat", "americas"), ("mri", "oceania"),
     ("tpi", "oceania"), ("smo", "oceania")],
)  # fmt: skip
def test_continents_are_where_people_would_look(code, region):
    assert region_of(resolve(code)) == region


def test_groups_and_languages_mix_and_keep_how_they_were_written():
    chosen = read_languages(["de", "family:Uralic", "script:Tibt"])
    assert next(iter(chosen.items())) == ("deu", "de")
    assert {"fin", "hun", "bod", "dzo"} <= set(chosen)


def test_a_branch_is_a_group_like_a_family():
    assert {"zul", "swh", "lug"} <= set(read_languages(["family:bantu"])) <= set(read_languages(["africa"]))


def test_groups_hold_the_measured_languages_and_those_of_flores():
    measured = ["nav", "deu"]
    assert set(read_languages(["evidence"], measured)) == {"nav", "deu"}
    assert "nav" in read_languages(["americas"], measured)
    assert "nav" not in read_languages(["americas"])
    assert len(read_languages(["flores"])) == len(flores_languages()) > 195
    assert len(read_languages(["all"])) == len(every_language()) > 7000
    assert "nav" in read_languages(["all:americas"])


@pytest.mark.parametrize(
    ("name", "meant"),
    [("asai", "'asia' \\(a group of languages\\)"), ("family:Urlaic", "'family:Uralic'"), ("all:asai", "'all:asia'")],
)
def test_an_unknown_group_is_named_with_what_was_meant(name, meant):
    with pytest.raises((UnknownName, UnknownLanguage), match=f"did you mean {meant}"):
        read_languages([name])


def test_all_unknown_names_come_in_one_error():
    with pytest.raises(UnknownLanguage, match=r"targets: unknown languages 'Yorba', 'Wolofish'.*'Yorba': 'yor'"):
        read_languages(["Yorba", "swa", "Wolofish"])


def test_no_language_is_refused():
    with pytest.raises(BadValue, match="names no language"):
        read_languages([" "])


def test_a_macrolanguage_is_the_member_that_was_measured_for_it():
    assert read_languages(["Swahili", "Malay"], ["swh", "deu"]) == {"swh": "Swahili", "msa": "Malay"}
    assert read_languages(["swh"], ["swa"]) == {"swa": "swh"}


def test_a_language_of_its_own_is_not_read_as_its_near_relative():
    assert read_languages(["Filipino", "Moroccan Arabic"], ["tgl", "arb"]) == {
        "fil": "Filipino", "ary": "Moroccan Arabic",
    }  # fmt: skip
