"""Features of languages, and the relatives that stand in where nothing is known of a language itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from isogloss.errors import UnknownName
from isogloss.languages.aliases import REPRESENTATIVES
from isogloss.languages.glottolog import languoids
from isogloss.languages.language import Language
from isogloss.languages.sources import feature_sources, source
from isogloss.languages.varieties import Variety, find_variety, stand_ins, variety_cache

if TYPE_CHECKING:
    import polars as pl

COMPOSED: dict[str, tuple[str, ...]] = {"featural": ("syntactic", "phonological", "inventory")}
"""Kinds of features made of several sources; any other kind is the name of one source."""


def parts_of(kind: str) -> tuple[str, ...]:
    """The sources that a kind of features is made of.

    Raises
    ------
    UnknownName
    """
    parts = COMPOSED.get(kind, (kind,))
    if kind not in COMPOSED and kind not in feature_sources.names():
        raise UnknownName("kind of features", kind, (*COMPOSED, *feature_sources.names()))
    return parts


@dataclass(frozen=True, slots=True)
class Features:
    """Typological features of some languages.

    Attributes
    ----------
    kind : str
    rows : tuple of str
        Canonical language ids.
    names : tuple of str
        Names of the features.
    values : ndarray of float64, shape (rows, names)
        1 and 0; NaN where nothing is known.
    inherited : tuple of tuple of str
        For each row, the languages whose values stand in for missing ones; empty if all are its own.
    imputed : ndarray of bool, shape (rows, names)
        Values that nobody has observed, filled because imputation was asked for.
    """

    kind: str
    rows: tuple[str, ...]
    names: tuple[str, ...]
    values: NDArray[np.float64]
    inherited: tuple[tuple[str, ...], ...]
    imputed: NDArray[np.bool_]

    @property
    def missing(self) -> float:
        """Share of the values that nobody has observed, inherited ones counted as known; NaN if there are none."""
        known = ~np.isnan(self.values) & ~self.imputed
        return 1.0 - float(known.mean()) if known.size else np.nan

    def table(self) -> pl.DataFrame:
        """One row per language, one column per feature; null where nothing is known."""
        import polars as pl

        columns = pl.DataFrame(self.values, schema=list(self.names), orient="row").fill_nan(None)
        return columns.insert_column(0, pl.Series("language", self.rows, dtype=pl.String))


def observed_features(languages: Sequence[Language], kind: str) -> Features:
    """Features of languages as far as they, or those who stand in for them, were described.

    Raises
    ------
    UnknownName
    """
    parts = parts_of(kind)
    # Each part is inherited on its own: where the syntax is known, the sounds may still be missing.
    names = tuple(name for part in parts for name in source(part).names)
    values = np.full((len(languages), len(names)), np.nan)
    lenders: list[tuple[str, ...]] = []
    look_up = [_reader(part) for part in parts]
    for row, language in enumerate(languages):
        pieces = [of_part(language.code, part) for of_part, part in zip(look_up, parts, strict=True)]
        values[row] = np.concatenate([piece for piece, _ in pieces])
        lenders.append(tuple(dict.fromkeys(lender for _, who in pieces for lender in who)))
    ids = tuple(language.id for language in languages)
    return Features(kind, ids, names, values, tuple(lenders), np.zeros(values.shape, dtype=bool))


def described(code: str, part: str) -> tuple[NDArray[np.float64], tuple[str, ...]]:
    """Values of one part of the features (NaN where unknown), and the languages that lent some of them."""
    return _reader(part)(code, part)


def _reader(part: str) -> Callable[[str, str], tuple[NDArray[np.float64], tuple[str, ...]]]:
    # What is never inherited is cheap to look up, and URIEL's vectors of descent would fill the memory.
    return _remembered if source(part).inherited else _look_up


def _look_up(code: str, part: str) -> tuple[NDArray[np.float64], tuple[str, ...]]:
    values, lenders = _own(code, part), []
    if (variety := find_variety(code)) is not None:
        return _from_parent(values, variety, part)
    for lender in stand_ins(code) if source(part).inherited else ():
        same = REPRESENTATIVES.get(lender) == code or REPRESENTATIVES.get(code) == lender
        if not same and not np.isnan(values).all():
            break
        lent = _own(lender, part)
        gaps = np.isnan(values) & ~np.isnan(lent)
        if gaps.any():
            values = np.where(gaps, lent, values)
            lenders.append(lender)
    return values, tuple(lenders)


_remembered = variety_cache(1 << 16)(_look_up)


def _from_parent(
    values: NDArray[np.float64], variety: Variety, part: str
) -> tuple[NDArray[np.float64], tuple[str, ...]]:
    """What is known of a variety, its gaps filled by what is known of its parent."""
    if variety.parent is None:
        return values, ()
    lent, further = described(variety.parent, part)
    gaps = np.isnan(values) & ~np.isnan(lent)
    if not gaps.any():
        return values, ()
    return np.where(gaps, lent, values), tuple(dict.fromkeys((variety.parent, *further)))


def _own(code: str, part: str) -> NDArray[np.float64]:
    """What the source says of the language itself, and the user's file where the source says nothing."""
    data, variety = source(part), find_variety(code)
    if variety is None:
        place = languoids().get(code) if data.keyed_by == "glottocode" else None
        return data.of((place.glottocode if place else None) if data.keyed_by == "glottocode" else code)
    values = data.of(variety.glottocode if data.keyed_by == "glottocode" else None)
    for name, value in variety.features.items():
        if (column := data.column_of(name)) is not None:
            values[column] = value
    return values
