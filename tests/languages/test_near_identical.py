"""Near-identical languages: one group each, and unlike dialects of one macrolanguage."""

from __future__ import annotations

import pytest

from isogloss.languages import resolve, table
from isogloss.languages.near_identical import count_once, relatives, stand_in


@pytest.mark.parametrize(
    "group",
    ["fil tgl", "prs pes fas", "bos hrv hbs cnr srp_Latn", "swa swh", "nor nob", "msa zsm", "est ekk", "zho cmn"],
)
def test_members_of_a_group_are_relatives_of_one_another_and_have_one_stand_in(group):
    names = set(group.split())
    assert {frozenset(relatives(name)) for name in names} == {frozenset(names)}
    assert len({stand_in(name) for name in names}) == 1


@pytest.mark.parametrize("language", ["ary", "yue", "nno", "ind", "min", "swc", "srp"])
def test_other_members_of_a_macrolanguage_stand_for_themselves(language):
    assert stand_in(language) == language


def test_relatives_are_groups_without_overlap_in_the_whole_catalogue():
    for language in table()["language"].to_list():
        names = relatives(language)
        assert stand_in(language) in names
        assert {frozenset(relatives(name)) for name in names} == {frozenset(names)}
        assert {resolve(name).script for name in names} == {resolve(language).script}


def test_of_near_identical_languages_the_first_counts_for_all():
    assert count_once(["swh", "deu", "swa", "nob", "nor"]) == {
        "deu": "deu", "nob": "nob", "nor": "nob", "swa": "swa", "swh": "swa"
    }  # fmt: skip
    assert count_once(["swh", "ary", "arb"]) == {"ary": "ary", "arb": "arb", "swh": "swh"}
