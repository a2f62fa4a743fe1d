"""Overlap of what two languages get right."""

from __future__ import annotations

from typing import Any

import numpy as np

from isogloss.behaviour.metric import BehaviourMetric, Values


def overlap_of_right(first: Any, second: Any) -> Values:
    """`both / either`, over the last dimension; NaN where neither is ever right."""
    first, second = np.asarray(first, bool), np.asarray(second, bool)
    both, either = (first & second).sum(-1).astype(float), (first | second).sum(-1).astype(float)
    return np.asarray(np.divide(both, either, out=np.full(np.shape(either), np.nan), where=either > 0))


JACCARD = BehaviourMetric(
    name="jaccard",
    meaning="Of the items that one of two languages gets right, the share that both get right.",
    formula="|right in both| / |right in either|",
    inputs=("whether each item is right in one language, in the last dimension", "and in another"),
    source="Jaccard index; as the consistency of KLAR, Wang et al. 2025, arXiv 2504.04264",
    lowest=0.0,
    highest=1.0,
    higher_is_better=True,
    chance="ab / (a + b - ab) for independent answers with accuracies a and b",
    misleads="It rises with accuracy, and cannot be above the smaller accuracy over the larger.",
    compute=overlap_of_right,
    command="behaviour consistency",
)
