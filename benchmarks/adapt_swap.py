"""Whether swapping layers gives an expert of a task a language back, in worlds where it is known what lies where.

    python -m benchmarks.adapt_swap SEED    # two minutes of a processor

A language has sixteen words of one byte in four classes, and a sentence is a walk from class to class. A copy has the
same words in bytes of its own (`isogloss.lab.clone_text`), and so has an unrelated copy; in the texts of each, some
words are the language's own. The task is to write the class of a word after it. A byte model has read the language,
with digits that say nothing after the words of half of the sentences, and next to nothing of the copy. Its experts are
made by continued pretraining: of the task, on sentences of the language with the right digits, in the middle blocks; of
the copy, and of the unrelated one, in the blocks at either end. So what is the language's lies at the ends, and what is
the task's in the middle. Grid, experts and swaps are one file of `isogloss adapt`. How long each expert trains was
chosen on seed 0. Each run adds its seed to benchmarks/results/adapt_swap.json; run one after the other.
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks.common import RESULTS, machine, versions, write_result
from isogloss.evidence import Store
from isogloss.lab import (
    AdaptedCheckpoint,
    ByteTransformer,
    clone_text,
    pretrain,
    read_adaptation_grid,
    run_adaptation_grid,
)
from isogloss.models import load_decoder
from isogloss.stats.intervals import crossed_bootstrap, percentile_interval

WORDS = "abcdefghijklmnop"
CLASS = {word: place // 4 for place, word in enumerate(WORDS)}
NEXT = {0: (0, 1, 1, 1), 1: (2, 2, 3, 3), 2: (0, 0, 3, 3), 3: (0, 2, 2, 2)}
"""Classes that follow a class."""
SHAPE = {"layers": 4, "width": 48, "heads": 4, "context": 16, "steps": 300, "batch_size": 32, "copies": 2,
         "learning_rate": 5e-3}  # fmt: skip
MIXED = 0.8
"""Share of the words of a copy's texts that are the copy's."""
SEEN = 20
"""Sentences of the copy that the model has read before."""
CODES = {"language": "eng", "copy": "deu", "unrelated copy": "fin", "task in the language": "sco",
         "task in the copy": "nds"}  # fmt: skip
TESTED = 60

GRID = """
[texts]
file = "texts.tsv"
[[model]]
checkpoint = "base"

[[adaptation]]
label = "task expert"
name = "continued-pretraining"
languages = ["sco"]
trained = "middle"
{of_task}
[[adaptation]]
label = "language expert"
name = "continued-pretraining"
languages = ["deu"]
trained = "ends"
{of_language}
[[adaptation]]
label = "unrelated expert"
name = "continued-pretraining"
languages = ["fin"]
trained = "ends"
{of_language}
[[adaptation]]
after = "task expert"
name = "layer-swap"
other = "language expert"
levels = {{ bottom = [0, 1, 2], top = [0, 1] }}
seeds = [{seed}]

[[adaptation]]
label = "swap with transition"
after = "task expert"
name = "layer-swap"
other = "language expert"
transition = 1
seeds = [{seed}]

[[adaptation]]
label = "swap with the unrelated expert"
after = "task expert"
name = "layer-swap"
other = "unrelated expert"
seeds = [{seed}]

[[adaptation]]
label = "middle swapped"
after = "language expert"
name = "layer-swap"
other = "task expert"
seeds = [{seed}]

[[adaptation]]
label = "average"
after = "task expert"
name = "merge-average"
others = ["language expert"]
seeds = [{seed}]
"""
TRAINED = "seeds = [{seed}]\nlength = 16\nbatch_size = 32\nparts = 1\nmeasured = 0\n"
OF_TASK = TRAINED + "tokens = 204800\nlearning_rate = 1e-2\n"
OF_LANGUAGE = TRAINED + 'tokens = 102400\nlearning_rate = 5e-3\nreplayed = ["eng"]\nreplay = 0.5\n'


def sentences(count: int, seed: str) -> list[str]:
    """Sentences of the language."""
    chance = random.Random(seed)
    found = []
    for _ in range(count):
        words = [chance.choice(WORDS)]
        for _ in range(chance.randint(3, 6)):
            words.append(WORDS[4 * chance.choice(NEXT[CLASS[words[-1]]]) + chance.randrange(4)])
        found.append("".join(words))
    return found


def put(sentence: str, chance: random.Random, *, copy: int = 0, share: float = 1.0, digits: str = "none") -> str:
    """A sentence with words of a copy, and a digit after each word: its class, or any."""
    after = {
        "none": lambda word: "",
        "right": lambda word: str(CLASS[word]),
        "any": lambda word: str(chance.randrange(4)),
    }
    words = (clone_text(word, copy) if copy and chance.random() < share else word for word in sentence)
    return "".join(shown + after[digits](word) for shown, word in zip(words, sentence, strict=True))


def half_with_digits(count: int, seed: str, **how: Any) -> list[str]:
    """Sentences, half of which have digits that say nothing."""
    chance = random.Random(f"{seed} put")
    kinds = ("none", "any")
    return [put(one, chance, digits=kinds[place % 2], **how) for place, one in enumerate(sentences(count, seed))]


def texts(seed: int) -> dict[str, list[str]]:
    """Texts of each kind; nothing learns from the task in the copy."""
    chance = random.Random(seed)
    return {
        "language": half_with_digits(600, f"{seed} language"),
        "copy": half_with_digits(600, f"{seed} copy", copy=1, share=MIXED),
        "unrelated copy": half_with_digits(600, f"{seed} unrelated", copy=2, share=MIXED),
        "task in the language": [put(one, chance, digits="right") for one in sentences(500, f"{seed} task")],
        "task in the copy": [put(one, chance, copy=1, digits="right") for one in sentences(300, f"{seed} copied task")],
    }


def right(folder: Path, lines: list[str]) -> np.ndarray[Any, Any]:
    """Share of the digits of each line that the model expects most."""
    import torch

    decoder = load_decoder(str(folder))
    found = []
    with torch.inference_mode():
        for line in lines:
            ids = torch.tensor([decoder.tokenizer(line)["input_ids"]])
            best = decoder.model(input_ids=ids).logits[0].argmax(-1)
            found.append(float((best[1:-1:2] == ids[0, 2::2]).float().mean()))
    return np.array(found)


def world(seed: int, folder: Path) -> dict[str, Any]:
    """What each checkpoint of one seed can do: accuracies line by line, and losses."""
    read = texts(seed)
    rows = [(CODES[name], line) for name, some in read.items() for line in some]
    pl.DataFrame(rows, schema=["language", "text"], orient="row").write_csv(folder / "texts.tsv", separator="\t")
    seen = half_with_digits(SEEN, f"{seed} seen", copy=1, share=MIXED)
    pretrain([*read["language"], *seen], folder / "base", ByteTransformer(**SHAPE, seed=seed))
    parts = {"of_task": OF_TASK, "of_language": OF_LANGUAGE}
    settled = {name: text.format(seed=seed) for name, text in parts.items()}
    (folder / "grid.toml").write_text(GRID.format(seed=seed, **settled))
    grid = read_adaptation_grid(folder / "grid.toml")
    findings = run_adaptation_grid(grid, Store(folder / "store"))
    chance = random.Random(f"{seed} test")
    tested = sentences(TESTED, f"{seed} tested")
    lines = {name: [put(one, chance, copy=copy, digits="right") for one in tested]
             for name, copy in (("language", 0), ("copy", 1))}  # fmt: skip
    made = {chain.recipe: AdaptedCheckpoint(grid.checkpoints[0], chain, grid.file).make() for chain in grid.chains}
    names = {code: name for name, code in CODES.items()}
    losses = {
        recipe: {names[code]: round(after, 3) for code, after in rows.select("target_as_reported", "after").iter_rows()}
        for (recipe,), rows in findings.changes.group_by("recipe")
    }
    return {
        "seed": seed,
        "right": {recipe: {name: [round(float(one), 4) for one in right(place, some)] for name, some in lines.items()}
                  for recipe, place in {"base": folder / "base", **made}.items()},
        "bits_per_byte": losses,
    }  # fmt: skip


def summary(worlds: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Mean accuracy of each checkpoint, and its difference from the task expert's; intervals over lines and seeds."""
    rows = []
    for recipe in worlds[0]["right"]:
        row: dict[str, Any] = {"checkpoint": recipe}
        for name in ("language", "copy"):
            scores = np.array([one["right"][recipe][name] for one in worlds])
            change = scores - np.array([one["right"]["task expert"][name] for one in worlds])
            lower, upper = percentile_interval(crossed_bootstrap(change))
            row |= {name: round(float(scores.mean()), 3), f"{name}_by_seed": scores.mean(1).round(3).tolist(),
                    f"{name}_change": round(float(change.mean()), 3), f"{name}_lower": round(float(lower), 3),
                    f"{name}_upper": round(float(upper), 3)}  # fmt: skip
        rows.append(row)
    return rows


def write(worlds: list[dict[str, Any]]) -> None:
    """Write the result of all seeds that were measured."""
    write_result("adapt_swap", {
        "claim": "Outer layers of a copy's expert give a task's expert the copy, and the unrelated copy's do not.",
        "machine": machine(), "versions": versions("torch", "transformers"),
        "input": f"Byte models of {SHAPE}; {TESTED} lines per seed, none of them learnt from",
        "summary": summary(worlds), "worlds": worlds,
    })  # fmt: skip


def main() -> None:
    """Measure one seed, and add it to those measured."""
    import os

    seed = int(sys.argv[1])
    path = RESULTS / "adapt_swap.json"
    others = json.loads(path.read_text())["worlds"] if path.exists() else []
    with tempfile.TemporaryDirectory() as temporary:
        os.environ["ISOGLOSS_CACHE"] = temporary
        worlds = sorted([*(one for one in others if one["seed"] != seed), world(seed, Path(temporary))],
                        key=lambda one: one["seed"])  # fmt: skip
    write(worlds)


if __name__ == "__main__":
    main()
