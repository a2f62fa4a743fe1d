"""Items of several categories: scored together, and category by category, each as a task of its own."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from tests.lab.described import read, refusal

from isogloss.errors import BadFile
from isogloss.evidence import observation_keys
from isogloss.evidence.store import Store
from isogloss.lab import read_grid, run_grid
from isogloss.models.inputs import Choice
from isogloss.questions.grids import ShowGridQuestion
from isogloss.texts.tables import read_table

LEVELS = ("easy", "hard", "")


def leveled(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """Rows of two levels or, every third item, of none; German, as it were, has no hard ones."""
    return [row | {"level": "" if row["lang"] == "nld" else LEVELS[int(row["id"]) % 3]} for row in rows]


def test_each_category_is_scored_by_its_own_items(
    write: Callable[..., Path], rows: list[dict[str, str]], tmp_path: Path
) -> None:
    """The score of a category is the mean of its items, and those without one count in the whole alone."""
    table = leveled(rows)
    store = Store(tmp_path / "store")
    run_grid(read_grid(write(table, **{"task.columns": 'category = "level"'})), store)
    observations = store.read().observations
    found = observations.filter(metric="accuracy").with_columns(
        observation_keys(observations.filter(metric="accuracy"))
    )
    assert set(found["task"]) == {"made-up topics", "made-up topics (easy)", "made-up topics (hard)"}
    assert found.filter(task="made-up topics", target="nld").height == 12
    assert found.filter(pl.col("task") != "made-up topics", target="nld").is_empty()
    levels = pl.DataFrame({"item": [row["id"] for row in rows]}).unique()
    levels = levels.with_columns(level=pl.col("item").cast(int) % 3)
    whole = found.filter(task="made-up topics").select("observation", "origin", "target")
    each = store.read_items().join(whole, on="observation").join(levels, on="item")
    for number, level in enumerate(("easy", "hard")):
        own = each.filter(level=number).group_by("origin", "target").agg(mean=pl.col("score").mean(), count=pl.len())
        joined = found.filter(task=f"made-up topics ({level})").join(own, on=["origin", "target"])
        assert joined.height == 12 * 3
        assert joined["score"].to_list() == pytest.approx(joined["mean"].to_list())
        assert joined["items"].to_list() == joined["count"].to_list()
        macro = observations.filter(task=f"made-up topics ({level})", metric="macro_f1")
        assert macro.height == 12 * 3
        assert macro["score"].is_between(0, 1).all()


def test_what_a_grid_found_is_shown_by_category(
    write: Callable[..., Path], rows: list[dict[str, str]], tmp_path: Path
) -> None:
    """The score of each category beside that of all items in the same languages."""
    store, grid = tmp_path / "store", write(leveled(rows), **{"task.columns": 'category = "level"'})
    run_grid(read_grid(grid), Store(store))
    answer = ShowGridQuestion(store=str(store), grid=grid).answer()
    table = answer.tables["categories"].frame.filter(category="easy", size=30)
    observations = Store(store).read().observations.filter(pl.col("train").str.ends_with(":30"), metric="accuracy")
    easy = observations.filter(task="made-up topics (easy)")
    whole = observations.filter(task="made-up topics").join(easy, on=["origin", "target"], how="semi")
    assert table.height == easy["recipe"].n_unique()
    assert table["score"].mean() == pytest.approx(easy["score"].mean())
    assert table["whole"].mean() == pytest.approx(whole["score"].mean())
    assert any(one.startswith("By category of items, '") for one in answer.sentences)


def test_measured_without_categories_it_is_measured_again_with_them(
    write: Callable[..., Path], rows: list[dict[str, str]], tmp_path: Path
) -> None:
    """Otherwise the scores of categories would be missing without a word."""
    store = Store(tmp_path / "store")
    assert run_grid(read_grid(write(rows)), store).run == 12
    grid = read_grid(write(leveled(rows), **{"task.columns": 'category = "level"'}))
    assert run_grid(grid, store).run == 12
    assert run_grid(grid, store).skipped == 12


def test_a_column_of_no_category_or_of_too_many_is_refused(tmp_path: Path) -> None:
    table = pl.DataFrame(
        [
            {"language": "eng", "split": split, "text": f"{label} {split} {place}", "label": label, "place": str(place)}
            for split in ("train", "test") for label in "ab" for place in range(60)
        ]
    )  # fmt: skip
    described = {"name": "t", "file": "t.csv", "columns": {"category": "level"}}
    table.with_columns(level=pl.lit(" ")).write_csv(tmp_path / "t.csv")
    assert "t.csv: 0 categories of items; name a column with 100 values at most" in refusal(described, tmp_path)
    table.with_columns(level=pl.concat_str("label", "place")).write_csv(tmp_path / "t.csv")
    assert "120 categories of items" in refusal(described, tmp_path)
    few = table.filter(pl.col("place").cast(int) < 10)
    few.with_columns(level=pl.concat_str("label", "place")).write_csv(tmp_path / "t.csv")
    assert "t.csv: 20 categories, each of a single item in a language: ids?" in refusal(described, tmp_path)


CHOICES = [["a", "b", "c", "d"], ["e", "it's", 'f"', "g"]]


@pytest.mark.parametrize("written", [json.dumps, repr, list], ids=["JSON", "Python", "lists"])
def test_choices_may_be_a_list_and_answers_letters(tmp_path: Path, written: Callable[[list[str]], object]) -> None:
    """As AfriMMLU has them: a list, or what Python prints of one."""
    rows = [
        {"language": "swa", "split": split, "question": f"{split} {row}", "choices": written(choices), "subject": "law",
         "answer": "DB"[row]}
        for split in ("validation", "test") for row, choices in enumerate(CHOICES)
    ]  # fmt: skip
    pl.DataFrame(rows).write_parquet(tmp_path / "all.parquet")
    task = read({"use": "afrimmlu", "file": "all.parquet"}, tmp_path)
    assert task.test["swa"].inputs[1] == Choice("test 1", ("e", "it's", 'f"', "g"))
    assert task.test["swa"].labels.tolist() == [3, 1]
    assert task.categories == ["law"]


def test_what_is_no_list_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("choices,text\n\"[1, 2]\",a\n__import__('os'),b\n")
    with pytest.raises(BadFile, match=r"t\.csv: choices: .__import__.* is no list"):
        read_table(tmp_path / "t.csv", {"choice 0": "choices.0"})
    (tmp_path / "t.csv").write_text('choices,text\n"[1, 2]",a\n"[3]",b\n')
    table = read_table(tmp_path / "t.csv", {"first": "choices.0", "second": "choices.1"})
    assert table.rows() == [(0, "1", "2"), (1, "3", None)]


def test_published_files_are_read_as_they_are(tmp_path: Path) -> None:
    """Global-MMLU with its sensitive and agnostic items, AfriXNLI and AfriMGSM, a file per language and split."""
    options = {f"option_{letter}": letter.upper() * 2 for letter in "abcd"}
    labels = {"sw": ["CS", "CA", "-"], "en": ["CS", "CA", "-"]}
    for code, kinds in labels.items():
        (tmp_path / code).mkdir()
        for split in ("dev", "test"):
            rows = [
                {"sample_id": f"law/{split}/{row}", "question": f"{code} {split} {row}", **options,
                 "answer": "ABC"[row], "cultural_sensitivity_label": kind}
                for row, kind in enumerate(kinds)
            ]  # fmt: skip
            pl.DataFrame(rows).write_parquet(tmp_path / code / f"{split}-0.parquet")
    task = read({"use": "global-mmlu", "file": "{language}/{split}-*.parquet"}, tmp_path)
    assert [one.id for one in task.languages.values()] == ["eng", "swa"]
    assert task.test["sw"].categories == ["CS", "CA", None]
    assert task.test["sw"].labels.tolist() == [0, 1, 2]
    for code in ("ewe", "swa"):
        pairs = [{"premise": f"{code} {row}", "hypothesis": f"h {row}", "label": str(row % 3)} for row in range(6)]
        sums = [{"question": f"{code} {row} and 1?", "answer_number": str(row + 1)} for row in range(4)]
        for split, name, rows in (
            ("validation", "xnli", pairs), ("test", "xnli", pairs), ("train", "mgsm", sums), ("test", "mgsm", sums),
        ):  # fmt: skip
            text = [{key: f"{split} {value}" if " " in value else value for key, value in row.items()} for row in rows]
            (tmp_path / f"{name} {code} {split}.jsonl").write_text("\n".join(map(json.dumps, text)))
    inference = read({"use": "afrixnli", "file": "xnli {language} {split}.jsonl"}, tmp_path)
    assert sorted(inference.languages) == ["ewe", "swa"]
    assert inference.labels == ["0", "1", "2"]
    problems = read({"use": "afrimgsm", "file": "mgsm {language} {split}.jsonl"}, tmp_path)
    assert problems.test["ewe"].answers == [("1",), ("2",), ("3",), ("4",)]
