"""Trust in one word: how far to believe a forecast, from the width of its interval and its flags."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum

from isogloss.forecasting.flags import Flag

TRUST_LEVEL = 0.9
"""Level of the interval whose width counts, whatever level was asked for."""


class Trust(StrEnum):
    """How far to believe a forecast, the best first."""

    SOLID = "solid"
    FAIR = "fair"
    SHAKY = "shaky"
    GUESS = "guess"


WIDEST = {Trust.SOLID: 16.0, Trust.FAIR: 30.0, Trust.SHAKY: 50.0}
"""Points of the 90 % interval up to which a forecast may have each word; beyond, it is a guess."""

AT_BEST = {
    Flag.LEVEL_UNSUPPORTED: Trust.GUESS,
    Flag.POORER_THAN_MEASURED: Trust.SHAKY,
    Flag.MIX_UNMEASURED: Trust.SHAKY,
    Flag.MODEL_UNMEASURED: Trust.FAIR,
    Flag.FAR: Trust.FAIR,
    Flag.TRAINING_LANGUAGE_UNMEASURED: Trust.FAIR,
    Flag.SIZE_OUTSIDE_MEASURED: Trust.FAIR,
}
"""The best word that a forecast with a flag may have: intervals are sized on languages and mixes without it."""


def trust_word(width: float, flags: Collection[str]) -> Trust:
    """How far to believe a forecast.

    Parameters
    ----------
    width : float
        Of the 90 % interval, in points: hundredths of the metric's range, or, for a metric without one, of the span
        from the lowest to the highest measured score.
    flags : collection of str
        Values of `Flag`.
    """
    by_width = next((word for word, widest in WIDEST.items() if width <= widest), Trust.GUESS)
    words = list(Trust)
    return max([by_width, *(AT_BEST.get(Flag(flag), Trust.SOLID) for flag in flags)], key=words.index)
