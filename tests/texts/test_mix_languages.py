"""Texts whose units are in languages that are drawn, and the translator that goes word by word."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from isogloss.errors import BadFile, BadValue
from isogloss.texts import Item, Passage, read_transform, read_translator
from isogloss.texts.words import cut_words

WORDS = "the cat sleeps dog runs now".split()
TEXT = "The cat sleeps. The dog runs now!\nNow the cat runs."


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ISOGLOSS_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def translator(tmp_path: Path) -> dict[str, str]:
    """Into French each word is in capitals, into German it is turned."""
    for code, other in (("fra", str.upper), ("deu", lambda word: word[::-1])):
        rows = "".join(f"{word}\t{other(word)}\n" for word in WORDS)
        (tmp_path / f"words_{code}.tsv").write_text(f"source\ttarget\n{rows}", encoding="utf-8")
    return {"name": "dictionary", "file": str(tmp_path / "words_{language}.tsv")}


def items(count: int, text: str = TEXT) -> list[Item]:
    return [Item(str(number), tuple(cut_words(text)), "calm", text=text) for number in range(count)]


def mixed(translator: dict[str, str], **parameters: Any) -> Any:
    return read_transform({"name": "mix-languages", "translator": translator, **parameters})


def test_at_rate_one_all_is_in_the_other_language_with_spaces_and_label_as_they_were(translator: Any) -> None:
    made = mixed(translator, languages=["fra"], rate=1.0).transform(items(1), "eng", "eng")
    assert made.items[0].text == TEXT.upper()
    assert made.items[0].words == tuple(cut_words(TEXT.upper()))
    assert made.items[0].label == "calm"
    assert made.measures == {"cmi": 0.0, "replaced": 1.0, "left": 0.0}
    whole = items(1)[0]._replace(text="", tags=("X",) * len(items(1)[0].words))
    tagged = mixed(translator, languages=["fra"], rate=1.0, unit="text").transform([whole], "eng", "eng")
    assert (tagged.items[0].text, tagged.items[0].tags) == ("", ())
    assert tagged.lost == {"a translation has other words": len(whole.words)}


def test_each_sentence_is_in_one_language_and_languages_are_drawn_alike(translator: Any) -> None:
    made = mixed(translator, languages=["fra", "deu"], rate=2 / 3).transform(items(150), "eng", "eng")
    first = [item.text.split(".")[0] for item in made.items]
    forms = ["The cat sleeps", "THE CAT SLEEPS", "eht tac speels"]
    assert set(first) == {*forms}
    assert [first.count(one) / 150 for one in forms] == pytest.approx([1 / 3] * 3, abs=0.12)
    assert made.measures["replaced"] == pytest.approx(2 / 3, abs=0.05)


def test_units_of_words_hold_as_many_words(translator: Any) -> None:
    made = mixed(translator, languages=["fra"], unit="words", words=4).transform(items(60), "eng", "eng")
    parts = {" ".join(item.text.split()[:4]) for item in made.items}
    assert parts == {"The cat sleeps. The", "THE CAT SLEEPS. THE"}
    each = mixed(translator, languages=["fra"], unit="words", words=1).transform(items(60), "eng", "eng")
    assert each.measures["cmi"] > made.measures["cmi"] > 0


def test_what_is_drawn_depends_on_seed_and_item_alone(translator: Any) -> None:
    mix = mixed(translator, languages=["fra", "deu"])
    whole = mix.transform(items(30), "eng", "eng").items
    assert mix.transform(items(30)[10:], "eng", "eng").items == whole[10:]
    assert mixed(translator, languages=["fra", "deu"], seed=1).transform(items(30), "eng", "eng").items != whole


def test_units_that_cannot_be_translated_stay_and_are_counted(translator: Any) -> None:
    made = mixed(translator, languages=["fra"], rate=1.0).transform(items(1, "The cat. Zebras!"), "eng", "eng")
    assert made.items[0].text == "THE CAT. Zebras!"
    assert made.measures["left"] == 0.5
    with pytest.raises(BadValue, match="each of 1 units came back empty or as it was"):
        mixed(translator, languages=["fra"], rate=1.0).transform(items(1, "Zebras!"), "eng", "eng")


def test_what_lacks_something_is_refused(translator: Any, tmp_path: Path) -> None:
    with pytest.raises(BadValue, match=r'mix-languages has no languages; write languages = \["fra", "deu"\]'):
        mixed(translator)
    with pytest.raises(BadValue, match="texts in 'fra' are in the only language named"):
        mixed(translator, languages=["fra"]).transform(items(1), "fra", "fra")
    with pytest.raises(BadFile, match="no such table of words into swh"):
        mixed(translator, languages=["swh"], rate=1.0).transform(items(1), "eng", "eng")
    with pytest.raises(BadValue, match="translator 'dictionary' has no table"):
        read_translator({"name": "dictionary"})
    with pytest.raises(BadFile, match="no such table of words"):
        _ = read_translator({"name": "dictionary", "file": str(tmp_path / "none_{language}.tsv")}).identity


def test_the_first_row_of_a_word_stands_for_it_and_other_words_stay(tmp_path: Path) -> None:
    (tmp_path / "words.tsv").write_text("source\ttarget\nnow\tahora mismo\nnow\tya\ncat\tgato\n")
    by = read_translator({"name": "dictionary", "file": str(tmp_path / "words.tsv")})
    assert by.translate([Passage("Now, a cat!")], "eng", "spa") == ["ahora mismo, a gato!"]
    assert (by.label, by.describe("eng", "spa")) == ("dictionary:words", "words.tsv")
