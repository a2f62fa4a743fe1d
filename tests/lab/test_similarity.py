"""Pairs of sentences and how alike they are: read, refused, learnt, and compared without learning."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy.stats import spearmanr
from tests.lab.checkpoints import WORDS
from tests.lab.described import read, refusal

from isogloss.errors import BadValue
from isogloss.evidence.store import Store
from isogloss.lab import Corpus, Training, read_grid, recipes, run_grid
from isogloss.lab.kinds.similarity import Similarity
from isogloss.models.inputs import Pair

DESCRIBED = {
    "name": "alike", "kind": "similarity", "file": "pairs.csv",
    "columns": {"first": "sentence1", "second": "sentence2", "item": "item"},
}  # fmt: skip


def rows(*, learnable: bool = True) -> list[dict[str, object]]:
    """64 pairs for training and 40 for tests in two languages; the number is how many of five words they share."""
    chance = random.Random(6)
    table: list[dict[str, object]] = []
    for item in range(104):
        shared = item % 6
        words = chance.sample(WORDS, 10)
        first, second = words[:5], words[:shared] + words[5 : 10 - shared]
        score = shared if learnable else chance.randrange(6)
        split = "train" if item < 64 else "test"
        table += [
            {
                "language": language, "split": split, "item": f"{item}", "sentence1": " ".join(first),
                "sentence2": " ".join(second), "score": f"{score}.0",
            }
            for language in ("eng", "nld")
        ]  # fmt: skip
    return table


def test_pairs_have_a_number_on_any_scale(tmp_path: Path) -> None:
    pl.DataFrame(rows()).write_csv(tmp_path / "pairs.csv")
    task = read(DESCRIBED, tmp_path)
    assert task.train["eng"].labels[:6].tolist() == [0, 1, 2, 3, 4, 5]
    assert task.labels == []
    assert task.chance is None
    assert isinstance(task.test["nld"].inputs[0], Pair)
    assert task.train["eng"].content() != task.train["eng"].content(np.arange(63))


def test_what_cannot_be_ordered_is_refused(tmp_path: Path) -> None:
    def said(scores: list[str]) -> str:
        pl.DataFrame(
            {"language": "eng", "split": ["train", *["test"] * (len(scores) - 1)], "score": scores,
             "first": [f"a{place}" for place in range(len(scores))], "second": "b"}
        ).write_csv(tmp_path / "few.csv")  # fmt: skip
        return refusal({"name": "few", "kind": "similarity", "file": "few.csv"}, tmp_path)

    assert "row 1: the score 'high' is no number" in said(["1", "high", "2", "3"])
    assert "the score 'nan' is no number" in said(["1", "nan", "2", "3"])
    assert "'eng' has 2 test pairs; nothing can be ordered rightly there" in said(["1", "2", "3"])
    assert "'eng' has one score for all 3 test pairs" in said(["1", "2", "2", "2"])


def test_the_sts_benchmark_is_read_as_it_is_published(tmp_path: Path) -> None:
    """No header, tabs, quotes that mean nothing, and sources behind the sentences in some lines."""
    (tmp_path / "eng").mkdir()
    for split in ("train", "dev", "test"):
        lines = [
            f'main-captions\tMSRvid\t2012test\t{place:04}\t{place / 2:.3f}\tA "plane {split} {place}.\tAn air plane.'
            for place in range(4)
        ]
        (tmp_path / "eng" / f"sts-{split}.csv").write_text("\n".join([lines[0] + "\thttp://source", *lines[1:]]) + "\n")
    described = {
        "name": "STS-B", "kind": "similarity", "file": "{language}/sts-{split}.csv",
        "columns": {"score": "5", "first": "6", "second": "7"},
    }  # fmt: skip
    task = read(described, tmp_path)
    assert task.test["eng"].inputs[1] == Pair('A "plane test 1.', "An air plane.")
    assert task.dev["eng"].labels.tolist() == [0, 0.5, 1, 1.5]
    (tmp_path / "eng" / "sts-dev.csv").write_text("one\ttwo\n")
    assert "sts-dev.csv line 1: 2 cells with tabs between, and column 7 is asked for" in refusal(described, tmp_path)


GRID = """
[task]
name = "alike"
kind = "similarity"
file = "pairs.csv"
columns = { first = "sentence1", second = "sentence2", item = "item" }
"""
PLAIN = """
[recipe]
name = "cosine"
layer = "all"
checkpoint = "CHECKPOINT"
[grid]
sources = ["eng"]
sizes = [0]
"""


def measure(folder: Path, checkpoint: Path, grid: str, *, learnable: bool) -> pl.DataFrame:
    pl.DataFrame(rows(learnable=learnable)).write_csv(folder / "pairs.csv")
    (folder / "grid.toml").write_text(GRID + grid.replace("CHECKPOINT", str(checkpoint)))
    store = Store(folder / "store")
    assert run_grid(read_grid(folder / "grid.toml"), store).failed == []
    return store.read().observations


def test_vectors_are_closer_the_more_words_two_sentences_share(tmp_path: Path, checkpoint: Path) -> None:
    """Without any training, in every layer; where numbers are drawn at random, the correlation is one with 0."""
    observations = measure(tmp_path, checkpoint, PLAIN, learnable=True)
    ranked = observations.filter(metric="spearman")
    assert ranked.height == 6  # three layers, two languages
    assert ranked["score"].min() > 0.8
    assert ranked["train"].unique().to_list() == [""]
    assert set(observations["scale"]) == {"fraction"}
    null = tmp_path / "null"
    null.mkdir()
    drawn = measure(null, checkpoint, PLAIN, learnable=False).filter(metric="spearman")
    assert (drawn["score"].abs() / drawn["standard_error"]).max() < 3


def test_an_encoder_learns_the_numbers_of_pairs(checkpoint: Path) -> None:
    """How many fevers both sentences have, on a scale of hundreds: held-out pairs get nearly the right number."""
    chance = np.random.default_rng(1)
    fevers = chance.integers(0, 7, 96)
    pairs = []
    for count in fevers:
        words = chance.permutation(["fever"] * count + list(chance.choice(["river", "bank", "big"], 6 - count)))
        pairs.append(Pair(" ".join(words[:3]), " ".join(words[3:])))
    right = 100.0 * fevers + 500
    settings = {"epochs": 25, "batch_size": 8, "learning_rate": 3e-3, "dropout": 0.0}
    recipe = recipes.get("fine-tune")(checkpoint=str(checkpoint), **settings)
    prepared = recipe.prepare(Corpus([pairs[:64]], [pairs[64:]], ["eng"], Similarity()), map)
    fitted = recipe.fit(prepared, Training(np.arange(64), right[:64], 0))
    answers = recipe.predict(prepared, fitted)[""]
    assert np.abs(answers - right[64:]).mean() < 60
    assert spearmanr(answers, right[64:])[0] > 0.95


def test_a_probe_fits_numbers(checkpoint: Path) -> None:
    """On what it was fitted to, a weak penalty gives the numbers back."""
    pairs = [Pair(*(str(row[name]) for name in ("sentence1", "sentence2"))) for row in rows()[:48:2]]
    right = np.array([place % 6 for place in range(24)], float)
    recipe = recipes.get("linear-probe")(checkpoint=str(checkpoint), layer=1, C=1000.0)
    prepared = recipe.prepare(Corpus([pairs], [pairs], ["eng"], Similarity()), map)
    answers = recipe.predict(prepared, recipe.fit(prepared, Training(np.arange(24), right, 0)))[""]
    assert answers == pytest.approx(right, abs=0.2)


def test_cosine_refuses_to_be_trained(checkpoint: Path) -> None:
    recipe = recipes.get("cosine")(checkpoint=str(checkpoint))
    with pytest.raises(BadValue, match=r"learns from no example; write sizes = \[0\]"):
        recipe.fit({}, Training(np.arange(3), np.arange(3.0), 0))
