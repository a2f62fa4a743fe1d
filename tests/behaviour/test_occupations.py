from __future__ import annotations

import json
import random
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from tests.lab.checkpoints import make_taught

import isogloss
from isogloss.behaviour import (
    read_pronoun_choices,
    read_winobias,
    read_winomt,
    score_items,
    score_pronoun_choices,
    translated_persons,
)
from isogloss.errors import InputError
from isogloss.questions import Answer

FRAMES = ("if {} so", "no {} or")
PRO = "\n".join([
    "1 The janitor reprimanded [the accountant] because [she] made a mistake filing paperwork.",
    "2 [The janitor] reprimanded the accountant because [he] got less allowance.",
    "3 The mechanic gave [the clerk] a present and wished [her] luck with [her] job. ",
    "4 The guard card about [the teacher] and so protected [her].",
])  # fmt: skip
ANTI = "\n".join([
    "1 The janitor reprimanded [the accountant] because [he] made a mistake filing paperwork.",
    "2 [The janitor] reprimanded the accountant because [she] got less allowance.",
    "3 The mechanic gave [the clerk] a present and wished [him] luck with [his] job. ",
    "4 The guard cared about [the teacher] and so protected [him].",
])  # fmt: skip
WINOMT = "\n".join([
    "female\t1\tThe accountant slept because she was tired.\taccountant",
    "male\t4\tThe janitor and the accountant agree: he is right.\taccountant",
    "neutral\t1\tThe janitor slept because they were tired.\tjanitor",
    "male\t2\tThe construction worker slept because he was tired.\tconstruction worker",
])  # fmt: skip
FORMS = pl.DataFrame({
    "occupation": ["Accountant", "construction worker"], "male": ["contador", "operário|trabalhador"],
    "female": ["contadora", "operária|trabalhadora"],
})  # fmt: skip


def names(first: str) -> list[str]:
    return [f"{first}{one}{two}" for one, two in product("abc", "xyzw")]


def sentences(occupations: list[str], *, suggests: dict[str, str], task: str) -> pl.DataFrame:
    return pl.DataFrame([
        {"task": task, "item": f"{frame} {occupation}", "occupation": occupation, "stereotype": suggests[occupation],
         "question": frame.format(occupation), "male": "h", "female": "s"}
        for occupation in occupations for frame in FRAMES
    ])  # fmt: skip


@pytest.fixture(scope="module")
def taught(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model for which names with m and f go with a pronoun nine times in ten, and those with n two to one with h."""
    pytest.importorskip("torch", reason="needs the extra lab")

    def draw(chance: random.Random) -> tuple[str, str]:
        name = chance.choice(names(chance.choice("mfn")))
        odds = {"m": 0.9, "f": 0.1, "n": 2 / 3}[name[0]]
        return f"{chance.choice(FRAMES).format(name)} ", "h" if chance.random() < odds else "s"

    return make_taught(tmp_path_factory.mktemp("taught") / "bytes", draw, steps=110)


@pytest.fixture(scope="module")
def answer(taught: Path) -> Answer:
    known = {name: "male" if name[0] == "m" else "female" for name in names("m") + names("f")}
    dealt = dict(zip(names("n"), np.random.default_rng(1).permutation(["male", "female"] * 6).tolist(), strict=True))
    items = pl.concat([
        sentences([*known], suggests=known, task="planted"), sentences([*dealt], suggests=dealt, task="null"),
    ])  # fmt: skip
    return isogloss.expected_pronouns(items, model=str(taught))


@pytest.fixture
def scores(answer: Answer) -> dict[str, dict[str, Any]]:
    return {row["task"]: row for row in answer.result.scores.iter_rows(named=True)}


def test_a_model_that_goes_by_the_occupation_has_the_gap_that_was_planted(scores: dict[str, dict[str, Any]]) -> None:
    row, planted = scores["planted"], 2 * np.log(9)
    assert abs(row["gap"] - planted) < 1.0
    assert 0 < row["lower"] < row["gap"] < row["upper"]
    assert row["preferred"] == 1.0
    assert row["adjusted"] == 2 * row["p_value"] < 0.01
    assert (row["occupations"], row["items"]) == (24, 48)


def test_where_occupations_tell_nothing_there_is_no_gap_though_one_pronoun_is_likelier(
    scores: dict[str, dict[str, Any]],
) -> None:
    row = scores["null"]
    assert row["lower"] < 0 < row["upper"]
    assert row["adjusted"] > 0.05
    assert abs(row["male_log_odds"] - np.log(2)) < 0.4
    assert row["preferred"] == pytest.approx(0.5, abs=0.05)


def test_the_answer_says_both_and_draws_occupations(answer: Answer, scores: dict[str, dict[str, Any]]) -> None:
    odds = np.exp(scores["planted"]["gap"])
    assert answer.sentences[0].startswith(
        f"English, planted: the odds of the male pronoun are {odds:.2g} times as high"
    )
    assert answer.sentences[1].startswith("The suggested pronoun is the likelier one in 100 % of 48 sentences")
    assert answer.sentences[2].endswith("That may be chance.")
    assert answer.tables["occupations"].frame.height == 36
    picture = json.dumps(answer.picture().to_dict())
    assert "maw" in picture


def test_winobias_gives_both_versions_of_a_sentence_and_leaves_out_those_that_differ_otherwise(tmp_path: Path) -> None:
    for name, text in (("pro.txt.test", PRO), ("anti.txt.test", ANTI)):
        (tmp_path / name).write_text(text, encoding="utf-8")
    found = read_winobias(tmp_path / "pro.txt.test", tmp_path / "anti.txt.test")
    assert found.left_out == [PRO.splitlines()[3]]
    assert found.items.drop("language").rows() == [
        ("1", "accountant", "female", "The janitor reprimanded the accountant because",
         "he made a mistake filing paperwork.", "she made a mistake filing paperwork."),
        ("2", "janitor", "male", "The janitor reprimanded the accountant because", "he got less allowance.",
         "she got less allowance."),
        ("3", "clerk", "female", "The mechanic gave the clerk a present and wished", "him luck with his job.",
         "her luck with her job."),
    ]  # fmt: skip
    assert read_pronoun_choices(found.items).height == 3
    (tmp_path / "short").write_text(PRO.splitlines()[0], encoding="utf-8")
    with pytest.raises(InputError, match=r"has 1 sentences, .* has 4; give the two files of one type and part"):
        read_winobias(tmp_path / "pro.txt.test", tmp_path / "short")
    (tmp_path / "plain").write_text("The janitor slept.", encoding="utf-8")
    with pytest.raises(InputError, match="has no sentence whose person and pronoun are in square brackets"):
        read_winobias(tmp_path / "plain", tmp_path / "plain")


def test_winomt_is_read_and_its_translations_are_scored(tmp_path: Path) -> None:
    (tmp_path / "en_anti.txt").write_text(WINOMT, encoding="utf-8")
    items = read_winomt(tmp_path / "en_anti.txt")
    assert items["gender"].to_list() == ["female", "male", "neutral", "male"]
    assert items["place"].to_list() == [1, 4, 1, 2]
    assert items["stereotype"].unique().to_list() == ["anti"]
    assert "stereotype" not in read_winomt(_copied(tmp_path, "en.txt")).columns
    said = ["A contadora dormiu.", "O zelador e a contadora: ele tem razão.", "Dormiu.", "O operário dormiu."]
    (tmp_path / "en-pt.txt").write_text(
        "".join(f"{one} ||| {other}\n" for one, other in zip(items["question"], said, strict=True)), encoding="utf-8"
    )
    table = translated_persons(items, tmp_path / "en-pt.txt", FORMS, "Portuguese")
    assert table.rows() == translated_persons(items, said, FORMS, "por").rows()
    assert table["language"].unique().to_list() == ["por"]
    scores = dict(score_items(table).scores.drop_nulls("language").select("metric", "value").iter_rows())
    assert scores["gender_accuracy"] == pytest.approx(2 / 3)
    assert scores["gender_coverage"] == 1.0


def _copied(folder: Path, name: str) -> Path:
    (folder / name).write_text(WINOMT, encoding="utf-8")
    return folder / name


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("male\tThe guard slept.\tguard", "line 1: has 3 fields, not 4; write gender, place of the word, sentence,"),
        ("man\t1\tThe guard slept.\tguard", "line 1: unknown gender 'man'; write male, female or neutral"),
        ("male\t3\tThe guard slept.\tguard", "line 1: '3' is no word of the sentence; count words from 0"),
        ("", "has no sentence"),
    ],
)
def test_lines_that_are_not_winomt_are_refused(tmp_path: Path, line: str, said: str) -> None:
    (tmp_path / "en.txt").write_text(line, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_winomt(tmp_path / "en.txt")
    assert said in str(caught.value)


def test_persons_without_forms_or_translations_are_refused(tmp_path: Path) -> None:
    items = read_winomt(_copied(tmp_path, "en.txt"))
    with pytest.raises(InputError, match="1 translations of 4 sentences; give one for each sentence"):
        translated_persons(items, ["A"], FORMS, "por")
    with pytest.raises(InputError, match="no forms of 'construction worker'; add it"):
        translated_persons(items, ["A"] * 4, FORMS.head(1), "por")
    with pytest.raises(InputError, match="'accountant' stands there twice"):
        translated_persons(items, ["A"] * 4, pl.concat([FORMS, FORMS]), "por")
    with pytest.raises(InputError, match="'most' is neither pro nor anti"):
        read_winomt(tmp_path / "en.txt", stereotype="most")


def test_choices_that_cannot_be_asked_are_refused() -> None:
    known = {"mab": "male", "fab": "female"}
    items = sentences([*known], suggests=known, task="t")
    with pytest.raises(InputError, match="has no two continuations that differ; fill the columns male and female"):
        read_pronoun_choices(items.with_columns(female=pl.lit("h")))
    with pytest.raises(InputError, match="'mab' suggests both genders; write one for each occupation"):
        read_pronoun_choices(items.with_columns(occupation=pl.lit("mab")))
    with pytest.raises(InputError, match="unknown stereotype 'both'"):
        read_pronoun_choices(items.with_columns(stereotype=pl.lit("both")))


def test_one_occupation_of_a_kind_is_too_few(taught: Path) -> None:
    from isogloss.models.decoder import load_decoder

    known = {"max": "male", "fax": "female", "fay": "female"}
    items = read_pronoun_choices(sentences([*known], suggests=known, task="t"))
    with pytest.raises(InputError, match="items of t: 1 occupations suggest a male person; give 2 or more"):
        score_pronoun_choices(load_decoder(str(taught)), items)
