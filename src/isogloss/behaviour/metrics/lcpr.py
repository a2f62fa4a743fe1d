"""Language confusion pass rate: lines and words in one number."""

from __future__ import annotations

from typing import Any

import numpy as np

from isogloss.behaviour.metric import BehaviourMetric, Values
from isogloss.behaviour.metrics.lpr import CONFUSION_PAPER


def harmonic_mean(line: Any, word: Any) -> Values:
    """The harmonic mean of two rates; 0 where both are 0, NaN where one does not exist."""
    line, word = np.asarray(line, float), np.asarray(word, float)
    both = line + word
    neither = np.where(np.isnan(both), np.nan, 0.0)
    return np.asarray(np.divide(2 * line * word, both, out=neither, where=both > 0))


LCPR = BehaviourMetric(
    name="lcpr",
    meaning="Language confusion pass rate: the harmonic mean of LPR and WPR.",
    formula="2 * LPR * WPR / (LPR + WPR)",
    inputs=("LPR", "WPR"),
    source=CONFUSION_PAPER,
    lowest=0.0,
    highest=1.0,
    higher_is_better=True,
    chance="none",
    misleads="It exists where WPR does, so means over languages are over other languages than those of LPR.",
    compute=harmonic_mean,
    command="behaviour confusion",
)
