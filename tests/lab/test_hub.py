"""Datasets of the Hugging Face Hub. Their library takes a folder called `owner/name` for the dataset of that name."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from isogloss.errors import BadFile, BadValue
from isogloss.extras import MissingExtra
from isogloss.lab import read_grid
from isogloss.lab.reading import read_task
from isogloss.lab.task import Task
from isogloss.texts.hub import name_classes

TOPICS = ["health", "sports"]
GRID = """
[task]
name = "topics"
file = "{file}"
[task.splits]
test = "validation"
[recipe]
name = "ngram-logreg"
[grid]
sizes = [2]
"""


@pytest.fixture
def datasets(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """The library, without a network and with a cache of its own."""
    module = pytest.importorskip("datasets", reason="needs the extra hub")
    hub = pytest.importorskip("huggingface_hub", reason="needs the extra hub")
    monkeypatch.setattr(hub.constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(module.config, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(module.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    monkeypatch.chdir(tmp_path)
    return module


def task(folder: Path, file: str, more: str = "") -> Task:
    (folder / "grid.toml").write_text(GRID.replace("{file}", file).replace("[task.splits]", f"{more}\n[task.splits]"))
    return read_task(read_grid(folder / "grid.toml").tasks[0])


def write(datasets: Any, folder: Path, languages: tuple[str, ...], **more: Any) -> None:
    """Both splits, whose labels are classes by number."""
    folder.mkdir(parents=True)
    for split in ("train", "validation"):
        rows = {
            "text": [f"{word} {split} {language}" for language in languages for word in ("fever", "football", "goal")],
            "label": [0, 1, 1] * len(languages),
            "language": [language for language in languages for _ in range(3)],
        }
        features = datasets.Features(
            text=datasets.Value("string"), label=datasets.ClassLabel(names=TOPICS), language=datasets.Value("string")
        )
        whole = datasets.Dataset.from_dict(rows | more, features=features)
        whole.to_parquet(str(folder / f"{split}-00000-of-00001.parquet"))


def test_a_dataset_with_a_column_of_languages_is_read_by_its_name(datasets: Any, tmp_path: Path) -> None:
    """Splits come from the dataset, and labels are the names of its classes."""
    write(datasets, tmp_path / "someone" / "topics" / "data", ("eng", "deu"))
    found = task(tmp_path, "hub:someone/topics/{split}")
    assert found.labels == TOPICS
    assert sorted(found.languages) == ["deu", "eng"]
    assert list(found.train["eng"].inputs) == ["fever train eng", "football train eng", "goal train eng"]
    assert found.test["deu"].labels.tolist() == [0, 1, 1]


def test_configurations_called_after_languages_are_read_together(datasets: Any, tmp_path: Path) -> None:
    folder = tmp_path / "someone" / "topics"
    listed = ""
    for language in ("eng", "deu"):
        write(datasets, folder / language, ("nothing that is read",))
        listed += f"- config_name: topics_{language}\n  data_files:\n"
        listed += "".join(f"  - split: {split}\n    path: {language}/{split}-*\n" for split in ("train", "validation"))
    (folder / "README.md").write_text(f"---\nconfigs:\n{listed}---\n")
    found = task(tmp_path, "hub:someone/topics/topics_{language}/{split}")
    assert sorted(found.languages) == ["deu", "eng"]
    alone = task(tmp_path, "hub:someone/topics/topics_eng/{split}", 'codes = { "nothing that is read" = "fra" }')
    assert [language.id for language in alone.languages.values()] == ["fra"]
    with pytest.raises(BadFile, match=r"no configuration fits 'other_\{language\}'; there are topics_"):
        task(tmp_path, "hub:someone/topics/other_{language}/{split}")


def test_files_of_a_dataset_that_lie_here_need_no_library(datasets: Any, tmp_path: Path) -> None:
    """A pattern over the Parquet files of a downloaded dataset: classes have their names there too."""
    write(datasets, tmp_path / "data", ("eng", "deu"))
    found = task(tmp_path, "data/{split}-*.parquet")
    assert found.labels == TOPICS
    assert found.test["eng"].labels.tolist() == [0, 1, 1]


def test_tags_of_words_are_named_and_what_has_no_class_is_null(datasets: Any) -> None:
    tags = datasets.Features(
        tags=datasets.List(datasets.ClassLabel(names=["NOUN", "VERB"])), label=datasets.ClassLabel(names=TOPICS)
    )
    named = name_classes(pl.DataFrame({"tags": [[1, 0], []], "label": [-1, 1]}), tags.to_dict())
    assert named["tags"].to_list() == [["VERB", "NOUN"], []]
    assert named["label"].to_list() == [None, "sports"]


def test_without_a_network_one_line_says_what_to_do(datasets: Any, tmp_path: Path) -> None:
    with pytest.raises(BadFile) as caught:
        task(tmp_path, "hub:someone/else/{split}")
    assert "hub:someone/else: cannot be read from the hub" in str(caught.value)
    assert "hf download --repo-type dataset" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_without_the_library_one_line_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "datasets", None)  # as if it were not installed
    with pytest.raises(MissingExtra, match=r"needs datasets, .* pip install 'isogloss\[hub\]'"):
        task(tmp_path, "hub:someone/topics/{split}")


@pytest.mark.parametrize("file", ["hub:topics/{split}", "hub:a/b/c/d/{split}", "hub:a/b/c"])
def test_what_names_no_dataset_is_refused(datasets: Any, file: str, tmp_path: Path) -> None:
    with pytest.raises(BadValue, match=r"is not a dataset of the hub; write file = \"hub:owner/name/\{split\}\""):
        task(tmp_path, file)
