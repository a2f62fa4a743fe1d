"""Copies of a task's languages: the same examples in bytes of their own, learnt from and tested on as any language."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.lab.described import read, refusal

from isogloss.lab.byte_tokenizer import clone_text

LABELS = ("health", "sport")
TOPICS = {"name": "topics", "file": "topics.csv", "codes": {"copy": "enm"}}
TAGS = {"name": "tags", "kind": "token-tagging", "file": "tags.csv", "codes": {"copy": "enm", "other": "ang"}}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Topics in two languages, and tags in one."""
    said = {"eng": ("a fever", "a match", "a cure", "a goal"), "nld": ("koorts", "wedstrijd", "medicijn", "doelpunt")}
    rows = [
        {"language": code, "split": "train" if place < 2 else "test", "text": text, "label": LABELS[place % 2]}
        for code, texts in said.items()
        for place, text in enumerate(texts)
    ]  # fmt: skip
    pl.DataFrame(rows).write_csv(tmp_path / "topics.csv")
    tagged = {"language": "eng", "split": ["train", "test"], "words": ["dogs bark", "cats sleep"], "tags": "NOUN VERB"}
    pl.DataFrame(tagged).write_csv(tmp_path / "tags.csv")
    return tmp_path


def test_a_copy_has_the_examples_of_its_language_in_other_bytes(folder: Path) -> None:
    """The same items, labels and splits; the language and all others are as they were."""
    plain, task = read(TOPICS, folder), read({**TOPICS, "copies": {"copy": {"of": "eng"}}}, folder)
    assert list(task.test) == ["copy", "eng", "nld"]
    for split in ("train", "test"):
        english, copy = getattr(task, split)["eng"], getattr(task, split)["copy"]
        assert list(copy.inputs) == [clone_text(text) for text in english.inputs]
        assert copy.items == english.items
        assert np.array_equal(copy.labels, english.labels)
        assert getattr(task, split)["nld"].content() == getattr(plain, split)["nld"].content()


def test_words_are_copied_one_by_one(folder: Path) -> None:
    """Several copies of a language differ from each other too."""
    task = read({**TAGS, "copies": {"copy": {"of": "eng"}, "other": {"of": "eng", "copy": 2}}}, folder)
    assert list(task.test["copy"].inputs) == [(clone_text("cats"), clone_text("sleep"))]
    assert list(task.test["other"].inputs) == [(clone_text("cats", 2), clone_text("sleep", 2))]


def test_languages_that_are_declared_are_those_of_the_file(folder: Path) -> None:
    described = {**TOPICS, "languages": ["eng", "nld"], "copies": {"copy": {"of": "eng"}}}
    assert "copy" in read(described, folder).languages


@pytest.mark.parametrize(
    ("copies", "said"),
    [
        ({"copy": {"of": "deu"}}, "topics.csv: copy 'copy': unknown language of the task 'deu'"),
        ({"nld": {"of": "eng"}}, "the file has a language 'nld' already; call the copy otherwise"),
        ({"copy": {"of": "eng", "copy": 0}}, "[task.copies.copy]: copy must be a whole number from 1 to 255, not 0"),
        ({"copy": {"from": "eng"}}, "unknown key 'from'"),
        ({"copy": {}}, "[task.copies.copy]: no of"),
        ({"copy": "eng"}, "[task.copies]: copy must be a table, not 'eng'"),
        ({"nobody-knows": {"of": "eng"}}, "unknown language 'nobody-knows'"),
    ],
)
def test_copies_there_cannot_be_are_refused(folder: Path, copies: dict[str, object], said: str) -> None:
    assert said in refusal({**TOPICS, "copies": copies}, folder)


def test_kinds_without_copies_say_so(folder: Path) -> None:
    columns = {"question": "question", "answer_start": "start"}
    about = {"name": "sums", "kind": "extractive-qa", "file": "sums.csv", "columns": columns}
    described = about | {"copies": {"copy": {"of": "eng"}}}
    assert "copies are for tasks with labels, tags or texts, not for extractive-qa" in refusal(described, folder)
