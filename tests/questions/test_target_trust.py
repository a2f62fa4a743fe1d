"""Trust about named languages: the verdict is about them, and comes first."""

from __future__ import annotations

import re

import pytest
from tests.questions import worlds

import isogloss


def test_the_verdict_is_one_sentence_about_these_languages():
    answer = isogloss.trust(worlds.as_they_are(2), ["Wolof", "Yoruba"])
    assert re.fullmatch(
        r"For languages as poor as yours, believe the intervals, not the single numbers: off by \d+ to \d+ points on "
        r"average; 90 % intervals held \d+ to \d+ %\.",
        answer.verdict,
    )
    assert "Yours have still less text online" in answer.text()
    assert answer.tables["models"].frame["model"].to_list() == ["model 0", "model 1"]
    assert answer.tables["strata"].frame.filter(groups=1).is_empty()


def test_targets_of_other_kinds_are_named_with_their_kind():
    answer = isogloss.trust(worlds.as_they_are(), ["Wolof", "Bambara", "Swedish"])
    assert "1 like the measured ones (Swedish)" in answer.text(200)


def test_targets_of_one_kind_are_counted_once():
    said = isogloss.trust(worlds.as_they_are(), ["Wolof", "Bambara"]).text(200)
    assert (
        "The 2 languages that you ask about: all with under a third of the web text of nine in ten measured languages."
        in said
    )
    assert "ask about the others" not in said


def test_too_few_languages_are_said_with_what_public_tables_say():
    few = worlds.as_they_are().head(6)
    answer = isogloss.trust(few, "Wolof")
    assert answer.verdict == (
        "For languages as poor as yours, believe the intervals, not the single numbers, as far as public tables tell."
    )
    assert answer.sentences[1].startswith("On 22 public tables of other models and tasks")
    assert "Your 6 measured languages are too few to try it" in answer.text(300)
    assert answer.table["measured"].to_list() == [6]


def test_protocols_go_without_targets():
    with pytest.raises(isogloss.IsoglossError, match=r"the targets decide what is withheld; leave out protocol=\.\.\."):
        isogloss.trust(worlds.as_they_are(), "Wolof", protocol="lolo")
