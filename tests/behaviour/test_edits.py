"""Facts edited in the prompt: models by rule, of which it is known what they follow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
import pytest

from isogloss.behaviour import edit_facts, read_questions, score_edits
from isogloss.errors import InputError, IsoglossError
from isogloss.models.inputs import SLOT, Choice
from isogloss.models.respondents.base import Keep, Meter, Respondent

COLOURS = ("red", "green", "blue")
ASKED = {"English": "Box {} has the colour <mask>", "German": "Kiste {} hat die Farbe <mask>"}


def boxes(count: int = 8) -> pl.DataFrame:
    """Boxes whose colours a model knows, each edited to the next colour."""
    rows = [(str(box), language, asked.format(box), "|".join(COLOURS), box % 3, (box + 1) % 3,
             f"The colour of box {box} is <mask>" if language == "English" else None)
            for box in range(count) for language, asked in ASKED.items()]  # fmt: skip
    schema = ["item", "language", "question", "choices", "answer", "edited", "paraphrase"]
    return pl.DataFrame(rows, schema=schema, orient="row")


@dataclass(frozen=True)
class Reader(Respondent):
    """Follows a sentence about the box that is asked (`follows`), about any box (`repeats`), or what it knows."""

    rule: str
    name: str = "reader"  # type: ignore[misc]  # a field where the base has a property

    @property
    def identity(self) -> Mapping[str, Any]:
        return {"reader": self.rule}

    @property
    def together(self) -> int:
        return 64

    def score(self, batches: Sequence[Sequence[Choice]], keep: Keep, meter: Meter) -> None:
        for place, batch in enumerate(batches):
            keep(place, [[float(choice == self._answer(one.premise)) for choice in one.choices] for one in batch])

    def write(self, batches: Sequence[Sequence[str]], keep: Keep, meter: Meter) -> None:
        raise NotImplementedError  # choices are scored

    def _answer(self, premise: str) -> str:
        *said, asked = premise.split("\n")
        box = next(word for word in asked.replace(SLOT, "").split() if word.isdigit())
        about = [line for line in said if line.strip() and (self.rule == "repeats" or f" {box} " in f"{line} ")]
        if self.rule == "knows" or not about:
            return COLOURS[int(box) % 3]
        return about[-1].split()[-1]


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("ISOGLOSS_CACHE", str(tmp_path))


def values(rule: str, **settings: Any) -> dict[tuple[str, str | None], float]:
    questions = read_questions(boxes())
    result = score_edits(edit_facts(Reader(rule), questions, **settings))
    return {(metric, language): value for metric, language, value in
            result.scores.select("metric", "language", "value").iter_rows()}  # fmt: skip


def test_a_model_that_follows_what_is_said_of_the_fact_has_all_scores_at_their_best() -> None:
    found = values("follows")
    assert {metric: found[metric, "eng"] for metric, language in found if language == "eng"} == {
        "edit_reliability": 1, "edit_locality": 1, "edit_generality": 1, "context_rate": 1, "memorisation_ratio": 0,
    }  # fmt: skip
    assert ("edit_generality", "deu") not in found
    assert found["edit_reliability", "deu"] == 1


def test_a_model_that_repeats_the_sentence_changes_other_facts_and_one_that_knows_follows_none() -> None:
    """Of the other fact, the sentence says the right colour for some boxes by chance; these are no change."""
    repeated, known = values("repeats"), values("knows")
    assert repeated["edit_reliability", "eng"] == 1
    assert repeated["edit_locality", "eng"] < 0.7
    assert (known["edit_reliability", "eng"], known["edit_locality", "eng"]) == (0, 1)
    assert (known["context_rate", None], known["memorisation_ratio", None]) == (0, 1)


def test_sentences_in_english_and_demonstrations_stand_before_german_questions() -> None:
    questions = read_questions(boxes())
    items = edit_facts(Reader("follows"), questions, language="eng", demonstrations=2, introduction="New fact: ")
    assert items["item"].n_unique() == 6
    asked = items.filter(probe="reliability", language="deu")["question"][0]
    assert asked.startswith("New fact: Box ")
    assert asked.count("New fact: Box ") == 3
    assert asked.endswith("hat die Farbe <mask>")
    assert items.equals(edit_facts(Reader("follows"), questions, language="eng", demonstrations=2,
                                   introduction="New fact: "))  # fmt: skip


def test_portability_is_of_questions_whose_answers_follow_from_the_edit() -> None:
    steps = boxes().drop("edited", "paraphrase").with_columns(answer=(pl.col("answer") + 1) % 3)
    found = values("follows", one_step=read_questions(steps))
    assert found["edit_portability", "deu"] == 1


def test_facts_that_are_not_known_say_nothing_of_memory() -> None:
    wrong = boxes().with_columns(answer=(pl.col("answer") + 2) % 3)
    result = score_edits(edit_facts(Reader("knows"), read_questions(wrong)))
    assert {*result.unscored} == {"context_rate", "memorisation_ratio"}


@pytest.mark.parametrize(
    ("change", "settings", "reason"),
    [
        (lambda table: table.with_columns(edited=pl.col("answer")), {}, "the edit is no wrong choice"),
        (lambda table: table.with_columns(edited=pl.lit("pink")), {}, "the answer 'pink' is no choice"),
        (lambda table: table.drop("choices"), {}, "has no choices, or no right one"),
        (lambda table: table.head(6), {}, "3 facts are left to edit, fewer than 4"),
        (lambda table: table, {"demonstrations": 6}, "2 facts are left"),
        (lambda table: table, {"language": "hin"}, "unknown language of the questions 'hin'"),
        (lambda table: table.drop("edited"), {"one_step": pl.DataFrame()}, "not known where edits are drawn"),
        (lambda table: table.head(15), {"language": "deu"}, "item 7 is not asked in deu"),
    ],
)
def test_bad_input_is_refused(change: Any, settings: dict[str, Any], reason: str) -> None:
    with pytest.raises((InputError, IsoglossError), match=reason):
        edit_facts(Reader("follows"), read_questions(change(boxes())), **settings)
