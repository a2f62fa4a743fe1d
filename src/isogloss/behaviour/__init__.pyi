from .countries import home_countries
from .items import read_items
from .metric import BehaviourMetric
from .recall import Recall, score_recall
from .registry import behaviour_metrics

__all__ = [
    "BehaviourMetric",
    "Recall",
    "behaviour_metrics",
    "home_countries",
    "read_items",
    "score_recall",
]
