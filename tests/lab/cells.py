"""Two tasks in several languages, and pairs of a task and a language without training data: planted and null worlds.

Texts are made of the words of one of two topics, other topics in each task. In some languages the label is the topic,
in the others it is the other one. Nothing in a text says of which kind its language is.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from isogloss.lab import Corpus, Training, recipes

OWN = (["doctor", "fever", "hospital"], ["football", "match", "goalkeeper"])
OTHER = (["river", "bank", "big"], ["sleeps", "sees", "plays"])
PLAIN, SWAPPED = ("eng", "fra", "spa", "swh"), ("tur", "kor", "hin", "tam")
HELD_OUT = {"cat": 0, "uzn": 1}
"""Languages without training data of the first task; Catalan is one of the plain kind, Uzbek of the other."""
BY_GRAMMAR = {**dict.fromkeys(PLAIN, 0), **dict.fromkeys(SWAPPED, 1), **HELD_OUT}
TESTED = 40


def by_nothing(seed: int) -> dict[str, int]:
    """The kind of each language, drawn, so that neither grammar nor place nor descent tells it."""
    drawn = np.random.default_rng([seed, 1]).permutation([0] * len(PLAIN) + [1] * len(SWAPPED))
    return {**dict(zip((*PLAIN, *SWAPPED), drawn.tolist(), strict=True)), **HELD_OUT}


def texts(topics: tuple[list[str], list[str]], swapped: int, count: int, chance: Any) -> tuple[list[str], Any]:
    """Texts, and their labels."""
    labels = chance.integers(2, size=count)
    return [" ".join(chance.choice(topics[one], 3)) for one in labels], labels ^ swapped


def write_tasks(folder: Path, kinds: dict[str, int], count: int, chance: Any) -> str:
    """A file of tasks: the second one, in all languages, of these kinds."""
    rows = [{"language": "eng", "split": "test", "text": "the big river", "label": "0"}]
    for code, kind in kinds.items():
        some, labels = texts(OTHER, kind, count, chance)
        rows += [{"language": code, "split": "train", "text": text, "label": str(label)}
                 for text, label in zip(some, labels, strict=True)]  # fmt: skip
    pl.DataFrame(rows).write_csv(folder / "other.csv")
    (folder / "other.toml").write_text('name = "other"\nfile = "other.csv"\n')
    (folder / "tasks.toml").write_text('[[task]]\nuse = "other.toml"\n')
    return str(folder / "tasks.toml")


def write_texts(folder: Path, kinds: dict[str, int], count: int, chance: Any) -> str:
    """A file of texts without labels, whose words are of the one topic in some languages and of the other in others."""
    rows = [{"language": code, "text": " ".join(chance.choice(OTHER[kind], 5))}
            for code, kind in kinds.items() for _ in range(count)]  # fmt: skip
    pl.DataFrame(rows).write_csv(folder / "texts.csv")
    return str(folder / "texts.csv")


def held_out_accuracy(
    name: str, checkpoint: Path, folder: Path, seed: int, *, kinds: dict[str, int] = BY_GRAMMAR,
    other: dict[str, int] | None = None, unlabelled: dict[str, int] | None = None,
    sources: tuple[str, ...] = (*PLAIN, *SWAPPED), own: tuple[list[str], list[str]] = OWN, count: int = 24,
    **given: Any,
) -> list[float]:  # fmt: skip
    """Accuracy of the first task in each language without training data of it.

    Parameters
    ----------
    kinds : dict
        The kind of each language in the first task; `other` the same in the second, and `unlabelled` in texts without
        labels, which are learnt from if given.
    sources : tuple of str
        The languages with training data of the first task.
    own : tuple
        The topics of what is learnt from as the first task.
    """
    chance = np.random.default_rng(seed)
    train = [texts(own, kinds[code], count, chance) for code in sources]
    test = [texts(OWN, kinds[code], TESTED, chance) for code in HELD_OUT]
    if other is not None:
        given["tasks"] = write_tasks(folder, other, count, chance)
    if unlabelled is not None:
        given["texts"] = write_texts(folder, unlabelled, count, chance)
    recipe = recipes.get(name).read({"checkpoint": str(checkpoint), "max_length": 8, "batch_size": 16, **given})
    codes = list(dict.fromkeys([*sources, *HELD_OUT]))
    learnt, asked = (dict(zip(where, some, strict=True)) for where, some in ((sources, train), (HELD_OUT, test)))
    corpus = Corpus(
        [learnt[code][0] if code in learnt else [] for code in codes],
        [asked[code][0] if code in asked else [] for code in codes], codes, ids=codes, task="own",
    )  # fmt: skip
    labels = np.concatenate([some for _, some in train])
    prepared = recipe.prepare(corpus, map)
    fitted = recipe.fit(prepared, Training(np.arange(len(labels)), labels, seed, labels_count=2))
    answers = recipe.predict(prepared, fitted)[""].reshape(len(test), -1)
    return [float((one == gold).mean()) for one, (_, gold) in zip(answers, test, strict=True)]
