"""How far apart languages are, in grammar, sounds, descent, place and script.

Every kind is a function of two lists of languages; formulas, ranges and sources are in
docs/methods/languages.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from isogloss.errors import UnknownName
from isogloss.languages.language import Language
from isogloss.languages.typology import as_languages, features, languoid

if TYPE_CHECKING:
    import polars as pl

Matrix = NDArray[np.float64]

FEWEST_IN_COMMON = 5
"""Typological features that must be known of both languages before their distance says anything."""

NO_FAMILIES = frozenset(
    {"Artificial Language", "Bookkeeping", "Mixed Language", "Pidgin", "Sign Language", "Speech Register",
     "Unattested", "Unclassifiable"}
)  # fmt: skip
"""What Glottolog files together without claiming descent from one ancestor."""

COMBINED = ("syntactic", "phonological", "inventory", "genetic", "geographic", "script")


@dataclass(frozen=True, slots=True)
class Distances:
    """Distances between languages.

    Attributes
    ----------
    kind : str
    rows, columns : tuple of str
        Canonical language ids.
    values : ndarray of float64, shape (rows, columns)
        0 (alike) to 1; NaN where too little is known.
    coverage : ndarray of float64, shape (rows, columns)
        How much the distance rests on, 0 to 1: the share of the features (for `combined`, of the
        kinds) that are known of both.
    """

    kind: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    values: Matrix
    coverage: Matrix

    def table(self) -> pl.DataFrame:
        """One row per pair: `language`, `other`, `kind`, `distance` (null where unknown), `coverage`."""
        import polars as pl

        pairs = len(self.rows) * len(self.columns)
        return pl.DataFrame(
            {
                "language": np.repeat(self.rows, len(self.columns)) if pairs else [],
                "other": np.tile(self.columns, len(self.rows)) if pairs else [],
                "kind": [self.kind] * pairs,
                "distance": self.values.ravel(),
                "coverage": self.coverage.ravel(),
            },
            schema={"language": pl.String, "other": pl.String, "kind": pl.String, "distance": pl.Float64,
                    "coverage": pl.Float64},
        ).with_columns(pl.col("distance").fill_nan(None))  # fmt: skip


class Measured(NamedTuple):
    """Distances and what they rest on, both of shape (rows, columns)."""

    values: Matrix
    coverage: Matrix


def distances(
    languages: Iterable[str | Language], kind: str = "combined", *, others: Iterable[str | Language] | None = None
) -> Distances:
    """Distances from each of `languages` to each of `others`.

    Parameters
    ----------
    languages : iterable of str or Language
        Written in any way `resolve` knows.
    kind : str, default "combined"
        One of `KINDS`: `syntactic`, `phonological`, `inventory`, `featural`, `genetic`, `geographic`,
        `script`, `combined`.
    others : iterable of str or Language, optional
        By default the same languages.

    Returns
    -------
    Distances
        Symmetric in its two languages, and zero between a language and itself where anything is known.

    Raises
    ------
    UnknownLanguage, UnknownName
    """
    if kind not in KINDS:
        raise UnknownName("distance", kind, KINDS)
    rows = as_languages(languages)
    columns = rows if others is None else as_languages(others)
    measured = KINDS[kind](rows, columns)
    same = np.array([language.id for language in rows])[:, None] == np.array([language.id for language in columns])
    values = np.where(same, 0.0, measured.values) if rows and columns else measured.values
    return Distances(kind, _ids(rows), _ids(columns), values, measured.coverage)


def _ids(languages: Sequence[Language]) -> tuple[str, ...]:
    return tuple(language.id for language in languages)


def _typological(kind: str) -> Callable[[Sequence[Language], Sequence[Language]], Measured]:
    """URIEL's distance: the angle between two vectors of features, over those that are known of both.

    `2 / pi * arccos(u.v / (|u| |v|))`; a vector without any 1 counts as one that points nowhere in
    particular (all its components alike), as in URIEL.
    """

    def measure(rows: Sequence[Language], columns: Sequence[Language]) -> Measured:
        left, right = features(rows, kind).values, features(columns, kind).values
        known_left, known_right = (~np.isnan(values) for values in (left, right))
        left, right = np.nan_to_num(left), np.nan_to_num(right)
        common = known_left.astype(float) @ known_right.T.astype(float)  # (rows, columns)
        ones_left, ones_right = left @ known_right.T, known_left @ right.T  # features are 0 or 1: squares are sums
        both = left @ right.T
        with np.errstate(divide="ignore", invalid="ignore"):
            cosine = both / np.sqrt(ones_left * ones_right)
            cosine = np.where(ones_left == 0, np.sqrt(ones_right / common), cosine)
            cosine = np.where(ones_right == 0, np.sqrt(ones_left / common), cosine)
        cosine = np.where((ones_left == 0) & (ones_right == 0), 1.0, cosine)
        angle = 2 / np.pi * np.arccos(np.clip(cosine, -1.0, 1.0))
        values = np.where(common >= FEWEST_IN_COMMON, angle, np.nan)
        return Measured(values, common / max(left.shape[1], 1))

    return measure


def _genetic(rows: Sequence[Language], columns: Sequence[Language]) -> Measured:
    """URIEL's distance on lines of descent: `2 / pi * arccos(shared / sqrt(a b))`.

    `a` and `b` are the depths of the two languages in their family trees, themselves included, and
    `shared` is the number of ancestors they have in common.
    """
    left, right = ([_path(language) for language in group] for group in (rows, columns))
    nodes: dict[tuple[str, ...], int] = {}  # a node is known by the way down to it: names recur
    for path in (*left, *right):
        for depth in range(1, len(path) + 1):
            nodes.setdefault(path[:depth], len(nodes))

    def ancestry(paths: Sequence[tuple[str, ...]]) -> Matrix:
        matrix = np.zeros((len(paths), len(nodes)))
        for row, path in enumerate(paths):
            matrix[row, [nodes[path[:depth]] for depth in range(1, len(path) + 1)]] = 1.0
        return matrix

    left_nodes, right_nodes = ancestry(left), ancestry(right)
    depths = np.outer(left_nodes.sum(axis=1), right_nodes.sum(axis=1))
    with np.errstate(divide="ignore", invalid="ignore"):
        cosine = left_nodes @ right_nodes.T / np.sqrt(depths)
    values = np.where(depths > 0, 2 / np.pi * np.arccos(np.clip(cosine, 0.0, 1.0)), np.nan)
    return Measured(values, (depths > 0).astype(float))


def _path(language: Language) -> tuple[str, ...]:
    found = languoid(language.iso639_3)
    path = found.path if found else ()
    return path[1:] if path[:1] and path[0] in NO_FAMILIES else path


def _geographic(rows: Sequence[Language], columns: Sequence[Language]) -> Measured:
    """Great-circle distance as a share of half the earth's circumference (20,015 km): the haversine formula."""
    (latitude, longitude), (other_latitude, other_longitude) = (
        np.radians(_places(group)).T for group in (rows, columns)
    )
    half_chord = (
        np.sin((latitude[:, None] - other_latitude) / 2) ** 2
        + np.cos(latitude)[:, None] * np.cos(other_latitude) * np.sin((longitude[:, None] - other_longitude) / 2) ** 2
    )
    values = 2 / np.pi * np.arcsin(np.sqrt(np.clip(half_chord, 0.0, 1.0)))
    return Measured(values, (~np.isnan(values)).astype(float))


def _places(languages: Sequence[Language]) -> Matrix:
    """Latitude and longitude in degrees, shape (languages, 2); NaN where unknown."""
    found = (languoid(language.iso639_3) for language in languages)
    return np.array([(one.latitude, one.longitude) if one else (np.nan, np.nan) for one in found]).reshape(-1, 2)


def _script(rows: Sequence[Language], columns: Sequence[Language]) -> Measured:
    """0 if both are written in the same script (ISO 15924), else 1."""
    left, right = (np.array([language.script for language in group], dtype=str) for group in (rows, columns))
    differ = (left[:, None] != right[None, :]).astype(float)
    return Measured(differ, np.ones_like(differ))


def _combined(rows: Sequence[Language], columns: Sequence[Language]) -> Measured:
    """The mean of those distances of `COMBINED` that are known, each with the same weight."""
    parts = np.stack([KINDS[kind](rows, columns).values for kind in COMBINED])
    known = ~np.isnan(parts)
    count = known.sum(axis=0)  # never 0: the script is always known
    return Measured(np.where(known, parts, 0.0).sum(axis=0) / count, count / len(COMBINED))


KINDS: dict[str, Callable[[Sequence[Language], Sequence[Language]], Measured]] = {
    "syntactic": _typological("syntactic"),
    "phonological": _typological("phonological"),
    "inventory": _typological("inventory"),
    "featural": _typological("featural"),
    "genetic": _genetic,
    "geographic": _geographic,
    "script": _script,
    "combined": _combined,
}
"""Every kind of distance, by name."""
