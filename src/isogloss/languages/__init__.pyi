from .catalogue import note, table
from .distance import BUILT_IN_KINDS, Distances, distance_blocks, distance_kinds, distances, similarities
from .imputation import features
from .language import Language, resolve, written_without_spaces
from .lexical import overlap
from .pretraining import register_resources, resource_shares, resources
from .similarity import keep_similarity, register_similarity
from .sources import FeatureSource, feature_sources
from .tables import card, compare, describe, nearest, source_table
from .typology import Features
from .varieties import add_varieties

__all__ = [
    "BUILT_IN_KINDS",
    "Distances",
    "FeatureSource",
    "Features",
    "Language",
    "add_varieties",
    "card",
    "compare",
    "describe",
    "distance_blocks",
    "distance_kinds",
    "distances",
    "feature_sources",
    "features",
    "keep_similarity",
    "nearest",
    "note",
    "overlap",
    "register_resources",
    "register_similarity",
    "resolve",
    "resource_shares",
    "resources",
    "similarities",
    "source_table",
    "table",
    "written_without_spaces",
]
