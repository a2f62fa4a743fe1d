"""Transliterating, whole texts or chosen words, and translating there and back."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from isogloss.errors import BadFile, BadValue, InputError
from isogloss.texts import Item, read_transform


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ISOGLOSS_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def maltese(folder: Path, **more: Any) -> dict[str, Any]:
    """Letters of Maltese in Arabic script, and where some of its words are from."""
    letters = {"k": "ك", "t": "ت", "ie": "ا", "b": "ب", "għ": "ع", "d": "د", "a": "ا"}
    table = "".join(f"{one}\t{other}\n" for one, other in letters.items())
    (folder / "letters.tsv").write_text(f"source\ttarget\n{table}", encoding="utf-8")
    origins = "word\tkind\nktieb\tarabic\ntabib\tarabic\nskola\titalian\n"
    (folder / "origins.tsv").write_text(origins, encoding="utf-8")
    return {"name": "transliterate", "characters": str(folder / "letters.tsv"), **more}


SENTENCE = Item("0", ("Ktieb", ",", "skola", "u", "kitba"), "school", text="Ktieb, skola u kitba")


def test_only_words_of_a_kind_are_put_into_another_script(tmp_path: Path) -> None:
    """Words of Arabic origin into Arabic script; those from Italian, and those that nobody listed, stay."""
    transform = read_transform(maltese(tmp_path, words=str(tmp_path / "origins.tsv"), kinds=["arabic"]))
    made = transform.transform([SENTENCE], "mlt", "mlt")
    assert made.items[0].text == "Kتاب, skola u kitba"  # letters that the table lacks stay, and so do capitals
    assert made.items[0].words == ("Kتاب", ",", "skola", "u", "kitba")
    assert made.measures == {"changed": 0.25}
    assert transform.label == "transliterate(characters=letters,words=origins,kinds=arabic)"


def test_without_a_table_of_words_all_are(tmp_path: Path) -> None:
    made = read_transform(maltese(tmp_path)).transform([SENTENCE], "mlt", "mlt")
    assert made.items[0].text == "Kتاب, sكolا u كiتبا"
    assert made.items[0].label == "school"
    assert made.measures == {"changed": 0.75}


def test_tags_stay_with_their_words(tmp_path: Path) -> None:
    tagged = Item("0", ("tabib", "skola"), tags=("NOUN", "NOUN"))
    made = read_transform(maltese(tmp_path)).transform([tagged], "mlt", "mlt")
    assert made.items == [Item("0", ("تابiب", "sكolا"), tags=("NOUN", "NOUN"))]


@pytest.mark.skipif(shutil.which("uconv") is None, reason="needs uconv: apt-get install icu-devtools")
def test_rules_of_icu_go_there_and_back() -> None:
    """Serbian in either script; a script that rules leave alone stays as it is."""
    cyrillic = Item("0", ("Љубав", "је", "језик"), text="Љубав је  језик.")
    latin = read_transform({"name": "transliterate", "rules": "Serbian-Latin/BGN"}).transform([cyrillic], "srp", "srp")
    assert latin.items[0].text == "Ljubav je  jezik."
    plain = read_transform({"name": "transliterate", "rules": "Any-Latin"}).transform(latin.items, "srp", "srp")
    assert plain.items == latin.items
    assert plain.measures == {"changed": 0.0}
    with pytest.raises(BadValue, match="Any-Lattin"):
        read_transform({"name": "transliterate", "rules": "Any-Lattin"}).transform([cyrillic], "srp", "srp")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "needs rules or a table of characters"),
        ({"rules": "Any-Latin", "characters": "letters.tsv"}, "one of both"),
        ({"rules": "Any-Latin", "kinds": ["arabic"]}, "a table of words goes with kinds"),
        ({"rules": "Any-Latin", "words": "origins.tsv", "kinds": ["greek"]}, "no word is of kind 'greek'"),
        ({"rules": "Any-Latin", "words": "none.tsv", "kinds": ["greek"]}, "none.tsv"),
        (
            {"rules": "Any-Latin", "words": "others.tsv", "kinds": ["arabic"]},
            "has no word of these texts of kind arabic",
        ),
    ],
)
def test_what_cannot_be_transliterated_is_refused(
    given: dict[str, Any], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    maltese(tmp_path)
    (tmp_path / "others.tsv").write_text("word\tkind\nhund\tarabic\n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises((BadValue, BadFile)) as error:
        read_transform({"name": "transliterate", **given}).transform([SENTENCE], "mlt", "mlt")
    assert said in str(error.value)


THERE = ["The cat sleeps in the old house.", "My friend reads a good book.", "", "The children play in the garden."]
BACK = [
    "El gato duerme en la casa vieja.", "Mi amigo lee un buen libro.", "",
    "The children are playing in the garden of the school.",
]  # fmt: skip
SPANISH = [
    "El gato está durmiendo en la casa vieja.", "Mi amigo lee un buen libro.", "Hoy llueve mucho aquí.",
    "Los niños juegan en el jardín.",
]  # fmt: skip


def there_and_back(folder: Path, **more: Any) -> dict[str, Any]:
    rows = [f"spa\teng\t{place}\t{text or ' '}\n" for place, text in enumerate(THERE)]
    rows += [f"eng\tspa\t{place}\t{text or ' '}\n" for place, text in enumerate(BACK)]
    (folder / "table.tsv").write_text("from\tlanguage\titem\ttext\n" + "".join(rows), encoding="utf-8")
    return {"name": "back-translate", "pivot": "en", "translator": {"name": "file", "file": str(folder / "table.tsv")},
            **more}  # fmt: skip


def spanish() -> list[Item]:
    return [Item(str(place), tuple(text[:-1].split()), "calm", text=text) for place, text in enumerate(SPANISH)]


def test_what_comes_back_empty_or_in_another_language_is_dropped(tmp_path: Path) -> None:
    pytest.importorskip("py3langid", reason="to identify languages needs py3langid, of the extra behaviour")
    made = read_transform(there_and_back(tmp_path)).transform(spanish(), "spa", "spa")
    assert [(item.id, item.text, item.label) for item in made.items] == [
        ("0", BACK[0], "calm"), ("1", BACK[1], "calm"),
    ]  # fmt: skip
    assert made.dropped == {"2": "no translation", "3": "came back in another language"}
    assert made.measures == {"unchanged": 0.25, "identified": 1.0}


def test_languages_are_not_checked_unasked(tmp_path: Path) -> None:
    transform = read_transform(there_and_back(tmp_path, checked=False))
    made = transform.transform(spanish(), "spa", "spa")
    assert made.dropped == {"2": "no translation"}
    assert made.measures["identified"] == 0.0
    assert transform.label == "back-translate(pivot=en,file:table,checked=False)"
    assert transform.describe("spa", "spa").count("table.tsv ") == 2


def test_texts_in_the_pivot_and_pairs_that_nobody_translates_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadValue, match="has no pivot"):
        read_transform({"name": "back-translate"})
    with pytest.raises(BadValue, match="the pivot spa is the language of the texts"):
        read_transform(there_and_back(tmp_path, pivot="spa")).transform(spanish(), "spa", "spa")
    with pytest.raises(InputError, match="has no translation from spa into deu"):
        read_transform(there_and_back(tmp_path, pivot="deu")).transform(spanish(), "spa", "spa")
