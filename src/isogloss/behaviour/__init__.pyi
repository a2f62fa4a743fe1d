from .confusion import Confusion, score_confusion
from .countries import home_countries
from .identification import identification_accuracy, identify
from .items import read_items
from .metric import BehaviourMetric
from .recall import Recall, score_recall
from .registry import behaviour_metrics

__all__ = [
    "BehaviourMetric",
    "Confusion",
    "Recall",
    "behaviour_metrics",
    "home_countries",
    "identification_accuracy",
    "identify",
    "read_items",
    "score_confusion",
    "score_recall",
]
