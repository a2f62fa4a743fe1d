"""How the score of a known language moves with the training mix: a Gaussian process per language.

All languages share the kernel's parameters; each has its own level, scale and noise.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
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
"""Bytes of fitted processes that are kept from one question to the next."""
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
        deviations, spread = self._deviations(mixes)
        return np.stack([level, shape, self.levels_ + self.scales_ * deviations]), self.scales_ * spread

    def _learn_parameters(self) -> Array:
        rows, width = self._standardised.shape
        if rows < 8:
            return PRIOR.centre
        chance = np.random.default_rng(0)
        some = np.sort(chance.permutation(rows)[:ROWS_FOR_PARAMETERS])
        pairs = self._pairs(some)
        cases = [
            (pairs.of_target(column), self._standardised[some, column])
            for column in np.sort(chance.permutation(width)[:LANGUAGES_FOR_PARAMETERS])
        ]

        def log_likelihoods(parameters: Array) -> Iterator[tuple[float, Array]]:
            covariance = MixCovariance(parameters, pairs.common)
            return (covariance.log_likelihood(squares, response) for squares, response in cases)

        return maximise(log_likelihoods, PRIOR, steps=STEPS)

    def _deviations(self, mixes: TrainingMixes) -> tuple[Array, Array]:
        """Deviations of every target and their spread, standardised, by its Gaussian process."""
        kernels = self._kernels()
        pairs = kernels.between(kernels.see(mixes), kernels.measured.take(self._some()))
        covariance = MixCovariance(self.parameters_, pairs.common)
        answers, spread = np.zeros((2, len(mixes.texts), len(self.levels_)))
        for column, process in enumerate(self._processes()):
            across = covariance.of(pairs.of_target(column))
            answers[:, column], spread[:, column] = process.predict(across, covariance.variance)
        return answers, spread

    def _processes(self) -> Iterable[StudentProcess]:
        """The process of every target; those of the model asked last are kept, for a plan asks again and again."""
        if (kept := _KEPT.get(self)) is not None:
            return kept
        if self._like is not None or len(self._some()) ** 2 * self.noises_.nbytes > MOST_KEPT:
            return self._fit_processes()  # a fold is asked once
        _KEPT.clear()
        return _KEPT.setdefault(self, list(self._fit_processes()))

    def _fit_processes(self) -> Iterator[StudentProcess]:
        usual = PRIOR.read(self.parameters_).noise
        for column, (covariance, response) in enumerate(self._cases(self._some())):
            if np.isnan(self.noises_[column]):
                self.noises_[column] = likely_noise(covariance, response, usual)
            yield StudentProcess(covariance, response, float(self.noises_[column]))

    def noises_of(self, targets: Sequence[str]) -> Array:
        """Noises of some targets, of shape (targets,)."""
        if np.isnan(self.noises_).any():
            deque(self._processes(), maxlen=0)
        return self.noises_[[self.grid_.targets.index(target) for target in targets]]

    def _cases(self, rows: NDArray[np.intp]) -> Iterator[tuple[Array, Array]]:
        """Covariance of some rows as each target sees them, and its standardised scores there."""
        pairs = self._pairs(rows)
        covariance = MixCovariance(self.parameters_, pairs.common)
        for column in range(len(self.levels_)):
            yield covariance.of(pairs.of_target(column)), self._standardised[rows, column]

    def _pairs(self, rows: NDArray[np.intp]) -> MixPairs:
        """Squared distances between some of the measured mixes."""
        kernels = self._kernels()
        view = kernels.measured.take(rows)
        return kernels.between(view, view)

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
"""Not on the model, which would be saved with them."""


def _shrunk_scales(deviations: Array) -> Array:
    """Standard deviation of each column, drawn a little to that of all."""
    rows = len(deviations)
    squares = (deviations**2).mean(0)
    return np.sqrt((squares * rows + squares.mean() * 5) / (rows + 5)) + 1e-9
