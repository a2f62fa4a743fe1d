"""What an encoder-decoder that learns to write in one language writes in another: planted worlds.

    python -m benchmarks.lab_generation SEED    # a few minutes of one processor

A copy shares no byte with its language (`isogloss.lab.clone_text`). *Translation*: a T5 of two layers without knowledge
learns to translate the language into a third one, the decoder first and then all (SixT), the decoder alone, or all at
once; to its encoder the copy is as the language, nearly so, or (null) like nothing. *Generation*: a T5 that answers in
the language it is asked in, half of the questions in one way and half in another, is tuned in the language alone, by
all weights, low-rank additions or soft prompts, and asked in the copy. It is tuned to answer all in the first way
(known answers), to give each word another answer (new answers), or by new answers that are shuffled (null). Each run
adds its seed to benchmarks/results/lab_generation.json; seed 0 served to set the parameters and is not among them.
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.common import RESULTS, machine, versions, write_result
from isogloss.lab import Corpus, Training, clone_text, recipes, tasks
from isogloss.lab.byte_tokenizer import vocabulary_size, write_byte_tokenizer
from isogloss.models.checkpoints import load_tokenizer
from isogloss.stats.intervals import paired_bootstrap

PAIRS = {"sun": "day", "ice": "cold", "cat": "milk", "tree": "leaf", "king": "crown", "ship": "sail", "bee": "honey",
         "owl": "night"}  # fmt: skip
NEW = dict(zip(PAIRS, ("hot", "snow", "dog", "wood", "land", "sea", "sting", "wing"), strict=True))
FIRST, SECOND = ("tell", "say", "name"), ("write", "give", "show")
"""What a question begins with that is answered by a word's pair, and by the word itself."""
MORE = ("now", "then", "please", "quick", "again")
SIZE = 60
COPY = "\U000f0000"
SHAPE = {"d_model": 64, "d_kv": 16, "d_ff": 128, "num_layers": 2, "num_heads": 4, "dropout_rate": 0.0}
TRAINED = {"epochs": 20, "batch_size": 8, "learning_rate": 5e-3, "max_length": 64, "max_new": 10}
SCHEDULES = {"decoder first": 10, "decoder alone": 20, "all at once": 0}
NOISES = {"as the language": 0.0, "nearly": 0.5, "like nothing": None}
TUNED: dict[str, dict[str, Any]] = {
    "all weights": {"name": "seq2seq-tune", "epochs": 8, "learning_rate": 2e-3},
    "low-rank additions": {"name": "seq2seq-lora", "epochs": 8, "learning_rate": 5e-3, "rank": 4},
    "soft prompts": {"name": "seq2seq-prompt", "epochs": 30, "learning_rate": 0.1, "length": 8},
}
Item = tuple[str, str]


def model(folder: Path, seed: int, noise: float | None) -> Path:
    """A T5 that knows nothing; to it the bytes of the copy are those of the language, with noise, or not."""
    import torch
    from transformers import T5Config, T5ForConditionalGeneration

    write_byte_tokenizer(folder, 1, 512)
    torch.manual_seed(seed)
    shape = T5Config(vocab_size=vocabulary_size(1), pad_token_id=256, eos_token_id=257, decoder_start_token_id=256,
                     **SHAPE)  # fmt: skip
    made = T5ForConditionalGeneration(shape)
    if noise is not None:
        tokenizer, weight = load_tokenizer(folder), made.shared.weight
        with torch.no_grad():
            for byte in range(32, 127):
                (token,) = tokenizer(clone_text(chr(byte)), add_special_tokens=False)["input_ids"]
                weight[token] = weight[byte] + noise * weight[byte].std() * torch.randn(len(weight[byte]))
    made.save_pretrained(folder)
    return folder


def corpus(train: list[list[Item]], test: list[list[Item]], kind: str) -> tuple[Corpus, Training]:
    """Training and test items of the language and its copy."""
    labels = sorted({answer for items in (*train, *test) for _, answer in items})
    texts = [[[text for text, _ in items] for items in some] for some in (train, test)]
    answers = [labels.index(answer) for items in train for _, answer in items]
    into = ["nld"] * 2 if kind == "translation" else []
    made = Corpus(*texts, ["eng", "deu"], tasks.get(kind)(), labels, ["eng", "deu"], answer_ids=into)
    return made, Training(np.arange(len(answers)), np.array(answers, np.int64), 0)


def answered(
    parameters: dict[str, Any], train: list[list[Item]], test: list[list[Item]], kind: str, seed: int,
    keep: Path | None = None,
) -> list[list[str]]:  # fmt: skip
    """What is written of the test items of each language after training; what was learnt is kept as a checkpoint."""
    recipe: Any = recipes.get(parameters["name"]).read({key: one for key, one in parameters.items() if key != "name"})
    made, training = corpus(train, test, kind)
    prepared = recipe.prepare(made, map)
    fitted = recipe.fit(prepared, Training(training.rows, training.labels, seed))
    if keep is not None:
        recipe.decoder(fitted).model.save_pretrained(keep)
        load_tokenizer(Path(parameters["checkpoint"])).save_pretrained(keep)
    written = recipe.predict(prepared, fitted)[""].tolist()
    return [written[: len(test[0])], written[len(test[0]) :]]


def scores(written: list[str], items: list[Item]) -> dict[str, float]:
    """Share right with its interval over items, and share with a letter that the right answer's language has not."""
    right = np.array([text == answer for text, (_, answer) in zip(written, items, strict=True)], float)
    in_copy = [answer[:1] > COPY for _, answer in items]
    wrong = [any((letter > COPY) != wanted for letter in text) for text, wanted in zip(written, in_copy, strict=True)]
    lower, upper = paired_bootstrap(right, np.zeros(len(right)))
    return {"right": round(float(right.mean()), 3), "lower": round(float(lower), 3), "upper": round(float(upper), 3),
            "wrong_language": round(float(np.mean(wrong)), 3)}  # fmt: skip


def as_copy(items: list[Item], put: Callable[[str], str] = clone_text) -> list[Item]:
    """The items of the copy; of translations the answers stay."""
    return [(clone_text(text), put(answer)) for text, answer in items]


def translation(folder: Path, seed: int) -> list[dict[str, Any]]:
    """Translation learnt of the language, and asked of the copy."""
    every = [(f"{one} {word}", pair) for one in (*FIRST, *SECOND, *MORE) for word, pair in PAIRS.items()]
    random.Random(seed).shuffle(every)
    train, test = every[: len(every) // 2], every[len(every) // 2 :]
    found = []
    for (alignment, noise), (schedule, frozen) in product(NOISES.items(), SCHEDULES.items()):
        made = folder / f"{noise}"
        made = made if made.is_dir() else model(made, seed, noise)
        parameters = {"name": "seq2seq-tune", "checkpoint": str(made), "frozen_epochs": frozen, **TRAINED}
        tested = [test, as_copy(test, str)]
        written = answered(parameters, [train, []], tested, "translation", seed)
        language, copy = (scores(*one) for one in zip(written, tested, strict=True))
        found.append({"copy_is": alignment, "schedule": schedule, "language": language, "copy": copy})
    return found


def questions(seed: int) -> list[tuple[str, str]]:
    """Beginnings, with a word between, and the words asked about."""
    every = [(f"{one} {more}", word) for one, more, word in product((*FIRST, *SECOND), MORE, PAIRS)]
    random.Random(seed).shuffle(every)
    return every


def generation(folder: Path, seed: int) -> list[dict[str, Any]]:
    """A model that answers both languages, tuned in one of them."""
    every = questions(seed)
    both = [(f"{one} {word}", PAIRS[word] if one.startswith(FIRST) else word) for one, word in every]
    worlds = {name: [(f"{one} {word}", pairs[word]) for one, word in every]
              for name, pairs in {"known answers": PAIRS, "new answers": NEW}.items()}  # fmt: skip
    known, learnt, tested = slice(0, 2 * SIZE), slice(2 * SIZE, 3 * SIZE), slice(3 * SIZE, 4 * SIZE)
    test = [worlds["known answers"][tested], as_copy(worlds["known answers"][tested])]
    base = {"name": "seq2seq-tune", "checkpoint": str(model(folder / "new", seed, 0.0)), **TRAINED, "epochs": 80}
    written = answered(base, [both[known], as_copy(both[known])], test, "generation", seed, folder / "base")
    found = [_row("before", "", written, test)]
    answers = [answer for _, answer in worlds["new answers"]]
    random.Random(seed).shuffle(answers)
    worlds["null"] = [(text, answer) for (text, _), answer in zip(worlds["new answers"], answers, strict=True)]
    for world, items in worlds.items():
        own, test = items[learnt], [items[tested], as_copy(items[tested])]
        for arm, parameters in TUNED.items():
            settings = {**TRAINED, **parameters, "checkpoint": str(folder / "base")}
            found.append(_row(arm, world, answered(settings, [own, []], test, "generation", seed), test))
    return found


def _row(arm: str, world: str, written: list[list[str]], test: list[list[Item]]) -> dict[str, Any]:
    language, copy = (scores(*one) for one in zip(written, test, strict=True))
    return {"tuned": arm, "world": world, "language": language, "copy": copy}


def main() -> None:
    """Measure one seed, and add it to those measured."""
    seed, path = int(sys.argv[1]), RESULTS / "lab_generation.json"
    with tempfile.TemporaryDirectory() as temporary:
        measured = {"seed": seed, "translation": translation(Path(temporary), seed),
                    "generation": generation(Path(temporary), seed)}  # fmt: skip
    others = json.loads(path.read_text())["seeds"] if path.exists() else []
    seeds = sorted([*(one for one in others if one["seed"] != seed), measured], key=lambda one: one["seed"])
    write_result("lab_generation", {
        "claim": "An encoder to which two languages are alike carries translation from one to the other, and one to "
                 "which they are not does not; what tuning in one language does to answers in another; see `seeds`.",
        "machine": machine(), "versions": versions("torch", "transformers", "peft"),
        "input": f"T5 of {SHAPE}; trained by {TRAINED}; tuned by {TUNED}; 95 % intervals, bootstrap over items",
        "chance": 1 / len(PAIRS), "seeds": seeds,
    })  # fmt: skip


if __name__ == "__main__":
    main()
