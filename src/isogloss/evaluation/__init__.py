"""Judge forecasts on what was held out: protocols, benchmark, scoring, strata, trust."""

from __future__ import annotations

__all__: list[str] = []
