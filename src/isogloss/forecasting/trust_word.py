"""Trust in one word: how far to believe a forecast, from the width of its interval, its flags and held-out errors.

The thresholds are those at which forecasts of held-out languages had the errors of `USUAL_ERROR`; see
benchmarks/trust_words.py.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import NamedTuple

from isogloss.forecasting.flags import Flag

TRUST_LEVEL = 0.9
"""Level of the interval whose width counts, whatever level was asked for."""


class Trust(StrEnum):
    """How far to believe a forecast, the best first."""

    SOLID = "solid"
    FAIR = "fair"
    SHAKY = "shaky"
    GUESS = "guess"


WORDS = tuple(Trust)

WIDEST: Mapping[Trust, float] = {Trust.SOLID: 15.0, Trust.FAIR: 30.0, Trust.SHAKY: 50.0}
"""Points of the 90 % interval up to which a forecast may have each word; beyond, it is a guess."""

USUAL_ERROR: Mapping[Trust, float] = {Trust.SOLID: 3.0, Trust.FAIR: 6.0, Trust.SHAKY: 12.0}
"""Mean absolute error in points that each word stands for."""

FEWEST_HELD = 0.8
"""Share of held-out 90 % intervals below which they are too narrow to be taken at their word."""

AT_BEST: Mapping[Flag, tuple[Trust, str]] = {
    Flag.LEVEL_UNSUPPORTED: (Trust.GUESS, "the interval is the whole range"),
    Flag.POORER_THAN_MEASURED: (
        Trust.SHAKY,
        "mean error of 9 points even where the interval is narrow, which held four times in five",
    ),
    Flag.MIX_UNMEASURED: (Trust.SHAKY, "no interval was sized on such a mix"),
    Flag.TRAINING_LANGUAGE_UNMEASURED: (Trust.SHAKY, "intervals held three times in four"),
    Flag.SIZE_OUTSIDE_MEASURED: (Trust.SHAKY, "no interval was sized on so many or so few examples"),
    Flag.MODEL_UNMEASURED: (Trust.FAIR, "intervals are sized on models that were measured"),
    Flag.SHOTS_UNMEASURED: (Trust.SHAKY, "no interval was sized on another number of shots"),
    Flag.ADAPTATION_UNMEASURED: (Trust.SHAKY, "no interval was sized on another strength of an adaptation"),
    Flag.FEW_LANGUAGES: (Trust.SHAKY, "mean error of 7 points also where the interval is narrow"),
    Flag.FAR: (Trust.FAIR, "intervals held, but kin that would correct the level is missing"),
}
"""The best word that a forecast with a flag may have, and why."""


class HeldOut(NamedTuple):
    """Errors of forecasts of one kind where the truth was held out.

    Attributes
    ----------
    error : float
        Mean absolute error in points.
    coverage : float
        Share of 90 % intervals that held the truth.
    """

    error: float
    coverage: float


def trust_word(width: float, flags: Collection[str] = (), held_out: HeldOut | None = None) -> Trust:
    """How far to believe a forecast: the worst of the words for its width, its flags and its held-out errors.

    A score that was measured is solid.

    Parameters
    ----------
    width : float
        Of the 90 % interval, in points: hundredths of the metric's range or, for a metric without one, of the span
        from the lowest to the highest measured score.
    flags : collection of str
        Values of `Flag`.
    held_out : HeldOut, optional
        Of forecasts of that kind, where somebody has measured them.
    """
    if Flag.MEASURED in flags:
        return Trust.SOLID
    words = [_word(width, WIDEST), *(AT_BEST[Flag(flag)][0] for flag in flags if flag in AT_BEST)]
    if held_out is not None:
        words.append(_word(held_out.error, USUAL_ERROR))
        if held_out.coverage < FEWEST_HELD:
            words.append(_worse(words[0]))
    return max(words, key=WORDS.index)


def _word(value: float, limits: Mapping[Trust, float]) -> Trust:
    return next((word for word, limit in limits.items() if value <= limit), Trust.GUESS)


def _worse(word: Trust) -> Trust:
    return WORDS[min(WORDS.index(word) + 1, len(WORDS) - 1)]
