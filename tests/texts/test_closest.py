"""Closest sentences: the distance is that of its formula, and planted relatives come first."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import isogloss
from isogloss.errors import BadValue
from isogloss.questions.functions import function_of
from isogloss.questions.sentences import SentencesQuestion
from isogloss.texts import closest_sentences

pytest.importorskip("rapidfuzz", reason="edit distances need rapidfuzz, of the extra lab")
WORDS = st.text("abcd", min_size=1, max_size=6)


def levenshtein(one: str, other: str) -> int:
    row = [*range(len(other) + 1)]
    for place, letter in enumerate(one, start=1):
        row, before = [place], row
        for column, own in enumerate(other, start=1):
            row.append(min(before[column] + 1, row[-1] + 1, before[column - 1] + (letter != own)))
    return row[-1]


@given(st.lists(WORDS, min_size=1, max_size=4), st.lists(WORDS, min_size=1, max_size=4))
def test_distance_is_the_mean_of_the_smallest_edit_distances(source: list[str], target: list[str]) -> None:
    nearest = [min(levenshtein(word, one) / max(len(word), len(one)) for one in target) for word in source]
    (row,) = closest_sentences([" ".join(source)], [" ".join(target)]).to_dicts()
    assert row["distance"] == pytest.approx(sum(nearest) / len(nearest))


def test_sentences_with_words_of_the_target_come_first() -> None:
    table = closest_sentences(["xyz qqq", "", "Mtoto anasoma", "mwana asoma"], ["mwana anasoma"])
    assert table["number"].to_list() == [4, 3, 1]
    assert table["distance"][2] == pytest.approx(1.0)


def test_sentences_without_words_are_refused() -> None:
    with pytest.raises(BadValue, match="target: has no words"):
        closest_sentences(["a"], ["1 2", ""])


def test_chosen_sentences_are_written_and_compared(tmp_path: Path) -> None:
    lines = [f"mtoto anasoma kitabu{number}" for number in range(5)] + [f"qqq zzz{number} xxx" for number in range(15)]
    (tmp_path / "source.txt").write_text("\n".join(lines))
    (tmp_path / "target.txt").write_text("mwana anasoma kitabu")
    answer = function_of(SentencesQuestion, "sentences")(
        tmp_path / "source.txt", tmp_path / "target.txt", into=tmp_path / "chosen.txt"
    )
    assert (tmp_path / "chosen.txt").read_text().splitlines() == lines[:5]
    assert answer.sentences[0].startswith("The 5 closest of 20 sentences have a mean distance of 0.314;")
    controls = answer.details["controls"]
    assert controls["length"] > 0.5
    assert isogloss.Answer is type(answer)


def test_a_target_in_another_script_leaves_no_choice(tmp_path: Path) -> None:
    (tmp_path / "source.txt").write_text("Mtoto anasoma kitabu\nNyumba ni kubwa\nWatu wanapenda chai\n")
    (tmp_path / "target.txt").write_text("यह घर बड़ा है\n", encoding="utf-8")
    answer = function_of(SentencesQuestion, "sentences")(tmp_path / "source.txt", tmp_path / "target.txt")
    assert answer.sentences[0].startswith("No sentence is closer to the target than the others")
