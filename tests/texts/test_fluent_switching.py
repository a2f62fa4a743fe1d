"""Where languages may change within a text, and which of several mixed versions is kept."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import pytest

from isogloss.errors import BadValue
from isogloss.texts import Item, read_transform
from isogloss.texts.aligners import Links
from isogloss.texts.transforms.switch_phrases import cut_runs
from isogloss.texts.words import cut_words

WHO, DOES, WHAT = ("ann", "bob", "cid", "dan"), ("sees", "hears"), ("ice", "sun", "sea")


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ISOGLOSS_CACHE", str(tmp_path / "cache"))


def world(tmp_path: Path, *, is_turned: bool) -> tuple[list[Item], dict[str, Any]]:
    """Texts, and a file with translations of turned words: in the same order, or with the verb at the end."""
    rows, texts = [], []
    for who, does, what in product(WHO, DOES, WHAT):
        text = f"Today {who} {does} {what} ."
        other = [one[::-1] for one in ((who, what, does) if is_turned else (who, does, what))]
        rows.append(f"{text},yadot {' '.join(other)} .")
        texts.append(text)
    (tmp_path / "parallel.csv").write_text("\n".join(["eng,deu", *rows]), encoding="utf-8")
    items = [Item(str(number), tuple(cut_words(text)), "calm", text=text) for number, text in enumerate(texts)]
    return items, {"name": "switch-phrases", "file": str(tmp_path / "parallel.csv")}


def test_languages_change_between_any_two_words_where_the_order_is_the_same(tmp_path: Path) -> None:
    items, given = world(tmp_path, is_turned=False)
    made = read_transform(given).transform(items, "eng", "deu")
    assert made.measures["permitted"] == 1
    assert made.measures["replaced"] == pytest.approx(0.5, abs=0.1)
    words = {word for item in made.items for word in item.words}
    assert {"ann", "nna", "sees", "sees"[::-1]} <= words
    whole = read_transform(given | {"rate": 1.0}).transform(items, "eng", "deu").items[0]
    assert (whole.text, whole.label) == ("yadot nna sees eci .", "calm")


def test_words_whose_order_differs_stay_together(tmp_path: Path) -> None:
    """Verb and object are in one language, in the order that it has."""
    items, given = world(tmp_path, is_turned=True)
    made = read_transform(given).transform(items, "eng", "deu")
    assert made.measures["permitted"] == pytest.approx(3 / 4)
    pairs = {(*item.words[2:4],) for item in made.items}
    own = set(product(DOES, WHAT))
    assert pairs <= own | {(what[::-1], does[::-1]) for does, what in own}
    assert pairs & own
    assert pairs - own


def test_a_link_that_crosses_all_forbids_each_switch() -> None:
    assert [run[:2] for run in cut_runs(3, Links.of({(0, 2): 1.0, (1, 1): 1.0, (2, 0): 1.0}))] == [(0, 3)]
    assert [run[:2] for run in cut_runs(4, Links.of({(0, 0): 1.0, (3, 1): 1.0}))] == [(0, 3), (3, 4)]
    assert cut_runs(4, Links.of({})) == []


def test_texts_without_a_translation_are_dropped_and_what_cannot_be_is_refused(tmp_path: Path) -> None:
    items, given = world(tmp_path, is_turned=False)
    made = read_transform(given).transform([*items, Item("new", ("zebra",), text="zebra")], "eng", "deu")
    assert made.dropped == {"new": "has no translation in the file"}
    with pytest.raises(BadValue, match=r'no language to switch to; name it, as into = "deu"'):
        read_transform(given).transform(items, "eng", "eng")
    with pytest.raises(BadValue, match="words of a translation have no tags; carry them over with project"):
        read_transform(given).transform([items[0]._replace(tags=("X",) * 5)], "eng", "deu")
    with pytest.raises(BadValue, match="switch-phrases has no translations"):
        read_transform({"name": "switch-phrases"})


ITEMS = [Item(str(number), one, "calm", text=" ".join(one)) for number, one in enumerate(product(WHO[:2], DOES, WHAT))]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A decoder that has read one of the two words that a dictionary has for each."""
    pytest.importorskip("torch", reason="needs the extra lab")
    from isogloss.lab import ByteTransformer, pretrain

    folder = tmp_path_factory.mktemp("fluent")
    texts = [f"{who} {does} {what}" for who, does, what in product(WHO, ("voit", "entend"), WHAT)]
    shape = ByteTransformer(layers=1, width=32, heads=2, context=32, steps=80, batch_size=8, learning_rate=1e-2)
    pretrain(texts * 3, folder / "read", shape)
    rows = ["sees\tvoit", "sees\tzrqk", "hears\tentend", "hears\tqxwzvb"]
    (folder / "words.tsv").write_text("\n".join(["source\ttarget", *rows]), encoding="utf-8")
    return folder


@pytest.fixture
def given(folder: Path) -> dict[str, Any]:
    inner = {"name": "code-switch", "dictionary": str(folder / "words.tsv"), "rate": 1.0}
    return {"name": "most-fluent", "base": inner, "checkpoint": str(folder / "read"), "versions": 6}


def test_the_version_with_words_that_the_decoder_has_read_is_kept(given: dict[str, Any]) -> None:
    """Of one draw, the null world, about half of the words are such."""
    known = {"voit", "entend"}
    made = read_transform(given).transform(ITEMS, "eng", "fra")
    assert sum(item.words[1] in known for item in made.items) >= 11
    drawn = read_transform(given["base"]).transform(ITEMS, "eng", "fra")
    assert sum(item.words[1] in known for item in drawn.items) <= 9
    assert made.measures["ratio"] < made.measures["ratio_drawn"]
    assert made.measures["changed"] == pytest.approx(1 / 3)
    assert {item.label for item in made.items} == {"calm"}


def test_texts_of_which_no_version_is_fluent_are_dropped(given: dict[str, Any]) -> None:
    made = read_transform(given | {"most": 1e-9}).transform(ITEMS[:2], "eng", "fra")
    assert (made.items, {*made.dropped.values()}) == ([], {"no version is fluent enough"})


def test_what_cannot_be_rated_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(BadValue, match="most-fluent has no decoder"):
        read_transform({"name": "most-fluent", "base": given["base"]})
    with pytest.raises(BadValue, match="the base has a seed; give it to most-fluent"):
        read_transform(given | {"base": given["base"] | {"seed": 1}})
    always = {"name": "code-switch", "dictionary": given["base"]["dictionary"], "rate": 0.0}
    with pytest.raises(BadValue, match="all versions of all texts are the same"):
        read_transform(given | {"base": always}).transform(ITEMS[:1], "eng", "fra")
