"""The grids in examples can be read, whatever models and data are here."""

from __future__ import annotations

import tomllib
from pathlib import Path

import polars as pl
import pytest

from isogloss.lab import read_adaptation_grid, read_grid

FOLDER = Path(__file__).resolve().parents[2] / "examples"
OF_ADAPTATIONS = sorted(FOLDER.glob("adapt_*.toml"))
EXAMPLES = sorted({*FOLDER.glob("*.toml")} - {*OF_ADAPTATIONS})


@pytest.mark.parametrize("path", EXAMPLES, ids=[path.stem for path in EXAMPLES])
def test_every_grid_in_the_examples_can_be_read(path: Path, tmp_path: Path) -> None:
    grid = read_grid(path, data=tmp_path)
    assert all(info.file.parent == tmp_path for info in grid.tasks)
    assert len(grid.recipes) >= 1


@pytest.mark.parametrize("path", OF_ADAPTATIONS, ids=[path.stem for path in OF_ADAPTATIONS])
def test_every_grid_of_adaptations_in_the_examples_can_be_read(path: Path, tmp_path: Path) -> None:
    languages = tomllib.loads(path.read_text(encoding="utf-8"))["texts"]["languages"]
    rows = [{"lang": code, "index_id": item, "text": f"{code} {item}"} for code in languages for item in range(3)]
    pl.DataFrame(rows).write_parquet(tmp_path / "sib200.parquet")
    grid = read_adaptation_grid(path, data=tmp_path)
    assert [*grid.texts] == languages
    assert len(grid.chains) > 4
