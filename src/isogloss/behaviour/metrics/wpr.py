"""Word-level pass rate: replies in the right language without words of English among them."""

from __future__ import annotations

from isogloss.behaviour.metric import BehaviourMetric
from isogloss.behaviour.metrics.lpr import CONFUSION_PAPER, pass_rate

WPR = BehaviourMetric(
    name="wpr",
    meaning="Word-level pass rate: of the replies whose lines pass, the share without a word of English in them.",
    formula="1 - W / (n - E)",
    inputs=("replies that pass by line and hold an English word W", "replies that pass by line n - E"),
    source=CONFUSION_PAPER,
    lowest=0.0,
    highest=1.0,
    higher_is_better=True,
    chance="none",
    misleads="It exists for languages in other scripts than Latin only. Code and web addresses count as words.",
    compute=pass_rate,
    command="behaviour confusion",
)
