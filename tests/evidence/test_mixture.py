from __future__ import annotations

import pytest

from isogloss.errors import BadMixture, UnknownLanguage
from isogloss.evidence import Mixture
from isogloss.evidence.mixture import LABELLED


def test_languages_may_be_written_in_any_way_and_come_out_sorted_by_id():
    assert str(Mixture.parse("hi:500, English:1000")) == "eng:1000,hin:500"


def test_an_empty_mixture_is_a_model_used_as_it_is():
    assert len(Mixture.parse("")) == 0
    assert str(Mixture({})) == ""


def test_a_size_nobody_recorded_stays_unknown():
    assert dict(Mixture.parse("en,hi:500")) == {"eng": None, "hin": 500}


def test_a_language_with_no_examples_is_not_in_the_mixture():
    assert str(Mixture.parse("en:0,hi:5")) == "hin:5"


def test_without_leaves_the_other_languages():
    assert str(Mixture.parse("en:1,hi:2").without("eng")) == "hin:2"


def test_translated_examples_are_told_from_labelled_ones():
    mixture = Mixture.parse("sw+translated:1000, en:3696, swa:500")
    assert str(mixture) == "eng:3696,swa:500,swa+translated:1000"
    assert mixture.of_kind(LABELLED) == {"eng": 3696, "swa": 500}
    assert mixture.of_kind("translated") == {"swa": 1000}
    assert mixture != Mixture.parse("eng:3696,swa:1500")


def test_a_language_has_the_examples_of_all_its_kinds():
    mixture = Mixture.parse("eng:3696,swa:500,swa+translated:1000")
    assert dict(mixture) == {"eng": 3696, "swa": 1500}


def test_one_unknown_size_makes_a_languages_total_unknown():
    assert Mixture.parse("swa:500,swa+translated")["swa"] is None


def test_without_a_language_its_translated_examples_go_too():
    mixture = Mixture.parse("eng:3696,swa:500,swa+translated:1000")
    assert str(mixture.without("swa")) == "eng:3696"
    assert str(mixture.without("eng")) == "swa:500,swa+translated:1000"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("sw+translatd:5", "unknown kind of examples 'translatd' in 'sw\\+translatd'; did you mean 'translated'"),
        ("sw+:5", "unknown kind of examples ''"),
        ("+translated:5", "no language before"),
        ("sw+translated:5,swa+translated:6", "'swa\\+translated' stands twice"),
        ("en:-5", "negative"),
        ("en:1.5", "not a whole number"),
        ("en:many", "not a whole number"),
        ("en:", "not a whole number"),
        ("en:1e400", "not a whole number"),
        ("en:9999999999999999", "beyond"),
        (":5", "no language"),
        ("en:5,English:6", "stands twice"),
    ],
)
def test_a_mixture_that_cannot_be_read_names_the_row_and_the_reason(text, reason):
    with pytest.raises(BadMixture, match=reason) as caught:
        Mixture.parse(text, where="scores.csv row 3")
    assert str(caught.value).startswith("scores.csv row 3: ")


def test_an_unknown_language_in_a_mixture_names_the_row():
    with pytest.raises(UnknownLanguage, match=r"^scores.csv row 3: unknown language 'zz9'"):
        Mixture.parse("en:5,zz9:5", where="scores.csv row 3")
