"""A task with instructions in two languages, and adapters with weights drawn at random."""

from __future__ import annotations

import codecs
import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from isogloss.lab.tuning.adapter import configuration, write_adapter

TASK = {"sun": "day", "moon": "night", "ice": "cold", "fire": "hot"}
FILLERS = ("tell me", "say", "please", "name", "write", "give", "now", "what is")
DESCRIBED = """
name = "words"
kind = "instructions"
file = "words.jsonl"
columns = { item = "id" }
splits = { by = "id", shares = { train = 0.6 } }
"""


def write_task(folder: Path) -> Path:
    """Instructions in English, and the same answered backwards in German: the file that describes them."""
    rows = []
    for place, (filler, word) in enumerate((filler, word) for filler in FILLERS for word in TASK):
        for language, said in (("eng", TASK[word]), ("deu", TASK[word][::-1])):
            asked = f"{filler} {word}"
            rows.append({"id": str(place), "language": language, "instruction": asked, "output": said})
    (folder / "words.jsonl").write_text("\n".join(map(json.dumps, rows)))
    (folder / "words.toml").write_text(DESCRIBED)
    return folder / "words.toml"


def write_choices(folder: Path) -> Path:
    """A choice of two words in English and in German: the file that describes it."""
    rows = ["language,split,item,premise,question,choice1,choice2,label"]
    for place, (filler, word) in enumerate((filler, word) for filler in FILLERS for word in TASK):
        for language, put in (("eng", str), ("deu", rotated)):
            both = [put(TASK[word]), put("none")]
            right = place % 2
            rows.append(",".join([language, "train" if place % 4 else "test", str(place), put(f"{filler} {word}"), "",
                                  *(both if right == 0 else both[::-1]), str(right)]))  # fmt: skip
    (folder / "choices.csv").write_text("\n".join(rows) + "\n")
    columns = 'columns = { choices = ["choice1", "choice2"] }'
    (folder / "choices.toml").write_text(
        f'name = "choices"\nkind = "multiple-choice"\nfile = "choices.csv"\n{columns}\n'
    )
    return folder / "choices.toml"


def rotated(text: str) -> str:
    """A text in a language that shares no word with English."""
    return codecs.encode(text, "rot13")


def write_parallel(folder: Path, *, confused: bool) -> Path:
    """Instructions in English and in German, each answered in its language, or all in English."""
    rows = []
    for place, (filler, word) in enumerate((filler, word) for filler in FILLERS for word in TASK):
        for language, put in (("eng", str), ("deu", rotated)):
            said = TASK[word] if confused else put(TASK[word])
            asked = put(f"{filler} {word}")
            rows.append({"id": str(place), "language": language, "instruction": asked, "output": said})
    folder.mkdir()
    (folder / "words.jsonl").write_text("\n".join(map(json.dumps, rows)))
    (folder / "words.toml").write_text(DESCRIBED)
    return folder / "words.toml"


def make_adapter(folder: Path, shapes: Mapping[str, tuple[int, ...]]) -> Path:
    """An adapter of rank 2 of some modules with matrices of these shapes."""
    chance = np.random.default_rng(0)
    arrays = {}
    for module, (outputs, inputs) in shapes.items():
        for one, shape in (("A", (2, inputs)), ("B", (outputs, 2))):
            arrays[f"base_model.model.{module}.lora_{one}.weight"] = chance.normal(0, 0.1, shape).astype(np.float32)
    write_adapter(folder, arrays, configuration(2, 4, 0.0, sorted(shapes)), "made up")
    return folder
