"""The covariance of one language's scores under different mixes, as a function of its parameters.

A weighted sum of the kernels of `isogloss.forecasting.mix_kernels`, and of their products with that of own examples.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from isogloss.forecasting.gaussian_process import Prior, log_likelihood_slope
from isogloss.forecasting.grid import Array

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


class MixCovariance:
    """The covariance with its parameters, and what all targets share of it.

    Parameters
    ----------
    parameters : array of shape (16,)
        Logarithms, as `PRIOR` names them.
    common : dict of str to array of shape (rows, columns)
        As `MixPairs.common` gives them.
    """

    def __init__(self, parameters: Array, common: dict[str, Array]):
        self._values, self._common = PRIOR.read(parameters), common
        self._kernels = self._kernels_of(common)
        nothing = np.zeros(common["total"].shape)
        self._common_sums = self._sums(self._kernels, nothing, nothing + self._values.weights["own"])

    @property
    def variance(self) -> float:
        """Of a score where nothing is known."""
        return float(np.array(list(self._values.weights.values())).sum())

    def of(self, squares: dict[str, Array]) -> Array:
        """Covariance as one target sees mixes, of shape (rows, columns), from what `MixPairs.of_target` gives."""
        kernels = self._kernels_of(squares)
        own = kernels.pop("own")
        alone, by_own = self._all(kernels)
        by_own *= own
        alone += by_own
        return alone

    def log_likelihood(self, squares: dict[str, Array], response: Array) -> tuple[float, Array]:
        """Of one target's standardised scores, but for a constant, with its slope in the parameters."""
        weights, lengths, noise = self._values.weights, self._values.lengths, self._values.noise
        kernels = self._kernels_of(squares)
        own = kernels.pop("own")
        alone, by_own = self._all(kernels)
        covariance = alone + own * by_own
        covariance[np.diag_indices_from(covariance)] += noise
        value, slope = log_likelihood_slope(covariance, response)
        steep = slope * own
        of_weights = {"own": weights["own"] * float(steep.sum())}
        of_lengths = {"own": float(np.vdot(steep * by_own, squares["own"]))}
        stretched = self._stretched | {name: kernels[name] * squares[name] for name in kernels if name in lengths}
        for name, kernel in (self._kernels | kernels).items():
            terms = {term: one for term, one in ((name, slope), (f"own*{name}", steep)) if term in weights}
            of_weights |= {term: weights[term] * float(np.vdot(one, kernel)) for term, one in terms.items()}
            if name in lengths:
                of_lengths[name] = sum(
                    weights[term] * float(np.vdot(one, stretched[name])) for term, one in terms.items()
                )
        by_length = {name: slope_of_one / lengths[name] ** 2 for name, slope_of_one in of_lengths.items()}
        return value, PRIOR.flat(weights=of_weights, lengths=by_length, noise=noise * float(np.trace(slope)))

    @cached_property
    def _stretched(self) -> dict[str, Array]:
        """The kernels that all targets share, times their squared distances, which the slopes in lengths take."""
        return {name: kernel * self._common[name] for name, kernel in self._kernels.items()}

    def _kernels_of(self, squares: dict[str, Array]) -> dict[str, Array]:
        """Squared-exponential kernels, each with its own length; what has none is a kernel already."""
        lengths = self._values.lengths
        return {
            name: np.exp(square * (-0.5 / lengths[name] ** 2)) if name in lengths else square
            for name, square in squares.items()
        }

    def _sums(self, kernels: dict[str, Array], alone: Array, by_own: Array) -> tuple[Array, Array]:
        """Weighted kernels, added to those summed by themselves and to those that the kernel of own examples scales."""
        weights = self._values.weights
        for name, kernel in kernels.items():
            for term, sums in ((name, alone), (f"own*{name}", by_own)):
                if term in weights:
                    sums += weights[term] * kernel
        return alone, by_own

    def _all(self, kernels: dict[str, Array]) -> tuple[Array, Array]:
        """Sums over the kernels of one target, without that of own examples, and those that all targets share."""
        alone, by_own = self._common_sums
        return self._sums(kernels, alone.copy(), by_own.copy())
