"""How far apart languages are: in grammar, sounds, descent, place, script, and by whatever was registered."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from isogloss.errors import BadValue, UnknownName
from isogloss.languages.imputation import features
from isogloss.languages.kept_similarities import SimilarityRegistry
from isogloss.languages.language import Language, as_languages
from isogloss.languages.measures import (
    Descent,
    GreatCircle,
    Groups,
    Matrix,
    Mean,
    Measure,
    Measured,
    SameScript,
    State,
    mean_of_known,
)
from isogloss.languages.sources import feature_sources
from isogloss.registry import Registry

if TYPE_CHECKING:
    import polars as pl

similarities: Registry[Measure] = SimilarityRegistry(
    "similarity", {}, "isogloss.similarities", base="isogloss.languages.similarity_tables:Similarity"
)
"""Registered similarities by name; other packages announce theirs in the entry-point group `isogloss.similarities`."""

FEWEST_IN_COMMON = 5
"""Typological features that must be known of both languages before their distance says anything."""


class Angular:
    """URIEL's distance: the angle between two vectors of features, over those that are known of both.

    `2 / pi * arccos(u.v / (|u| |v|))`; a vector without any 1 counts as one that points nowhere in
    particular (all its components alike), as in URIEL.
    """

    def __init__(self, kind: str, *, impute: str | None = None, fewest: int = FEWEST_IN_COMMON):
        self.kind, self.impute, self.fewest = kind, impute, fewest

    def read(self, languages: Sequence[Language]) -> State:
        described = features(languages, self.kind, impute=self.impute)
        known = ~np.isnan(described.values)
        observed = known & ~described.imputed
        return np.nan_to_num(described.values), known.astype(float), observed.astype(float)

    def between(self, left: State, right: State) -> Measured:
        # Of most languages nothing is known: only the others are computed.
        rows, columns = (np.flatnonzero(state[1].any(axis=1)) for state in (left, right))
        values = np.full((len(left[0]), len(right[0])), np.nan)
        coverage = np.zeros_like(values)
        if len(rows) and len(columns):
            place = np.ix_(rows, columns)
            values[place], coverage[place] = self._between(
                tuple(part[rows] for part in left), tuple(part[columns] for part in right)
            )
        return Measured(values, coverage)

    def _between(self, left: State, right: State) -> Measured:
        (u, known_u, observed_u), (v, known_v, observed_v) = left, right
        common = known_u @ known_v.T  # (rows, columns)
        values = _angle(u @ v.T, (u * u) @ known_v.T, known_u @ (v * v).T, common)
        values[common < self.fewest] = np.nan
        observed = observed_u @ observed_v.T if self.impute else common
        return Measured(values, observed / max(u.shape[1], 1))


def _angle(both: Matrix, squares_left: Matrix, squares_right: Matrix, common: Matrix) -> Matrix:
    """`2 / pi` times the angle of which `both` is the product and the squares are the squared lengths."""
    lengths = squares_left * squares_right
    with np.errstate(divide="ignore", invalid="ignore"):
        cosine: Matrix = both / np.sqrt(lengths, out=lengths)
        none, other_none = squares_left == 0, squares_right == 0
        for empty, squares in ((none, squares_right), (other_none & ~none, squares_left)):
            if empty.any():
                cosine[empty] = np.sqrt(squares[empty] / common[empty])
    if (neither := none & other_none).any():
        cosine[neither] = 1.0
    angle: Matrix = np.arccos(np.clip(cosine, -1.0, 1.0, out=cosine), out=cosine)
    angle *= 2 / np.pi
    return angle


COMBINED = ("syntactic", "phonological", "inventory", "genetic", "geographic", "script")
TYPOLOGY = ("syntactic", "phonological", "inventory")
MEANS = {"combined": COMBINED, "typology": TYPOLOGY}
"""Kinds that are the mean of others."""

BUILT_IN_KINDS: dict[str, Callable[[str | None], Measure]] = {
    "syntactic": lambda impute: Angular("syntactic", impute=impute),
    "word-order": lambda impute: Angular("word-order", impute=impute),
    "phonological": lambda impute: Angular("phonological", impute=impute),
    "inventory": lambda impute: Angular("inventory", impute=impute),
    "featural": lambda impute: Angular("featural", impute=impute),
    "morphological": lambda impute: Angular("morphological", impute=impute),
    "genetic": lambda impute: Descent(),
    "geographic": lambda impute: GreatCircle(),
    "script": lambda impute: SameScript(),
    "combined": lambda impute: _mean(dict.fromkeys(COMBINED, 1.0), impute),
    "typology": lambda impute: _mean(dict.fromkeys(TYPOLOGY, 1.0), impute),
    "uriel-genetic": lambda impute: Groups(),
    "uriel-geographic": lambda impute: Angular("uriel-geographic", fewest=1),
    "uriel-script": lambda impute: Angular("uriel-script", fewest=1),
}
"""Every kind of distance that comes with isogloss, by name, as a function of how to impute."""

BLOCK = 128
"""Rows computed at once: what lies between them and the answer stays in the processor's cache."""


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
        kinds, by weight) that are known of both. What was imputed is not counted.
    """

    kind: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    values: Matrix
    coverage: Matrix

    @property
    def missing(self) -> NDArray[np.bool_]:
        """Where too little is known, shape (rows, columns)."""
        return np.isnan(self.values)

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


def distances(
    languages: Iterable[str | Language],
    kind: str = "combined",
    *,
    others: Iterable[str | Language] | None = None,
    weights: Mapping[str, float] | None = None,
    impute: str | None = None,
) -> Distances:
    """Distances from each of `languages` to each of `others`.

    Parameters
    ----------
    languages : iterable of str or Language
        Written in any way `resolve` knows.
    kind : str, default "combined"
        One of `distance_kinds()`: `syntactic`, `phonological`, `inventory`, `featural`, `morphological`, `genetic`,
        `geographic`, `script`, `combined`, `typology`, URIEL's own `uriel-genetic`, `uriel-geographic` and
        `uriel-script`, the name of a feature source or of a similarity that was registered.
    others : iterable of str or Language, optional
        By default the same languages.
    weights : mapping of str to float, optional
        Kind -> its weight in a mean of several; instead of the equal weights of `combined`.
    impute : {None, "family", "nearest"}, default None
        How to fill features that nobody has observed, see `isogloss.languages.imputation`.

    Returns
    -------
    Distances
        Symmetric in its two languages, and zero between a language and itself where anything is known.

    Raises
    ------
    UnknownLanguage, UnknownName
    BadValue
        If weights are negative or all zero, or given with a kind that is not `combined`.

    See Also
    --------
    distance_blocks : the same in pieces, for matrices that do not fit into memory.
    """
    rows, columns, pieces = _prepare(languages, kind, others, weights, impute)
    values = np.empty((len(rows), len(columns)))
    coverage = np.empty_like(values)
    # What comes with isogloss is the same in both directions, and computed in one.
    half = columns is rows and kind in BUILT_IN_KINDS and weights is None
    for start, piece in zip(range(0, len(rows), BLOCK), pieces(BLOCK, half), strict=True):
        left = start if half else 0
        for whole, part in ((values, piece.values), (coverage, piece.coverage)):
            whole[start : start + BLOCK, left:] = part
            if half:
                whole[left:, start : start + BLOCK] = part.T
    return Distances(kind, _ids(rows), _ids(columns), values, coverage)


def distance_matrices(languages: Sequence[str], kinds: Iterable[str]) -> dict[str, Matrix]:
    """Values of several kinds of distance among the same languages; parts that means have in common are computed once.

    Parameters
    ----------
    languages : sequence of str
        Each once.
    kinds : iterable of str
        Of `distance_kinds()`.

    Returns
    -------
    dict of str to ndarray of float64, shape (languages, languages)
        As the `values` of `distances`.
    """
    known = as_languages(languages)
    wanted = list(kinds)
    single = dict.fromkeys(part for kind in wanted for part in MEANS.get(kind, (kind,)))
    matrices = {part: distances(known, part).values for part in single}
    for kind in wanted:
        if kind in MEANS:
            parts = [matrices[part] for part in MEANS[kind]]
            matrices[kind] = mean_of_known(parts, [1.0] * len(parts))[0]
            np.fill_diagonal(matrices[kind], 0.0)
    return {kind: matrices[kind] for kind in wanted}


def distance_blocks(
    languages: Iterable[str | Language],
    kind: str = "combined",
    *,
    others: Iterable[str | Language] | None = None,
    weights: Mapping[str, float] | None = None,
    impute: str | None = None,
    size: int = BLOCK,
) -> Iterator[Distances]:
    """Distances in pieces of at most `size` rows, one after the other; parameters and errors are those of `distances`.

    Yields
    ------
    Distances
        The next rows, with all columns.
    """
    if size < 1:
        raise BadValue(f"a block of {size} rows is empty", hint="size at least 1")
    _, _, pieces = _prepare(languages, kind, others, weights, impute)
    return pieces(size, False)


def distance_kinds() -> list[str]:
    """Names of all kinds of distance, those that were registered too."""
    return sorted({*BUILT_IN_KINDS, *feature_sources.names(), *similarities.names()})


def parse_weights(text: str | None) -> dict[str, float] | None:
    """Weights of kinds from `syntactic=2,genetic=1`.

    Raises
    ------
    BadValue
    """
    if text is None:
        return None
    weights: dict[str, float] = {}
    for part in text.split(","):
        kind, equals, number = (piece.strip() for piece in part.partition("="))
        try:
            weight = float(number)
        except ValueError:
            equals = ""
        if not kind or not equals:
            raise BadValue(f"'{part}' is no weight", where="weights", hint="write them as syntactic=2,genetic=1")
        if kind in weights:
            raise BadValue(f"two weights of '{kind}'", where="weights", hint="keep one")
        weights[kind] = weight
    return weights


def _prepare(
    languages: Iterable[str | Language],
    kind: str,
    others: Iterable[str | Language] | None,
    weights: Mapping[str, float] | None,
    impute: str | None,
) -> tuple[list[Language], list[Language], Callable[[int, bool], Iterator[Distances]]]:
    """Rows, columns, and a function to the blocks from their size, and whether each begins at its own first row."""
    measure = _measure(kind, impute) if weights is None else _weighted(kind, weights, impute)
    rows = as_languages(languages)
    columns = rows if others is None else as_languages(others)
    left = measure.read(rows)
    right = left if columns is rows else measure.read(columns)

    def pieces(size: int, half: bool) -> Iterator[Distances]:
        known = {language: place for place, language in enumerate(dict.fromkeys([*rows, *columns]))}
        own, other = (np.array([known[language] for language in group], dtype=int) for group in (rows, columns))
        for start in range(0, len(rows), size):
            part = slice(start, start + size)
            asked = slice(start if half else 0, None)
            measured = measure.between(_cut(left, part), _cut(right, asked))
            values = measured.values
            values[own[part, None] == other[asked]] = 0.0
            yield Distances(kind, _ids(rows[part]), _ids(columns[asked]), values, measured.coverage)

    return rows, columns, pieces


def _cut(state: State, part: slice) -> State:
    return tuple(one[part] for one in state)


def _measure(kind: str, impute: str | None = None) -> Measure:
    if kind in BUILT_IN_KINDS:
        return BUILT_IN_KINDS[kind](impute)
    if kind in similarities.names():
        return similarities.get(kind)
    if kind in feature_sources.names():
        return Angular(kind, impute=impute)
    raise UnknownName("distance", kind, distance_kinds())


def _weighted(kind: str, weights: Mapping[str, float], impute: str | None) -> Measure:
    if kind != "combined":
        raise BadValue(f"weights are for 'combined', not for '{kind}'", hint="leave out one of the two")
    for name, weight in weights.items():
        if not 0 <= weight < np.inf:
            raise BadValue(f"weight {weight:g} of '{name}'", hint="weights are 0 or more")
    if not any(weights.values()):
        raise BadValue("no kind has a weight", hint="give at least one a weight above 0, e.g. syntactic=1")
    return _mean(weights, impute)


def _mean(weights: Mapping[str, float], impute: str | None) -> Measure:
    return Mean({name: (_measure(name, impute), weight) for name, weight in weights.items()})


def _ids(languages: Sequence[Language]) -> tuple[str, ...]:
    return tuple(language.id for language in languages)
