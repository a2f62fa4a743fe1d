"""Shapes that a score may follow in an amount: none, a log law, a power law, or two slopes with a knee between.

Which shape holds is not chosen: each is fitted in closed form, and all are averaged by their marginal likelihoods. So a
band beyond the measured amounts is as wide as the shapes differ there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special

from isogloss.forecasting.grid import Array

EXPONENTS = np.geomspace(0.05, 2.0, 20)
KNEES, FEWEST_FOR_A_KNEE = 24, 5
"""Places at which a knee is tried, and different amounts below which there is none."""
COEFFICIENTS = np.array([0.1, 1.0, 10.0, 100.0, 1000.0])
"""Prior variances of coefficients of standardised columns, in units of the noise variance."""
CLUSTERS = np.geomspace(1e-3, 1e3, 13)
"""Variances of what a whole cluster (a model, a mix) shares, in the same units."""
PRIOR_SCORES = 1.0
"""Scores that the prior of the noise variance is worth."""
KEPT = 0.995
"""Weight of the components that are kept, the likeliest first."""
HALVINGS, NO_SPREAD = 25, 1e-12
"""Steps of the bisection for a quantile, and the spread of what is certain."""
LEAST_SLOPES = 1e-4
"""Least variance of slopes between languages, in units of the noise variance."""


class Family(StrEnum):
    """Kinds of shapes; each has the same prior probability."""

    FLAT = "flat"
    LOG = "log law"
    POWER = "power law"
    KNEE = "two slopes"


class Shape(NamedTuple):
    """One shape; its parameter is the exponent of a power law, or the logarithm of the amount at a knee."""

    family: Family
    parameter: float = 0.0

    def columns(self, doses: Array) -> Array:
        """What the shape is a sum of, of shape (doses, 0 to 2)."""
        if self.family is Family.FLAT:
            return np.zeros((len(doses), 0))
        if self.family is Family.POWER:
            return -np.exp(-self.parameter * doses)[:, None]
        rest = np.maximum(doses - self.parameter, 0) if self.family is Family.KNEE else None
        return doses[:, None] if rest is None else np.column_stack([doses, rest])


@dataclass(frozen=True)
class Cells:
    """Scores with the amount that varies, and what else is known of each.

    Attributes
    ----------
    doses : array of shape (cells,)
        Logarithm of the amount.
    scores : array of shape (cells,)
        On a line without ends.
    groups : array of int of shape (cells,)
        What has a level of its own: the language, or the run where the amount belongs to languages.
    clusters : array of int of shape (cells,)
        What carries the amount, and shares what the shape does not tell: the model, the mix, or the language.
    others : array of shape (cells, amounts)
        Logarithms of other amounts.
    own : array of bool of shape (cells,)
        Cells of the language asked about, which may have a slope of its own.
    """

    doses: Array
    scores: Array
    groups: NDArray[np.intp]
    clusters: NDArray[np.intp]
    others: Array
    own: NDArray[np.bool_]


class Component(NamedTuple):
    """One shape with one prior and one variance of clusters, fitted.

    Attributes
    ----------
    weight : float
    shape : Shape
    places : list of int
        Its columns among those of the design.
    cluster : int
        Position in `CLUSTERS`.
    noise : float
        Variance of a score.
    coefficients : array of shape (columns,)
    covariance : array of shape (columns, columns)
        In units of the noise variance.
    """

    weight: float
    shape: Shape
    places: list[int]
    cluster: int
    noise: float
    coefficients: Array
    covariance: Array


class ShapeAverage:
    """Score = level of its group + shape of the amount + other amounts + effect of its cluster + noise.

    Parameters
    ----------
    slopes : float
        Variance between languages of the slope in the logarithm of the amount, in units of the noise variance.
    least : float
        Standard deviation of a score that the prior begins with.

    Attributes
    ----------
    components_ : list of Component
        Largest weight first.
    freedom_ : float
        Degrees of freedom.

    Notes
    -----
    Coefficients b have the prior N(0, g s^2), effects of clusters N(0, r s^2); g and r are averaged over
    `COEFFICIENTS` and `CLUSTERS` as the shapes are, sqrt(r) with a half-Cauchy prior (Gelman 2006). Levels
    have a flat prior and are eliminated; s^2 has an inverse gamma one (O'Hagan and Forster 2004, chapter 11).
    """

    def __init__(self, slopes: float = LEAST_SLOPES, least: float = 0.05):
        self.slopes, self.least = slopes, least

    def fit(self, cells: Cells) -> ShapeAverage:
        """Learn from scores."""
        self.shapes_ = list(_shapes(cells.doses))
        self._middle, self._width = float(cells.doses.mean()), float(cells.doses.std()) or 1.0
        raw = self._raw(cells.doses, cells.others, cells.own)
        self._centre = np.where(self._is_own, 0.0, raw.mean(0))
        spread = raw.std(0)
        self._scale = np.where(self._is_own | (spread < 1e-12), 1.0, spread)
        design = (raw - self._centre) / self._scale
        count = int(cells.groups.max()) + 1
        self.freedom_ = len(design) - count + PRIOR_SCORES
        everything = np.column_stack([np.eye(count)[cells.groups], design, cells.scores])
        sums = np.zeros((int(cells.clusters.max()) + 1, everything.shape[1]))
        np.add.at(sums, cells.clusters, everything)
        sizes = np.bincount(cells.clusters).astype(float)
        products = everything.T @ everything
        self._levels, found = [], []
        for at, ratio in enumerate(CLUSTERS):
            weights = ratio / (1 + sizes * ratio)
            product = products - sums.T @ (weights[:, None] * sums)
            inverse = np.linalg.inv(product[:count, :count])
            across = inverse @ product[:count, count:]
            left = product[count:, count:] - product[count:, :count] @ across
            self._levels.append((inverse, across))
            half_cauchy = np.log(np.sqrt(ratio) / (1 + ratio))  # of the standard deviation, on a grid of logarithms
            begin = half_cauchy - 0.5 * (np.log1p(sizes * ratio).sum() - np.linalg.slogdet(inverse)[1])
            found += list(self._components(left, at, begin))
        best = max(weight for weight, _ in found)
        total = sum(np.exp(weight - best) for weight, _ in found)
        parts = [part._replace(weight=float(np.exp(weight - best) / total)) for weight, part in found]
        parts.sort(key=lambda part: -part.weight)
        sums_of_weights = np.cumsum([part.weight for part in parts])
        last = int(np.searchsorted(sums_of_weights, KEPT))
        self.components_ = [one._replace(weight=one.weight / sums_of_weights[last]) for one in parts[: last + 1]]
        return self

    def _components(self, left: Array, cluster: int, begin: float) -> Iterator[tuple[float, Component]]:
        """Each shape with each prior, after the logarithm of its weight.

        Parameters
        ----------
        left : array of shape (columns + 1, columns + 1)
            Products of the design and the scores, levels eliminated.
        """
        always = np.flatnonzero(self._always).tolist()
        counts = {family: sum(shape.family is family for shape in self.shapes_) for family in Family}
        for shape, columns in zip(self.shapes_, self._columns, strict=True):
            places = [*columns, *always]
            gram, moments = left[np.ix_(places, places)], left[places, -1]
            precisions = np.where(self._is_own[places], 1 / self.slopes, 1 / COEFFICIENTS[:, None])  # (priors, columns)
            covariances = np.linalg.inv(gram + precisions[:, :, None] * np.eye(len(places)))
            coefficients = covariances @ moments
            rests = np.maximum(left[-1, -1] - coefficients @ moments, 0.0) + PRIOR_SCORES * self.least**2
            logarithms = begin - np.log(counts[shape.family]) - 0.5 * self.freedom_ * np.log(rests)
            logarithms += 0.5 * (np.log(precisions).sum(1) + np.linalg.slogdet(covariances)[1])
            for logarithm, rest, mean, covariance in zip(logarithms, rests, coefficients, covariances, strict=True):
                yield float(logarithm), Component(0.0, shape, places, cluster, rest / self.freedom_, mean, covariance)

    def _raw(self, doses: Array, others: Array, own: NDArray[np.bool_]) -> Array:
        """The design before it is standardised: columns of all shapes, other amounts, the slope of the language."""
        parts = [shape.columns(doses) for shape in self.shapes_]
        ends = np.cumsum([0, *(part.shape[1] for part in parts)])
        self._columns = [list(range(*pair)) for pair in pairwise(ends)]
        slope = own * (doses - self._middle) / self._width
        raw = np.column_stack([*parts, others, slope])
        self._always = np.arange(raw.shape[1]) >= ends[-1]
        self._is_own = np.arange(raw.shape[1]) == raw.shape[1] - 1
        return raw

    def predict(
        self, doses: Array, levels: Array | None, others: Array, *, own: bool = False, start: float | None = None,
        cluster: float = 1.0, noise: float = 1.0,
    ) -> AveragedScores:  # fmt: skip
        """Scores at some doses.

        Parameters
        ----------
        doses : array of shape (doses,)
        levels : array of shape (groups,) or None
            Weights of the levels of groups; None leaves all levels out.
        others : array of shape (amounts,)
        own : bool
            Whether the slope is that of the language asked about.
        start : float, optional
            A dose: differences from there are predicted.
        cluster : float
            How many effects of new clusters are added.
        noise : float
            Noise of what is predicted, as a share of that of one score.
        """
        everything = np.append(doses, [] if start is None else start)
        raw = self._raw(everything, np.tile(others, (len(everything), 1)), np.full(len(everything), own))
        design = (raw - self._centre) / self._scale
        if start is not None:
            design = design[:-1] - design[-1]
        means, squares = [], []
        for part in self.components_:
            inverse, across = self._levels[part.cluster]
            rows, mean, square = design[:, part.places], 0.0, noise + cluster * CLUSTERS[part.cluster]
            if levels is not None:
                rows = rows - levels @ across[:, part.places]
                mean, square = float(levels @ across[:, -1]), square + float(levels @ inverse @ levels)
            means.append(mean + rows @ part.coefficients)
            squares.append(part.noise * (square + np.einsum("ij,jk,ik->i", rows, part.covariance, rows)))
        weights = np.array([part.weight for part in self.components_])
        return AveragedScores(weights, np.array(means), np.sqrt(squares), self.freedom_)

    def effects(self) -> AveragedScores:
        """Coefficients of the logarithms of the other amounts."""
        places = np.flatnonzero(self._always & ~self._is_own).tolist()
        means, spreads = [], []
        for part in self.components_:
            at = [part.places.index(place) for place in places]
            means.append(part.coefficients[at] / self._scale[places])
            spreads.append(np.sqrt(part.noise * np.diag(part.covariance)[at]) / self._scale[places])
        weights = np.array([part.weight for part in self.components_])
        return AveragedScores(weights, np.array(means), np.array(spreads), self.freedom_)

    def probability(self, family: Family) -> float:
        """Posterior probability of a family of shapes."""
        return float(sum(part.weight for part in self.components_ if part.shape.family is family))

    def parameter(self, family: Family, level: float) -> tuple[float, float, float]:
        """Median of the exponent or knee and the ends of its interval, where the family holds."""
        values = [shape.parameter for shape in self.shapes_ if shape.family is family]
        weights = dict.fromkeys(values, 0.0)
        for part in self.components_:
            if part.shape.family is family:
                weights[part.shape.parameter] += part.weight
        shares = np.cumsum([0.0, *weights.values()])
        borders = [values[0], *((np.array(values[1:]) + values[:-1]) / 2), values[-1]]
        middle, lower, upper = np.interp(
            np.array([0.5, (1 - level) / 2, (1 + level) / 2]) * shares[-1], shares, borders
        )
        return float(middle), float(lower), float(upper)

    def slows(self) -> float:
        """Probability that growth is slower after the knee than before, where there is one."""
        parts = [part for part in self.components_ if part.shape.family is Family.KNEE]
        weights = np.array([part.weight for part in parts])
        odds = [
            _below(self.freedom_, -part.coefficients[1] / np.sqrt(part.noise * part.covariance[1, 1])) for part in parts
        ]
        return float(weights @ np.array(odds) / weights.sum()) if parts else 0.0


@dataclass(frozen=True)
class AveragedScores:
    """Averages of Student's t distributions with the same weights.

    Attributes
    ----------
    weights : array of shape (components,)
    means, spreads : arrays of shape (components, values)
    freedom : float
        Degrees of freedom.
    """

    weights: Array
    means: Array
    spreads: Array
    freedom: float

    @property
    def mean(self) -> Array:
        """Of shape (values,)."""
        return self.weights @ self.means

    def quantile(self, share: float) -> Array:
        """Quantiles by bisection, of shape (values,)."""
        spreads = np.maximum(self.spreads, NO_SPREAD)
        each = self.means + special.stdtrit(self.freedom, share) * spreads
        low, high = each.min(0), each.max(0)
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            below = self.weights @ _below(self.freedom, (middle - self.means) / spreads) < share
            low, high = np.where(below, middle, low), np.where(below, high, middle)
        return (low + high) / 2

    def shifted(self, by: float, spread: float) -> AveragedScores:
        """Plus an independent value with a mean and a standard deviation."""
        return AveragedScores(self.weights, self.means + by, np.sqrt(self.spreads**2 + spread**2), self.freedom)


def _below(freedom: float, values: Array) -> Array:
    """Student's t distribution function, by the normal one of Wallace's transformation (1959), to three digits."""
    normal = np.sign(values) * np.sqrt(freedom * np.log1p(values**2 / freedom))
    return np.asarray(special.ndtr(normal * (8 * freedom + 1) / (8 * freedom + 3)))


def _shapes(doses: Array) -> Iterator[Shape]:
    """All shapes for these doses."""
    yield Shape(Family.FLAT)
    yield Shape(Family.LOG)
    for exponent in EXPONENTS:
        yield Shape(Family.POWER, float(exponent))
    different = np.unique(doses)
    if len(different) >= FEWEST_FOR_A_KNEE:
        for knee in np.linspace(different[1], different[-2], KNEES):
            yield Shape(Family.KNEE, float(knee))


def slopes_between(cells: Cells, least: float) -> float:
    """Variance between languages of their slopes, in units of the noise variance: by the method of moments.

    Of what the mean shape leaves, each group has a slope; their variance less what the noise alone would give.
    """
    common = ShapeAverage(least=least).fit(cells)
    best = common.components_[0]
    raw = common._raw(cells.doses, cells.others, cells.own)
    fitted = ((raw - common._centre) / common._scale)[:, best.places] @ best.coefficients
    residual = _within(cells.scores - fitted, cells.clusters)
    doses = (cells.doses - common._middle) / common._width
    squares, slopes = [], []
    for group in range(int(cells.groups.max()) + 1):
        rows = cells.groups == group
        apart = doses[rows] - doses[rows].mean()
        if (square := float(apart @ apart)) > 1e-9:
            squares.append(square)
            slopes.append(float(apart @ residual[rows]) / square)
    if len(slopes) < 3:
        return LEAST_SLOPES
    weights = np.array(squares) / sum(squares)
    excess = float(weights @ np.square(slopes)) - best.noise * len(slopes) / sum(squares)
    return max(excess / best.noise, LEAST_SLOPES)


def _within(values: Array, clusters: NDArray[np.intp]) -> Array:
    return values - (np.bincount(clusters, values) / np.bincount(clusters))[clusters]
