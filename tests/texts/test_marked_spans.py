"""Spans that go through a translator between markers: which come back, and why others do not."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

import isogloss
from isogloss.errors import BadValue
from isogloss.texts import (
    Item,
    Passage,
    Translator,
    read_spans,
    read_transform,
    translate_marked,
    translate_templates,
    translators,
)
from isogloss.texts.projection.files import Sentences
from isogloss.texts.projection.markers import KINDS, read_marked, with_markers
from isogloss.texts.projection.placeholders import read_placeholders
from isogloss.texts.words import cut_words

NAMES = ("Ann", "Ben", "Rome", "Oslo", "Lake Como", "New York")


@dataclass(frozen=True)
class Planted(Translator):
    """Writes each word without digits from its end, and sentences in turned order; markers as it is told."""

    name: ClassVar[str] = "planted"
    kept: ClassVar[bool] = False

    does: str = "keeps"
    loses: int = 0

    def check(self, pairs: Sequence[tuple[str, str]]) -> None:
        """It knows all languages."""

    def describe(self, origin: str, into: str) -> str:
        return self.label

    def translate(self, passages: Sequence[Passage], origin: str, into: str) -> list[str]:
        return [self._one(passage.text, place) for place, passage in enumerate(passages)]

    def _one(self, text: str, place: int) -> str:
        if self.does == "drops tags":
            text = re.sub(r"</?[a-z]>", "", text)
        elif self.does == "drops all":
            text = re.sub(r"[][\"<>/]", "", text)
        elif self.does == "drops brackets":
            text = re.sub(r"[\[\]]", "", text)
        if self.loses and place % self.loses == 0:
            text = text.replace("]", "", 1).replace(">", "", 1).replace('"', "", 1)
        chunks = [found[0] for found in re.finditer(r"\[[^\]]*\]\S*|<([a-z])>.*?</\1>\S*|\"[^\"]*\"\S*|\S+", text)]
        return " ".join(
            re.sub(r"(?<![</])\b[^\W\d]{2,}\b", lambda found: found[0][::-1], one) for one in reversed(chunks)
        )


@pytest.fixture(autouse=True)
def planted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("ISOGLOSS_CACHE", str(tmp_path / "cache"))
    translators.register("planted")(Planted)
    yield
    translators.unregister("planted")


def sentences(count: int, *, labels: tuple[str, str] = ("PER", "LOC")) -> Sentences:
    """A person and a place in each, and every fourth without a name."""
    texts, tags = [], []
    for number in range(count):
        one, other = NAMES[number % 2], NAMES[2 + number % 4]
        if number % 4 == 3:
            texts.append("nobody went anywhere today.")
            tags.append(["O"] * 5)
        else:
            texts.append(f"{one} went to {other} today.")
            tags.append(
                [f"B-{labels[0]}", "O", "O", f"B-{labels[1]}", *[f"I-{labels[1]}"] * other.count(" "), "O", "O"]
            )
    return Sentences([str(number) for number in range(count)], texts, [cut_words(text) for text in texts], tags)


def carried(does: str = "keeps", loses: int = 0, count: int = 40, **options: Any) -> Any:
    return translate_marked(sentences(count), Planted(does=does, loses=loses), "eng", "deu", **options)


def named(found: Any, place: int) -> dict[str, str]:
    words, spans = found.target.words[place], read_spans([label or "O" for label in found.projection.labels[place]])
    return {span.label: " ".join(words[span.first : span.last + 1]) for span in spans}


@pytest.mark.parametrize("markers", ["best", "brackets", "tags", "quotes"])
def test_all_spans_come_back_where_markers_do(markers: Any) -> None:
    """Each span is written from its end, and a place of two words stays together."""
    found = carried(markers=markers)
    assert (found.marked, found.whole) == (30, 30)
    assert found.projection.table["dropped"].to_list() == [0, 0]
    assert found.left_out == {}
    assert named(found, 2) == {"PER": "nnA", "LOC": "ekaL omoC"}
    assert found.projection.labels[3] == ["O"] * 5
    assert not any(sign in text for text in found.target.texts for sign in '[]<>"')


@pytest.mark.parametrize(("does", "markers"), [("drops brackets", "tags"), ("keeps", "brackets")])
def test_the_best_markers_are_those_that_come_back(does: str, markers: str) -> None:
    found = carried(does)
    assert found.markers == markers
    assert found.whole == found.marked


def test_broken_markers_are_counted_and_their_sentences_have_no_labels() -> None:
    """Every fifth text loses a marker: 6 of 30 with spans, which are not guessed."""
    found = carried(loses=5, markers="brackets")
    broken = [place for place in range(0, 40, 5) if place % 4 != 3]
    assert found.whole == found.marked - len(broken)
    assert found.projection.table["reasons"].to_list() == [f"{len(broken)} markers lost or broken"] * 2
    assert [*found.left_out] == [place for place in range(40) if place in broken]
    assert found.kept == [place for place in range(40) if place not in broken]
    assert len(found.target.words) == len(found.projection.labels) == 40 - len(broken)


def test_no_label_is_carried_where_all_markers_are_lost() -> None:
    found = carried("drops brackets", markers="brackets")
    assert (found.whole, found.projection.table["carried"].sum()) == (0, 0)


def test_a_text_that_has_the_marker_itself_is_left_alone() -> None:
    given = sentences(8)
    given.texts[0] = "Ann went to [Rome] today."
    given.words[0][:] = cut_words(given.texts[0])
    given.labels[0][:] = ["B-PER", "O", "O", "O", "B-LOC", "O", "O", "O"]
    found = translate_marked(given, Planted(), "eng", "deu", markers="brackets")
    assert found.projection.table["reasons"].to_list() == ["1 has the marker in its text"] * 2
    assert found.whole == found.marked - 1


def test_a_translator_that_looks_texts_up_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "table.tsv"
    path.write_text("language\titem\ttext\ndeu\t0\tAnna\n", encoding="utf-8")
    translator = translators.get("file").read({"file": str(path)})
    with pytest.raises(BadValue, match="translator 'file' looks translations up by item: it sees no markers"):
        translate_marked(sentences(4), translator, "eng", "deu")


@pytest.mark.parametrize("name", [*KINDS])
@given(st.lists(st.sampled_from(["O", "B-A", "I-A", "B-B"]), min_size=1, max_size=8))
def test_markers_that_are_put_in_are_read_back(name: str, labels: list[str]) -> None:
    words = [f"w{place}" for place in range(len(labels))]
    given = Sentences(["0"], [" ".join(words)], [words], [labels])
    spans = read_spans(labels)
    read = read_marked(with_markers(given, 0, spans, KINDS[name]), KINDS[name], len(spans))
    assert (read.text, read.reason) == (given.texts[0], "")
    assert [read.text[one.first : one.last] for one in read.stretches] == [
        " ".join(words[span.first : span.last + 1]) for span in spans
    ]


@pytest.mark.parametrize(
    ("text", "name"),
    [("[Ann went", "brackets"), ("Ann] went", "brackets"), ("[[Ann] went]", "brackets"), ("Ann went", "brackets"),
     ("[Ann] [went]", "brackets"), ("<a>Ann</b> went", "tags"), ("<b>Ann</b> went", "tags"), ('"Ann went', "quotes")],
)  # fmt: skip
def test_markers_that_do_not_fit_are_broken(text: str, name: str) -> None:
    assert read_marked(text, KINDS[name], 1).reason == "markers lost or broken"


def test_a_question_says_how_many_markers_came_back(tmp_path: Path) -> None:
    given = sentences(12)
    blocks = ["\n".join(f"{word}\t{label}" for word, label in zip(words, labels, strict=True))
              for words, labels in zip(given.words, given.labels, strict=True)]  # fmt: skip
    (tmp_path / "eng.iob2").write_text("\n\n".join(blocks) + "\n")
    asked = {"source": "eng", "target": "deu", "method": "markers", "into": tmp_path / "deu.iob2"}
    answer = isogloss.project(tmp_path / "eng.iob2", **asked, translator={"name": "planted"})
    assert answer.sentences[0] == "9 of 9 sentences with spans came back with their brackets."
    assert "nnA\tB-PER" in (tmp_path / "deu.iob2").read_text()
    lost = isogloss.project(tmp_path / "eng.iob2", **asked, translator={"name": "planted", "does": "drops all"})
    assert (
        lost.sentences[0] == "Do not use these labels: only 0 of 9 sentences with spans came back with their brackets."
    )
    assert lost.flags["flag"].to_list() == ["markers_lost"]
    with pytest.raises(BadValue, match="markers go through a translator"):
        isogloss.project(tmp_path / "eng.iob2", **asked, target_text=tmp_path / "eng.iob2")


def test_a_transform_drops_items_whose_markers_are_lost() -> None:
    given = sentences(20)
    items = [Item(id_, tuple(words), None, tuple(labels))
             for id_, words, labels in zip(given.ids, given.words, given.labels, strict=True)]  # fmt: skip
    transform = {"name": "project", "method": "markers", "translator": {"name": "planted", "loses": 5}}
    made = read_transform(transform).transform(items, "eng", "deu")
    assert made.dropped == dict.fromkeys(["0", "5", "10"], "markers lost or broken")
    assert (len(made.items), made.measures) == (17, {"markers_whole": 12 / 15})
    assert dict(zip(made.items[0].words, made.items[0].tags, strict=True))["neB"] == "B-PER"


def around(does: str = "keeps", **options: Any) -> Any:
    return translate_templates(sentences(40), Planted(does=does), "eng", "deu", **options)


def test_values_behind_placeholders_stay_as_they_are() -> None:
    """Names are not written from their end, as all other words are; the placeholder of a place knows its label."""
    found = around()
    assert (found.marked, found.whole, found.left_out) == (30, 30, {})
    assert named(found, 2) == {"PER": "Ann", "LOC": "Lake Como"}
    assert found.target.texts[2] == "yadot. Lake Como ot tnew Ann"
    assert not any("[" in text for text in found.target.texts)


def test_placeholders_are_read_without_their_brackets_and_missed_without_their_name() -> None:
    assert around("drops brackets").whole == 30
    read = read_placeholders("per1 met LOC 2 and [LOC2]", read_spans(["B-PER", "B-LOC"]), ["Ann", "Rome"])
    assert read.text == "Ann met LOC 2 and Rome"
    assert read_placeholders("PER1 PER1", read_spans(["B-PER"]), ["Ann"]).reason == "markers lost or broken"


def test_values_of_the_target_are_put_in_the_same_everywhere() -> None:
    found, again = (around(values={"LOC": ["Gera", "Bad Ems"]}, seed=seed) for seed in (1, 1))
    assert found.target.texts == again.target.texts
    by_source: dict[str, set[str]] = {}
    for place in range(40):
        if place % 4 != 3:
            by_source.setdefault(NAMES[2 + place % 4], set()).add(named(found, place)["LOC"])
            assert named(found, place)["PER"] == NAMES[place % 2]
    assert all(len(values) == 1 for values in by_source.values())
    assert {*chain.from_iterable(by_source.values())} <= {"Gera", "Bad Ems"}


def test_a_question_puts_in_values_of_a_table(tmp_path: Path) -> None:
    given = sentences(12)
    blocks = ["\n".join(f"{word}\t{label}" for word, label in zip(words, labels, strict=True))
              for words, labels in zip(given.words, given.labels, strict=True)]  # fmt: skip
    (tmp_path / "eng.iob2").write_text("\n\n".join(blocks) + "\n")
    (tmp_path / "values.tsv").write_text("label\tvalue\nLOC\tGera\n")
    asked = {"source": "eng", "target": "deu", "translator": {"name": "planted"}, "into": tmp_path / "deu.iob2"}
    answer = isogloss.project(
        tmp_path / "eng.iob2", **asked, method="placeholders", values=tmp_path / "values.tsv"
    )  # fmt: skip
    assert answer.sentences[0] == "9 of 9 sentences with spans came back with their placeholders."
    written = (tmp_path / "deu.iob2").read_text()
    assert written.count("Gera\tB-LOC") == 9
    with pytest.raises(BadValue, match="values are put in by placeholders alone"):
        isogloss.project(tmp_path / "eng.iob2", **asked, method="markers", values=tmp_path / "values.tsv")
    (tmp_path / "values.tsv").write_text("label\tvalue\nLOC\t\n")
    with pytest.raises(BadValue, match="no label or no value"):
        isogloss.project(tmp_path / "eng.iob2", **asked, method="placeholders", values=tmp_path / "values.tsv")


def test_a_transform_keeps_values_of_slots() -> None:
    given = sentences(8)
    items = [Item(id_, tuple(words), None, tuple(labels))
             for id_, words, labels in zip(given.ids, given.words, given.labels, strict=True)]  # fmt: skip
    transform = {"name": "project", "method": "placeholders", "translator": {"name": "planted"}}
    made = read_transform(transform).transform(items, "eng", "deu")
    assert made.dropped == {}
    assert {tag: word for word, tag in zip(made.items[0].words, made.items[0].tags, strict=True)}["B-PER"] == "Ann"
