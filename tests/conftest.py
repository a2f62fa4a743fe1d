"""What holds for every test."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import polars as pl
import pytest
from hypothesis import settings

from isogloss import read_evidence
from isogloss.evidence import Evidence

REPOSITORY = Path(__file__).parents[1]

# Machines are shared: a property that takes long once is no defect. In CI the examples are the same each time,
# so that a change is judged by what it changes; elsewhere they are drawn anew.
settings.register_profile("isogloss", deadline=None)
settings.register_profile("isogloss-ci", deadline=None, derandomize=True)
os.environ.setdefault("ISOGLOSS_CACHE_SIZE", "0")  # what a test learns, it learns itself
# Workers of pytest-xdist share the processors: threads of linear algebra would wait for one another, busily.
os.environ.setdefault("OMP_NUM_THREADS", "1")
settings.load_profile("isogloss-ci" if os.environ.get("CI") else "isogloss")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Millions of objects are made before the first test and kept to the last: none is looked at for garbage."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.fixture(scope="session")
def sumeval() -> Path:
    """The folder of SumEval 2022; tests that need it carry the mark `data`."""
    folder = Path(os.environ.get("ISOGLOSS_DATA", REPOSITORY.parent / "shared" / "data")) / "observations" / "sumeval"
    if not folder.is_dir():
        pytest.skip("the research data is absent: set ISOGLOSS_DATA to its folder")
    return folder


@pytest.fixture
def measured():
    """Evidence from (target, train, score), everything else alike."""

    def make(cells: Sequence[tuple[str, str, float]], *, metric: str = "accuracy") -> Evidence:
        table = pl.DataFrame(cells, schema={"target": pl.String, "train": pl.String, "score": pl.Float64}, orient="row")
        return read_evidence(table.with_columns(model=pl.lit("m"), task=pl.lit("t"), metric=pl.lit(metric)))

    return make
