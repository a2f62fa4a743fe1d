"""What utterances made of meanings do for parsing in a language without any: planted worlds.

    python -m benchmarks.lab_back_parsed SEED    # about a minute of one processor

A T5 of two layers parses phrases of a language, "red sun" into "SUN(red)", and is asked in a copy that shares no byte
with it. To its encoder the copy is the language with noise (alike), or like nothing (null). `seq2seq-back-parsed` has
40 phrases of the copy without meanings. Each run adds its seed to benchmarks/results/lab_back_parsed.json; seed 0
served to look at and is not among them.
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.common import RESULTS, machine, versions, write_result
from benchmarks.lab_generation import SHAPE
from benchmarks.lab_generation import model as checkpoint
from isogloss.lab import Corpus, Training, clone_text, recipes, tasks
from isogloss.stats.intervals import paired_bootstrap

BEFORE = ("a", "the", "one", "no", "my", "red", "big", "old")
WORDS = ("sun", "ice", "cat", "tree", "king", "ship", "bee", "owl")
LEARNT = 40
SETTINGS = {"epochs": 40, "batch_size": 16, "learning_rate": 5e-3, "max_length": 64, "max_new": 16}
WORLDS = {"alike": 0.7, "null": None}
Item = tuple[str, str]


def items(seed: int) -> list[Item]:
    """Phrases and their meanings."""
    every = [(f"{before} {word}", f"{word.upper()}({before})") for before, word in product(BEFORE, WORDS)]
    random.Random(seed).shuffle(every)
    return every


def copied(some: list[Item]) -> list[Item]:
    """The phrases in the copy, with the same meanings."""
    return [(clone_text(text), meaning) for text, meaning in some]


def parsed(folder: Path, seed: int, every: list[Item], name: str, **more: Any) -> tuple[Any, dict[str, Any]]:
    """Whether each test phrase of the language, then of the copy, is parsed right; and notes."""
    learnt, tested = every[:LEARNT], [*every[LEARNT:], *copied(every[LEARNT:])]
    labels = sorted({meaning for _, meaning in every})
    test = [[text for text, _ in every[LEARNT:]], [text for text, _ in copied(every[LEARNT:])]]
    corpus = Corpus([[text for text, _ in learnt], []], test, ["eng", "deu"], tasks.get("generation")(), labels,
                    ["eng", "deu"])  # fmt: skip
    right = np.array([labels.index(meaning) for _, meaning in learnt])
    recipe: Any = recipes.get(name).read({"checkpoint": str(folder), **SETTINGS, **more})
    prepared = recipe.prepare(corpus, map)
    fitted = recipe.fit(prepared, Training(np.arange(LEARNT), right, seed))
    written = recipe.predict(prepared, fitted)[""].tolist()
    return np.array([text == meaning for text, (_, meaning) in zip(written, tested, strict=True)], float), fitted.notes


def measured(folder: Path, seed: int, world: str) -> dict[str, Any]:
    """Shares right of a parser of the language alone, and of one that made utterances of the copy."""
    every = items(seed)
    model = checkpoint(folder / world, seed, WORLDS[world])
    texts = folder / f"{world}.csv"
    texts.write_text("language,text\n" + "".join(f"deu,{text}\n" for text, _ in copied(every[:LEARNT])))
    plain, _ = parsed(model, seed, every, "seq2seq-tune")
    made, notes = parsed(model, seed, every, "seq2seq-back-parsed", texts=str(texts), generator_epochs=40)
    half = len(plain) // 2
    lower, upper = paired_bootstrap(made[half:], plain[half:])
    return {
        "world": world, "kept": notes["kept"]["deu"], "of": notes["made"],
        "plain": [round(float(part.mean()), 3) for part in (plain[:half], plain[half:])],
        "back_parsed": [round(float(part.mean()), 3) for part in (made[:half], made[half:])],
        "change_in_copy": [round(float(lower), 3), round(float(upper), 3)],
    }  # fmt: skip


def main() -> None:
    """Measure one seed, and add it to those measured."""
    seed, path = int(sys.argv[1]), RESULTS / "lab_back_parsed.json"
    with tempfile.TemporaryDirectory() as temporary:
        rows = [measured(Path(temporary), seed, world) for world in WORLDS]
    others = json.loads(path.read_text())["seeds"] if path.exists() else []
    seeds = [*(one for one in others if one["seed"] != seed), {"seed": seed, "rows": rows}]
    write_result("lab_back_parsed", {
        "claim": "Where a copy is alike to the encoder, some of the utterances made of it are parsed back and kept, "
                 "and where it is like nothing none is; a gain in parsing is not shown. See `seeds`.",
        "machine": machine(), "versions": versions("torch", "transformers"),
        "input": f"T5 of {SHAPE}; {SETTINGS}; {LEARNT} phrases learnt, {len(BEFORE) * len(WORDS) - LEARNT} asked in "
                 "each language; 95 % intervals of changes, bootstrap over phrases",
        "seeds": sorted(seeds, key=lambda one: one["seed"]),
    })  # fmt: skip


if __name__ == "__main__":
    main()
