"""A small made-up task in four languages: two share their words, one only the script, one nothing."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from tests.lab.checkpoints import make_checkpoint

TOPICS = {
    "health": ["doctor", "fever", "hospital", "vaccine", "medicine"],
    "sports": ["football", "referee", "stadium", "champion", "goalkeeper"],
    "travel": ["airport", "passport", "luggage", "hotel", "tourist"],
}
ENDINGS = {"eng": "s", "nld": "en"}
LANGUAGES = ("eng", "nld", "fin", "ell")
TRAINED, TESTED = 30, 18


def spell(word: str, language: str) -> str:
    """A word as a language has it: borrowed with an ending, scrambled, or in another script."""
    if language in ENDINGS:
        return word + ENDINGS[language]
    if language == "fin":
        return "".join(chr((ord(letter) - ord("a")) * 7 % 26 + ord("a")) for letter in word)
    return "".join(chr(ord(letter) - ord("a") + ord("α")) for letter in word)


def make_rows() -> list[dict[str, str]]:
    """Parallel sentences: item i has the same topic and the same words, spelt differently, in every language."""
    chance = random.Random(7)
    rows = []
    for item in range(TRAINED + TESTED):
        topic = sorted(TOPICS)[item % len(TOPICS)]
        words = [chance.choice(TOPICS[topic]) for _ in range(4)]
        for language in LANGUAGES:
            text = " ".join([*(spell(word, language) for word in words), str(item)])
            split = "train" if item < TRAINED else "test"
            rows.append({"lang": language, "split": split, "id": str(item), "topic": topic, "text": text})
    return rows


GRID = """
[task]
name = "made-up topics"
file = "topics.parquet"

[task.columns]
language = "lang"
label = "topic"
item = "id"

[recipe]
name = "ngram-logreg"

[grid]
sizes = [12, 30]
seeds = { 12 = [0, 1], 30 = [0] }
"""


@pytest.fixture
def rows() -> list[dict[str, str]]:
    """The rows of the made-up task, for a test to spoil."""
    return make_rows()


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write the task and a grid file over it; text of the grid can be replaced."""

    def write_both(rows: list[dict[str, str]], **replaced: str) -> Path:
        pl.DataFrame(rows).write_parquet(tmp_path / "topics.parquet")
        text = GRID
        for section, lines in replaced.items():
            text = text.replace(f"[{section}]\n", f"[{section}]\n{lines}\n")
        path = tmp_path / "grid.toml"
        path.write_text(text)
        return path

    return write_both


@pytest.fixture
def grid_file(write: Callable[..., Path], rows: list[dict[str, str]]) -> Path:
    """A grid over the made-up task: 4 sources, 4 targets, 3 trainings per source."""
    return write(rows)


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Features that a test computes are no other test's; all else that is cached stays where it is."""
    monkeypatch.setenv("ISOGLOSS_FEATURES", str(tmp_path_factory.mktemp("features")))


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny encoder with random weights."""
    pytest.importorskip("torch", reason="needs the extra lab")
    pytest.importorskip("transformers", reason="needs the extra lab")
    return make_checkpoint(tmp_path_factory.mktemp("checkpoint"))
