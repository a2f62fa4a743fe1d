"""Fetching public evidence: opt-in, by name, with its licence and citation kept in the store."""

from __future__ import annotations

from isogloss.evidence.fetching.public import FetchReport, PublicSource, fetch, public_sources

__all__ = ["FetchReport", "PublicSource", "fetch", "public_sources"]
