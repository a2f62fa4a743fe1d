from .confidence_sequence import share_sequence
from .conformal import grouped_quantile, weighted_conformal_quantiles
from .hypotheses import McNemar, benjamini_hochberg, holm, mcnemar, permutation_p_value, sequential_p_value
from .intervals import (
    bootstrap_interval,
    bootstrap_means,
    bootstrap_p_value,
    bootstrap_ratios,
    bootstrap_weights,
    check_level,
    crossed_bootstrap,
    effective_count,
    paired_bootstrap,
    percentile_interval,
    wilson_interval,
    win_interval,
)
from .pairs import PairRegression, regress_pairs

__all__ = [
    "McNemar",
    "PairRegression",
    "benjamini_hochberg",
    "bootstrap_interval",
    "bootstrap_means",
    "bootstrap_p_value",
    "bootstrap_ratios",
    "bootstrap_weights",
    "check_level",
    "crossed_bootstrap",
    "effective_count",
    "grouped_quantile",
    "holm",
    "mcnemar",
    "paired_bootstrap",
    "percentile_interval",
    "permutation_p_value",
    "regress_pairs",
    "sequential_p_value",
    "share_sequence",
    "weighted_conformal_quantiles",
    "wilson_interval",
    "win_interval",
]
