"""Knowledge transfer: whether facts of a language's own country are known better than others."""

from __future__ import annotations

from typing import Any

import numpy as np

from isogloss.behaviour.metric import BehaviourMetric, Values
from isogloss.behaviour.metrics.frs import ERRORS, XFAKT_PAPER


def knowledge_transfer(associative: Any, non_associative: Any) -> Values:
    """`2 (1 / (|A - N| + 1) - 1/2)` of two mean error rates, each 0 to 1."""
    gap = np.abs(np.asarray(associative, float) - np.asarray(non_associative, float))
    return np.asarray(2 * (1 / (gap + 1) - 0.5))


KTS = BehaviourMetric(
    name="kts",
    meaning="Knowledge transfer score: how equal the errors on a language's own facts and on others are.",
    formula="2 * (1 / (|A - N| + 1) - 1/2)",
    inputs=ERRORS,
    source=XFAKT_PAPER,
    lowest=0.0,
    highest=1.0,
    higher_is_better=True,
    chance="1: guesses are as wrong on own facts as on others",
    misleads="It is 1 also for a model that is wrong everywhere. Read it beside A and N.",
    compute=knowledge_transfer,
    command="behaviour recall",
)
