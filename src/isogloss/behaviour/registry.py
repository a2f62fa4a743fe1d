"""The metrics of behaviour by name."""

from __future__ import annotations

from isogloss.behaviour.metric import BehaviourMetric
from isogloss.registry import Registry

_FOLDER = "isogloss.behaviour.metrics"

behaviour_metrics: Registry[BehaviourMetric] = Registry(
    "behaviour metric",
    {
        "frs": f"{_FOLDER}.frs:FRS",
        "kts": f"{_FOLDER}.kts:KTS",
        "xfakt": f"{_FOLDER}.xfakt:XFAKT",
        "rankc": f"{_FOLDER}.rankc:RANKC",
        "rankc_linear": f"{_FOLDER}.rankc:RANKC_LINEAR",
        "rankc_squares": f"{_FOLDER}.rankc:RANKC_SQUARES",
        "jaccard": f"{_FOLDER}.jaccard:JACCARD",
        "kappa": f"{_FOLDER}.kappa:KAPPA",
        "agreement": f"{_FOLDER}.agreement:AGREEMENT",
        "lpr": f"{_FOLDER}.lpr:LPR",
        "wpr": f"{_FOLDER}.wpr:WPR",
        "lcpr": f"{_FOLDER}.lcpr:LCPR",
        "line_accuracy": f"{_FOLDER}.line_accuracy:LINE_ACCURACY",
        "confusion_entropy": f"{_FOLDER}.confusion_entropy:CONFUSION_ENTROPY",
    },
    "isogloss.behaviour_metrics",
    base="isogloss.behaviour.metric:BehaviourMetric",
)
"""Metrics by name; other packages announce theirs in the entry-point group `isogloss.behaviour_metrics`."""
