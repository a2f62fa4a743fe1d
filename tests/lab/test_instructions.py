"""Instructions: their files, what decoders learn from them, and what training changes in each language."""

from __future__ import annotations

import codecs
import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

pytest.importorskip("torch", reason="needs the extra lab")
pytest.importorskip("peft", reason="needs the extra lab")

from tests.lab.checkpoints import make_checkpoint, make_decoder
from tests.lab.described import read, refusal

from isogloss.behaviour.items import read_items
from isogloss.errors import BadValue, InputError
from isogloss.evidence import Store
from isogloss.lab import Corpus, Training, findings, read_grid, recipes, run_grid, tasks, training_changes
from isogloss.lab.tuning.instructions import has_room, in_tokens
from isogloss.models import load_decoder
from isogloss.questions.grids import ShowGridQuestion

WORDS = {"sun": "day", "moon": "night", "ice": "cold", "fire": "hot"}
FILLERS = ("tell me", "say", "please name", "name", "write", "give", "now say", "what is")
COLUMNS = {"item": "id", "input": "input"}
TASK: dict[str, Any] = {
    "name": "words", "kind": "instructions", "file": "data.jsonl", "columns": COLUMNS,
    "splits": {"by": "id", "shares": {"train": 0.6}},
}  # fmt: skip


def rotated(text: str) -> str:
    return codecs.encode(text, "rot13")


def pairs() -> list[dict[str, Any]]:
    """Parallel instructions in English and in a language that shares no word with it; the word asked about decides."""
    found = []
    for place, (filler, word) in enumerate((filler, word) for filler in FILLERS for word in WORDS):
        for language, put in (("eng", str), ("deu", rotated)):
            asked, said = put(f"{filler} {word}"), put(WORDS[word])
            found.append({"id": str(place), "language": language, "instruction": asked, "input": "", "output": said})
    return found


def write(folder: Path, rows: list[dict[str, Any]]) -> None:
    (folder / "data.jsonl").write_text("\n".join(json.dumps(row) for row in rows))


def test_a_file_of_bactrian_x_is_a_task_with_translations_in_one_split(tmp_path: Path) -> None:
    write(tmp_path, pairs())
    task = read(TASK, tmp_path)
    assert task.languages.keys() == {"deu", "eng"}
    for split in (task.train, task.test):
        assert split["eng"].items == split["deu"].items
    assert not {*task.train["eng"].items} & {*task.test["eng"].items}


def test_files_of_one_language_each_are_read_by_their_names(tmp_path: Path) -> None:
    """As the release has them: a list of objects, without a language."""
    for language in ("eng", "deu"):
        rows = [
            {name: row[name] for name in row if name != "language"} for row in pairs() if row["language"] == language
        ]
        (tmp_path / f"{language}.json").write_text(json.dumps(rows))
    task = read(TASK | {"file": "{language}.json"}, tmp_path)
    assert {code: len(task.train[code]) + len(task.test[code]) for code in task.train} == {"deu": 32, "eng": 32}


def test_an_input_stands_below_its_instruction(tmp_path: Path) -> None:
    write(tmp_path, [row | {"input": "three" if row["id"] == "0" else None} for row in pairs()])
    task = read(TASK, tmp_path)
    inputs = {**dict(zip(task.train["eng"].items, task.train["eng"].inputs, strict=True)),
              **dict(zip(task.test["eng"].items, task.test["eng"].inputs, strict=True))}  # fmt: skip
    assert (inputs["0"], inputs["1"]) == ("tell me sun\n\nthree", "tell me moon")


def test_rows_that_lack_something_are_left_out_and_counted(tmp_path: Path) -> None:
    rows = pairs()
    rows[0]["output"], rows[1]["output"], rows[2]["instruction"] = "", None, " "
    rows += [rows[3] | {"language": "qqx"}, rows[3] | {"language": None}]
    write(tmp_path, rows)
    said = r"5 of 66 rows are left out: 1 without language, 1 without instruction, 2 without output, 1 in unknown"
    with pytest.warns(UserWarning, match=said + r" languages \(qqx\)"):
        task = read(TASK, tmp_path)
    assert sum(len(split[code]) for split in (task.train, task.test) for code in split) == 61


def test_a_file_without_a_whole_row_is_refused(tmp_path: Path) -> None:
    write(tmp_path, [row | {"output": ""} for row in pairs()])
    assert "no row has all that is needed" in refusal(TASK, tmp_path)


@pytest.mark.parametrize(("template", "chat", "expected"), [
    ("", False, ("### Input:\nsay sun\n\n### Output:\n", "day")),
    ("Q: {instruction} A: {output}.", False, ("Q: say sun A:", " day.")),
    ("", True, ("<user>say sun<model>", "day")),
])  # fmt: skip
def test_prompt_and_answer_are_those_of_the_template(
    template: str, chat: bool, expected: tuple[str, str], tmp_path: Path
) -> None:
    """Bactrian-X's by default; in a chat the instruction is the user's turn."""
    folder = make_decoder(tmp_path / "decoder")
    said = json.loads((folder / "tokenizer_config.json").read_text())
    turns = "{% for m in messages %}<{{ m['role'] }}>{{ m['content'] }}{% endfor %}<model>"
    (folder / "tokenizer_config.json").write_text(json.dumps(said | {"chat_template": turns}))
    recipe = recipes.get("instruction-lora").read({"checkpoint": str(folder), "template": template, "chat": chat})
    kind = tasks.get("instructions")()
    corpus = Corpus([["say sun"]], [["say sun"]], ["eng"], kind, ["day"], ["eng"])
    prepared = recipe.prepare(corpus, map)
    (example,) = recipe.examples(prepared, Training(np.array([0]), np.array([0]), 0))  # type: ignore[attr-defined]  # of this recipe
    assert (example.prompt, example.answer) == expected


def test_what_is_learnt_is_the_answer_and_its_end(tmp_path: Path) -> None:
    decoder = load_decoder(make_decoder(tmp_path / "decoder"))
    prompt, answer = in_tokens(decoder, "ab", "cd")
    assert has_room(decoder, (prompt, answer), 20)
    assert not has_room(decoder, in_tokens(decoder, "ab", "c" * 50), 20)
    assert bytes(prompt[-2:].tolist()) == b"ab"
    assert answer.tolist() == [*b"cd", decoder.tokenizer.eos_token_id]


GRID = """
[[task]]
use = "words.toml"
[model]
checkpoint = "decoder"
[[recipe]]
name = "instruction-lora"
learning_rate = 0.01
epochs = 40
batch_size = 8
max_new = 12
[grid]
sources = ["eng", { eng = 18, deu = 18 }]
sizes = [0, 18]
"""
DESCRIBED = """
name = "words"
kind = "instructions"
file = "data.jsonl"
columns = { item = "id", input = "input" }
splits = { by = "id", shares = { train = 0.6 } }
"""


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Store]:
    """Adapters of a tiny model that has read nothing: English alone, and both languages."""
    folder = tmp_path_factory.mktemp("grid")
    write(folder, pairs())
    make_decoder(folder / "decoder")
    (folder / "words.toml").write_text(DESCRIBED)
    (folder / "grid.toml").write_text(GRID)
    store = Store(folder / "store")
    report = run_grid(read_grid(folder / "grid.toml"), store)
    assert (report.run, report.failed) == (3, [])
    return folder / "grid.toml", store


def test_what_is_learnt_in_one_language_is_no_other_languages(ran: tuple[Path, Store]) -> None:
    """From nothing to most answers right in English; in a language that shares no word, nothing."""
    results = findings(read_grid(ran[0]), ran[1]).of_metric("exact_match")
    changes = training_changes(results, ran[1]).filter(source="eng")
    for row in changes.iter_rows(named=True):
        assert row["before"] == 0
        assert row["own"] == (row["target"] == "eng")
        assert (row["lower"] > 0.3) if row["own"] else row["after"] == 0
        assert row["lower"] <= row["change"] <= row["upper"]
    assert changes.height == 2


def test_one_for_all_learns_every_language(ran: tuple[Path, Store]) -> None:
    results = findings(read_grid(ran[0]), ran[1]).of_metric("exact_match")
    changes = training_changes(results, ran[1]).filter(pl.col("source") != "eng")
    assert changes["source"].unique().to_list() == ["deu:18,eng:18"]
    assert changes["own"].all()
    assert (changes["after"] > 0).all()


def test_lab_show_says_what_training_changes(ran: tuple[Path, Store]) -> None:
    answer = ShowGridQuestion(store=str(ran[1].path), grid=str(ran[0])).answer()
    assert answer.sentences[0].startswith("Examples of sources change scores by +0.")
    assert answer.tables["trained"].frame.height == 4
    assert answer.picture() is not None


def test_items_tell_trainings_of_a_model_apart(ran: tuple[Path, Store]) -> None:
    """So that metrics of behaviour, such as language confusion, are about one adapter each."""
    models = read_items(ran[1])["model"].unique().sort().to_list()
    assert models == ["decoder", "decoder trained on deu:18,eng:18", "decoder trained on eng:18"]


def test_decoders_alone_can_be_trained_on_answers(tmp_path: Path) -> None:
    recipe = recipes.get("instruction-lora").read({"checkpoint": str(make_checkpoint(tmp_path / "encoder"))})
    corpus = Corpus([["a"]], [["a"]], ["eng"], tasks.get("instructions")(), ["b"], ["eng"])
    with pytest.raises(InputError, match=r"a masked model cannot be trained|not a causal model"):
        recipe.prepare(corpus, map)


@pytest.mark.parametrize(("name", "hint"), [("lora", "instruction-lora"), ("fine-tune", "instruction-tune")])
def test_recipes_with_heads_name_the_one_for_written_answers(name: str, hint: str) -> None:
    with pytest.raises(BadValue, match=f'not for generation.*name = "{hint}"'):
        recipes.get(name).read({"checkpoint": "any"}).check_kind(tasks.get("generation")())


def test_unknown_modules_and_too_little_room_are_named(tmp_path: Path) -> None:
    folder = make_decoder(tmp_path / "decoder")
    kind = recipes.get("instruction-lora")
    with pytest.raises(BadValue, match=r"no module 'query'.*it has down_proj, gate_proj, k_proj"):
        kind.read({"checkpoint": str(folder), "modules": ["query"]}).learn([("a", "b")], 0)  # type: ignore[attr-defined]  # of this recipe
    with pytest.raises(BadValue, match="no example has room in 4 tokens"):
        kind.read({"checkpoint": str(folder), "max_length": 4}).learn([("abcdef", "b")], 0)  # type: ignore[attr-defined]  # of this recipe
