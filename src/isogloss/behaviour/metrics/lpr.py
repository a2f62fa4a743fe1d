"""Line-level pass rate: replies without a line in another language."""

from __future__ import annotations

from typing import Any

import numpy as np

from isogloss.behaviour.metric import BehaviourMetric, Values

CONFUSION_PAPER = "Marchisio et al. 2024, arXiv 2406.20052"


def pass_rate(failed: Any, judged: Any) -> Values:
    """`1 - failed / judged`; NaN where nothing was judged."""
    failed, judged = np.asarray(failed, float), np.asarray(judged, float)
    shape = np.broadcast(failed, judged).shape
    return np.asarray(1 - np.divide(failed, judged, out=np.full(shape, np.nan), where=judged > 0))


LPR = BehaviourMetric(
    name="lpr",
    meaning="Line-level pass rate: share of replies without a line in another language than the one expected.",
    formula="1 - E / n",
    inputs=("replies with a line in another language E", "replies n"),
    source=CONFUSION_PAPER,
    lowest=0.0,
    highest=1.0,
    higher_is_better=True,
    chance="none; a model that always replies in one language has 1 there and 0 elsewhere",
    misleads="It cannot be above what language identification gets right, and long replies fail more often than short "
    "ones, for one line is enough.",
    compute=pass_rate,
    command="behaviour confusion",
)
