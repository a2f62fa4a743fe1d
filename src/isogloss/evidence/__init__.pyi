from .compacting import CompactReport, compact
from .data_sets import DataSetCounts, count_data_sets, licence_class, read_data_sets
from .duplicates import newest, settle_duplicates
from .evidence import Evidence
from .importers import importers
from .importers.base import ReadOptions
from .importing import FileReport, ImportReport, import_files
from .normalise import QUERY_TABLE
from .read import plan_reading, read_evidence, read_queries, shipped
from .reading.plan import ReadingPlan
from .schema import IDENTITY, ITEM, OBSERVATION, QUERY, REQUIRED, SETTING, observation_keys
from .store import Store
from .training_mix import TrainingMix

__all__ = [
    "IDENTITY",
    "ITEM",
    "OBSERVATION",
    "QUERY",
    "QUERY_TABLE",
    "REQUIRED",
    "SETTING",
    "CompactReport",
    "DataSetCounts",
    "Evidence",
    "FileReport",
    "ImportReport",
    "ReadOptions",
    "ReadingPlan",
    "Store",
    "TrainingMix",
    "compact",
    "count_data_sets",
    "import_files",
    "importers",
    "licence_class",
    "newest",
    "observation_keys",
    "plan_reading",
    "read_data_sets",
    "read_evidence",
    "read_queries",
    "settle_duplicates",
    "shipped",
]
