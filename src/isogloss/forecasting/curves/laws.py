"""Laws of one language's curve, each fitted to its own scores; the last is AMUE's, with what examples to buy.

AMUE: Ahuja, Dandapat and Choudhury, "On the Economics of Multilingual Few-shot Learning" (NAACL 2022).
"""

from __future__ import annotations

from typing import NamedTuple, Protocol, Self

import numpy as np

from isogloss.errors import BadValue, NotEnoughEvidence
from isogloss.forecasting.grid import Array

FEWEST_SIZES = 4
"""Different sizes below which no law can be told from another."""
STARTS = (1.0, 30.0, 1000.0)
"""Where the search for the power law's n0 begins."""
STEEPEST = 3.0
POINTS = 100.0


class Law(Protocol):
    """A score as a function of the varied and the other kind of the target's examples."""

    def fit(self, sizes: Array, others: Array, scores: Array) -> Self:
        """Learn from scores with these many examples of the varied kind, and of the other."""

    def predict(self, sizes: Array, others: Array) -> Array:
        """Scores with these many examples."""


class LogLaw:
    """y = a + b log(1 + n): every doubling brings the same."""

    def fit(self, sizes: Array, others: Array, scores: Array) -> Self:
        doses = np.log1p(sizes)
        spread = doses.var()
        self.slope_ = float(((doses - doses.mean()) * (scores - scores.mean())).mean() / spread) if spread else 0.0
        self.start_ = float(scores.mean() - self.slope_ * doses.mean())
        return self

    def predict(self, sizes: Array, others: Array) -> Array:
        return self.start_ + self.slope_ * np.log1p(sizes)


class PowerLaw:
    """y = c - a (n + n0)^-b: gains shrink towards a ceiling c."""

    def fit(self, sizes: Array, others: Array, scores: Array) -> Self:
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
    """AMUE's performance function, see `isogloss.forecasting.curves.laws`.

    Parameters
    ----------
    labelled : bool
        Whether the varied examples are the labelled ones.
    """

    def __init__(self, labelled: bool = True):
        self.labelled = labelled

    def fit(self, sizes: Array, others: Array, scores: Array) -> Self:
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


START = (20.0, 1.0, 1.0, 1.0, 1.0)
BOUNDS = ([0.0] * 5, [np.inf, np.inf, 1.0, np.inf, 1.0])
ROUNDS, TOLERANCE = 1000, 1e-3
STEPS = 10_000


class Bought(NamedTuple):
    """Numbers of translated and of labelled examples, and their price."""

    translated: float
    labelled: float
    cost: float


class PerformanceFunction(NamedTuple):
    """Score = a_zs + a_t T^alpha_t + a_m M^alpha_m, of T translated and M labelled examples of one language.

    It holds for one language and one number of pivot (English) examples, of which at most that number
    can be translated. Scores are in points, as published.

    Attributes
    ----------
    a_zs : float
        Zero-shot score.
    a_t, alpha_t : float
        Worth and exponent of translated examples; 0 <= alpha_t <= 1.
    a_m, alpha_m : float
        The same of labelled ones.
    """

    a_zs: float
    a_t: float
    alpha_t: float
    a_m: float
    alpha_m: float

    @classmethod
    def fit(cls, translated: Array, labelled: Array, points: Array) -> Self:
        """Least squares with all five parameters at least 0 and the exponents at most 1.

        Parameters
        ----------
        translated, labelled : arrays of shape (runs,)
        points : array of shape (runs,)
            Scores in points (0 to 100 for a percentage).

        Raises
        ------
        NotEnoughEvidence
            If there is no run.
        """
        from scipy.optimize import least_squares

        if len(points) == 0:
            raise NotEnoughEvidence("no score to fit the performance function to")
        result = least_squares(lambda values: cls(*values).score(translated, labelled) - points, START, bounds=BOUNDS)
        return cls(*map(float, result.x))

    def score(self, translated: Array, labelled: Array) -> Array:
        """Points with these many examples."""
        return self.a_zs + self.a_t * translated**self.alpha_t + self.a_m * labelled**self.alpha_m

    def isoperf(self, translated: Array, points: float) -> Array:
        """Labelled examples that reach `points` beside these many translated ones.

        Returns
        -------
        array
            0 where the translated ones alone do, infinite where labelled ones are worth nothing.
        """
        missing = points - self.a_zs - self.a_t * np.asarray(translated, dtype=float) ** self.alpha_t
        with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
            needed = (np.maximum(missing, 0) / self.a_m) ** (1 / self.alpha_m)
        return np.where(missing <= 0, 0.0, np.where(np.isnan(needed), np.inf, needed))

    def expansion_path(self, translated: Array, cost_ratio: float) -> Array:
        """Labelled examples to buy beside these many translated ones, whatever the budget.

        M = (r a_m alpha_m / (a_t alpha_t))^(1 / (1 - alpha_m)) T^((1 - alpha_t) / (1 - alpha_m)), with r
        the price of a translated example over that of a labelled one. Infinite where translated
        examples are worth nothing.
        """
        with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
            factor = np.float64(cost_ratio * self.a_m * self.alpha_m) / (self.a_t * self.alpha_t)
            power = np.float64(1.0) / (1 - self.alpha_m)
            return factor**power * np.asarray(translated, dtype=float) ** ((1 - self.alpha_t) * power)

    def expansion_slope(self, cost_ratio: float) -> float:
        """Labelled examples to buy for each translated one, where both exponents are about alike.

        M / T = (r a_m / a_t)^(1 / (1 - alpha_m)): above 1, labelled examples are the better buy.
        """
        with np.errstate(divide="ignore", over="ignore"):
            return float((np.float64(cost_ratio * self.a_m) / self.a_t) ** (np.float64(1.0) / (1 - self.alpha_m)))

    def cheapest(self, points: float, *, price_translated: float, price_labelled: float, pivot: float) -> Bought | None:
        """The least that reaching `points` costs.

        Parameters
        ----------
        points : float
        price_translated, price_labelled : float
            Of one example, in any currency.
        pivot : float
            Examples there are to translate.

        Returns
        -------
        Bought or None
            None where no number of examples reaches it.

        Raises
        ------
        BadValue
            If a price is negative, or that of a labelled example is zero.

        Notes
        -----
        Where the expansion path meets the isoperf line is found by fixed-point iteration on T. The line is
        searched from 0 to `pivot` as well, for where the iteration fails, and where the path meets it
        beyond what there is to translate.
        """
        _check_prices(price_translated, price_labelled)
        line = np.linspace(0.0, max(pivot, 0.0), STEPS + 1)
        met = self._on_path(points, price_translated / price_labelled)
        if met is not None and 0 <= met <= pivot:
            line = np.append(line, met)
        labelled = self.isoperf(line, points)
        cost = price_translated * line + price_labelled * labelled
        best = int(np.argmin(cost))
        if not np.isfinite(cost[best]):
            return None
        return Bought(float(line[best]), float(labelled[best]), float(cost[best]))

    def best(self, budget: float, *, price_translated: float, price_labelled: float, pivot: float) -> Bought:
        """The highest point of the isocost line: the examples of a budget that score most.

        Raises
        ------
        BadValue
            As `cheapest`.
        """
        most = float(pivot) if price_translated == 0 else min(float(pivot), budget / price_translated)
        translated = np.linspace(0.0, most, STEPS + 1)
        prices = {"price_translated": price_translated, "price_labelled": price_labelled}
        labelled = np.maximum(isocost(translated, budget=budget, **prices), 0.0)
        at = int(self.score(translated, labelled).argmax())
        cost = price_translated * translated[at] + price_labelled * labelled[at]
        return Bought(float(translated[at]), float(labelled[at]), float(cost))

    def _on_path(self, points: float, cost_ratio: float) -> float | None:
        """Translated examples where the expansion path reaches `points`; None where it is not found."""
        if self.a_t == 0 or self.alpha_t == 0:
            return 0.0
        translated = 1.0
        with np.errstate(all="ignore"):
            for _ in range(ROUNDS):
                before = translated
                labelled = float(self.expansion_path(np.array(translated), cost_ratio))
                missing = np.float64(points - self.a_zs - self.a_m * labelled**self.alpha_m)
                translated = float((missing / self.a_t) ** (1 / self.alpha_t))
                if not np.isfinite(translated):
                    return None
                if abs(translated - before) < TOLERANCE:
                    return translated
        return None


def isocost(translated: Array, *, budget: float, price_translated: float, price_labelled: float) -> Array:
    """Labelled examples that a budget buys beside these many translated ones: C / c_m - r T; negative beyond it.

    Raises
    ------
    BadValue
        If a price is negative, or that of a labelled example is zero.
    """
    _check_prices(price_translated, price_labelled)
    return (budget - price_translated * np.asarray(translated, dtype=float)) / price_labelled


def _check_prices(translated: float, labelled: float) -> None:
    if translated < 0 or labelled <= 0:
        raise BadValue(
            f"prices of {translated:g} for a translated and {labelled:g} for a labelled example",
            hint="a price is not negative, and labelling is not free",
        )
