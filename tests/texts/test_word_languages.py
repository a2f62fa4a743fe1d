"""Which language the words of mixed texts are in, where it is known."""

from __future__ import annotations

import pytest

from isogloss.errors import BadValue
from isogloss.texts import word_languages

pytest.importorskip("py3langid", reason="needs the extra behaviour")

MIXED = {
    "deu": "Morgen muss ich früh aufstehen, |because I have a meeting| mit dem ganzen Team.",
    "spa": "Ayer fui a la tienda |to buy some bread and milk| para el desayuno de mañana.",
    "hin": "मैं कल |office| जा रहा हूँ |because of the meeting| सुबह में है।",
    "ind": "Kemarin saya pergi ke pasar |to buy some bread and milk| untuk sarapan besok pagi.",
}
"""By language; what stands between bars is English."""


def known(text: str, language: str) -> list[tuple[str, str]]:
    parts = text.split("|")
    return [(word.strip(",.।"), "eng" if number % 2 else language)
            for number, part in enumerate(parts) for word in part.split()]  # fmt: skip


def test_planted_switches_are_recognised_word_by_word() -> None:
    """At least nine words in ten, over the four texts."""
    same = total = 0
    for language, text in MIXED.items():
        right = known(text, language)
        found = word_languages(text.replace("|", ""), language, "eng")
        assert [word for word, _ in found] == [word for word, _ in right]
        same += sum(one == other for one, other in zip(found, right, strict=True))
        total += len(right)
    assert same / total >= 0.9


def test_texts_in_one_language_have_few_words_in_another() -> None:
    """The null world: over four texts one word in ten at most, and in another script none."""
    texts = {language: " ".join(text.split("|")[::2]) for language, text in MIXED.items()}
    shares = {
        language: [one for _, one in word_languages(text, language, "eng")].count("eng")
        / len(word_languages(text, language, "eng"))
        for language, text in texts.items()
    }
    assert sum(shares.values()) / len(shares) <= 0.1
    assert shares["hin"] == 0


def test_numbers_and_marks_have_no_language() -> None:
    assert word_languages("3 + 4 = 7!", "deu", "eng") == []


@pytest.mark.parametrize(("pair", "said"), [
    (("deu", "ewe"), "'ewe' cannot be identified"),
    (("deu", "deu"), "German and German cannot be told apart"),
    (("nob", "nor"), "cannot be told apart"),
])  # fmt: skip
def test_languages_that_cannot_be_counted_are_refused(pair: tuple[str, str], said: str) -> None:
    with pytest.raises(BadValue, match=said):
        word_languages("Hallo", *pair)
