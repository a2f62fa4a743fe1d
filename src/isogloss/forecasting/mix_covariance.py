"""The covariance of one language's scores under different mixes, as a function of its parameters.

A weighted sum of the kernels of `isogloss.forecasting.mix_kernels`, and of their products with that of own examples.
"""

from __future__ import annotations

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
        self._sums = self._weighted(self._kernels)

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
        steep, every = slope * own, self._common | squares
        of_weights = {"own": weights["own"] * float(steep.sum())}
        of_lengths = {"own": float(np.vdot(steep * by_own, every["own"]))}
        for name, kernel in (self._kernels | kernels).items():
            terms = {name: slope, f"own*{name}": steep}
            parts = {term: weights[term] * of_term * kernel for term, of_term in terms.items() if term in weights}
            of_weights |= {term: float(part.sum()) for term, part in parts.items()}
            if name in lengths:
                of_lengths[name] = sum(float(np.vdot(part, every[name])) for part in parts.values())
        by_length = {name: slope_of_one / lengths[name] ** 2 for name, slope_of_one in of_lengths.items()}
        return value, PRIOR.flat(weights=of_weights, lengths=by_length, noise=noise * float(np.trace(slope)))

    def _kernels_of(self, squares: dict[str, Array]) -> dict[str, Array]:
        """Squared-exponential kernels, each with its own length; what has none is a kernel already."""
        lengths = self._values.lengths
        return {
            name: np.exp(square * (-0.5 / lengths[name] ** 2)) if name in lengths else square
            for name, square in squares.items()
        }

    def _weighted(self, kernels: dict[str, Array]) -> tuple[Array, Array]:
        """Sums of kernels, weighted by themselves and as factors of the kernel of own examples."""
        weights = self._values.weights
        alone, by_own = (
            sum(weights[prefix + name] * kernel for name, kernel in kernels.items() if prefix + name in weights)
            for prefix in ("", "own*")
        )
        return np.asarray(alone), np.asarray(by_own)

    def _all(self, kernels: dict[str, Array]) -> tuple[Array, Array]:
        """The same over kernels of one target, without that of own examples, and those that all targets share."""
        alone, by_own = self._weighted(kernels)
        alone += self._sums[0]
        by_own += self._sums[1]
        by_own += self._values.weights["own"]
        return alone, by_own
