"""Text transforms: every item is kept or dropped with a reason, outcomes are seeded, and kept by content."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from pathlib import Path

import pytest

from isogloss.errors import BadValue, UnknownName
from isogloss.texts import Item, read_transform, text_transforms
from isogloss.texts.words import cut_words

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


def test_languages_stand_before_their_words(dictionary: str) -> None:
    transform = {"name": "code-switch", "dictionary": dictionary, "rate": 1.0, "tagged": True}
    given = Item("0", ("The", "cat", ",", "Ann", "'", "s", ",", "sleeps", "."), text="The cat, Ann's, sleeps.")
    made = read_transform(transform).transform([given], "eng", "spa").items[0]
    assert made.text == "<spa> el gato, <eng> Ann's, <spa> duerme."
    with pytest.raises(BadValue, match=r'tagged needs the language that words are put into; name .* into = "eng"'):
        read_transform(transform).transform([given], "eng", "eng")
    with pytest.raises(BadValue, match="words with tags cannot have languages between them"):
        read_transform(transform).transform(items(1), "eng", "spa")


ORDERED = ("ann", "bob", "cid", "dan"), ("sees", "hears"), ("ice", "sun", "sea")
"""Who does what to what, in the order of English."""


def sentences(tmp_path: Path, other: Callable[[str, str, str], str]) -> list[Item]:
    """Texts in a language whose words are the turned ones of English, and a file of them with English."""
    turned = [tuple(word[::-1] for word in one) for one in product(*ORDERED)]
    texts = [other(*one).capitalize() + "." for one in turned]
    rows = [f"{text},{' '.join(one).capitalize()}.\n" for text, one in zip(texts, product(*ORDERED), strict=True)]
    (tmp_path / "parallel.csv").write_text("hin,eng\n" + "".join(rows))
    return [Item(str(number), tuple(cut_words(text)), "calm", text=text) for number, text in enumerate(texts)]


@pytest.mark.parametrize("aligner", ["ibm1", "hmm"])
def test_words_go_into_the_order_of_the_translation(tmp_path: Path, aligner: str) -> None:
    """The verb, last in these texts, stands between the two others, as in English; labels and full stops stay."""
    given = sentences(tmp_path, lambda who, does, what: f"{who} {what} {does}")
    transform = {"name": "reorder", "file": str(tmp_path / "parallel.csv"), "aligner": {"name": aligner}}
    made = read_transform(transform).transform(given[:10], "hin", "hin")
    wanted = [" ".join(word[::-1] for word in one).capitalize() + "." for one in product(*ORDERED)]
    assert [item.text for item in made.items] == wanted[:10]
    assert {item.label for item in made.items} == {"calm"}
    assert made.measures == {"moved": pytest.approx(1 / 3), "linked": 1.0}  # one of three pairs of words


def test_words_in_the_order_of_their_translation_stay(tmp_path: Path) -> None:
    given = sentences(tmp_path, lambda *words: " ".join(words))
    transform = read_transform({"name": "reorder", "file": str(tmp_path / "parallel.csv")})
    unknown = Item("new", ("nna",), "calm", text="nna")
    made = transform.transform([*given, unknown], "hin", "hin")
    assert (made.items, made.measures["moved"]) == (given, 0.0)
    assert made.dropped == {"new": "has no translation in the file"}
    with pytest.raises(BadValue, match="has no text of these in 'hin' with its translation; texts must be written"):
        transform.transform([unknown], "hin", "hin")
    with pytest.raises(BadValue, match="texts in 'eng' are in the order of 'eng' already; name their languages"):
        transform.transform([unknown], "eng", "eng")


def test_tags_go_with_their_words(tmp_path: Path) -> None:
    given = sentences(tmp_path, lambda who, does, what: f"{who} {what} {does}")
    tagged = [item._replace(tags=("N", "N", "V", "P"), text="") for item in given]
    made = read_transform({"name": "reorder", "file": str(tmp_path / "parallel.csv")}).transform(tagged, "hin", "hin")
    assert {item.tags for item in made.items} == {("N", "V", "N", "P")}


def test_transforms_are_found_by_name() -> None:
    assert text_transforms.names() == [
        "back-translate",
        "code-switch",
        "mix-languages",
        "most-fluent",
        "project",
        "reorder",
        "switch-phrases",
        "translate",
        "transliterate",
        "write-mixed",
    ]
    with pytest.raises(UnknownName, match="text transform 'mix'"):
        read_transform({"name": "mix"})
    with pytest.raises(BadValue, match="item '0' is there twice"):
        read_transform({"name": "translate"}).transform([*items(1), *items(1)], "eng", "spa")
