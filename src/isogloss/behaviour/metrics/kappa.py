"""Agreement of two languages beyond what their accuracies give by chance."""

from __future__ import annotations

from typing import Any

import numpy as np

from isogloss.behaviour.metric import BehaviourMetric, Values


def cohen_kappa(first: Any, second: Any) -> Values:
    """`(p_o - p_e) / (1 - p_e)` of right and wrong, over the last dimension; NaN where both are always the same."""
    first, second = np.asarray(first, float), np.asarray(second, float)
    observed = (first == second).mean(-1)
    a, b = first.mean(-1), second.mean(-1)
    expected = a * b + (1 - a) * (1 - b)
    room = 1 - expected
    return np.asarray(
        np.divide(observed - expected, room, out=np.full(np.shape(room), np.nan), where=np.asarray(room) > 1e-12)
    )


KAPPA = BehaviourMetric(
    name="kappa",
    meaning="Cohen's kappa of right and wrong in two languages.",
    formula="(p_o - p_e) / (1 - p_e), p_e = ab + (1 - a)(1 - b)",
    inputs=("whether each item is right in one language, in the last dimension", "and in another"),
    source="Cohen 1960; between languages as in Gureja et al. 2024 (M-RewardBench)",
    lowest=-1.0,
    highest=1.0,
    higher_is_better=True,
    chance="0",
    misleads="It collapses where nearly all is right or wrong, and cannot reach 1 where accuracies differ.",
    compute=cohen_kappa,
    command="behaviour consistency",
)
