"""Mixes of instructions: numbers by languages of question and answer, and what is learnt of answers in another."""

from __future__ import annotations

import codecs
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from isogloss.behaviour.items import read_items
from isogloss.errors import InputError
from isogloss.evidence import Store
from isogloss.lab import mix_instructions, read_grid, run_grid

WORDS = {"sun": "day", "moon": "night", "ice": "cold", "fire": "hot"}
FILLERS = ("tell me", "say", "name", "write", "give", "now say")
HALVES = (
    '[[part]]\nquestion = "eng"\nanswer = "eng"\nshare = 0.5\n[[part]]\nquestion = "eng"\nanswer = "deu"\nshare = 0.5\n'
)
TRANSLATED = """
[sentences]
file = "sentences.csv"
[[part]]
question = "eng"
answer = "deu"
share = 0.75
wording = "{instruction} In German."
[[part]]
kind = "translation"
question = "German"
answer = "eng"
share = 0.25
wording = "Into English: {text}"
"""


def rotated(text: str) -> str:
    return codecs.encode(text, "rot13")


def described(folder: Path, parts: str, size: int = 8, **keys: Any) -> Path:
    """Parallel instructions in English and in a language that shares no word with it, sentences, and a mix of them."""
    rows = [
        {"id": str(item), "language": code, "instruction": put(f"{filler} {word}"), "output": put(WORDS[word])}
        for item, (filler, word) in enumerate((filler, word) for filler in FILLERS for word in WORDS)
        for code, put in (("eng", str), ("deu", rotated))
    ]
    (folder / "instructions.jsonl").write_text("\n".join(map(json.dumps, rows)))
    lines = [
        f"{code},{item},{put(f'line {item}')}" for item in range(4) for code, put in (("eng", str), ("deu", rotated))
    ]
    (folder / "sentences.csv").write_text("\n".join(["language,id,text", *lines]))
    said = "".join(f"{key} = {json.dumps(value)}\n" for key, value in keys.items())
    path = folder / "mix.toml"
    path.write_text(f'file = "instructions.jsonl"\nsize = {size}\n{said}{parts}')
    return path


def test_a_mix_has_the_numbers_asked_for_and_each_item_once(tmp_path: Path) -> None:
    mix = mix_instructions(described(tmp_path, HALVES, size=9))
    assert Counter(mix.rows["answer_language"]) == {"eng": 5, "deu": 4}
    assert mix.rows["language"].unique().to_list() == ["eng"]
    assert mix.rows["id"].n_unique() == 9
    assert mix.crossed == 4
    for row in mix.rows.iter_rows(named=True):
        answer = WORDS[row["instruction"].split()[-1]]
        assert row["output"] == (answer if row["answer_language"] == "eng" else rotated(answer))


def test_the_seed_decides_which_items_and_smaller_mixes_are_part_of_larger_ones(tmp_path: Path) -> None:
    one = '[[part]]\nquestion = "eng"\nanswer = "deu"\nshare = 1.0\n'
    small, large = (set(mix_instructions(described(tmp_path, one, size=size)).rows["id"]) for size in (6, 12))
    assert small < large
    assert set(mix_instructions(described(tmp_path, one, size=6, seed=1)).rows["id"]) != small


def test_translations_stand_beside_instructions_in_their_wordings(tmp_path: Path) -> None:
    """CrossAlpaca's translation-following demonstrations: sentences one way or the other, as the part says."""
    rows = mix_instructions(described(tmp_path, TRANSLATED)).rows
    crossed, translated = (rows.filter(kind=kind) for kind in ("instruction", "translation"))
    assert (crossed.height, translated.height) == (6, 2)
    assert crossed["instruction"].str.ends_with(" In German.").all()
    for row in translated.iter_rows(named=True):
        assert row["language"] == "deu"
        assert row["instruction"] == f"Into English: {rotated(row['output'])}"


@pytest.mark.parametrize(("parts", "size", "said"), [
    (HALVES.replace("0.5", "0.4"), 8, "shares add up to 0.8"),
    (HALVES, 60, "part 1.*24 items in eng and eng are left, and 30 are needed; lower size"),
    (HALVES, 30, "part 2.*9 items in eng and deu are left, and 15 are needed"),
    (HALVES.replace('"deu"', '"fra"'), 8, "0 items in eng and fra are left, and 4 are needed"),
    (HALVES.replace('"deu"', '"qqx"'), 8, "unknown language 'qqx'"),
    (TRANSLATED.replace('[sentences]\nfile = "sentences.csv"', ""), 8, r"a part is of translations; add \[sentence"),
    (TRANSLATED.replace("{text}", ""), 8, "wording has {text} 0 times"),
    ("", 8, r"no part; add \[\[part\]\]"),
])  # fmt: skip
def test_mixes_there_cannot_be_are_refused(tmp_path: Path, parts: str, size: int, said: str) -> None:
    with pytest.raises(InputError, match=said):
        mix_instructions(described(tmp_path, parts, size))


GRID = """
[[task]]
name = "own"
kind = "instructions"
file = "own.jsonl"
columns = { item = "id" }
splits = { by = "id", shares = { train = 0.6 } }
[[task]]
name = "crossed"
kind = "instructions"
file = "crossed.jsonl"
columns = { item = "id" }
splits = { by = "id", shares = { train = 0.6 } }
[model]
checkpoint = "decoder"
[[recipe]]
name = "instruction-lora"
learning_rate = 0.01
epochs = 40
batch_size = 8
max_new = 8
[grid]
sources = ["eng"]
sizes = [14]
"""


def test_a_decoder_answers_in_the_language_that_the_mix_answers_in(tmp_path: Path) -> None:
    """Asked in one language: in the other after a mix that is answered there, in its own after one that is not."""
    pytest.importorskip("peft", reason="needs the extra lab")
    from tests.lab.checkpoints import make_decoder

    for name, answer in (("own", "eng"), ("crossed", "deu")):
        one = f'[[part]]\nquestion = "eng"\nanswer = "{answer}"\nshare = 1.0\n'
        mix_instructions(described(tmp_path, one, size=24)).write(tmp_path / f"{name}.jsonl")
    make_decoder(tmp_path / "decoder")
    (tmp_path / "grid.toml").write_text(GRID)
    store = Store(tmp_path / "store")
    assert run_grid(read_grid(tmp_path / "grid.toml"), store).failed == []
    items = read_items(store)
    others = {rotated(answer) for answer in WORDS.values()}
    share = {task: sum(text in others for text in items.filter(task=task)["text"]) / 10 for task in ("own", "crossed")}
    assert share["own"] == 0
    assert share["crossed"] >= 0.6
