"""Translation between languages of which no pair was learnt: direct and through a pivot, in planted worlds.

    python -m benchmarks.lab_pairs SEED    # about four minutes of one processor

Three languages have disjoint bytes, and a T5 of two layers learns both directions between the first and each of the
others, with a tag for the language to write; asked are those and both directions between the others, which no example
was in. A phrase, as "red sun", is translated by its last word, and a word by itself. *Alike*: to the model the bytes of
a copy are, with noise, those of the language, before it learns. *Null*: they are like nothing, so that nothing carries
over from one pair to another, and only a pivot helps. Also: an encoder with a layer free of positions, and a deeper
decoder, as of SixT. Each run adds its seed to benchmarks/results/lab_pairs.json; seed 0 served to look at and is not
among them.
"""

from __future__ import annotations

import json
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.common import RESULTS, machine, versions, write_result
from benchmarks.lab_consistency import LEARNT, SETTINGS, SHAPE, TRAINED, UNTRAINED, WORDS, corpus, in_language
from benchmarks.lab_consistency import model as unaware
from benchmarks.lab_consistency import phrases as every_phrase
from isogloss.lab import Training, clone_text, recipes
from isogloss.models.checkpoints import load_tokenizer
from isogloss.stats.intervals import paired_bootstrap

NOISE = 0.5
ARMS: dict[str, dict[str, Any]] = {
    "plain": {},
    "free layer": {"free_layer": 1},
    "deeper decoder": {"decoder_layers": 4},
}
DIRECTIONS = (*TRAINED, *UNTRAINED)


def model(folder: Path, seed: int, *, is_alike: bool) -> Path:
    """A T5 that knows nothing; to it the bytes of both copies are nearly those of the first language, or not."""
    import torch
    from transformers import T5ForConditionalGeneration

    unaware(folder, seed)
    if is_alike:
        made, tokenizer = T5ForConditionalGeneration.from_pretrained(folder), load_tokenizer(folder)
        torch.manual_seed(seed)
        with torch.no_grad():
            for copy in (1, 2):
                for byte in range(32, 127):
                    (token,) = tokenizer(clone_text(chr(byte), copy), add_special_tokens=False)["input_ids"]
                    row = made.shared.weight[byte]
                    made.shared.weight[token] = row + NOISE * row.std() * torch.randn(len(row))
        made.save_pretrained(folder)
    return folder


def phrases(seed: int) -> list[tuple[str, str]]:
    """Phrases and the words that translate them: first the words alone, as a pivot reads them, then the others."""
    return [*((word, word) for word in WORDS), *every_phrase(seed, is_null=False)]


def letters(language: int) -> set[str]:
    """The letters of a language."""
    return set(in_language("".join(map(chr, range(33, 127))), language))


def judged(written: list[str], pairs: list[tuple[str, str]]) -> dict[str, Any]:
    """Whether each test phrase is right, and whether it has a letter of another language, learnt directions apart."""
    texts = iter(written)
    found: dict[str, Any] = {}
    for direction in DIRECTIONS:
        own = letters(direction[1])
        some = [next(texts) for _ in pairs[LEARNT:]]
        kind = "learnt" if direction in TRAINED else "without"
        right = [
            text == in_language(answer, direction[1]) for text, (_, answer) in zip(some, pairs[LEARNT:], strict=True)
        ]
        wrong = [any(letter not in own for letter in text.replace(" ", "")) for text in some]
        found.setdefault(kind, []).append(np.array([right, wrong], float))
    return {kind: np.concatenate(parts, axis=1) for kind, parts in found.items()}


def measured(folder: Path, seed: int, world: str, arm: str) -> dict[str, Any]:
    """Shares right and in a wrong language, directly and through the first language, after one training."""
    pairs = phrases(seed)
    recipe: Any = recipes.get("seq2seq-tune").read({"checkpoint": str(folder), **SETTINGS, **ARMS[arm]})
    made, training = corpus(pairs)
    prepared = recipe.prepare(made, map)
    fitted = recipe.fit(prepared, Training(training.rows, training.labels, seed))
    direct, pivot = (
        judged(one.predict(prepared, fitted)[""].tolist(), pairs) for one in (recipe, replace(recipe, pivot="eng"))
    )
    lower, upper = paired_bootstrap(direct["without"][0], pivot["without"][0])
    means = {f"{name} {kind}": [round(float(one), 3) for one in found[kind].mean(axis=1)]
             for name, found in (("direct", direct), ("pivot", pivot)) for kind in found}  # fmt: skip
    return {"world": world, "arm": arm, "right_and_wrong_language": means,
            "direct_less_pivot": [round(float(lower), 3), round(float(upper), 3)]}  # fmt: skip


def main() -> None:
    """Measure one seed, and add it to those measured."""
    seed, path = int(sys.argv[1]), RESULTS / "lab_pairs.json"
    with tempfile.TemporaryDirectory() as temporary:
        folders = {
            world: model(Path(temporary) / world, seed, is_alike=world == "alike") for world in ("alike", "null")
        }
        rows = [measured(folders["alike"], seed, "alike", arm) for arm in ARMS]
        rows.append(measured(folders["null"], seed, "null", "plain"))
    if not seed:
        print(json.dumps(rows, indent=1))
        return
    others = json.loads(path.read_text())["seeds"] if path.exists() else []
    seeds = [*(one for one in others if one["seed"] != seed), {"seed": seed, "rows": rows}]
    write_result("lab_pairs", {
        "claim": "Where languages are alike to a model, pairs without an example are translated directly; where they "
                 "are not, only through a pivot; see `seeds`.",
        "machine": machine(), "versions": versions("torch", "transformers"),
        "input": f"T5 of {SHAPE}; {SETTINGS}; {LEARNT} phrases learnt in each of {len(TRAINED)} directions; 95 % "
                 "intervals of direct less pivot in directions without an example, bootstrap over phrases",
        "chance": 1 / len(WORDS), "seeds": sorted(seeds, key=lambda one: one["seed"]),
    })  # fmt: skip


if __name__ == "__main__":
    main()
