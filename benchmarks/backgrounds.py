"""Backgrounds that never saw the test texts, or the source, of a table that is forecast."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from isogloss.forecasting import Background
from isogloss.forecasting.background.artefact import read_background, records
from isogloss.forecasting.background.factor_learning import learn_factors
from isogloss.forecasting.background.profiles import read_profiles
from isogloss.forecasting.background.slopes import learn_slopes
from isogloss.forecasting.background.tables import read_tables


@lru_cache(maxsize=32)
def background_without(*, corpus: str | None = None, source: str | None = None) -> Background:
    """Factors and slopes of the public tables of other test texts and sources; quantiles are those that ship."""
    kept = [table for table in read_tables() if table.corpus != corpus and table.source != source]
    factors = learn_factors(read_profiles(kept))
    return replace(read_background(), factors=factors, slopes=learn_slopes(kept, factors), tables=records(kept))
