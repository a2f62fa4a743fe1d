from __future__ import annotations

import os
from pathlib import Path

import polars as pl
import pytest

REPOSITORY = Path(__file__).parents[2]
COLUMNS = ("model", "task", "metric", "target", "train", "score")


@pytest.fixture
def fixtures() -> Path:
    """Small files with numbers of our own."""
    return Path(__file__).parent / "fixtures"


@pytest.fixture(scope="session")
def observed() -> Path:
    """The folder of published scores; tests that need it carry the mark `data`."""
    folder = Path(os.environ.get("ISOGLOSS_DATA", REPOSITORY.parent / "shared" / "data")) / "observations"
    if not folder.is_dir():
        pytest.skip("the research data is absent: set ISOGLOSS_DATA to its folder")
    return folder


@pytest.fixture
def table():
    """A table of scores from rows that name only what differs from `toy, topics, accuracy, de, en:100, 0.5`."""

    def make(*rows: dict[str, object]) -> pl.DataFrame:
        usual = dict(zip(COLUMNS, ("toy", "topics", "accuracy", "de", "en:100", 0.5), strict=True))
        return pl.DataFrame([usual | row for row in rows], infer_schema_length=None, strict=False)

    return make
