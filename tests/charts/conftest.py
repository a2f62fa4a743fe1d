from __future__ import annotations

import polars as pl
import pytest
from drawn import forecasts_of


@pytest.fixture
def forecasts() -> pl.DataFrame:
    return forecasts_of(
        ("bre", 0.3, 0.2, 0.4, "unmeasured"),
        ("deu", 0.6, 0.55, 0.65, "known"),
        ("chr", 0.1, 0.0, 0.35, "far"),
        ("haw", 0.25, 0.1, 0.4, "unmeasured"),
    )


@pytest.fixture
def measured() -> pl.DataFrame:
    """Two runs for German, one for the others; nobody says where N'Ko is spoken."""
    return pl.DataFrame({"target": ["deu", "deu", "swe", "yor", "nqo"], "score": [0.5, 0.7, 0.45, 0.2, 0.15]})
