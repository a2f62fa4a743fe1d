"""Laws of one language's curve: few parameters, each fitted to that language's own scores."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np

from isogloss.forecasting.curves.amue import PerformanceFunction
from isogloss.forecasting.grid import Array

FEWEST_SIZES = 4
"""Different sizes below which no law can be told from another."""
STARTS = (1.0, 30.0, 1000.0)
"""Where the search for the power law's n0 begins."""
STEEPEST = 3.0
POINTS = 100.0


class Law(Protocol):
    """A score as a function of the varied and the other kind of the target's examples."""

    def fit(self, sizes: Array, others: Array, scores: Array) -> Law:
        """Learn from scores with these many examples of the varied kind, and of the other."""

    def predict(self, sizes: Array, others: Array) -> Array:
        """Scores with these many examples."""


class LogLaw:
    """y = a + b log(1 + n): every doubling brings the same."""

    def fit(self, sizes: Array, others: Array, scores: Array) -> LogLaw:
        doses = np.log1p(sizes)
        spread = doses.var()
        self.slope_ = float(((doses - doses.mean()) * (scores - scores.mean())).mean() / spread) if spread else 0.0
        self.start_ = float(scores.mean() - self.slope_ * doses.mean())
        return self

    def predict(self, sizes: Array, others: Array) -> Array:
        return self.start_ + self.slope_ * np.log1p(sizes)


class PowerLaw:
    """y = c - a (n + n0)^-b: gains shrink towards a ceiling c."""

    def fit(self, sizes: Array, others: Array, scores: Array) -> PowerLaw:
        from scipy.optimize import least_squares

        scale = float(np.ptp(scores)) or 1.0
        low = float(scores.min())
        target = (scores - low) / scale
        bounds = ([-1.0, 0.0, 0.01, 0.0], [3.0, np.inf, STEEPEST, 13.0])

        def residual(values: Array) -> Array:
            return _power(values, sizes) - target

        tries = []
        for start in STARTS:
            beginning = (1.2, start**0.5, 0.5, np.log(start))
            tries.append(least_squares(residual, beginning, bounds=bounds))
        best = min(tries, key=lambda one: one.cost)
        self.parameters_ = np.asarray(best.x)
        self._scale, self._low = scale, low
        return self

    def predict(self, sizes: Array, others: Array) -> Array:
        return self._low + self._scale * _power(self.parameters_, sizes)


class AmueLaw:
    """AMUE's performance function, see `isogloss.forecasting.curves.amue`.

    Parameters
    ----------
    labelled : bool
        Whether the varied examples are the labelled ones.
    """

    def __init__(self, labelled: bool = True):
        self.labelled = labelled

    def fit(self, sizes: Array, others: Array, scores: Array) -> AmueLaw:
        self.function_ = PerformanceFunction.fit(*self._ordered(sizes, others), POINTS * scores)
        return self

    def predict(self, sizes: Array, others: Array) -> Array:
        return self.function_.score(*self._ordered(sizes, others)) / POINTS

    def _ordered(self, sizes: Array, others: Array) -> tuple[Array, Array]:
        return (others, sizes) if self.labelled else (sizes, others)


class Trial(NamedTuple):
    """How far off a law was for sizes it had not seen, and the law fitted to all.

    Attributes
    ----------
    name : str
    error : float
        Mean absolute error over held-out sizes.
    law : Law or None
        None for what is not a law.
    """

    name: str
    error: float
    law: Law | None


def try_laws(sizes: Array, others: Array, scores: Array, other: float, *, labelled: bool) -> list[Trial]:
    """Fit each law with every size held out in turn.

    Parameters
    ----------
    sizes, others, scores : arrays of shape (points,)
        Of one target with the same rest of the mix.
    other : float
        Examples of the other kind beside which the curve is drawn: errors count there.
    labelled : bool
        Whether `sizes` count labelled examples.

    Returns
    -------
    list of Trial
        Empty where fewer than `FEWEST_SIZES` sizes were measured.
    """
    alike = others == other
    if len(np.unique(sizes[alike])) < FEWEST_SIZES:
        return []
    laws: dict[str, tuple[Law, np.ndarray]] = {
        "log law": (LogLaw(), alike),
        "power law": (PowerLaw(), alike),
        "AMUE": (AmueLaw(labelled), np.ones(len(sizes), dtype=bool)),
    }
    trials = []
    for name, (law, rows) in laws.items():
        errors = []
        for size in np.unique(sizes[alike]):
            kept, test = rows & (sizes != size), alike & (sizes == size)
            fitted = law.fit(sizes[kept], others[kept], scores[kept])
            errors.append(np.abs(fitted.predict(sizes[test], others[test]) - scores[test]))
        law = law.fit(sizes[rows], others[rows], scores[rows])
        trials.append(Trial(name, float(np.concatenate(errors).mean()), law))
    return trials


def _power(values: Array, sizes: Array) -> Array:
    ceiling, drop, exponent, start = values
    return ceiling - drop * (sizes + np.exp(start)) ** -exponent
