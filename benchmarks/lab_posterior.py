"""What drawing random states of translations together does for parsing from few examples: planted worlds.

    python -m benchmarks.lab_posterior SEED    # some minutes of one processor

Phrases of a verb and a noun are parsed into a function of an argument. A T5 of two layers knows nothing; it learns from
phrases in one language and from a few translations into a copy that shares no byte with it (`isogloss.lab.clone_text`),
and parses other phrases in both. To its encoder the copy is somewhat like the language, as to one that read both.
*Plain* is `seq2seq-tune`; *drawn together* is `seq2seq-posterior`; *not drawn* is the same without what draws
translations together, on the same batches; all have the same examples. *Null*: drawn together are examples that were
dealt to one another at random, each of which is still right. Each run adds its seed to
benchmarks/results/lab_posterior.json; seed 0 served to set weights and is not among them.
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
from benchmarks.lab_generation import model
from isogloss.lab import Corpus, Training, clone_text, recipes, tasks
from isogloss.stats.intervals import paired_bootstrap

VERBS = ("show", "find", "send", "call", "open", "stop", "play", "move", "take", "give")
NOUNS = ("sun", "ice", "cat", "tree", "king", "ship", "bee", "owl", "door", "fish")
LEARNT, FEW = 76, 16
TRAINED = {"epochs": 50, "batch_size": 16, "learning_rate": 5e-3, "max_length": 64, "max_new": 12}
NOISE = 1.0
ARMS: dict[str, dict[str, Any]] = {
    "plain": {"name": "seq2seq-tune"},
    "not drawn": {"name": "seq2seq-posterior", "transport": 0.0, "discrepancy": 0.0},
    "drawn together": {"name": "seq2seq-posterior"},
    "null": {"name": "seq2seq-posterior"},
}
Item = tuple[str, str]


def items(seed: int) -> list[Item]:
    """Phrases and what they mean."""
    found = [(f"{verb} {noun}", f"{verb[:2]}({noun[:2]})") for verb, noun in product(VERBS, NOUNS)]
    random.Random(seed).shuffle(found)
    return found


def corpus(pairs: list[Item], seed: int, *, is_null: bool) -> tuple[Corpus, Training]:
    """Examples of the language and few of the copy, and what is asked of both."""
    train, test = pairs[:LEARNT], pairs[LEARNT:]
    few = [(clone_text(text), answer) for text, answer in train[:FEW]]
    names = [str(place) for place in range(FEW)]
    if is_null:
        random.Random(seed).shuffle(names)
    labels = sorted({answer for _, answer in pairs})
    texts = [[text for text, _ in train], [text for text, _ in few]]
    asked = [[text for text, _ in test], [clone_text(text) for text, _ in test]]
    made = Corpus(texts, asked, ["eng", "deu"], tasks.get("generation")(), labels, ["eng", "deu"],
                  [[str(place) for place in range(LEARNT)], names])  # fmt: skip
    right = np.array([labels.index(answer) for _, answer in [*train, *few]])
    return made, Training(np.arange(len(right)), right, seed)


def parsed(settings: dict[str, Any], made: Corpus, training: Training, pairs: list[Item]) -> list[Any]:
    """Whether each phrase is parsed right, in the language and in the copy."""
    name = settings["name"]
    recipe: Any = recipes.get(name).read({**TRAINED, **{key: one for key, one in settings.items() if key != "name"}})
    prepared = recipe.prepare(made, map)
    written = iter(recipe.predict(prepared, recipe.fit(prepared, training))[""].tolist())
    return [np.array([next(written) == answer for _, answer in pairs[LEARNT:]], float) for _ in range(2)]


def measured(folder: Path, seed: int) -> list[dict[str, Any]]:
    """Shares of right parses in both languages, and how they differ from those of the plain arm."""
    pairs, checkpoint = items(seed), str(model(folder, seed, NOISE))
    right, found = {}, []
    for name, arm in ARMS.items():
        made, training = corpus(pairs, seed, is_null=name == "null")
        right[name] = parsed({**arm, "checkpoint": checkpoint}, made, training, pairs)
        row: dict[str, Any] = {"arm": name}
        for language, ours, plain in zip(("language", "copy"), right[name], right["plain"], strict=True):
            lower, upper = paired_bootstrap(ours, plain)
            row |= {language: round(float(ours.mean()), 3), f"change in {language}": [round(lower, 3), round(upper, 3)]}
        found.append(row)
    return found


def main() -> None:
    """Measure one seed, and add it to those measured."""
    seed, path = int(sys.argv[1]), RESULTS / "lab_posterior.json"
    with tempfile.TemporaryDirectory() as temporary:
        rows = measured(Path(temporary) / "model", seed)
    others = json.loads(path.read_text())["seeds"] if path.exists() else []
    seeds = [*(one for one in others if one["seed"] != seed), {"seed": seed, "rows": rows}]
    write_result("lab_posterior", {
        "claim": "What drawing random states of translations together changes in parsing a language of which few "
                 "examples are learnt, beside the same training without it, and on false pairs; see `seeds`.",
        "machine": machine(), "versions": versions("torch", "transformers"),
        "input": f"{TRAINED}; {LEARNT} examples of the language, {FEW} of the copy, "
                 f"{len(VERBS) * len(NOUNS) - LEARNT} phrases asked; 95 % intervals of changes, bootstrap",
        "chance": 1 / (len(VERBS) * len(NOUNS)), "seeds": sorted(seeds, key=lambda one: one["seed"]),
    })  # fmt: skip


if __name__ == "__main__":
    main()
