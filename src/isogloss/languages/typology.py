"""What is known of a language's grammar and sounds, and who stands in where nothing is known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from isogloss.errors import UnknownName
from isogloss.languages.aliases import KEPT_APART, REPRESENTATIVES
from isogloss.languages.iso639 import macro_of
from isogloss.languages.language import Language
from isogloss.languages.parse import resolve
from isogloss.languages.uriel import UNKNOWN, Languoid, uriel

if TYPE_CHECKING:
    import polars as pl

PREFIXES: dict[str, tuple[str, ...]] = {
    "syntactic": ("S_",),
    "phonological": ("P_",),
    "inventory": ("INV_",),
    "featural": ("S_", "P_", "INV_"),
}
"""Kinds of typological features, and how URIEL's names of them begin."""


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
    """

    kind: str
    rows: tuple[str, ...]
    names: tuple[str, ...]
    values: NDArray[np.float64]
    inherited: tuple[tuple[str, ...], ...]

    def table(self) -> pl.DataFrame:
        """One row per language, one column per feature; null where nothing is known."""
        import polars as pl

        columns = pl.DataFrame(self.values, schema=list(self.names), orient="row").fill_nan(None)
        return columns.insert_column(0, pl.Series("language", self.rows, dtype=pl.String))


def features(languages: Iterable[str | Language], kind: str = "featural") -> Features:
    """Typological features from URIEL.

    Parameters
    ----------
    languages : iterable of str or Language
        Written in any way `resolve` knows. The script makes no difference.
    kind : {"syntactic", "phonological", "inventory", "featural"}

    Returns
    -------
    Features
        A macrolanguage and its representative (Arabic and Standard Arabic) fill each other's gaps;
        any other member takes its macrolanguage's values only if nothing of that kind is known of it.

    Raises
    ------
    UnknownLanguage, UnknownName
    """
    if kind not in PREFIXES:
        raise UnknownName("kind of features", kind, PREFIXES)
    known = as_languages(languages)
    parts = PREFIXES[kind]
    # Each part is inherited on its own: where the syntax is known, the sounds may still be missing.
    names = tuple(uriel().features[i] for part in parts for i in _columns(part))
    values = np.full((len(known), len(names)), np.nan)
    lenders: list[tuple[str, ...]] = []
    for row, language in enumerate(known):
        pieces = [_described(language.iso639_3, part) for part in parts]
        values[row] = np.concatenate([piece for piece, _ in pieces])
        lenders.append(tuple(dict.fromkeys(lender for _, who in pieces for lender in who)))
    return Features(kind, tuple(language.id for language in known), names, values, tuple(lenders))


def as_languages(languages: Iterable[str | Language]) -> list[Language]:
    """Every one resolved, in the order given."""
    return [language if isinstance(language, Language) else resolve(language) for language in languages]


@lru_cache(maxsize=1 << 15)
def _described(code: str, part: str) -> tuple[NDArray[np.float64], tuple[str, ...]]:
    """Values of one part of the features (NaN where unknown), and the languages that lent some of them."""
    values, lenders = _own(code, part), []
    for lender in stand_ins(code):
        same = REPRESENTATIVES.get(lender) == code or REPRESENTATIVES.get(code) == lender
        if not same and not np.isnan(values).all():
            break
        lent = _own(lender, part)
        gaps = np.isnan(values) & ~np.isnan(lent)
        if gaps.any():
            values = np.where(gaps, lent, values)
            lenders.append(lender)
    return values, tuple(lenders)


@lru_cache(maxsize=8)
def _columns(part: str) -> NDArray[np.intp]:
    return np.flatnonzero([name.startswith(part) for name in uriel().features])


def _own(code: str, part: str) -> NDArray[np.float64]:
    data, chosen = uriel(), _columns(part)
    row = data.rows.get(code)
    if row is None:
        return np.full(len(chosen), np.nan)
    values: NDArray[np.float64] = data.values[row, chosen].astype(np.float64)
    values[values == UNKNOWN] = np.nan
    return values


def stand_ins(code: str) -> Iterator[str]:
    """Languages to look at when nothing is known of `code`, nearest first."""
    macro = macro_of(code)
    successor = KEPT_APART[code][1] if code in KEPT_APART else None
    chain = (REPRESENTATIVES.get(code), successor, macro, REPRESENTATIVES.get(macro or ""))
    return (other for other in dict.fromkeys(chain) if other and other != code)


def languoid(code: str) -> Languoid | None:
    """Place and family of a language (ISO 639-3), those of its representative or macrolanguage where it has none."""
    known = uriel().languoids
    return next((known[other] for other in (code, *stand_ins(code)) if other in known), None)
