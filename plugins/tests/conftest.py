from __future__ import annotations

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def observed() -> Path:
    """The folder of published scores; tests that need it carry the mark `data`."""
    folder = Path(os.environ.get("ISOGLOSS_DATA", REPOSITORY.parent / "shared" / "data")) / "observations"
    if not folder.is_dir():
        pytest.skip("the research data is absent: set ISOGLOSS_DATA to its folder")
    return folder
