"""What is known of a language's grammar and sounds, and who stands in where nothing is known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from math import isnan, nan
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from isogloss.errors import UnknownName
from isogloss.languages.aliases import KEPT_APART, REPRESENTATIVES
from isogloss.languages.iso639 import macro_of
from isogloss.languages.language import Language
from isogloss.languages.parse import resolve
from isogloss.languages.sources import feature_sources, source
from isogloss.languages.uriel import Languoid, uriel
from isogloss.languages.varieties import Variety, find

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


def features(languages: Iterable[str | Language], kind: str = "featural", *, impute: str | None = None) -> Features:
    """Typological features, from URIEL unless another source is named.

    Parameters
    ----------
    languages : iterable of str or Language
        Written in any way `resolve` knows. The script makes no difference.
    kind : str, default "featural"
        `syntactic`, `phonological`, `inventory`, `featural` (these three), `morphological`, `grambank`,
        `uriel-genetic`, `uriel-geographic`, `uriel-script`, or any source that was registered.
    impute : {None, "family", "nearest"}, default None
        How to fill what nobody has observed, see `isogloss.languages.imputation`; by default not at all.

    Returns
    -------
    Features
        A macrolanguage and its representative (Arabic and Standard Arabic) fill each other's gaps; any other
        member takes its macrolanguage's values only if nothing of that kind is known of it. A variety takes
        what is not known of itself from its parent.

    Raises
    ------
    UnknownLanguage, UnknownName
    """
    known = as_languages(languages)
    parts = parts_of(kind)
    # Each part is inherited on its own: where the syntax is known, the sounds may still be missing.
    names = tuple(name for part in parts for name in source(part).names)
    values = np.full((len(known), len(names)), np.nan)
    lenders: list[tuple[str, ...]] = []
    for row, language in enumerate(known):
        pieces = [described(language.code, part) for part in parts]
        values[row] = np.concatenate([piece for piece, _ in pieces])
        lenders.append(tuple(dict.fromkeys(lender for _, who in pieces for lender in who)))
    rows = tuple(language.id for language in known)
    imputed = np.zeros(values.shape, dtype=bool)
    if impute is not None:
        from isogloss.languages.imputation import fill

        values, imputed = fill(known, parts, values, impute)
    return Features(kind, rows, names, values, tuple(lenders), imputed)


def as_languages(languages: Iterable[str | Language]) -> list[Language]:
    """Every one resolved, in the order given."""
    return [language if isinstance(language, Language) else resolve(language) for language in languages]


def described(code: str, part: str) -> tuple[NDArray[np.float64], tuple[str, ...]]:
    """Values of one part of the features (NaN where unknown), and the languages that lent some of them."""
    # What is never inherited is cheap to look up, and URIEL's vectors of descent would fill the memory.
    return _remembered(code, part) if source(part).inherited else _look_up(code, part)


def _look_up(code: str, part: str) -> tuple[NDArray[np.float64], tuple[str, ...]]:
    values, lenders = _own(code, part), []
    if (variety := find(code)) is not None:
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


_remembered = lru_cache(maxsize=1 << 16)(_look_up)


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
    data, variety = source(part), find(code)
    if variety is None:
        return data.of(_glottocode(code) if data.keyed_by == "glottocode" else code)
    values = data.of(variety.glottocode if data.keyed_by == "glottocode" else None)
    for name, value in variety.features.items():
        if (column := data.place_of(name)) is not None:
            values[column] = value
    return values


def _glottocode(code: str) -> str | None:
    found = uriel().languoids.get(code)
    return found.glottocode if found else None


def stand_ins(code: str) -> Iterator[str]:
    """Languages to look at when nothing is known of `code`, nearest first."""
    macro = macro_of(code)
    successor = KEPT_APART[code][1] if code in KEPT_APART else None
    chain = (REPRESENTATIVES.get(code), successor, macro, REPRESENTATIVES.get(macro or ""))
    return (other for other in dict.fromkeys(chain) if other and other != code)


@lru_cache(maxsize=1 << 15)
def languoid(code: str) -> Languoid | None:
    """Place and family of a language; of who stands in for it where it has none."""
    if (variety := find(code)) is not None:
        return _variety_place(variety)
    known = uriel().languoids
    return next((known[other] for other in (code, *stand_ins(code)) if other in known), None)


def place_of(code: str) -> Languoid | None:
    """The same, and what Glottolog knows of the hundred languages that URIEL's list of glottocodes lacks."""
    from isogloss.languages.glottolog import glottolog

    if (found := languoid(code)) is not None or (entry := glottolog().of_language(code)) is None:
        return found
    latitude, longitude = (nan_if_none(value) for value in (entry.latitude, entry.longitude))
    return Languoid(entry.glottocode, latitude, longitude, glottolog().path(entry.glottocode))


def nan_if_none(value: float | None) -> float:
    """NaN for None."""
    return nan if value is None else value


def _variety_place(variety: Variety) -> Languoid:
    above = languoid(variety.parent) if variety.parent and isnan(variety.latitude) else None
    place = above if above else variety
    return Languoid(variety.glottocode or "", place.latitude, place.longitude, variety.path)


def forget() -> None:
    """Look everything up anew: the user's varieties have changed."""
    _remembered.cache_clear()
    languoid.cache_clear()
