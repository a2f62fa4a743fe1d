"""Language factors: two coordinates of every language, with their uncertainty and where they come from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from isogloss.forecasting.background.probe import shipped_probe
from isogloss.forecasting.background.side_facts import SIDE_FACTS, kinship, side_facts
from isogloss.forecasting.grid import Array
from isogloss.languages.near_identical import relatives

FACTORS = ("resourced", "Latin script")
"""What the two factors read as."""
KIN_VARIANCE, OWN_VARIANCE = 0.25, 0.25
"""Variance of a factor about its side facts that runs along kinship, and that is a language's own."""
EXPLANATORY = (*SIDE_FACTS, "probe retrieval", "probe cosine gap", "probe imputed")
"""What explains factors of languages without scores, as `explanatory` orders it."""


class Coordinates(NamedTuple):
    """Factors of some languages.

    Attributes
    ----------
    mean : array of shape (languages, 2)
    covariance : array of shape (languages, 2, 2)
    provenance : tuple of str
        `scores`, `scores of <id>` (a near-identical relative), or `side facts and kin`.
    """

    mean: Array
    covariance: Array
    provenance: tuple[str, ...]


def explanatory(languages: Sequence[str]) -> Array:
    """Side facts and probe values of some languages, of shape (languages, 10)."""
    probed = shipped_probe().of(languages)
    return np.column_stack([side_facts(languages), probed.values, probed.imputed])


@dataclass(frozen=True)
class LanguageFactors:
    """Factors learnt from scores, and what gives those of other languages.

    Attributes
    ----------
    languages : tuple of str
        With scores in the background.
    mean : array of shape (languages, 2)
    covariance : array of shape (languages, 2, 2)
    side_weights : array of shape (10, 2)
        Effect of the columns `EXPLANATORY` on each factor.
    """

    languages: tuple[str, ...]
    mean: Array
    covariance: Array
    side_weights: Array

    @cached_property
    def place(self) -> dict[str, int]:
        """Row of each language."""
        return {language: row for row, language in enumerate(self.languages)}

    @cached_property
    def _kriging(self) -> tuple[Array, Array]:
        """Residuals of the factors about side facts, and the inverse of their covariance."""
        size = len(self.languages)
        covariance = KIN_VARIANCE * kinship(self.languages, self.languages) + OWN_VARIANCE * np.eye(size)
        return self.mean - explanatory(self.languages) @ self.side_weights, np.asarray(np.linalg.inv(covariance))

    def of(self, languages: Sequence[str]) -> Coordinates:
        """Factors of any languages: learnt ones, those of a near-identical relative, or by side facts and kin."""
        known = [self._find(language) for language in languages]
        new = np.array([name is None for name in known], dtype=bool)
        rows = [self.place[name] for name in known if name is not None]
        mean, covariance = np.zeros((len(known), 2)), np.zeros((len(known), 2, 2))
        mean[~new], covariance[~new] = self.mean[rows], self.covariance[rows]
        if new.any():
            # Of all languages: side facts and kinship of the same ones are asked for elsewhere, and kept.
            kriged = self._krige(languages)
            mean[new], covariance[new] = kriged[0][new], kriged[1][new]
        return Coordinates(mean, covariance, tuple(map(_provenance, languages, known)))

    def _krige(self, languages: Sequence[str]) -> tuple[Array, Array]:
        residuals, inverse = self._kriging
        kin = KIN_VARIANCE * kinship(languages, self.languages)
        weights = kin @ inverse
        left = KIN_VARIANCE + OWN_VARIANCE - np.einsum("ij,ij->i", weights, kin)
        of_learnt = np.einsum("ij,jkl->ikl", weights**2, self.covariance)
        mean = explanatory(languages) @ self.side_weights + weights @ residuals
        return mean, left[:, None, None] * np.eye(2) + of_learnt

    def _find(self, language: str) -> str | None:
        return next((name for name in relatives(language) if name in self.place), None)


def _provenance(language: str, name: str | None) -> str:
    if name is None:
        return "side facts and kin"
    return "scores" if name == language else f"scores of {name}"
