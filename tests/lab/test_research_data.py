"""On the research data: the lab measures what the shipped evidence says."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from polars.testing import assert_frame_equal

from isogloss.evidence import read_evidence
from isogloss.evidence.store import Store
from isogloss.lab import read_grid, run_grid
from isogloss.lab.reading import read_task
from isogloss.lab.task_file import read_info

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("ISOGLOSS_DATA", ROOT.parent / "shared" / "data"))


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "seeds", "sources", "targets"),
    [
        ("sib200-ngram", {70: (0, 1), 700: (0,)}, ["eng", "tha"], ["eng", "deu", "lao"]),
        ("sib200-few-shot", {700: (2,)}, ["eng"], ["eng", "yor"]),
        ("udpos-ngram", {100: (1,)}, ["eng", "wol"], ["eng", "afr", "zho"]),
    ],
)
def test_shipped_grids_can_be_measured_again(
    name: str, seeds: dict[int, tuple[int, ...]], sources: list[str], targets: list[str], tmp_path: Path
) -> None:
    """Some sources and targets of each give the shipped scores, whichever other languages are in the grid."""
    grid = read_grid(ROOT / "examples" / f"{name.replace('-', '_')}.toml", data=DATA)
    if not grid.tasks[0].file.is_file():
        pytest.skip(f"no {grid.tasks[0].file.name} in {DATA}")
    store = Store(tmp_path / "store")
    run_grid(replace(grid, seeds=seeds, sources=sources, targets=targets), store)
    columns = ["metric", "recipe", "train", "seed", "target", "origin", "score"]
    measured = store.read().observations.select(columns).sort(columns)
    shipped = read_evidence(f"isogloss:{name}").observations.select(columns)
    there = shipped.join(measured, on=columns[:-1], how="semi").sort(columns)
    assert measured.height > 0
    assert_frame_equal(measured, there, abs_tol=5e-5)


@pytest.mark.data
@pytest.mark.parametrize(
    ("use", "languages", "sources", "labels"),
    [
        ("sib200", 205, 205, 7), ("nusax-senti", 12, 12, 3), ("naijasenti", 4, 4, 3), ("ud-pos", 53, 43, 17),
        ("ud-pud-pos", 21, 21, 17), ("uner", 12, 7, 9), ("xcopa", 11, 11, 2), ("mgsm", 11, 11, 134),
        ("bmlama17", 17, 17, 10), ("xquad", 12, 12, 0),
    ],
)  # fmt: skip
def test_every_task_that_comes_with_isogloss_can_be_read(use: str, languages: int, sources: int, labels: int) -> None:
    """All languages are known, all labels declared, and no test set is part of the training data."""
    info = read_info({"use": use}, DATA, "grid.toml")
    if not info.file.is_file():
        pytest.skip(f"no {info.file.name} in {DATA}")
    task = read_task(info)
    assert (len(task.languages), len(task.train), len(task.labels)) == (languages, sources, labels)
    assert all(len(task.test[code]) > 0 for code in task.languages)
