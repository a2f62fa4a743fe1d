"""How the score of a known language moves with the training mix: a Gaussian process per language.

All languages share the kernel's parameters; each has its own level, scale and noise.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Self
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from isogloss.forecasting.features import (
    Space,
    dose,
    dose_shares,
    energy_distance,
    own_dose,
    pair_features,
    space,
    total_dose,
)
from isogloss.forecasting.gaussian_process import (
    Prior,
    SourceFeatures,
    StudentProcess,
    likely_noise,
    log_likelihood_slope,
    maximise,
    squared_distances,
)
from isogloss.forecasting.grid import Array, Grid, TrainingMixes, even_sample, fill

MEMBERS = ("level", "shape", "kernel")

PRIOR = Prior(
    width=1.5,
    weights={
        "own": 0.15, "total": 0.15, "mix": 0.15, "own*mix": 0.15, "own*total": 0.15, "own*relevant": 0.15,
        "relevant": 0.15, "kinship": 0.15, "sources": 0.05, "own*sources": 0.05,
    },
    lengths={"own": 2.0, "total": 1.0, "mix": 6.0, "relevant": 2.0, "kinship": 0.3},
    noise=0.15,
)  # fmt: skip
"""Parameters of the covariance: a weight for each kernel and each product of two, a length for each kernel with one."""
STEPS = 20

ROWS_FOR_PARAMETERS, LANGUAGES_FOR_PARAMETERS = 150, 25
"""Kernel parameters are learnt on this much: more changes them little and costs much."""
LARGEST = 1200
"""Rows of one language that the kernel takes in; of more, an even sample."""
MOST_KEPT = 2**29
"""Bytes of fitted processes that are kept from one question to the next."""
RELEVANCE_PRIOR = 30.0
"""Rows at which the learnt relevance of other languages' examples weighs as much as none."""
SHAPE_PENALTY = 30.0


@dataclass(frozen=True)
class _View:
    """Mixes as one language's kernel sees them."""

    total: Array  # (rows, 1)
    doses: Array  # (rows, sources)
    own: Array  # (rows, targets)
    shares: Array  # (rows, sources)
    by_source: Array  # (rows, features): functions of single doses, see `SourceFeatures`


class TrainingMixGP:
    """Scores of known languages under any mix.

    Parameters
    ----------
    like : TrainingMixGP, optional
        One fitted to more of the same grid, to take the kernel's parameters and the noises from.

    Attributes
    ----------
    levels_, scales_ : arrays of shape (targets,)
        Mean score of each language and how much mixes move it.
    parameters_ : array
    """

    def __init__(self, like: TrainingMixGP | None = None):
        self._like = like

    def fit(self, grid: Grid) -> Self:
        """Learn from a grid; gaps are filled by its two-way fit first."""
        _KEPT.pop(self, None)
        self.grid_ = grid
        filled = fill(grid.scores)
        self.levels_ = filled.mean(0)
        deviations = filled - self.levels_
        self.scales_ = _shrunk_scales(deviations)
        self._standardised = deviations / self.scales_
        self._space = space(grid.mixes.sources, grid.targets)
        self._kinship = self._space.between("combined", grid.mixes.sources, grid.mixes.sources)
        self._features = SourceFeatures(dose(grid.mixes.sizes))
        self._view = self._see(grid.mixes.sizes)
        self._relevance = self._learn_relevance()
        self.parameters_: Array = self._learn_parameters() if self._like is None else self._like.parameters_
        self._noises: dict[str, float] = {}
        self._learn_shape(deviations)
        return self

    def predict(self, mixes: TrainingMixes) -> tuple[Array, Array]:
        """Scores of every member for every target.

        Returns
        -------
        scores : array of shape (members, rows, targets)
        spread : array of shape (rows, targets)
            Standard deviation of a new score, larger the further a mix is from the measured ones.
        """
        rows, width = len(mixes.texts), len(self.levels_)
        level = np.broadcast_to(self.levels_, (rows, width))
        if len(self._standardised) < 2:
            return np.stack([level, level, level]), np.ones((rows, width))
        shape = self.levels_ + self._shape(mixes.over(self.grid_.mixes.sources))
        deviations, spread = self._kernel(mixes)
        return np.stack([level, shape, self.levels_ + self.scales_ * deviations]), self.scales_ * spread

    def _see(self, sizes: Array) -> _View:
        own = own_dose(sizes, self.grid_.mixes.sources, self.grid_.targets)
        doses = dose(sizes)
        return _View(total_dose(sizes)[:, None], doses, own, dose_shares(sizes), self._features.of(doses))

    def _learn_relevance(self) -> Array:
        """How much the examples of each source matter to each target, rows summing to one."""
        sources, targets = self.grid_.mixes.sources, self.grid_.targets
        rows, width = len(self._standardised), len(sources)
        if width == 0:
            return np.ones((len(targets), 0))
        doses = (self._view.doses - self._view.doses.mean(0)) / (self._view.doses.std(0) + 1e-9)
        relevance = np.full((len(targets), width), 1.0 / width)
        trust = rows / (rows + RELEVANCE_PRIOR)
        for column, target in enumerate(targets):
            own = sources.index(target) if target in sources else None
            learnt = _relevance(self._standardised[:, column], doses, self._view.own[:, column], own)
            relevance[column] = trust * learnt + (1 - trust) / width
        return relevance

    def _learn_parameters(self) -> Array:
        rows, width = self._standardised.shape
        if rows < 8:
            return PRIOR.centre
        chance = np.random.default_rng(0)
        some = np.sort(chance.permutation(rows)[:ROWS_FOR_PARAMETERS])
        view = _take(self._view, some)
        cases = []
        for column in np.sort(chance.permutation(width)[:LANGUAGES_FOR_PARAMETERS]):
            cases.append((self._squares_of(view, view, column), self._standardised[some, column]))
        shared = _squares(view, view, self._kinship)
        return maximise(lambda parameters: log_likelihoods(parameters, shared, cases), PRIOR, steps=STEPS)

    def _squares_of(self, rows: _View, columns: _View, target: int) -> dict[str, Array]:
        """Squared distances between mixes as one target sees them, and the kernel over its sources."""
        relevance = self._relevance[target]
        root = np.sqrt(relevance)
        return {
            "own": (rows.own[:, target, None] - columns.own[:, target]) ** 2,
            "relevant": squared_distances(rows.doses * root, columns.doses * root),
            "sources": (rows.by_source * relevance[self._features.sources]) @ columns.by_source.T,
        }

    def _kernel(self, mixes: TrainingMixes) -> tuple[Array, Array]:
        """Deviations of every target and their spread, standardised, by its Gaussian process."""
        some = self._some()
        view = _take(self._view, some)
        # A source that was never trained on is unknown to the doses, but its kin are not.
        view_of_mixes = self._see(mixes.over(self.grid_.mixes.sources))
        squares = _squares(view_of_mixes, view, self._kinship)
        squares["kinship"] = self._kinship_across(mixes, some)
        across = _kernels(self.parameters_, squares)
        answers, spread = np.zeros((2, len(mixes.texts), len(self.levels_)))
        for column, process in enumerate(self._processes(view)):
            own = _kernels(self.parameters_, self._squares_of(view_of_mixes, view, column))
            answers[:, column], spread[:, column] = process.predict(
                _covariance(self.parameters_, across | own), self._prior()
            )
        return answers, spread

    def _processes(self, view: _View) -> Iterable[StudentProcess]:
        """The process of every target; those of the model asked last are kept, for a plan asks again and again."""
        if (kept := _KEPT.get(self)) is not None:
            return kept
        processes = self._fit_processes(view)
        rows, width = len(view.total), len(self.levels_)
        if self._like is not None or rows**2 * width * np.dtype(float).itemsize > MOST_KEPT:
            return processes  # a fold is asked once
        _KEPT.clear()
        return _KEPT.setdefault(self, list(processes))

    def _fit_processes(self, view: _View) -> Iterator[StudentProcess]:
        some = self._some()
        measured = _kernels(self.parameters_, _squares(view, view, self._kinship))
        for column in range(len(self.levels_)):
            own = _kernels(self.parameters_, self._squares_of(view, view, column))
            covariance, response = _covariance(self.parameters_, measured | own), self._standardised[some, column]
            yield StudentProcess(covariance, response, self._noise(column, covariance, response))

    def _noise(self, column: int, covariance: Array, response: Array) -> float:
        """Noise of one language: as in the whole grid, where this is a part of one."""
        target = self.grid_.targets[column]
        if self._like is not None:
            return self._like.noise_of(target)
        if target not in self._noises:
            self._noises[target] = likely_noise(covariance, response, PRIOR.read(self.parameters_).noise)
        return self._noises[target]

    def noise_of(self, target: str) -> float:
        """Noise of one language against what mixes move it by."""
        if target not in self._noises:
            column = self.grid_.targets.index(target)
            some = self._some()
            view = _take(self._view, some)
            squares = _squares(view, view, self._kinship) | self._squares_of(view, view, column)
            covariance = _covariance(self.parameters_, _kernels(self.parameters_, squares))
            self._noise(column, covariance, self._standardised[some, column])
        return self._noises[target]

    def _some(self) -> NDArray[np.intp]:
        """The rows that the kernel takes in."""
        return even_sample(len(self._standardised), LARGEST)

    def _prior(self) -> float:
        """Variance of a deviation where nothing is known."""
        return float(np.array(list(PRIOR.read(self.parameters_).weights.values())).sum())

    def _kinship_across(self, mixes: TrainingMixes, some: NDArray[np.intp]) -> Array:
        every = sorted({*mixes.sources, *self.grid_.mixes.sources})
        known = space(every)
        distance = known.between("combined", every, every)
        return energy_distance(
            dose_shares(mixes.over(every)), dose_shares(self.grid_.mixes.over(every))[some], distance
        )

    def _learn_shape(self, deviations: Array) -> None:
        """A ridge regression of deviations on what each mix offers each target, shared by all targets."""
        features = self._shape_features(self._space, self.grid_.mixes.sizes)
        self._shape_means = features.mean(0, keepdims=True)
        centred = (features - self._shape_means).reshape(-1, features.shape[2])
        self._shape_spread = centred.std(0) + 1e-6
        design = centred / self._shape_spread
        limit = 4 * np.median(np.abs(deviations)) + 1e-9
        response = np.clip(deviations, -limit, limit).ravel()
        penalty = SHAPE_PENALTY * deviations.shape[1]
        self._shape_slopes = np.linalg.solve(design.T @ design + penalty * np.eye(design.shape[1]), design.T @ response)

    def _shape(self, sizes: Array) -> Array:
        centred = (self._shape_features(self._space, sizes) - self._shape_means) / self._shape_spread
        return centred @ self._shape_slopes

    def _shape_features(self, known: Space, sizes: Array) -> Array:
        features = pair_features(known, sizes, self.grid_.mixes.sources, self.grid_.targets)
        return np.concatenate([features, (features[:, :, 2:3] > 0).astype(float)], axis=2)


_KEPT: WeakKeyDictionary[TrainingMixGP, list[StudentProcess]] = WeakKeyDictionary()
"""Not on the model, which would be saved with them."""


def _shrunk_scales(deviations: Array) -> Array:
    """Standard deviation of each column, drawn a little to that of all."""
    rows = len(deviations)
    squares = (deviations**2).mean(0)
    return np.sqrt((squares * rows + squares.mean() * 5) / (rows + 5)) + 1e-9


def _relevance(response: Array, doses: Array, own: Array, itself: int | None) -> Array:
    """Share of each source in a ridge regression, with and without own examples told apart.

    What the target's own examples explain is taken out first.
    """
    rest = response.copy()
    for level in np.unique(own):
        rest[own == level] -= rest[own == level].mean()
    without = (own == own.min())[:, None].astype(float)
    design = np.hstack([doses * without, doses * (1 - without)])
    width = doses.shape[1]
    if itself is not None:
        design[:, [itself, width + itself]] = 0
    slopes = np.linalg.solve(design.T @ design + 0.1 * len(rest) * np.eye(2 * width), design.T @ rest)
    importance = slopes[:width] ** 2 + slopes[width:] ** 2
    return importance / max(importance.sum(), 1e-12)


def _take(view: _View, rows: NDArray[np.intp]) -> _View:
    return _View(view.total[rows], view.doses[rows], view.own[rows], view.shares[rows], view.by_source[rows])


def _squares(rows: _View, columns: _View, kinship: Array) -> dict[str, Array]:
    """Squared distances between mixes that are the same for every target."""
    return {
        "total": squared_distances(rows.total, columns.total),
        "mix": squared_distances(rows.doses, columns.doses),
        "kinship": energy_distance(rows.shares, columns.shares, kinship),
    }


def _kernels(parameters: Array, squares: dict[str, Array]) -> dict[str, Array]:
    """Squared-exponential kernels, each with its own length; what has none is a kernel already."""
    lengths = PRIOR.read(parameters).lengths
    return {
        name: np.exp(square * (-0.5 / lengths[name] ** 2)) if name in lengths else square
        for name, square in squares.items()
    }


def _covariance(parameters: Array, kernels: dict[str, Array]) -> Array:
    """Weighted sum of the kernels, and of their products: the sum of `_terms`."""
    sums: dict[str, Array] = {}  # by what they are multiplied with
    for name, weight in PRIOR.read(parameters).weights.items():
        by, _, kernel = name.rpartition("*")
        sums[by] = sums[by] + weight * kernels[kernel] if by in sums else weight * kernels[kernel]
    return sums[""] + sum(kernels[by] * total for by, total in sums.items() if by)


def _terms(parameters: Array, kernels: dict[str, Array]) -> dict[str, Array]:
    """What each weight adds to the covariance."""
    terms = {}
    for name, weight in PRIOR.read(parameters).weights.items():
        first, _, second = name.partition("*")
        terms[name] = weight * kernels[first] * kernels[second] if second else weight * kernels[first]
    return terms


def log_likelihoods(
    parameters: Array, shared: dict[str, Array], cases: Sequence[tuple[dict[str, Array], Array]]
) -> Iterator[tuple[float, Array]]:
    """Log marginal likelihood of each language's deviations, with its slope in the parameters.

    Parameters
    ----------
    parameters : array of shape (parameters,)
        Logarithms, as `PRIOR` names them.
    shared : dict of str to array of shape (rows, rows)
        Squared distances between mixes that are the same for every language.
    cases : sequence of (dict of str to array of shape (rows, rows), array of shape (rows,))
        Those that are each language's own, and its deviations.
    """
    values, same = PRIOR.read(parameters), _kernels(parameters, shared)
    for own, response in cases:
        terms, squares = _terms(parameters, same | _kernels(parameters, own)), shared | own
        covariance = np.zeros_like(terms["own"])
        for term in terms.values():
            covariance += term
        value, slope = log_likelihood_slope(covariance + values.noise * np.eye(len(response)), response)
        steep = {name: slope * term for name, term in terms.items()}
        by_length = {
            name: float(sum((steep[term] * squares[name]).sum() for term in terms if name in term.split("*")))
            / length**2
            for name, length in values.lengths.items()
        }
        by_weight = {name: float(term.sum()) for name, term in steep.items()}
        yield value, PRIOR.flat(weights=by_weight, lengths=by_length, noise=values.noise * np.trace(slope))
