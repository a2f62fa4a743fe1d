"""What a question in a language that a model knows teaches about the same question in another one: planted worlds.

    python -m benchmarks.lab_teacher_language SEED    # half a minute of one processor

A byte decoder of two layers has learnt in one language what phrases of two words are answered with. A copy shares no
byte with the language (`isogloss.lab.clone_text`); its bytes are to the model as those of the language, with noise, so
that few questions in it are answered right. It then learns from 96 questions in both, and 48 others are asked. *Plain*
is `instruction-tune`; *current* and *before* are the same with `teacher_language`. In the world *errors*, two fifths of
the given answers are wrong, in both languages alike; in *clean* none is; in *null* they are, and the questions of the
language are dealt to items at random. Each run adds its seed to benchmarks/results/lab_teacher_language.json; seed 0
served to set noise, epochs and learning rate, and is not among them.
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
from scipy.stats import t

from benchmarks.common import RESULTS, machine, versions, write_result
from isogloss.lab import Corpus, Training, clone_text, recipes, tasks
from isogloss.lab.byte_tokenizer import vocabulary_size, write_byte_tokenizer
from isogloss.models.checkpoints import load_tokenizer

FIRST = ("old", "big", "red", "my", "one", "the", "hot", "new", "dry", "wet", "low", "far")
ANSWERS = {
    "sun": ("day", "noon"), "ice": ("cold", "snow"), "cat": ("milk", "purr"), "tree": ("leaf", "root"),
    "king": ("crown", "gold"), "ship": ("sail", "mast"), "bee": ("honey", "wax"), "owl": ("night", "moon"),
    "rain": ("cloud", "storm"), "door": ("wood", "lock"), "fish": ("river", "bone"), "wool": ("sheep", "coat"),
}  # fmt: skip
"""Of each second word the answers, the second one after every other first word."""
LABELS = sorted(answer for pair in ANSWERS.values() for answer in pair)
SHAPE = {"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 256}
KNOWN = {"epochs": 40, "learning_rate": 3e-3}
LEARNT = {"epochs": 5, "learning_rate": 1e-3}
READ = {"batch_size": 16, "max_length": 96, "max_new": 8}
COUNT, NOISE, WRONG = 96, 1.5, 0.4
ARMS: dict[str, dict[str, Any]] = {
    "plain": {},
    "current": {"teacher_language": "eng"},
    "before": {"teacher_language": "eng", "teacher": "before"},
}
WORLDS = ("errors", "clean", "null")
Item = tuple[str, str]


def items(seed: int) -> list[Item]:
    """Phrases and what they are answered with."""
    found = [(f"{first} {second}", ANSWERS[second][place % 2])
             for (place, first), second in product(enumerate(FIRST), ANSWERS)]  # fmt: skip
    random.Random(seed).shuffle(found)
    return found


def corpus(learnt: dict[str, list[Item]], asked: dict[str, list[Item]], seed: int) -> tuple[Corpus, Training]:
    """Questions of languages, item by item."""
    texts = [[[text for text, _ in some] for some in part.values()] for part in (learnt, asked)]
    names = [[[str(place) for place in range(len(some))] for some in part] for part in texts]
    right = np.array([LABELS.index(answer) for some in learnt.values() for _, answer in some], np.int64)
    made = Corpus(*texts, list(learnt), tasks.get("generation")(), LABELS, list(learnt), *names)
    return made, Training(np.arange(len(right)), right, seed)


def knowing(folder: Path, seed: int) -> Path:
    """A decoder that answers all phrases of the language, and reads the copy as the language with noise."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    write_byte_tokenizer(folder, 1, READ["max_length"])
    torch.manual_seed(seed)
    shape = LlamaConfig(vocab_size=vocabulary_size(1), bos_token_id=257, eos_token_id=257, pad_token_id=256, **SHAPE)
    LlamaForCausalLM(shape).save_pretrained(folder)
    recipe: Any = recipes.get("instruction-tune").read({"checkpoint": str(folder), **READ, **KNOWN})
    made, training = corpus({"eng": items(seed)}, {"eng": []}, seed)
    prepared = recipe.prepare(made, map)
    model = recipe.decoder(recipe.fit(prepared, training)).model
    tokenizer, weight = load_tokenizer(folder), model.get_input_embeddings().weight
    with torch.no_grad():
        for byte in range(32, 127):
            (token,) = tokenizer(clone_text(chr(byte)), add_special_tokens=False)["input_ids"]
            weight[token] = weight[byte] + NOISE * weight[byte].std() * torch.randn(len(weight[byte]))
    known = folder.with_name("knowing")
    write_byte_tokenizer(known, 1, READ["max_length"])
    model.save_pretrained(known)
    return known


def world(name: str, seed: int) -> tuple[Corpus, Training, list[str]]:
    """What is learnt from and asked in a world, and the right answers to what is asked."""
    every, chance = items(seed), random.Random(f"{seed} errors")
    given = [(text, answer if chance.random() >= WRONG or name == "clean" else
              chance.choice([one for one in LABELS if one != answer])) for text, answer in every[:COUNT]]  # fmt: skip
    questions = [text for text, _ in given]
    if name == "null":
        chance.shuffle(questions)
    learnt = {"eng": [(text, answer) for text, (_, answer) in zip(questions, given, strict=True)],
              "deu": [(clone_text(text), answer) for text, answer in given]}  # fmt: skip
    asked = {"eng": every[COUNT:], "deu": [(clone_text(text), answer) for text, answer in every[COUNT:]]}
    return *corpus(learnt, asked, seed), [answer for _, answer in every[COUNT:]]


def shares(checkpoint: Path, name: str, seed: int, more: dict[str, Any], *, learns: bool = True) -> list[float]:
    """Shares of right answers in the language and in the copy."""
    made, training, right = world(name, seed)
    if not learns:
        training = Training(training.rows[:0], training.labels[:0], seed)
    recipe: Any = recipes.get("instruction-tune").read({"checkpoint": str(checkpoint), **READ, **LEARNT, **more})
    prepared = recipe.prepare(made, map)
    written = recipe.predict(prepared, recipe.fit(prepared, training))[""].reshape(2, -1)
    return [float(one) for one in (written == np.array(right)).mean(axis=1)]


def interval(values: np.ndarray[Any, Any]) -> dict[str, float]:
    """Mean over seeds with a 95 % interval of Student's t."""
    half = float(t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values)))
    mean = float(values.mean())
    return {"mean": round(mean, 3), "lower": round(mean - half, 3), "upper": round(mean + half, 3)}


def measured(seed: int) -> list[dict[str, Any]]:
    """Shares of right answers of all arms in all worlds, in the language and in the copy."""
    with tempfile.TemporaryDirectory() as temporary:
        checkpoint = knowing(Path(temporary) / "base", seed)
        before = shares(checkpoint, "clean", seed, {}, learns=False)
        found = [{"world": "", "arm": "before training", "right": before}]
        for name, (arm, more) in product(WORLDS, ARMS.items()):
            found.append({"world": name, "arm": arm, "right": shares(checkpoint, name, seed, more)})
            print(seed, found[-1], flush=True)
    return found


def summary(seeds: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Means over seeds, and how they differ from those of plain training, with intervals."""
    every = [{(row["world"], row["arm"]): row["right"] for row in one["rows"]} for one in seeds]
    rows = []
    for name, arm in every[0]:
        own = np.array([one[name, arm] for one in every])
        row: dict[str, Any] = {"world": name, "arm": arm}
        for place, language in enumerate(("language", "copy")):
            row[language] = interval(own[:, place])
            if name and arm != "plain":
                plain = np.array([one[name, "plain"][place] for one in every])
                row[f"{language} less plain"] = interval(own[:, place] - plain)
        rows.append(row)
    return rows


def write(seeds: list[dict[str, Any]]) -> None:
    """Write what was measured of seeds, two or more."""
    seeds = sorted(seeds, key=lambda one: one["seed"])
    write_result("lab_teacher_language", {
        "claim": "A question in a language that a model knows raises right answers to other questions in a copy of the "
                 "language over plain training on the same tokens, where given answers are partly wrong; it does not "
                 "where questions are dealt to items at random; see `rows`.",
        "machine": machine(), "versions": versions("torch", "transformers"),
        "input": f"decoders of {SHAPE} that learnt {len(items(0))} phrases ({KNOWN}); noise {NOISE}; then {LEARNT} on "
                 f"{COUNT} questions in both languages, {WRONG} of the answers wrong; {len(items(0)) - COUNT} others "
                 "asked; 95 % intervals over seeds, Student's t",
        "chance": 1 / len(LABELS), "rows": summary(seeds) if len(seeds) > 1 else [], "seeds": seeds,
    })  # fmt: skip


def main() -> None:
    """Measure one seed, and add it to those measured."""
    seed, path = int(sys.argv[1]), RESULTS / "lab_teacher_language.json"
    others = json.loads(path.read_text())["seeds"] if path.exists() else []
    write([*(one for one in others if one["seed"] != seed), {"seed": seed, "rows": measured(seed)}])


if __name__ == "__main__":
    main()
