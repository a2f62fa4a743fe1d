"""Text transforms: every item is kept or dropped with a reason, outcomes are seeded, and kept by content."""

from __future__ import annotations

from pathlib import Path

import pytest

from isogloss.errors import BadValue, UnknownName
from isogloss.texts import Item, read_transform, text_transforms

WORDS = {"the": "el", "cat": "gato", "sleeps": "duerme", "dog": "perro", "now": "ahora mismo"}


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ISOGLOSS_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def dictionary(tmp_path: Path) -> str:
    path = tmp_path / "words.tsv"
    path.write_text("source\ttarget\n" + "".join(f"{source}\t{target}\n" for source, target in WORDS.items()))
    return str(path)


def items(count: int) -> list[Item]:
    words = [("The", animal, "sleeps", "now", ".") for animal in ("cat", "dog")]
    tags = ("DET", "NOUN", "VERB", "B-TIME", "PUNCT")
    return [Item(str(number), words[number % 2], "calm", tags) for number in range(count)]


def table(tmp_path: Path, translations: list[str]) -> dict[str, str]:
    rows = "".join(f"spa\t{number}\t{text}\n" for number, text in enumerate(translations))
    (tmp_path / "table.tsv").write_text(f"language\titem\ttext\n{rows}", encoding="utf-8")
    return {"name": "file", "file": str(tmp_path / "table.tsv")}


def test_all_words_of_the_dictionary_are_replaced_at_rate_one(dictionary: str) -> None:
    made = read_transform({"name": "code-switch", "dictionary": dictionary, "rate": 1.0}).transform(
        items(1), "eng", "spa"
    )
    assert made.items == [
        Item(
            "0", ("el", "gato", "duerme", "ahora", "mismo", "."), "calm",
            ("DET", "NOUN", "VERB", "B-TIME", "I-TIME", "PUNCT"),
        )
    ]  # fmt: skip
    assert made.measures == {"cmi": 0.0, "replaced": 1.0}  # all are of one language again


def test_as_many_words_are_replaced_as_asked(dictionary: str) -> None:
    made = read_transform({"name": "code-switch", "dictionary": dictionary, "rate": 0.5}).transform(
        items(400), "eng", "spa"
    )
    words = [word for item in made.items for word in item.words]
    assert sum(word in ("el", "gato", "perro", "duerme") for word in words) / (3 * 400) == pytest.approx(0.5, abs=0.05)
    assert 20 < made.measures["cmi"] < 50


def test_what_is_drawn_depends_on_seed_and_item_alone(dictionary: str) -> None:
    transform = {"name": "code-switch", "dictionary": dictionary}
    whole = read_transform(transform).transform(items(50), "eng", "spa").items
    assert read_transform(transform).transform(items(50)[20:], "eng", "spa").items == whole[20:]
    assert read_transform(transform | {"seed": 1}).transform(items(50), "eng", "spa").items != whole


def test_outcomes_are_kept_by_content(dictionary: str, cache: Path) -> None:
    transform = read_transform({"name": "code-switch", "dictionary": dictionary})
    made = transform.transform(items(5), "eng", "spa")
    assert transform.transform(items(5), "eng", "spa") == made  # with the time that it took
    (kept,) = (cache / "transforms" / "code-switch").iterdir()
    kept.write_text("{")
    assert transform.transform(items(5), "eng", "spa").items == made.items
    Path(dictionary).write_text("source\ttarget\ncat\tmichi\n")
    other = read_transform({"name": "code-switch", "dictionary": dictionary, "rate": 1.0})
    assert other.transform(items(1), "eng", "spa").items[0].words[1] == "michi"


def test_a_dictionary_without_a_word_of_the_texts_is_refused(tmp_path: Path) -> None:
    (tmp_path / "words.tsv").write_text("source\ttarget\nhund\tperro\n")
    transform = read_transform({"name": "code-switch", "dictionary": str(tmp_path / "words.tsv")})
    with pytest.raises(BadValue, match="has no word of these texts"):
        transform.transform(items(2), "eng", "spa")
    with pytest.raises(BadValue, match="code-switch has no dictionary"):
        read_transform({"name": "code-switch"})


def test_translating_keeps_labels_and_counts_tags_that_are_lost(tmp_path: Path) -> None:
    translator = table(tmp_path, ["El gato duerme ahora.", "The dog sleeps now .", '" "'])
    made = read_transform({"name": "translate", "translator": translator}).transform(items(3), "eng", "spa")
    assert made.items == [Item("0", ("El", "gato", "duerme", "ahora", "."), "calm")]
    assert made.dropped == {"1": "came back as it was", "2": "no translation"}
    assert made.lost == {"a translation has other words": 5}
    assert (made.texts, made.characters) == (3, sum(len(" ".join(item.words)) for item in items(3)))


def test_projecting_carries_tags(tmp_path: Path) -> None:
    """Eight sentences whose words have one translation each, in turned order."""
    animals, verbs = ("cat", "dog", "bird", "fox"), ("runs", "sings")
    spanish = {"cat": "gato", "dog": "perro", "bird": "ave", "fox": "zorro", "runs": "corre", "sings": "canta"}
    given = [
        Item(str(number), (animal, verb), None, ("NOUN", "VERB"))
        for number, (animal, verb) in enumerate((animal, verb) for animal in animals for verb in verbs)
    ]
    untagged = Item("8", ("cat",))
    texts = [f"{spanish[item.words[1]]} {spanish[item.words[0]]}" for item in given]
    transform = {"name": "project", "translator": table(tmp_path, [*texts, "gato"]), "aligner": {"name": "ibm1"}}
    made = read_transform(transform).transform([*given, untagged], "eng", "spa")
    assert made.dropped == {"8": "has no tag in the source"}
    assert {item.tags for item in made.items} == {("VERB", "NOUN")}


def test_transforms_are_found_by_name() -> None:
    assert text_transforms.names() == ["back-translate", "code-switch", "project", "translate", "transliterate"]
    with pytest.raises(UnknownName, match="text transform 'mix'"):
        read_transform({"name": "mix"})
    with pytest.raises(BadValue, match="item '0' is there twice"):
        read_transform({"name": "translate"}).transform([*items(1), *items(1)], "eng", "spa")
