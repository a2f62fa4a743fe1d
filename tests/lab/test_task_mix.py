"""Instructions made of the training examples of tasks."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from isogloss.errors import InputError
from isogloss.lab import mix_instructions
from isogloss.lab.reading import read_task
from isogloss.lab.task_file import read_info

TOPICS = 'name = "topics"\nkind = "text-classification"\nfile = "topics.csv"\n[columns]\nitem = "item"\n'
CHOICES = (
    'name = "next"\nkind = "multiple-choice"\nfile = "choices.csv"\n[columns]\nitem = "item"\n'
    'choices = ["first", "second"]\n'
)
MIX = """
most = 4
[[task]]
use = "topics.toml"
templates = ["{text} Topic: {label}", "What is this about? {text} {label}"]
translated = { swh = ["{text} Mada: {label}", "Hii ni nini? {text} {label}"] }
verbalizer = { s = "sport" }
[[task]]
use = "choices.toml"
languages = ["eng"]
most = 2
templates = ["{premise} Next: {choice}"]
"""


def described(folder: Path, mix: str = MIX) -> Path:
    """Two tasks, of ten training examples and five tests in each of two languages, and a mix of them."""
    splits = ["train"] * 10 + ["test"] * 5
    rows = [f"{code},{split},{item},{code} text {item},{'sw'[item % 2]}"
            for code in ("eng", "swh") for item, split in enumerate(splits)]  # fmt: skip
    (folder / "topics.csv").write_text("\n".join(["language,split,item,text,label", *rows]))
    rows = [f"{code},{split},{item},{code} premise {item},one {item},two {item},{item % 2}"
            for code in ("eng", "swh") for item, split in enumerate(splits)]  # fmt: skip
    (folder / "choices.csv").write_text("\n".join(["language,split,item,premise,first,second,label", *rows]))
    (folder / "topics.toml").write_text(TOPICS)
    (folder / "choices.toml").write_text(CHOICES)
    path = folder / "mix.toml"
    path.write_text(mix)
    return path


def written(folder: Path, mix: str = MIX) -> dict[tuple[str, str], dict[str, Any]]:
    rows = mix_instructions(described(folder, mix)).rows
    return {(row["id"], row["language"]): row for row in rows.iter_rows(named=True)}


def test_examples_are_written_into_templates_with_their_answers(tmp_path: Path) -> None:
    for (id_, language), row in written(tmp_path).items():
        task, number = id_.split()
        code = language[:3]
        if task == "next":
            assert row["instruction"] == f"eng premise {number} Next:"
            assert row["output"] == f"{('one', 'two')[int(number) % 2]} {number}"
            continue
        assert f"{code} text {number}" in row["instruction"]
        assert row["output"] == ("sport", "w")[int(number) % 2]
        assert (code == "swh") == ("Mada" in row["instruction"] or "Hii" in row["instruction"])


def test_each_task_has_so_many_in_each_language_and_the_same_texts_in_all(tmp_path: Path) -> None:
    mix = mix_instructions(described(tmp_path))
    assert Counter(zip(mix.rows["kind"], mix.rows["language"], strict=True)) == {
        ("topics", "eng"): 4, ("topics", "swh"): 4, ("next", "eng"): 2,
    }  # fmt: skip
    assert mix.parts.sort("kind", "question").select("question", "kind", "examples").rows() == [
        ("eng", "next", 2), ("eng", "topics", 4), ("swh", "topics", 4),
    ]  # fmt: skip
    assert mix.parts["share"].sum() == pytest.approx(1)
    ids = {language: set(mix.rows.filter(kind="topics", language=language)["id"]) for language in ("eng", "swh")}
    assert ids["eng"] == ids["swh"]
    assert mix.crossed == 0


def test_translations_get_the_same_template_and_no_test_text_is_taken(tmp_path: Path) -> None:
    rows = written(tmp_path, MIX.replace("most = 4", "most = 10"))
    forms = {language: {id_: row["instruction"].startswith(("What", "Hii")) for (id_, own), row in rows.items()
                        if own == language and row["kind"] == "topics"} for language in ("eng", "swh")}  # fmt: skip
    assert forms["eng"] == forms["swh"]
    assert len(set(forms["eng"].values())) == 2
    assert {int(id_.split()[1]) for id_, _ in rows} == set(range(10))


def test_what_is_written_is_a_task_of_instructions(tmp_path: Path) -> None:
    mix_instructions(described(tmp_path)).write(tmp_path / "made.jsonl")
    assert len((tmp_path / "made.jsonl").read_text().splitlines()) == 10
    said = {"name": "made", "kind": "instructions", "file": "made.jsonl", "columns": {"item": "id"},
            "splits": {"by": "id", "shares": {"train": 0.5}}}  # fmt: skip
    task = read_task(read_info(said, tmp_path, "grid.toml"))
    assert sorted(task.languages) == ["eng", "swh"]


@pytest.mark.parametrize(("old", "new", "said"), [
    ("{text} Topic: {label}", "{text} Topic:", r"task 1.*{label} stands 0 times"),
    ('verbalizer = { s = "sport" }', 'verbalizer = { x = "sport" }', "label 'x'"),
    ('languages = ["eng"]', 'languages = ["deu"]', "task 2.*language of the task 'deu'"),
    ('use = "choices.toml"', 'use = "topics.toml"', "task 'topics.toml' is there twice"),
    ("{ swh = ", "{ qqx = ", "unknown language 'qqx'"),
    ('templates = ["{premise} Next: {choice}"]', "templates = []", "templates"),
])  # fmt: skip
def test_mixes_of_tasks_there_cannot_be_are_refused(tmp_path: Path, old: str, new: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        mix_instructions(described(tmp_path, MIX.replace(old, new)))


def test_tasks_whose_answers_stand_in_no_template_are_refused(tmp_path: Path) -> None:
    path = described(tmp_path, '[[task]]\nuse = "tags.toml"\ntemplates = ["{text} {label}"]\n')
    rows = [{"language": "eng", "split": split, "words": ["a", "b"], "tags": ["X", "Y"]} for split in ("train", "test")]
    (tmp_path / "tags.jsonl").write_text("\n".join(map(json.dumps, rows)))
    (tmp_path / "tags.toml").write_text('name = "tags"\nkind = "token-tagging"\nfile = "tags.jsonl"\n'
                                        "allowed_leakage = 1.0\n")  # fmt: skip
    with pytest.raises(InputError, match="answers of the kind token-tagging stand in no template"):
        mix_instructions(path)
