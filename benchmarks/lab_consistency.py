"""What consistency of translations does in directions that no example was in: planted worlds.

    python -m benchmarks.lab_consistency SEED    # about five minutes of one processor

Three languages have disjoint bytes (`isogloss.lab.clone_text`), and a T5 of two layers knows nothing of any of them. A
phrase such as "red sun" is translated by its last word in another language. Learnt are both directions between the
first language and each of the others; asked are those and, without an example, both directions between the others, each
with a tag for the language to write. *Meaning*: the translation follows from the phrase. *Null*: translations are
dealt to phrases at random, so that there is nothing to learn but the language. Each run adds its seed to
benchmarks/results/lab_consistency.json; seed 0 served to set epochs and weight and is not among them.
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
from isogloss.lab import Corpus, Training, clone_text, recipes, tasks
from isogloss.lab.byte_tokenizer import vocabulary_size, write_byte_tokenizer
from isogloss.stats.intervals import paired_bootstrap

BEFORE = ("a", "the", "one", "no", "my", "red", "big", "old")
WORDS = ("sun", "ice", "cat", "tree", "king", "ship", "bee", "owl")
LEARNT = 40
TRAINED, UNTRAINED = ((1, 0), (0, 1), (2, 0), (0, 2)), ((1, 2), (2, 1))
"""Directions: the language read, and the language written."""
NAMES = ("eng", "deu", "fra", "nld", "swe", "dan")
SHAPE = {"d_model": 64, "d_kv": 16, "d_ff": 128, "num_layers": 2, "num_heads": 4, "dropout_rate": 0.0}
SETTINGS = {"tag": "prompt", "epochs": 40, "batch_size": 16, "learning_rate": 5e-3, "max_length": 64, "max_new": 12}
WEIGHTS = (0.0, 1.0)


def model(folder: Path, seed: int) -> Path:
    """A T5 that knows nothing of three languages of bytes."""
    import torch
    from transformers import T5Config, T5ForConditionalGeneration

    write_byte_tokenizer(folder, 2, 512)
    torch.manual_seed(seed)
    shape = T5Config(vocab_size=vocabulary_size(2), pad_token_id=256, eos_token_id=257, decoder_start_token_id=256,
                     **SHAPE)  # fmt: skip
    T5ForConditionalGeneration(shape).save_pretrained(folder)
    return folder


def in_language(text: str, language: int) -> str:
    """A text in the first language as it is in another."""
    return clone_text(text, language) if language else text


def phrases(seed: int, *, is_null: bool) -> list[tuple[str, str]]:
    """Phrases and the words that translate them, before either is written in a language."""
    pairs = [(f"{before} {word}", word) for before, word in product(BEFORE, WORDS)]
    chance = random.Random(seed)
    chance.shuffle(pairs)
    if not is_null:
        return pairs
    words = [word for _, word in pairs]
    chance.shuffle(words)
    return [(phrase, word) for (phrase, _), word in zip(pairs, words, strict=True)]


def corpus(pairs: list[tuple[str, str]]) -> tuple[Corpus, Training]:
    """Training pairs of the directions that are learnt, test pairs of all."""

    def written(pair: tuple[str, str], direction: tuple[int, int]) -> tuple[str, str]:
        return (in_language(pair[0], direction[0]), in_language(pair[1], direction[1]))

    every = [*TRAINED, *UNTRAINED]
    train = [[written(one, way) for one in pairs[:LEARNT]] if way in TRAINED else [] for way in every]
    test = [[written(one, way) for one in pairs[LEARNT:]] for way in every]
    labels = sorted({answer for some in (*train, *test) for _, answer in some})
    texts = [[[text for text, _ in some] for some in part] for part in (train, test)]
    names = list(NAMES)
    made = Corpus(*texts, names, tasks.get("translation")(), labels, names, input_ids=[names[a] for a, _ in every],
                  answer_ids=[names[b] for _, b in every])  # fmt: skip
    right = np.array([labels.index(answer) for some in train for _, answer in some])
    return made, Training(np.arange(len(right)), right, 0)


def translated(folder: Path, seed: int, weight: float, pairs: list[tuple[str, str]]) -> list[np.ndarray[Any, Any]]:
    """Whether each test phrase is translated right, direction by direction."""
    recipe: Any = recipes.get("seq2seq-tune").read({"checkpoint": str(folder), "consistency": weight, **SETTINGS})
    made, training = corpus(pairs)
    prepared = recipe.prepare(made, map)
    fitted = recipe.fit(prepared, Training(training.rows, training.labels, seed))
    written = iter(recipe.predict(prepared, fitted)[""].tolist())
    return [np.array([next(written) == in_language(answer, into) for _, answer in pairs[LEARNT:]], float)
            for _, into in (*TRAINED, *UNTRAINED)]  # fmt: skip


def measured(folder: Path, seed: int) -> list[dict[str, Any]]:
    """Shares of right translations in both worlds, with and without consistency, and what it changes."""
    found = []
    for world in ("meaning", "null"):
        pairs = phrases(seed, is_null=world == "null")
        arms = [translated(folder, seed, weight, pairs) for weight in WEIGHTS]
        for kind, part in (("learnt", slice(0, 4)), ("without an example", slice(4, 6))):
            plain, consistent = (np.concatenate(arm[part]) for arm in arms)
            lower, upper = paired_bootstrap(consistent, plain)
            found.append({"world": world, "directions": kind, "plain": round(float(plain.mean()), 3),
                          "consistent": round(float(consistent.mean()), 3),
                          "change": [round(float(lower), 3), round(float(upper), 3)]})  # fmt: skip
    return found


def main() -> None:
    """Measure one seed, and add it to those measured."""
    seed, path = int(sys.argv[1]), RESULTS / "lab_consistency.json"
    with tempfile.TemporaryDirectory() as temporary:
        rows = measured(model(Path(temporary) / "model", seed), seed)
    others = json.loads(path.read_text())["seeds"] if path.exists() else []
    seeds = [*(one for one in others if one["seed"] != seed), {"seed": seed, "rows": rows}]
    write_result("lab_consistency", {
        "claim": "Consistency of translations raises the share of right translations in directions without an example "
                 "where the translation follows from the text, and does not where it is dealt at random; see `seeds`.",
        "machine": machine(), "versions": versions("torch", "transformers"),
        "input": f"T5 of {SHAPE}; {SETTINGS}; consistency {WEIGHTS[1]} against {WEIGHTS[0]}; {LEARNT} phrases learnt "
                 f"in each direction, {len(BEFORE) * len(WORDS) - LEARNT} asked; 95 % intervals of changes, bootstrap",
        "chance": 1 / len(WORDS), "seeds": sorted(seeds, key=lambda one: one["seed"]),
    })  # fmt: skip


if __name__ == "__main__":
    main()
