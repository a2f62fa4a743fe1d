"""Questions for pitfalls: from the names of CLDR, and those that a translator adds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import polars as pl
import pytest
from tests.behaviour.pitfalls_world import COLOURS, pitfalls_table

from isogloss.behaviour import read_questions
from isogloss.behaviour.pitfalls import (
    cldr_questions,
    facts_as_sentences,
    pair_questions,
    translate_questions,
    translated_sentences,
)
from isogloss.behaviour.pitfalls.cldr import KINDS
from isogloss.behaviour.pitfalls.sentences import TEMPLATES
from isogloss.errors import InputError
from isogloss.texts.translators import Passage, Translator, read_translator

pytest.importorskip("babel", reason="names of CLDR need Babel, of the extra behaviour")


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ISOGLOSS_CACHE", str(tmp_path / "cache"))


@pytest.mark.parametrize(
    ("kind", "item", "english", "swahili"),
    [
        ("official-languages", "JP", "Japan → Japanese", "Japani → Kijapani"),
        ("currencies", "JP", "Japan → Japanese Yen", "Japani → Yen ya Japani"),
        ("countries", "KES", "Kenyan Shilling → Kenya", "Shilingi ya Kenya → Kenya"),
        ("scripts", "he", "Hebrew → Hebrew", "Kiebrania → Kiebrania"),
    ],
)
def test_facts_are_those_that_everybody_knows_in_both_languages(
    kind: str, item: str, english: str, swahili: str
) -> None:
    for seed in range(3):  # a fact may be one of the two that are shown
        pairs = {one.item: one for one in pair_questions(read_questions(cldr_questions(kind, "swa", seed=seed)), "swa")}
        if item in pairs:
            break
    one = pairs[item]
    assert (one.english.statement, one.target.statement) == (f"{english}.", f"{swahili}.")
    for side, whole in ((one.english, english), (one.target, swahili)):
        subject, _, answer = whole.partition(" → ")
        assert side.question.endswith(f"; {subject} → <mask>")
        assert side.question.count(" → ") == 3
        assert side.choices[one.place] == answer
        assert len(set(side.choices)) == 4
    assert one.paraphrase.endswith(f". {english.partition(' → ')[0]}: <mask>")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", ["deu", "yor", "amh", "cmn", "srp_Latn"])
def test_there_are_enough_facts_in_rich_and_poor_languages(kind: str, language: str) -> None:
    pairs = pair_questions(read_questions(cldr_questions(kind, language)), language)
    assert len(pairs) >= 30
    right = pl.Series([one.english.choices[one.place] for one in pairs])
    assert right.value_counts()["count"].max() <= 4
    assert facts_as_sentences(pairs[:10], 0)[0].target.endswith(".")


def test_a_language_without_names_is_named() -> None:
    with pytest.raises(InputError, match="the Unicode CLDR has no names in Etruscan; give a table as"):
        cldr_questions("currencies", "ett")
    with pytest.raises(InputError, match="the Unicode CLDR has 0 names for scripts in Moroccan Arabic; ask about"):
        cldr_questions("scripts", "ary")


@dataclass(frozen=True)
class Reversing(Translator):
    """Writes every text backwards, and loses what stands in braces in some."""

    name: ClassVar[str] = "reversing"

    def check(self, pairs: Sequence[tuple[str, str]]) -> None:
        assert set(pairs) == {("eng", "swa")}

    def describe(self, origin: str, into: str) -> str:
        return "reversing"

    def translate(self, passages: Sequence[Passage], origin: str, into: str) -> list[str]:
        return [one.text if "{choice}" in one.text and "film" not in one.text else one.text[::-1] for one in passages]


def test_a_translator_adds_what_the_target_lacks(tmp_path: Path) -> None:
    """As the last question has Swahili already, and that with a slot loses it, 18 of 20 come from the translator."""
    table = pitfalls_table(20).filter((pl.col("language") == "English") | (pl.col("item") == "19"))
    slot = pl.when(pl.col("item") == "3").then(pl.lit("Box 3 is <mask>.")).otherwise("question")
    read = read_questions(table.with_columns(question=slot))
    translated = translate_questions(read, "swa", Reversing())
    swahili = translated.filter(language="swa")
    assert set(swahili["item"]) == {str(item) for item in range(20)} - {"3"}
    row = swahili.row(by_predicate=pl.col("item") == "5", named=True)
    assert row["question"] == "Which colour has box 5?"[::-1]
    assert row["choices"] == [one[::-1] for one in COLOURS["English"]]
    assert swahili.row(by_predicate=pl.col("item") == "19", named=True)["question"] == "Sanduku 19 lina rangi gani?"
    assert len(pair_questions(translated, "swa")) == 19
    sentences = translated_sentences("swa", Reversing())
    assert [one.english for one in sentences] == [*TEMPLATES[:-1]]


def test_translations_of_a_file(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [
        {"language": "swa", "item": str(item), "part": part, "text": text} for item in range(8)
        for part, text in enumerate((f"Sanduku {item} lina rangi gani?", *COLOURS["Swahili"]))
    ]  # fmt: skip
    pl.DataFrame(rows).write_csv(tmp_path / "translations.tsv", separator="\t")
    translator = read_translator({"name": "file", "file": str(tmp_path / "translations.tsv")})
    english = read_questions(pitfalls_table(8).filter(language="English"))
    translated = translate_questions(english, "swa", translator)
    assert translated.filter(language="swa")["choices"].to_list() == [[*COLOURS["Swahili"]]] * 8
    assert translated_sentences("swa", translator) == []
