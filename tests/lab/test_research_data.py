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

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("ISOGLOSS_DATA", ROOT.parent / "shared" / "data"))


@pytest.mark.data
@pytest.mark.skipif(not (DATA / "sib200.parquet").is_file(), reason=f"no sib200.parquet in {DATA}")
def test_the_shipped_grid_can_be_measured_again(tmp_path: Path) -> None:
    """Two sources and three targets of it give the shipped scores, whichever other languages are in the grid."""
    grid = read_grid(ROOT / "examples" / "sib200_ngram.toml", data=DATA)
    store = Store(tmp_path / "store")
    run_grid(replace(grid, sources=["eng", "tha"], targets=["eng", "deu", "lao"]), store)
    columns = ["metric", "train", "seed", "target", "origin", "score"]
    measured = store.read().observations.select(columns).sort(columns)
    shipped = read_evidence("isogloss:sib200-ngram").observations.select(columns)
    there = shipped.join(measured, on=columns[:5], how="semi").sort(columns)
    assert_frame_equal(measured, there, abs_tol=5e-5)
