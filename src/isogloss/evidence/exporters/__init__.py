"""Exporters: evidence in the formats of other tools, with a count of what they cannot say."""

from __future__ import annotations

from isogloss.evidence.exporters.base import FORMATS, ExportReport, export

__all__ = ["FORMATS", "ExportReport", "export"]
