"""Labels as sentences that follow from a text: learnt from few texts, from pairs alone, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from isogloss.errors import BadFile, BadValue, UnknownName
from isogloss.lab import Corpus, Training, recipes, tasks
from isogloss.lab.recipe import Recipe

TOPICS = {
    "bank": ["doctor", "fever", "hospital"],
    "match": ["football", "goalkeeper", "plays"],
    "river": ["sleeps", "sees", "cures"],
}
"""Words of texts, by the word that their label is called."""
LABELS = sorted(TOPICS)
SETTINGS = {
    "epochs": 40,
    "batch_size": 4,
    "pooling": "cls",
    "learning_rate": 3e-3,
    "dropout": 0.0,
    "hypothesis": "the {label}",
}


def texts(count: int, seed: int) -> tuple[list[str], np.ndarray]:
    chance = np.random.default_rng(seed)
    right = chance.integers(0, 3, count)
    return [" ".join(chance.choice(TOPICS[LABELS[label]], 3)) for label in right], right


def answers(recipe: Recipe, train: list[str], right: np.ndarray, test: list[str]) -> np.ndarray:
    prepared = recipe.prepare(Corpus([train], [test], ["eng"], labels=LABELS), map)
    return recipe.predict(prepared, recipe.fit(prepared, Training(np.arange(len(right)), right, 0)))[""]


def entailment(checkpoint: Path, **more: object) -> Recipe:
    return recipes.get("entailment")(checkpoint=str(checkpoint), **SETTINGS | more)


def test_the_description_that_follows_is_learnt(checkpoint: Path) -> None:
    train, right = texts(36, 1)
    test, wanted = texts(40, 2)
    assert (answers(entailment(checkpoint), train, right, test) == wanted).mean() > 0.9


def test_where_labels_are_drawn_the_answers_are_right_by_chance(checkpoint: Path) -> None:
    train, _ = texts(36, 1)
    test, wanted = texts(60, 2)
    drawn = np.random.default_rng(5).permutation(np.arange(36) % 3)
    right = (answers(entailment(checkpoint, epochs=20), train, drawn, test) == wanted).mean()
    assert 0.1 < right < 0.6


def write_pairs(path: Path, called: str = "entailment") -> Path:
    """Pairs of a text and a description, of which every third is entailed."""
    several, right = texts(60, 3)
    rows = [
        {"premise": text, "hypothesis": f"the {label}", "label": called if place == LABELS.index(label) else "neutral"}
        for text, place in zip(several, right, strict=True) for label in LABELS
    ]  # fmt: skip
    pl.DataFrame(rows).write_csv(path)
    return path


def test_pairs_alone_are_enough_to_classify(checkpoint: Path, tmp_path: Path) -> None:
    """Zero-shot: no text of the task is learnt from."""
    recipe = entailment(checkpoint, pairs=str(write_pairs(tmp_path / "pairs.csv")), pair_epochs=20)
    test, wanted = texts(40, 2)
    found = answers(recipe, texts(3, 1)[0], np.empty(0, np.int64), test)
    assert (found == wanted).mean() > 0.9


def test_what_cannot_be_asked_is_refused(checkpoint: Path, tmp_path: Path) -> None:
    train, _ = texts(4, 1)
    with pytest.raises(BadValue, match=r"has no \{label\}; write \{label\} where it belongs"):
        entailment(checkpoint, hypothesis="about it")
    with pytest.raises(UnknownName, match="unknown label 'banks'; did you mean 'bank'"):
        answers(entailment(checkpoint, descriptions={"banks": "of money"}), train, np.zeros(4, np.int64), train)
    with pytest.raises(BadValue, match="all training examples have the same label"):
        answers(entailment(checkpoint), train, np.zeros(4, np.int64), train)
    with pytest.raises(BadValue, match="there is nothing to learn from; give pairs"):
        answers(entailment(checkpoint), train, np.empty(0, np.int64), train)
    with pytest.raises(BadFile, match="no such file; correct `pairs`"):
        _ = entailment(checkpoint, pairs="nowhere.csv").identity
    none = write_pairs(tmp_path / "none.csv", called="follows")
    with pytest.raises(
        BadValue, match="none of 180 pairs are entailed; the label of those that are is one of entailment"
    ):
        answers(entailment(checkpoint, pairs=str(none)), train, np.array([0, 1, 2, 0]), train)
    with pytest.raises(BadValue, match="'entailment' is for text-classification, not for sentence-pairs"):
        entailment(checkpoint).check_kind(tasks.get("sentence-pairs")())


def test_other_words_and_other_pairs_are_other_jobs(checkpoint: Path, tmp_path: Path) -> None:
    """A job is known by descriptions and the content of pairs, not by where they lie."""
    here, there = write_pairs(tmp_path / "here.csv"), write_pairs(tmp_path / "there.csv")
    one, moved = (entailment(checkpoint, pairs=str(path)).identity for path in (here, there))
    assert one == moved
    assert entailment(checkpoint).identity not in (one, entailment(checkpoint, descriptions={"bank": "money"}).identity)
