"""Evidence: what was measured. One schema, one store, one normaliser, and an importer per result format."""

from __future__ import annotations

from isogloss.evidence.compacting import CompactReport, compact
from isogloss.evidence.duplicates import settle_duplicates
from isogloss.evidence.evidence import Evidence
from isogloss.evidence.importers import importers
from isogloss.evidence.importers.base import ReadOptions
from isogloss.evidence.importing import FileReport, ImportReport, import_files
from isogloss.evidence.keys import observation_keys
from isogloss.evidence.newest import newest
from isogloss.evidence.normalise import QUERY_TABLE
from isogloss.evidence.read import read_evidence, read_queries
from isogloss.evidence.schema import IDENTITY, ITEM, OBSERVATION, QUERY, REQUIRED, SETTING
from isogloss.evidence.shipped import shipped
from isogloss.evidence.store import Store
from isogloss.evidence.training_mix import TrainingMix

__all__ = [
    "IDENTITY",
    "ITEM",
    "OBSERVATION",
    "QUERY",
    "QUERY_TABLE",
    "REQUIRED",
    "SETTING",
    "CompactReport",
    "Evidence",
    "FileReport",
    "ImportReport",
    "ReadOptions",
    "Store",
    "TrainingMix",
    "compact",
    "import_files",
    "importers",
    "newest",
    "observation_keys",
    "read_evidence",
    "read_queries",
    "settle_duplicates",
    "shipped",
]
