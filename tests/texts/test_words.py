"""Text cut into words: nothing but space is lost, in any script."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isogloss.texts.words import cut_words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Zoë can't, 3.5%", ["Zoë", "can", "'", "t", ",", "3", ".", "5", "%"]),
        ("मैं घर में हूँ।", ["मैं", "घर", "में", "हूँ", "।"]),
        ("北京hotel", ["北", "京", "hotel"]),
        ("น้ำ", ["น้", "ำ"]),
        ("  \n", []),
    ],
)
def test_words_in_several_scripts(text: str, words: list[str]) -> None:
    assert cut_words(text) == words


@given(st.text(st.characters(exclude_categories=["C"])))
def test_nothing_but_space_is_lost(text: str) -> None:
    assert "".join(cut_words(text)) == "".join(character for character in text if not character.isspace())
    assert all(word and not any(map(str.isspace, word)) for word in cut_words(text))
