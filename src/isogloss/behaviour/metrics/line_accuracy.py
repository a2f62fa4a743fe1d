"""Line accuracy: how much of a reply is in the right language."""

from __future__ import annotations

from typing import Any

import numpy as np

from isogloss.behaviour.metric import BehaviourMetric, Values
from isogloss.behaviour.metrics.lpr import CONFUSION_PAPER


def share_of_lines(right: Any, lines: Any) -> Values:
    """`right / lines`; NaN for a reply without lines."""
    right, lines = np.asarray(right, float), np.asarray(lines, float)
    shape = np.broadcast(right, lines).shape
    return np.asarray(np.divide(right, lines, out=np.full(shape, np.nan), where=lines > 0))


LINE_ACCURACY = BehaviourMetric(
    name="line_accuracy",
    meaning="Share of the lines of a reply in the language expected; the mean over replies is shown.",
    formula="right lines / lines",
    inputs=("right lines", "lines"),
    source=CONFUSION_PAPER,
    lowest=0.0,
    highest=1.0,
    higher_is_better=True,
    chance="none",
    misleads="A reply of one line counts as much as one of fifty.",
    compute=share_of_lines,
    command="behaviour confusion",
)
