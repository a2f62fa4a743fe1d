"""Translating: what goes in comes out in its order, once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isogloss.errors import BadFile, InputError, UnknownName
from isogloss.extras import MissingExtra
from isogloss.models.inputs import TEXT, Choice, ChoiceType
from isogloss.texts import Passage, Translator, read_translator, translators
from isogloss.texts.translations import Batch, Texts, translate_batch, translate_texts
from isogloss.texts.translators.apertium import from_stream, installed, to_stream

needs_apertium = pytest.mark.skipif(
    not installed("spa", "cat"), reason="needs Apertium: apt-get install apertium apertium-spa-cat"
)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Translations that a test makes are no other test's."""
    monkeypatch.setenv("ISOGLOSS_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@dataclass(frozen=True)
class Shouting(Translator):
    """Capitals, with the number of texts that were translated together; says what it was asked."""

    name: ClassVar[str] = "shouting"
    asked: ClassVar[list[list[str]]] = []

    @property
    def together(self) -> int:
        return 3

    def check(self, pairs: Sequence[tuple[str, str]]) -> None:
        return None

    def describe(self, origin: str, into: str) -> str:
        return "shouting 1"

    def translate(self, passages: Sequence[Passage], origin: str, into: str) -> list[str]:
        self.asked.append([passage.text for passage in passages])
        return [f"{passage.text.upper()}{len(passages)}" for passage in passages]


@pytest.fixture
def shouting() -> Shouting:
    """A translator that knows what it was asked."""
    Shouting.asked.clear()
    return Shouting()


def texts(inputs: list[Any], wanted: Sequence[bool] | None = None) -> Texts:
    chosen = np.ones(len(inputs), bool) if wanted is None else np.array(wanted)
    input_type = ChoiceType() if isinstance(inputs[0], Choice) else TEXT
    return Texts(inputs, [str(place) for place in range(len(inputs))], chosen, "eng", "deu", input_type)


def test_every_text_is_translated_once(shouting: Shouting) -> None:
    once = translate_texts([texts(list("abcde"))], shouting, map)[0]
    again = translate_texts([texts(list("abcde"))], shouting, map)[0]
    assert once.inputs == again.inputs == ["A3", "B3", "C3", "D2", "E2"]
    assert shouting.asked == [["a", "b", "c"], ["d", "e"]]
    assert (once.figures == again.figures).all()  # the time is that of when it was done
    assert once.figures[:, :2].tolist() == [[1, 1]] * 5


def test_what_nobody_needs_is_not_translated_yet_batches_stay_the_same(shouting: Shouting) -> None:
    """What is translated together must not depend on how many examples a grid takes."""
    found = translate_texts([texts(list("abcdefg"), [False] * 4 + [True] + [False] * 2)], shouting, map)[0]
    assert shouting.asked == [["d", "e", "f"]]
    assert found.inputs == ["", "", "", "D3", "E3", "F3", ""]


def test_premise_and_choices_are_translated_each_by_itself(shouting: Shouting) -> None:
    found = translate_texts([texts([Choice("p", ("x", "yy"))])], shouting, map)[0]
    assert found.inputs == [Choice("P3", ("X3", "YY3"))]
    assert found.figures[0, :2].tolist() == [3, 4]


def test_damaged_translations_are_made_anew(shouting: Shouting) -> None:
    batch = Batch(shouting, (Passage("a"),), "eng", "deu")
    translate_batch(batch)
    batch.path.write_bytes(batch.path.read_bytes()[:20])
    assert translate_batch(batch).texts == ["A1"]
    assert len(shouting.asked) == 2


def test_what_cannot_be_kept_is_said(shouting: Shouting, cache: Path) -> None:
    cache.write_text("a file where the folder should be")
    with pytest.raises(BadFile, match=r"translations cannot be written.*ISOGLOSS_CACHE"):
        translate_batch(Batch(shouting, (Passage("a"),), "eng", "deu"))


@given(text=st.text())
@settings(max_examples=300)
def test_any_text_comes_back_from_the_stream_of_apertium(text: str) -> None:
    """Marks that mean something to Apertium are escaped, and nothing but the end of a text ends it."""
    stream = to_stream(text)
    assert "\0" not in stream
    assert from_stream(f"{stream}[]") == text.replace("\0", " ")


@needs_apertium
def test_apertium_translates_as_many_texts_as_it_gets() -> None:
    given = ["La casa es roja.", "", "a [b] ^c$ {d} <e> \\ @ / ~f", "dos\nlíneas.", "日本語", "¿Qué tal? Bien."]
    found = read_translator({"name": "apertium"}).translate([Passage(text) for text in given], "spa", "cat")
    assert found[0] == "La casa és vermella."
    assert found[1] == ""
    assert found[2] == given[2]
    assert found[3] == "dues\nlínies."
    assert found[4] == "日本語"
    assert found[5] == "Què tal? Bé."


@needs_apertium
def test_apertium_names_the_pairs_that_there_are() -> None:
    apertium = read_translator({"name": "apertium"})
    apertium.check([("spa", "cat"), ("cat", "spa")])
    with pytest.raises(InputError, match=r"from eus into zul; there are: .*spa-cat.* such as apertium-eus-zul"):
        apertium.check([("eus", "zul")])
    assert apertium.describe("spa", "cat").startswith("apertium 3")


def test_apertium_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    from isogloss.texts.translators import apertium

    monkeypatch.setenv("PATH", "")
    apertium.translation_modes.cache_clear()
    with pytest.raises(MissingExtra, match=r"needs the program apertium; .*apt-get install apertium"):
        read_translator({"name": "apertium"}).check([("spa", "cat")])


def test_translators_are_found_by_name() -> None:
    assert translators.names() == ["apertium", "dictionary", "file", "prompted", "seq2seq"]
    with pytest.raises(UnknownName, match="unknown key 'pairs'"):
        read_translator({"name": "apertium", "pairs": []})
