"""X-FaKT: factual recall and knowledge transfer in one number."""

from __future__ import annotations

from typing import Any

import numpy as np

from isogloss.behaviour.metric import BehaviourMetric, Values
from isogloss.behaviour.metrics.frs import ERRORS, XFAKT_PAPER, factual_recall
from isogloss.behaviour.metrics.kts import knowledge_transfer


def cross_lingual_factual_transfer(associative: Any, non_associative: Any) -> Values:
    """The harmonic mean of FRS and KTS; 0 where both are 0."""
    recall, transfer = factual_recall(associative, non_associative), knowledge_transfer(associative, non_associative)
    both = recall + transfer
    return np.divide(2 * recall * transfer, both, out=np.zeros_like(both), where=both > 0)


XFAKT = BehaviourMetric(
    name="xfakt",
    meaning="Harmonic mean of factual recall (FRS) and knowledge transfer (KTS).",
    formula="2 * FRS * KTS / (FRS + KTS)",
    inputs=ERRORS,
    source=XFAKT_PAPER,
    lowest=0.0,
    highest=1.0,
    higher_is_better=True,
    chance="about .05 for guesses among 13 countries",
    misleads="Two models with the same value may differ in both parts: one knows little, the other transfers little.",
    compute=cross_lingual_factual_transfer,
    command="behaviour recall",
)
