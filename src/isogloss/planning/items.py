"""What test items buy: how far a forecast's interval narrows when so many items are tested."""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist


def interval_after_items(lower: float, upper: float, mean: float, items: int, level: float = 0.9) -> float:
    """Width of the interval of a score when a forecast is combined with a test on some items.

    Parameters
    ----------
    lower, upper : float
        Ends of the forecast's interval; scores are fractions.
    mean : float
        The forecast.
    items : int
        Test items, more than 0.
    level : float, default 0.9
        Probability that the interval holds.

    Returns
    -------
    float
        Not more than the forecast's own width.

    Notes
    -----
    Two normal measurements are weighed by their precisions (Gelman et al., Bayesian Data Analysis, section 2.5):
    with s the forecast's standard deviation, read off its width, and t^2 = p (1 - p) / n the variance of the mean of n
    items, the standard deviation is (1 / s^2 + 1 / t^2)^(-1/2). Scores between 0 and 1 with mean p have at most the
    variance p (1 - p), so that a score that is not 0 or 1 for every item narrows it further.
    """
    normal = NormalDist().inv_cdf((1 + level) / 2)
    before = (upper - lower) / (2 * normal)
    share = min(max(mean, 0.01), 0.99)
    test = sqrt(share * (1 - share) / items)
    if before <= 0:
        return 0.0
    return 2 * normal / sqrt(1 / before**2 + 1 / test**2)
