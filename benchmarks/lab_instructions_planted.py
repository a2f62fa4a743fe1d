"""What adapters on instructions change in planted worlds: each language's own, a related one, one that shares nothing.

    python -m benchmarks.lab_instructions_planted WORLD SEED    # planted, null or preference, a minute each

Four languages: one; two dialects, of which the near one has another second word and the far one other first two words,
the word asked about and the answers being the same; and a copy that shares no byte (`isogloss.lab.clone_text`). An
instruction is two filler words and a word, and the answer is that word's. A byte model reads texts with all of these
words first, and never an instruction. In world `null` outputs are shuffled among the items of a language: no more than
the odds of a guess can be learnt. In world `preference` a model that answers all in one language is turned to answer in
that of the prompt. Each run adds its world to benchmarks/results/lab_instructions_planted.json.
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.common import RESULTS, machine, versions, write_result
from isogloss.evidence import Store
from isogloss.lab import (
    ByteTransformer,
    adapt,
    clone_text,
    findings,
    pretrain,
    read_grid,
    run_grid,
    training_changes,
)
from isogloss.models import load_decoder
from isogloss.models.generation import generate
from isogloss.stats.intervals import paired_bootstrap

PAIRS = {"sun": "day", "ice": "cold", "cat": "milk", "tree": "leaf", "king": "crown", "ship": "sail", "bee": "honey",
         "owl": "night"}  # fmt: skip
FILLERS = ("tell", "say", "please", "name", "write", "give", "now", "quick", "then", "show")
FORMS = {
    "language": lambda first, second, word: f"{first} {second} {word}",
    "near": lambda first, second, word: f"{first} {clone_text(second)} {word}",
    "far": lambda first, second, word: f"{clone_text(first)} {clone_text(second)} {word}",
    "copy": lambda first, second, word: clone_text(f"{first} {second} {word}"),
}
CODES = {"language": "eng", "near": "sco", "far": "fry", "copy": "deu"}
SHAPE = {"layers": 2, "width": 64, "heads": 4, "context": 96, "steps": 400, "batch_size": 8, "copies": 1,
         "learning_rate": 5e-3}  # fmt: skip
LORA = {"rank": 8, "epochs": 30, "batch_size": 16, "learning_rate": 5e-3, "adapter_dropout": 0.0, "max_new": 10}
SIZE = 60
TURNED = 6
"""Epochs that turn the language of answers."""


def answer_of(language: str, word: str) -> str:
    """The right answer."""
    return clone_text(PAIRS[word]) if language == "copy" else PAIRS[word]


def base(folder: Path, seed: int) -> Path:
    """A byte model that has read all words of all languages, in no order."""
    chance = random.Random(seed)
    words = [*PAIRS, *PAIRS.values(), *FILLERS]
    lines = [" ".join(chance.choices(words, k=8)) for _ in range(600)]
    pretrain([put(line) for line in lines for put in (str, clone_text)], folder, ByteTransformer(**SHAPE, seed=seed))
    return folder


def rows(world: str, seed: int) -> list[dict[str, str]]:
    """Parallel instructions in all languages."""
    items = [(one, other, word) for one in FILLERS for other in FILLERS if one != other for word in PAIRS]
    chosen = random.Random(seed).sample(items, 2 * SIZE)
    found = []
    for language, form in FORMS.items():
        outputs = [answer_of(language, word) for *_, word in chosen]
        if world == "null":
            random.Random(f"{seed} {language}").shuffle(outputs)
        for place, (words, output) in enumerate(zip(chosen, outputs, strict=True)):
            found.append(
                {"id": str(place), "language": language, "instruction": form(*words), "output": output,
                 "split": "train" if place < SIZE else "test"}
            )  # fmt: skip
    return found


TASK = """
name = "planted instructions"
kind = "instructions"
file = "data.jsonl"
columns = {{ item = "id" }}
codes = {{ {codes} }}
"""
GRID = """
[task]
use = "task.toml"
[model]
checkpoint = "base"
[recipe]
name = "instruction-lora"
{parameters}
[grid]
sources = ["language", "copy", {{ language = {size}, copy = {size} }}]
sizes = [0, {size}]
seeds = [{seed}]
"""


def measured(folder: Path, world: str, seed: int) -> list[dict[str, Any]]:
    """What each adapter changes in each language."""
    (folder / "data.jsonl").write_text("\n".join(map(json.dumps, rows(world, seed))))
    codes = ", ".join(f'{name} = "{code}"' for name, code in CODES.items())
    (folder / "task.toml").write_text(TASK.format(codes=codes))
    parameters = "\n".join(f"{name} = {value}" for name, value in LORA.items())
    (folder / "grid.toml").write_text(GRID.format(parameters=parameters, size=SIZE, seed=seed))
    grid, store = read_grid(folder / "grid.toml"), Store(folder / "store")
    report = run_grid(grid, store)
    assert not report.failed, report.failed
    changes = training_changes(findings(grid, store).of_metric("exact_match"), store)
    named = {code: name for name, code in CODES.items()}
    return [
        {"trained_on": "both" if "," in row["source"] else named[row["source"]], "language": named[row["target"]],
         **{name: round(row[name], 3) for name in ("before", "after", "lower", "upper")}}
        for row in changes.iter_rows(named=True)
    ]  # fmt: skip


def swapped(folder: Path, seed: int) -> dict[str, float]:
    """Share of answers in the copy, to the same instructions, with an adapter of either language put into one model."""
    chosen = [row for row in rows("planted", seed) if row["language"] == "language"]
    data = [row | {"language": name, "output": put(row["output"])}
            for row in chosen for name, put in (("language", str), ("copy", clone_text))]  # fmt: skip
    (folder / "data.jsonl").write_text("\n".join(map(json.dumps, data)))
    tested = [f"### Input:\n{row['instruction']}\n\n### Output:\n" for row in chosen if row["split"] == "test"]
    settings = {name: value for name, value in LORA.items() if name != "max_new"}
    shares = {}
    for name in ("language", "copy"):
        trained = adapt(folder / "base", "instruction-lora", task=str(folder / "task.toml"), languages=(name,),
                        settings=settings, seed=seed, into=folder / f"trained {name}")  # fmt: skip
        model = adapt(folder / "base", "merge-adapters", adapters=(f"{trained}/adapter",), into=folder / f"with {name}")
        written = generate(load_decoder(model), tested, max_new=10, stop=(), max_length=96)
        shares[name] = round(sum(one[:1] > "\U000f0000" for one in written) / len(written), 3)
    return shares


def preferred(folder: Path, seed: int) -> list[dict[str, Any]]:
    """A model that answers all in one language, and what turns it: training on answers, or preferring them too."""
    arms = {
        "one language": None,
        "answers": "instruction-lora",
        "answers and preference": "language-preference",
    }
    pairs = [row for row in rows("planted", seed) if row["language"] in ("language", "copy")]
    confused = [row | {"output": next(one["output"] for one in pairs if one["id"] == row["id"])} for row in pairs]
    (folder / "data.jsonl").write_text("\n".join(map(json.dumps, confused)))
    codes = ", ".join(f'{name} = "{code}"' for name, code in CODES.items())
    (folder / "task.toml").write_text(TASK.format(codes=codes))
    settings = {name: value for name, value in LORA.items() if name != "max_new"}
    start = adapt(folder / "base", "instruction-lora", task=str(folder / "task.toml"), settings=settings, seed=seed,
                  into=folder / "confused")  # fmt: skip
    (folder / "data.jsonl").write_text("\n".join(map(json.dumps, pairs)))
    found = []
    for arm, name in arms.items():
        short = settings | {"epochs": TURNED}
        model = start if name is None else adapt(start, name, task=str(folder / "task.toml"), settings=short, seed=seed,
                                                 into=folder / name)  # fmt: skip
        row: dict[str, Any] = {"arm": arm}
        for language in ("language", "copy"):
            tested = [one for one in pairs if one["language"] == language and one["split"] == "test"]
            prompts = [f"### Input:\n{one['instruction']}\n\n### Output:\n" for one in tested]
            said = generate(load_decoder(model), prompts, max_new=10, stop=(), max_length=96)
            right = np.array([text == one["output"] for text, one in zip(said, tested, strict=True)], float)
            lower, upper = paired_bootstrap(right, np.zeros(len(right)))
            row[language] = {"right": round(float(right.mean()), 3), "lower": round(lower, 3), "upper": round(upper, 3)}
            row[language]["in_copy"] = round(sum(text[:1] > "\U000f0000" for text in said) / len(said), 3)
        found.append(row)
    return found


def main() -> None:
    """Measure one world, and add it to those measured."""
    world, seed = sys.argv[1], int(sys.argv[2])
    path = RESULTS / "lab_instructions_planted.json"
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        base(folder / "base", seed)
        result = {"arms": preferred(folder, seed)} if world == "preference" else {}
        result |= {"changes": measured(folder, world, seed)} if world != "preference" else {}
        result |= {"answers_in_copy_with_adapter_of": swapped(folder, seed)} if world == "planted" else {}
    others = json.loads(path.read_text())["worlds"] if path.exists() else []
    kept = [one for one in others if (one["world"], one["seed"]) != (world, seed)]
    worlds = [*kept, {"world": world, "seed": seed, **result}]
    write_result("lab_instructions_planted", described(sorted(worlds, key=lambda one: (one["world"], one["seed"]))))


def described(worlds: list[dict[str, Any]]) -> dict[str, Any]:
    """The result with what it rests on."""
    return {
        "claim": "An adapter on instructions in a language raises exact match there, and not in a copy that shares no "
                 "byte; on shuffled outputs it stays at the odds of a guess; exchanged, it changes the language of "
                 "answers; see `worlds`.",
        "machine": machine(), "versions": versions("torch", "transformers", "peft"),
        "input": f"byte models of {SHAPE}; adapters of {LORA} on {SIZE} instructions; {SIZE} test items, "
                 f"{len(PAIRS)} answers; 95 % intervals of the change, bootstrap over items",
        "chance": 1 / len(PAIRS), "worlds": worlds,
    }  # fmt: skip


if __name__ == "__main__":
    main()
