"""The grids in examples can be read, whatever models and data are here."""

from __future__ import annotations

from pathlib import Path

import pytest

from isogloss.lab import read_grid

EXAMPLES = sorted((Path(__file__).resolve().parents[2] / "examples").glob("*.toml"))


@pytest.mark.parametrize("path", EXAMPLES, ids=[path.stem for path in EXAMPLES])
def test_every_grid_in_the_examples_can_be_read(path: Path, tmp_path: Path) -> None:
    grid = read_grid(path, data=tmp_path)
    assert all(info.file.parent == tmp_path for info in grid.tasks)
    assert len(grid.recipes) >= 1
