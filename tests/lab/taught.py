"""Planted worlds for recipes that learn from a teacher: what the source cannot tell is in unlabelled texts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from isogloss.lab import Corpus, Training, recipes, tasks
from isogloss.models.inputs import Choice

LEARNT = {"checkpoint": "", "batch_size": 8, "learning_rate": 3e-3, "dropout": 0.0}
TAGS = ["A", "B", "O"]
WORDS = {
    "source": {"A": ["doctor", "fever"], "B": ["football", "match"]},
    "target": {"A": ["hospital", "cures"], "B": ["river", "plays"]},
}
EITHER, OTHER = ["bank", "goalkeeper"], ["a", "sees", "sleeps"]
CUES, NO_CUE = {"A": "big", "B": "small"}, "the"


def tagged(seed: int, count: int, side: str, cued: float, *, is_null: bool = False) -> tuple[list[Any], Any, Any]:
    """Sentences of five words, of which two are of class A or B, by their first word or by themselves.

    In the source, words beside a cue are mostly of either class, and three quarters of those without are A: a teacher
    learns that, and calls target words without a cue A. In the null world words of the target have no class.

    Returns sentences, the tag of each word, and whether it is a word of a class in a sentence without a cue.
    """
    chance = np.random.default_rng(seed)
    sentences, tags, bare = [], [], []
    for _ in range(count):
        has_cue = chance.random() < cued
        kind = "A" if chance.random() < (0.75 if side == "source" and not has_cue else 0.5) else "B"
        own = WORDS[side][kind]
        if side == "source" and has_cue and chance.random() < 0.7:
            own = EITHER
        elif is_null:
            own = [*WORDS[side]["A"], *WORDS[side]["B"]]
        first, second = (str(one) for one in chance.choice(own, 2))
        other, last = (str(one) for one in chance.choice(OTHER, 2))
        sentences.append((CUES[kind] if has_cue else NO_CUE, first, other, second, last))
        tags += ["O", kind, "O", kind, "O"]
        bare += [False, not has_cue, False, not has_cue, False]
    return sentences, np.array([TAGS.index(tag) for tag in tags]), np.array(bare)


def tagging(checkpoint: Path, name: str, seed: int, *, is_null: bool = False, **more: Any) -> Any:
    """Whether a recipe gets each word of a class right that has no cue, in the target."""
    source, right, _ = tagged(seed, 80, "source", 0.7)
    target, _, _ = tagged(seed + 100, 100, "target", 0.6, is_null=is_null)
    tested, wanted, bare = tagged(seed + 200, 60, "target", 0.5)
    corpus = Corpus([source, target], [[], tested], ["eng", "nld"], tasks.get("token-tagging")(), TAGS)
    recipe = recipes.get(name).read({**LEARNT, "checkpoint": str(checkpoint), "epochs": 20, **more})
    prepared = recipe.prepare(corpus, map)
    fitted = recipe.fit(prepared, Training(np.arange(80), right, seed, labels_count=3, target=1))
    return (recipe.predict(prepared, fitted)[""] == wanted)[bare].astype(float)


def sentences_of(seed: int, count: int) -> tuple[list[list[str]], Any]:
    """Three words of each of some texts in both languages, word by word, and whether they are of class B."""
    chance = np.random.default_rng(seed)
    labels = chance.integers(0, 2, count)
    places = chance.integers(0, 2, (count, 3))
    return [
        [
            " ".join(WORDS[side]["AB"[label]][place] for place in some)
            for label, some in zip(labels, places, strict=True)
        ]
        for side in WORDS
    ], labels


def parallel(checkpoint: Path, name: str, seed: int, *, is_null: bool = False, **more: Any) -> Any:
    """Whether each of 60 target texts gets the right class; in the null world translations are paired wrongly."""
    (source, target), labels = sentences_of(seed, 80)
    (_, tested), wanted = sentences_of(seed + 200, 60)
    items = [str(one) for one in range(80)]
    theirs = [*items[1:], items[0]] if is_null else items
    corpus = Corpus(
        [source, target], [[], tested], ["eng", "nld"], labels=["A", "B"], train_items=[items, theirs]
    )  # fmt: skip
    recipe = recipes.get(name).read({**LEARNT, "checkpoint": str(checkpoint), "epochs": 5, **more})
    prepared = recipe.prepare(corpus, map)
    fitted = recipe.fit(prepared, Training(np.arange(80), labels, seed, labels_count=2, target=1))
    return (recipe.predict(prepared, fitted)[""] == wanted).astype(float)


def documents(seed: int, count: int) -> tuple[list[list[Choice]], Any]:
    """Questions of either class with three documents in both languages, and grades: 1 for the one of the same class."""
    chance = np.random.default_rng(seed)
    rows: list[list[Choice]] = [[], []]
    grades = []
    for _ in range(count):
        right = int(chance.integers(0, 3))
        drawn = chance.integers(0, 2, 3)
        for side, own in zip(WORDS, rows, strict=True):
            texts = tuple(WORDS[side]["A" if place == right else "B"][drawn[place]] for place in range(3))
            own.append(Choice("sleeps", texts))
        grades += [int(place == right) for place in range(3)]
    return rows, np.array(grades)


def students(folder: Path, seed: int, *, aligned: bool = True) -> dict[str, Path]:
    """A teacher to whom a word and its translation are one, and students of half its layers, before and after texts.

    `untaught` has random weights; `taught` has learnt the teacher's states on texts of both languages. Where the
    teacher is not aligned, words of the target have random vectors.
    """
    from tests.lab.checkpoints import make_checkpoint
    from transformers import AutoModel, AutoTokenizer

    from isogloss.lab import adapt

    teacher = make_checkpoint(folder / "teacher", seed=2 * seed)
    if aligned:
        model, ids = AutoModel.from_pretrained(teacher), AutoTokenizer.from_pretrained(teacher).get_vocab()
        rows = model.get_input_embeddings().weight.data
        for kind in "AB":
            for word, translation in zip(*(WORDS[side][kind] for side in WORDS), strict=True):
                rows[ids[translation]] = rows[ids[word]]
        model.save_pretrained(teacher)
    whole = make_checkpoint(folder / "whole", seed=2 * seed + 1)
    untaught = adapt(whole, "layer-drop", drop=1, order="even", into=folder / "untaught")
    texts = dict(zip(("eng", "nld"), sentences_of(seed + 400, 60)[0], strict=True))
    taught = adapt(
        untaught, "distil", corpus=texts, teacher=str(teacher), own=0.0, responses=0.0, states=1.0, seed=seed,
        tokens=150 * 16 * 16, length=16, batch_size=16, learning_rate=5e-3, parts=1, measured=0, measure=False,
        into=folder / "taught",
    )  # fmt: skip
    return {"teacher": teacher, "untaught": untaught, "taught": taught}
