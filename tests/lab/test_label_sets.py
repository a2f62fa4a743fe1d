"""Texts with several labels: how they are read, what is refused, what is learnt where there is something to learn."""

from __future__ import annotations

import json
import random
from pathlib import Path

import polars as pl
import pytest
from tests.lab.described import read, refusal

from isogloss.evidence.store import Store
from isogloss.lab import read_grid, run_grid

TOPICS = {"law": "bank", "pets": "football", "play": "match", "water": "river"}
"""A word of each label."""


def rows(languages: tuple[str, ...] = ("eng", "nld"), *, learnable: bool = True) -> list[dict[str, object]]:
    """48 texts for training and 32 for tests of one to three words, whose labels they tell, or which tell nothing."""
    chance = random.Random(3)
    table: list[dict[str, object]] = []
    for item in range(80):
        labels = chance.sample(sorted(TOPICS), 1 + item % 3)
        shown = labels if learnable else chance.sample(sorted(TOPICS), 1 + item % 3)
        text = " ".join([*(TOPICS[label] for label in shown), f"{item}"])
        split = "train" if item < 48 else "test"
        table += [
            {"language": language, "split": split, "item": str(item), "text": text, "labels": labels}
            for language in languages
        ]
    return table


DESCRIBED = {
    "name": "subjects", "kind": "multi-label-classification", "file": "texts.parquet", "columns": {"item": "item"},
}  # fmt: skip


def test_a_text_has_all_its_labels_from_a_list_or_with_any_separator(tmp_path: Path) -> None:
    table = pl.DataFrame(rows())
    table.write_parquet(tmp_path / "texts.parquet")
    task = read(DESCRIBED, tmp_path)
    assert task.labels == sorted(TOPICS)
    assert task.train["eng"].labels.sum(1).tolist() == [1 + item % 3 for item in range(48)]
    first = task.train["eng"].inputs[0].split()[0]
    assert TOPICS[task.labels[task.train["eng"].labels[0].argmax()]] == first
    assert task.chance is None
    for separator in (", ", "|"):
        joined = table.with_columns(pl.col("labels").list.join(separator))
        joined.write_csv(tmp_path / "texts.csv")
        again = read(DESCRIBED | {"file": "texts.csv", "separator": separator.strip()}, tmp_path)
        assert (again.test["nld"].labels == task.test["nld"].labels).all()


def test_spoilt_label_sets_are_refused(tmp_path: Path) -> None:
    """Of row 1: no label, an empty one, one in all, one that is tested on alone, one that is not declared."""

    def said(sets: list[list[str]], **more: object) -> str:
        table = pl.DataFrame(
            {"language": "eng", "split": ["train", "train", "test"], "text": ["a", "b", "c"], "labels": sets},
            schema_overrides={"labels": pl.List(pl.String)},
        )
        table.write_parquet(tmp_path / "few.parquet")
        return refusal(DESCRIBED | {"file": "few.parquet", "columns": {}} | more, tmp_path)

    assert "row 1: no labels; fill it in or remove the row" in said([["x"], [], ["y"]])
    assert "row 1: an empty one among the labels" in said([["x"], ["y", " "], ["y"]])
    assert "only one label, 'x'" in said([["x"], ["x"], ["x"]])
    assert "labels are tested on and trained on in no language: 'z'; remove or map them" in said([["x"], ["y"], ["z"]])
    assert "unknown label 'y'" in said([["x"], ["y"], ["y"]], labels=["x", "z"])
    assert "separator must be a text, not 3" in said([["x"], ["y"], ["y"]], separator=3)


def test_a_declared_label_that_nothing_is_trained_on_is_said(tmp_path: Path) -> None:
    pl.DataFrame(rows()).filter(
        (pl.col("split") == "test") | ~pl.col("labels").list.contains("law")
    ).write_parquet(tmp_path / "texts.parquet")  # fmt: skip
    with pytest.warns(UserWarning, match="trained on in no language: 'law'; no recipe can learn them"):
        assert read(DESCRIBED | {"labels": sorted(TOPICS)}, tmp_path).labels == sorted(TOPICS)


GRID = """
[task]
name = "subjects"
kind = "multi-label-classification"
file = "texts.parquet"
columns = { item = "item" }
[[recipe]]
name = "ngram-logreg"
[[recipe]]
name = "linear-probe"
layer = "best"
C = 1.0
checkpoint = "CHECKPOINT"
[[recipe]]
name = "fine-tune"
epochs = 25
batch_size = 8
learning_rate = 3e-3
dropout = 0.0
checkpoint = "CHECKPOINT"
[[recipe]]
name = "lora"
epochs = 25
batch_size = 8
learning_rate = 1e-2
dropout = 0.0
checkpoint = "CHECKPOINT"
[grid]
sources = ["eng"]
sizes = [48]
keep_items = true
"""


def measure(folder: Path, checkpoint: Path, *, learnable: bool) -> tuple[pl.DataFrame, pl.DataFrame]:
    pl.DataFrame(rows(learnable=learnable)).write_parquet(folder / "texts.parquet")
    (folder / "grid.toml").write_text(GRID.replace("CHECKPOINT", str(checkpoint)))
    store = Store(folder / "store")
    assert run_grid(read_grid(folder / "grid.toml"), store).failed == []
    evidence = store.read()
    return evidence.observations, store.read_items()


def test_every_recipe_learns_which_words_tell_which_labels(tmp_path: Path, checkpoint: Path) -> None:
    """All four rank nearly all right labels first in both languages, which have the same texts."""
    observations, items = measure(tmp_path, checkpoint, learnable=True)
    assert set(observations["metric"]) == {"micro_f1", "macro_f1", "r_precision", "lrap"}
    ranked = observations.filter(metric="r_precision")
    assert ranked["recipe"].n_unique() == 4
    assert ranked["score"].min() >= 0.9
    assert observations.filter(metric="micro_f1")["score"].min() >= 0.8
    assert ranked["items"].unique().to_list() == [32]
    assert items["score"].is_between(0, 1).all()
    assert {label for given in items["prediction"] for label in given.split(", ") if label} == set(TOPICS)


def test_where_words_tell_nothing_labels_are_ranked_as_by_chance(tmp_path: Path, checkpoint: Path) -> None:
    """Of 4 labels with 1, 2 or 3 right ones a chance order has a half of them right among the first as many."""
    observations, _ = measure(tmp_path, checkpoint, learnable=False)
    ranked = observations.filter(metric="r_precision")
    far = (ranked["score"] - 0.5).abs() / ranked["standard_error"]
    assert far.max() < 3.5
    assert ranked["score"].mean() == pytest.approx(0.5, abs=0.1)


def write_eurlex(folder: Path) -> None:
    """Laws as the published files of MultiEURLEX have them: a line each, a field for each language and level."""
    years = {"train": 1999, "dev": 2011, "test": 2014}
    for split, year in years.items():
        lines = []
        for item in range(4):
            text = {
                "en": f"Council regulation {split} {item}",
                "de": f"Verordnung des Rates {split} {item}",
                "sv": None,
            }
            if item == 0:
                del text["de"]
            level = {"level_1": ["100149", "100160"][: 1 + item % 2], "level_2": ["5", "6", "7"][: 1 + item % 3]}
            law = {"celex_id": f"{year}R{item}", "publication_date": f"{year}-03-0{item + 1}", "text": text}
            lines.append(json.dumps(law | {"eurovoc_concepts": level}))
        (folder / f"{split}.jsonl").write_text("\n".join(lines))


def test_the_published_files_of_multieurlex_are_read_as_they_are(tmp_path: Path) -> None:
    """A law is an item in every language that it is there in; a level of the labels is chosen."""
    write_eurlex(tmp_path)
    task = read({"use": "multieurlex"}, tmp_path)
    assert list(task.languages) == ["de", "en"]
    assert (len(task.train["en"]), len(task.train["de"]), len(task.dev["en"])) == (4, 3, 4)
    assert task.labels == ["100149", "100160"]
    assert task.test["de"].inputs == [f"Verordnung des Rates test {item}" for item in (1, 2, 3)]
    columns = {"text": "text.{language}", "item": "celex_id", "labels": "eurovoc_concepts.level_2"}
    assert read({"use": "multieurlex", "columns": columns}, tmp_path).labels == ["5", "6", "7"]
    assert "unknown column 'text.{language}.body'" in refusal(
        {"use": "multieurlex", "columns": columns | {"text": "text.{language}.body"}}, tmp_path
    )


def test_splits_follow_each_other_in_time(tmp_path: Path) -> None:
    """They are made from first days, or checked; what is mixed up in time is refused with both texts."""
    write_eurlex(tmp_path)
    columns = {"text": "text.{language}", "item": "celex_id", "labels": "eurovoc_concepts.level_1"}
    described = {"use": "multieurlex", "columns": columns, "splits": {"date": "publication_date"}}
    assert len(read(described, tmp_path).test["en"]) == 4
    said = refusal(described | {"splits": {"date": "publication_date", "train": "dev", "dev": "train"}}, tmp_path)
    assert "goes up to 2011-03-04 (row 3)" in said
    assert "begins on 1999-03-01 (row 0)" in said
    assert "splits must follow each other in time" in said
    lines = [
        line for split in ("train", "dev", "test") for line in (tmp_path / f"{split}.jsonl").read_text().split("\n")
    ]
    (tmp_path / "all.jsonl").write_text("\n".join(lines))
    whole = described | {"file": "all.jsonl"}
    begin = {"dev": "2011-03-02", "test": "2014-01-01"}
    task = read(whole | {"splits": {"date": "publication_date", "begin": begin}}, tmp_path)
    assert [len(split["en"]) for split in (task.train, task.dev, task.test)] == [5, 3, 4]
    for splits, reason in (
        ({"begin": begin}, "the first days of splits are not clear"),
        ({"date": "publication_date", "begin": {"test": "2011-01-01", "dev": "2012-01-01"}}, "are not clear"),
        ({"date": "publication_date", "begin": begin, "train": "x"}, "unknown key 'train'"),
        ({"date": "publication_date", "begin": {"test": "2030-01-01"}}, "no row has the split 'test'"),
        ({"date": "celex_id", "begin": begin}, "is no date; write 2016-08-28"),
    ):
        assert reason in refusal(whole | {"splits": splits}, tmp_path)
