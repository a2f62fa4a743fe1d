"""What a source of features is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class FeatureSource:
    """Features of some languages from one place.

    Attributes
    ----------
    name : str
    title : str
        Where the values come from, in a line.
    licence : str
    rows : mapping of str to int
        Language -> row of `values`.
    names : tuple of str
        Names of the features.
    values : ndarray, shape (languages, features)
        -1 or NaN where nothing is known.
    keyed_by : {"iso639_3", "glottocode"}
        What the keys of `rows` are.
    inherited : bool, default True
        Whether a macrolanguage and its members stand in for each other where something is missing.
    """

    name: str
    title: str
    licence: str
    rows: Mapping[str, int]
    names: tuple[str, ...]
    values: NDArray[Any]
    keyed_by: str = "iso639_3"
    inherited: bool = True
    _places: dict[str, int] = field(default_factory=dict, repr=False)

    def of(self, key: str | None) -> NDArray[np.float64]:
        """Values of one language, NaN where unknown."""
        row = self.rows.get(key) if key else None
        if row is None:
            return np.full(len(self.names), np.nan)
        values: NDArray[np.float64] = self.values[row].astype(np.float64)
        values[values < 0] = np.nan
        return values

    def place_of(self, feature: str) -> int | None:
        """Column of a feature."""
        if not self._places:
            self._places.update((name, column) for column, name in enumerate(self.names))
        return self._places.get(feature)

    @property
    def missing(self) -> float:
        """Share of the values that nobody knows, over the languages the source lists."""
        return float((~(self.values >= 0)).mean())
