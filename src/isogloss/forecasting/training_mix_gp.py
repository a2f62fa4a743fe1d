"""How the score of a known language moves with the training mix: a Gaussian process per language.

All languages share the kernel's parameters; each has its own level, scale and noise.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property, partial
from typing import Self
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from isogloss.forecasting.features import Space, dose, own_dose, pair_features, space
from isogloss.forecasting.gaussian_process import StudentProcess, likely_noise, maximise
from isogloss.forecasting.grid import Array, Grid, TrainingMixes, even_sample, fill
from isogloss.forecasting.mix_covariance import PRIOR, MixCovariance
from isogloss.forecasting.mix_kernels import MixKernels, MixPairs
from isogloss.forecasting.source_relevance import source_relevance

MEMBERS = ("level", "shape", "kernel")

STEPS = 20

ROWS_FOR_PARAMETERS, LANGUAGES_FOR_PARAMETERS = 150, 25
"""Kernel parameters are learnt on this much: more changes them little and costs much."""
LARGEST = 1200
"""Rows of one language that the kernel takes in; of more, an even sample."""
MOST_KEPT = 2**29
"""Bytes of the processes of all models that are kept from one question to the next."""
SHAPE_PENALTY = 30.0


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
    noises_ : array of shape (targets,)
        Of each language, against what mixes move it by; NaN until its process is fitted.
    weights_, doubts_ : arrays of shape (targets, rows)
        Of each process; NaN until it is fitted.
    variances_ : array of shape (targets,)
        Scale of each process.
    """

    def __init__(self, like: TrainingMixGP | None = None):
        self._like = like

    def fit(self, grid: Grid) -> Self:
        """Learn from a grid; gaps are filled by its two-way fit first."""
        _KEPT.pop(self, None)
        _KERNELS.pop(self, None)
        self.grid_ = grid
        filled = fill(grid.scores)
        self.levels_ = filled.mean(0)
        deviations = filled - self.levels_
        self.scales_ = _shrunk_scales(deviations)
        self._standardised = deviations / self.scales_
        self._space = space(grid.mixes.sources, grid.targets)
        sizes, sources = grid.mixes.sizes, grid.mixes.sources
        self._relevance = source_relevance(
            self._standardised, dose(sizes), own_dose(sizes, sources, grid.targets), sources, grid.targets
        )
        self.parameters_: Array = self._learn_parameters() if self._like is None else self._like.parameters_
        self.noises_ = np.full(len(grid.targets), np.nan) if self._like is None else self._like.noises_of(grid.targets)
        width = len(grid.targets)
        self.weights_, self.doubts_ = np.full((2, width, len(self._some())), np.nan)
        self.variances_ = np.full(width, np.nan)
        self._learn_shape(deviations)
        return self

    def predict(self, mixes: TrainingMixes, columns: Sequence[int] | None = None) -> tuple[Array, Array]:
        """Scores of every member for every target.

        Parameters
        ----------
        mixes : TrainingMixes
        columns : sequence of int, optional
            Targets of which the spread is asked, which costs much more than scores do; by default all.

        Returns
        -------
        scores : array of shape (members, rows, targets)
        spread : array of shape (rows, columns)
            Standard deviation of a new score, larger the further a mix is from the measured ones.
        """
        rows, width = len(mixes.texts), len(self.levels_)
        asked = list(range(width) if columns is None else columns)
        level = np.broadcast_to(self.levels_, (rows, width))
        if len(self._standardised) < 2:
            return np.stack([level, level, level]), np.ones((rows, len(asked)))
        shape = self.levels_ + self._shape(mixes.over(self.grid_.mixes.sources))
        deviations, spread = self._deviations(mixes, asked)
        return np.stack([level, shape, self.levels_ + self.scales_ * deviations]), self.scales_[asked] * spread

    def _learn_parameters(self) -> Array:
        rows, width = self._standardised.shape
        if rows < 8:
            return PRIOR.centre
        chance = np.random.default_rng(0)
        some = np.sort(chance.permutation(rows)[:ROWS_FOR_PARAMETERS])
        pairs = _measured_pairs(self._kernels(), some)
        cases = [
            (pairs.of_target(column), self._standardised[some, column])
            for column in np.sort(chance.permutation(width)[:LANGUAGES_FOR_PARAMETERS])
        ]

        def log_likelihoods(parameters: Array) -> Iterator[tuple[float, Array]]:
            covariance = MixCovariance(parameters, pairs.common)
            return (covariance.log_likelihood(squares, response) for squares, response in cases)

        return maximise(log_likelihoods, PRIOR, steps=STEPS)

    def _deviations(self, mixes: TrainingMixes, asked: Sequence[int]) -> tuple[Array, Array]:
        """Deviations of every target, and the spread of those asked, standardised, by their Gaussian processes."""
        kernels = self._kernels()
        pairs = kernels.between(kernels.see(mixes), kernels.measured.take(self._some()))
        covariance = MixCovariance(self.parameters_, pairs.common)
        answers, spread = np.zeros((2, len(mixes.texts), len(self.levels_)))
        for column, process in enumerate(self._processes()):
            across = covariance.of(pairs.of_target(column))
            answers[:, column] = process.mean(across)
            if column in asked:
                spread[:, column] = process.deviation(across, covariance.variance)
        return answers, spread[:, asked]

    def _processes(self) -> Iterable[StudentProcess]:
        """The process of every target; the latest are kept, for a plan asks again and again."""
        if (kept := _KEPT.get(self)) is not None:
            return kept
        processes = self._fit_processes() if np.isnan(self.weights_).any() else self._learnt_processes()
        if self._like is not None or self._bytes() > MOST_KEPT:
            return processes  # a fold is asked once
        kept = list(processes)
        for model in list(_KEPT):
            if self._bytes() + sum(other._bytes() for other in _KEPT) > MOST_KEPT:
                _KEPT.pop(model, None)
        return _KEPT.setdefault(self, kept)

    def _bytes(self) -> int:
        """Size of the factors of all processes."""
        return self.weights_.nbytes * self.weights_.shape[1]

    def _fit_processes(self) -> Iterator[StudentProcess]:
        rows, covariances = self._some(), self._covariances()
        usual = PRIOR.read(self.parameters_).noise
        for column in range(len(self.levels_)):
            covariance, response = covariances.of_target(column), self._standardised[rows, column]
            if np.isnan(self.noises_[column]):
                found = self.noises_[np.isfinite(self.noises_)]
                start = float(np.median(found)) if len(found) else usual
                self.noises_[column] = likely_noise(covariance, response, usual, start)
            process = StudentProcess.fit(covariance, response, float(self.noises_[column]))
            self.weights_[column], self.doubts_[column] = process.weights, process.doubt
            self.variances_[column] = process.scale
            yield process

    def _learnt_processes(self) -> Iterator[StudentProcess]:
        covariances = self._covariances()
        learnt = zip(self.noises_.tolist(), self.doubts_, self.weights_, self.variances_.tolist(), strict=True)
        for column, (noise, doubt, weights, scale) in enumerate(learnt):
            yield StudentProcess.learnt(partial(covariances.of_target, column), noise, doubt, weights, scale)

    def noises_of(self, targets: Sequence[str]) -> Array:
        """Noises of some targets, of shape (targets,)."""
        if np.isnan(self.noises_).any():
            deque(self._processes(), maxlen=0)
        return self.noises_[[self.grid_.targets.index(target) for target in targets]]

    def _covariances(self) -> _Covariances:
        return _Covariances(self._kernels(), self._some(), self.parameters_)

    def _kernels(self) -> MixKernels:
        if (kept := _KERNELS.get(self)) is None:
            kept = _KERNELS[self] = MixKernels(self.grid_.mixes, self.grid_.targets, self._relevance)
        return kept

    def _some(self) -> NDArray[np.intp]:
        """The rows that the kernel takes in."""
        return even_sample(len(self._standardised), LARGEST)

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


_KERNELS: WeakKeyDictionary[TrainingMixGP, MixKernels] = WeakKeyDictionary()
_KEPT: WeakKeyDictionary[TrainingMixGP, list[StudentProcess]] = WeakKeyDictionary()
"""Not on the model, which would be saved with them; they must not hold the model, which would then never go."""


class _Covariances:
    """Covariance of some of the measured mixes as each target sees them."""

    def __init__(self, kernels: MixKernels, rows: NDArray[np.intp], parameters: Array):
        self._kernels, self._rows, self._parameters = kernels, rows, parameters

    def of_target(self, target: int) -> Array:
        return self._covariance.of(self._pairs.of_target(target))

    @cached_property
    def _covariance(self) -> MixCovariance:
        return MixCovariance(self._parameters, self._pairs.common)

    @cached_property
    def _pairs(self) -> MixPairs:
        return _measured_pairs(self._kernels, self._rows)


def _measured_pairs(kernels: MixKernels, rows: NDArray[np.intp]) -> MixPairs:
    """Squared distances between some of the measured mixes."""
    view = kernels.measured.take(rows)
    return kernels.between(view, view)


def _shrunk_scales(deviations: Array) -> Array:
    """Standard deviation of each column, drawn a little to that of all."""
    rows = len(deviations)
    squares = (deviations**2).mean(0)
    return np.sqrt((squares * rows + squares.mean() * 5) / (rows + 5)) + 1e-9
