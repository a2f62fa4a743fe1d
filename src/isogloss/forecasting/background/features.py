"""Features of languages on which a table's scores slope: factors, web text, a hinge below, and the probe."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from isogloss.forecasting.background.factors import LanguageFactors
from isogloss.forecasting.background.probe import Probe, shipped_probe
from isogloss.forecasting.background.side_facts import scaled_web_text
from isogloss.forecasting.grid import Array

FEATURES = (
    "resourced", "Latin script", "web text", "resourced, below the hinge", "probe retrieval", "probe cosine gap",
)  # fmt: skip
HINGE = -0.3
"""Value of the first factor below which a slope of its own begins."""


class Features(NamedTuple):
    """Features of some languages, with their uncertainty.

    Attributes
    ----------
    values : array of shape (languages, 6)
        `FEATURES` names the columns.
    covariance : array of shape (languages, 6, 6)
    imputed : array of bool of shape (languages,)
        Languages whose probe values are imputed.
    provenance : tuple of str
        Where the factors come from.
    """

    values: Array
    covariance: Array
    imputed: Array
    provenance: tuple[str, ...]


def read_features(factors: LanguageFactors, languages: Sequence[str], probe: Probe | None = None) -> Features:
    """Features of any languages, by default with the probe that ships."""
    coordinates, probed = factors.of(languages), (probe or shipped_probe()).of(languages)
    first = coordinates.mean[:, 0]
    below = np.maximum(0.0, HINGE - first)
    values = np.column_stack([coordinates.mean, scaled_web_text(languages), below, probed.values])
    covariance = np.zeros((len(languages), len(FEATURES), len(FEATURES)))
    covariance[:, :2, :2] = coordinates.covariance
    slope = -(below > 0).astype(float)  # of the hinge in the first factor
    covariance[:, 3, :2] = covariance[:, :2, 3] = coordinates.covariance[:, 0] * slope[:, None]
    covariance[:, 3, 3] = coordinates.covariance[:, 0, 0] * slope**2
    covariance[:, 4, 4], covariance[:, 5, 5] = probed.variance.T
    return Features(values, covariance, probed.imputed, coordinates.provenance)
