from __future__ import annotations

import pytest

from isogloss.errors import BadTrainingMix, UnknownLanguage
from isogloss.evidence import TrainingMix
from isogloss.evidence.training_mix import LABELLED


def test_languages_may_be_written_in_any_way_and_come_out_sorted_by_id():
    assert str(TrainingMix.parse("hi:500, English:1000")) == "eng:1000,hin:500"


def test_an_empty_mix_is_a_model_used_as_it_is():
    assert len(TrainingMix.parse("")) == 0
    assert str(TrainingMix({})) == ""


def test_a_size_nobody_recorded_stays_unknown():
    assert dict(TrainingMix.parse("en,hi:500")) == {"eng": None, "hin": 500}


def test_a_language_with_no_examples_is_not_in_the_mix():
    assert str(TrainingMix.parse("en:0,hi:5")) == "hin:5"


def test_without_leaves_the_other_languages():
    assert str(TrainingMix.parse("en:1,hi:2").without("eng")) == "hin:2"


def test_translated_examples_are_told_from_labelled_ones():
    mix = TrainingMix.parse("sw+translated:1000, en:3696, swa:500")
    assert str(mix) == "eng:3696,swa:500,swa+translated:1000"
    assert mix.of_kind(LABELLED) == {"eng": 3696, "swa": 500}
    assert mix.of_kind("translated") == {"swa": 1000}
    assert mix != TrainingMix.parse("eng:3696,swa:1500")


def test_a_language_has_the_examples_of_all_its_kinds():
    mix = TrainingMix.parse("eng:3696,swa:500,swa+translated:1000")
    assert dict(mix) == {"eng": 3696, "swa": 1500}


def test_one_unknown_size_makes_a_languages_total_unknown():
    assert TrainingMix.parse("swa:500,swa+translated")["swa"] is None


def test_without_a_language_its_translated_examples_go_too():
    mix = TrainingMix.parse("eng:3696,swa:500,swa+translated:1000")
    assert str(mix.without("swa")) == "eng:3696"
    assert str(mix.without("eng")) == "swa:500,swa+translated:1000"


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
def test_a_mix_that_cannot_be_read_names_the_row_and_the_reason(text, reason):
    with pytest.raises(BadTrainingMix, match=reason) as caught:
        TrainingMix.parse(text, where="scores.csv row 3")
    assert str(caught.value).startswith("scores.csv row 3: ")


def test_an_unknown_language_in_a_mix_names_the_row():
    with pytest.raises(UnknownLanguage, match=r"^scores.csv row 3: unknown language 'zz9'"):
        TrainingMix.parse("en:5,zz9:5", where="scores.csv row 3")
