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
        "eclektic_overall": f"{_FOLDER}.eclektic:ECLEKTIC_OVERALL",
        "eclektic_transfer": f"{_FOLDER}.eclektic:ECLEKTIC_TRANSFER",
        "borderlines_knowledge": f"{_FOLDER}.borderlines:BORDERLINES_KNOWLEDGE",
        "borderlines_control": f"{_FOLDER}.borderlines:BORDERLINES_CONTROL",
        "borderlines_non_control": f"{_FOLDER}.borderlines:BORDERLINES_NON_CONTROL",
        "borderlines_delta": f"{_FOLDER}.borderlines:BORDERLINES_DELTA",
        "borderlines_consistency": f"{_FOLDER}.borderlines:BORDERLINES_CONSISTENCY",
        "english_kappa": f"{_FOLDER}.english:ENGLISH_KAPPA",
        "english_agreement": f"{_FOLDER}.english:ENGLISH_AGREEMENT",
        "barrier": f"{_FOLDER}.barrier:BARRIER",
        "english_recognition": f"{_FOLDER}.barrier:ENGLISH_RECOGNITION",
        "valid_outputs": f"{_FOLDER}.validity:VALID_OUTPUTS",
        "accuracy_given_valid": f"{_FOLDER}.validity:ACCURACY_GIVEN_VALID",
        "valid_accuracy": f"{_FOLDER}.validity:VALID_ACCURACY",
        "culture_gap": f"{_FOLDER}.sensitivity:CULTURE_GAP",
        "sensitive_accuracy": f"{_FOLDER}.sensitivity:SENSITIVE_ACCURACY",
        "agnostic_accuracy": f"{_FOLDER}.sensitivity:AGNOSTIC_ACCURACY",
        "cognate_above_chance": f"{_FOLDER}.word_forms:COGNATE_ABOVE_CHANCE",
        "homograph_above_chance": f"{_FOLDER}.word_forms:HOMOGRAPH_ABOVE_CHANCE",
        "orthographic_bias": f"{_FOLDER}.word_forms:ORTHOGRAPHIC_BIAS",
        "context_rate": f"{_FOLDER}.memory:CONTEXT_RATE",
        "memorisation_ratio": f"{_FOLDER}.memory:MEMORISATION_RATIO",
        "edit_reliability": f"{_FOLDER}.edits:EDIT_RELIABILITY",
        "edit_generality": f"{_FOLDER}.edits:EDIT_GENERALITY",
        "edit_locality": f"{_FOLDER}.edits:EDIT_LOCALITY",
        "edit_portability": f"{_FOLDER}.edits:EDIT_PORTABILITY",
        "switching_cost": f"{_FOLDER}.switching:SWITCHING_COST",
    },
    "isogloss.behaviour_metrics",
    base="isogloss.behaviour.metric:BehaviourMetric",
)
"""Metrics by name; other packages announce theirs in the entry-point group `isogloss.behaviour_metrics`."""
