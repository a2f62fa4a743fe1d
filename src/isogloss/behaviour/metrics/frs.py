"""Factual recall: how few facts a model gets wrong, those of a language's own country and all others alike."""

from __future__ import annotations

from typing import Any

import numpy as np

from isogloss.behaviour.metric import BehaviourMetric, Values

ERRORS = ("A", "N")
XFAKT_PAPER = "Aggarwal et al. 2025, arXiv 2502.17955"


def factual_recall(associative: Any, non_associative: Any) -> Values:
    """`1.5 (1 / (A + N + 1) - 1/3)` of two mean error rates, each 0 to 1."""
    errors = np.asarray(associative, float) + np.asarray(non_associative, float)
    return np.asarray(1.5 * (1 / (errors + 1) - 1 / 3))


FRS = BehaviourMetric(
    name="frs",
    meaning="Factual recall score: how few facts are wrong, whatever the language.",
    formula="3/2 * (1 / (A + N + 1) - 1/3)",
    inputs=ERRORS,
    source=XFAKT_PAPER,
    lowest=0.0,
    highest=1.0,
    higher_is_better=True,
    chance="about .03 for guesses among 13 countries; 0 if all is wrong",
    misleads="It falls fast at first and slowly later: from 0 to 10 % errors it loses .25, from 80 to 100 % only .08.",
    compute=factual_recall,
    command="behaviour recall",
)
