"""How often two languages are right or wrong together."""

from __future__ import annotations

from typing import Any

import numpy as np

from isogloss.behaviour.metric import BehaviourMetric, Values


def same_outcome(first: Any, second: Any) -> Values:
    """Share of items that are right in both languages or wrong in both, over the last dimension."""
    return np.asarray((np.asarray(first, bool) == np.asarray(second, bool)).mean(-1))


AGREEMENT = BehaviourMetric(
    name="agreement",
    meaning="Share of items that are right in both languages or wrong in both.",
    formula="p_o = (|right in both| + |wrong in both|) / n",
    inputs=("whether each item is right in one language, in the last dimension", "and in another"),
    source="Percent agreement",
    lowest=0.0,
    highest=1.0,
    higher_is_better=True,
    chance="ab + (1 - a)(1 - b) for independent answers with accuracies a and b",
    misleads="It is high where both are nearly always right, or nearly always wrong. Read it beside kappa.",
    compute=same_outcome,
    command="behaviour consistency",
)
