"""Language confusion entropy: how surprised a reader of one language is by the languages of a reply."""

from __future__ import annotations

from typing import Any

import numpy as np

from isogloss.behaviour.metric import BehaviourMetric, Values

FLOOR = 1e-3
"""Least share of the language expected, so that a reply wholly in another language is not scored as perfect."""


def confusion_entropy(target: Any, others: Any) -> Values:
    """Confusion entropy in nats.

    Parameters
    ----------
    target : array-like of shape (...)
        Share of the lines of a reply in the language expected.
    others : array-like of shape (..., languages)
        Shares of all other languages, and of lines whose language is unknown.
    """
    target, others = np.asarray(target, float), np.asarray(others, float)
    logs = np.log(np.where(others > 0, others, 1.0))
    return np.asarray(-(1 - target) * np.log(np.maximum(target, FLOOR)) - (others * logs).sum(-1))


CONFUSION_ENTROPY = BehaviourMetric(
    name="confusion_entropy",
    meaning="Language confusion entropy of the lines of a reply, in nats; the mean over replies is shown.",
    formula="-(1 - p_t) ln max(p_t, .001) - sum over other languages of p ln p",
    inputs=("share p_t of lines in the language expected", "shares p of other languages, in the last dimension"),
    source="Chen et al. 2024, arXiv 2410.13237, with a floor for p_t",
    lowest=0.0,
    highest=float("inf"),
    higher_is_better=False,
    chance="0 for a reply in the language expected, 6.9 for one wholly in another",
    misleads="Read it beside LPR: a reply in two wrong languages has more entropy than one in a single wrong language.",
    compute=confusion_entropy,
    command="behaviour confusion",
)
