"""Statistics that several packages need: bootstrap, tests, multiple testing, intervals, conformal quantiles."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from isogloss.stats.bootstrap import (
        bootstrap_interval,
        bootstrap_means,
        bootstrap_p_value,
        bootstrap_ratios,
        paired_bootstrap,
    )
    from isogloss.stats.conformal import grouped_quantile, weighted_conformal_quantiles
    from isogloss.stats.hypotheses import McNemar, benjamini_hochberg, holm, mcnemar, permutation_p_value
    from isogloss.stats.intervals import check_level, effective_count, percentile_interval, wilson_interval

__all__ = [
    "McNemar",
    "benjamini_hochberg",
    "bootstrap_interval",
    "bootstrap_means",
    "bootstrap_p_value",
    "bootstrap_ratios",
    "check_level",
    "effective_count",
    "grouped_quantile",
    "holm",
    "mcnemar",
    "paired_bootstrap",
    "percentile_interval",
    "permutation_p_value",
    "weighted_conformal_quantiles",
    "wilson_interval",
]

_LAZY = {
    **dict.fromkeys(
        ("bootstrap_interval", "bootstrap_means", "bootstrap_p_value", "bootstrap_ratios", "paired_bootstrap"),
        "bootstrap",
    ),
    **dict.fromkeys(("grouped_quantile", "weighted_conformal_quantiles"), "conformal"),
    **dict.fromkeys(("McNemar", "benjamini_hochberg", "holm", "mcnemar", "permutation_p_value"), "hypotheses"),
    **dict.fromkeys(("check_level", "effective_count", "percentile_interval", "wilson_interval"), "intervals"),
}


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return getattr(importlib.import_module(f"isogloss.stats.{_LAZY[name]}"), name)
    raise AttributeError(f"module 'isogloss.stats' has no attribute '{name}'")
