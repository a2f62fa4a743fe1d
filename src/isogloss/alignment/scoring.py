"""Score how alike languages are in a model: against a pivot or all pairs, layer by layer and pooled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from isogloss.alignment.encodings import Parallel
from isogloss.alignment.layer import Array, Layer
from isogloss.alignment.measure import Comparison, Measure, SentenceMeasure, compare_sentences
from isogloss.alignment.registry import alignment_measures
from isogloss.errors import UnknownName
from isogloss.progress import Progress, steps
from isogloss.threads import one_blas_thread

if TYPE_CHECKING:
    import polars as pl

PIVOT = "eng"
LEVEL = 0.95
DRAWS, DRAWS_OF_PAIRS = 1000, 200
"""Bootstrap samples against a pivot, and of all pairs."""
EACH, MEAN, MAX = "each", "mean", "max"
"""Rows of one layer, of the mean over layers, and of the maximum over them."""


class Encoded(Protocol):
    """Vectors of parallel sentences, such as an `Encodings` folder."""

    @property
    def languages(self) -> Sequence[str]:
        """Names of the languages."""

    @property
    def layers(self) -> Sequence[int]:
        """Numbers of the layers."""

    @property
    def poolings(self) -> Sequence[str]:
        """How token vectors were pooled."""

    def find(self, name: str, where: str = "languages") -> str:
        """A language as it is named here, from any way to write it."""

    def parallel(self, languages: Sequence[str], layer: int, pooling: str) -> Parallel:
        """Vectors of the sentences that all have, row by row the same."""


@dataclass(frozen=True)
class Arrays:
    """Vectors in memory as encodings.

    Attributes
    ----------
    given : mapping of str to array of shape (sentences, width) or (layers, sentences, width)
        By language.
    """

    given: Mapping[str, Array]
    poolings: tuple[str, ...] = ("given",)

    @property
    def languages(self) -> tuple[str, ...]:
        """Names of the languages."""
        return tuple(self.given)

    @property
    def layers(self) -> tuple[int, ...]:
        """Numbers of the layers."""
        return tuple(range(min((len(rows) if rows.ndim == 3 else 1 for rows in self.given.values()), default=0)))

    def find(self, name: str, where: str = "languages") -> str:
        """A language by its name."""
        if name not in self.given:
            raise UnknownName("language", name, self.given, where=where)
        return name

    def parallel(self, languages: Sequence[str], layer: int, pooling: str) -> Parallel:
        """Vectors of one layer."""
        chosen = {language: self.given[language] for language in languages}
        return Parallel([], {name: rows[layer] if rows.ndim == 3 else rows for name, rows in chosen.items()}, 0)


def score(
    encodings: Encoded | Mapping[str, Array],
    metrics: Sequence[str] = ("mexa",),
    *,
    pivot: str = PIVOT,
    all_pairs: bool = False,
    languages: Sequence[str] | None = None,
    layers: Sequence[int] | None = None,
    pooling: str | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> pl.DataFrame:
    """Score how alike languages are in a model.

    Parameters
    ----------
    encodings : Encodings or mapping of str to array
        A folder of encodings, or arrays of shape (sentences, width) or (layers, sentences, width) by language, row i
        of all of them the same sentence.
    metrics : sequence of str, default ("mexa",)
        Names of `alignment_measures`.
    pivot : str, default "eng"
        The language that all are compared with.
    all_pairs : bool, default False
        Compare every two languages instead.
    languages : sequence of str, optional
        By default all that are encoded.
    layers : sequence of int, optional
        By default all that are encoded.
    pooling : str, optional
        Of token vectors; by default that of the measure's source, else `mean`, else the first.
    seed : int, default 0
        Of the bootstrap.
    progress : Progress, optional

    Returns
    -------
    polars.DataFrame
        One row per metric, pair and layer, and one for the mean and for the maximum over layers: `metric`, `pooling`,
        `layers` (each, mean, max), `layer`, `lang_a` (the pivot), `lang_b`, `value`, `lower`, `upper` (95 %, null
        where a measure has no interval), `chance`, `n` (sentences), `reason` (of a value that does not exist). For
        measures of single languages `lang_a` is null.

    Raises
    ------
    BadValue, NotEnoughEvidence, UnknownName
    """
    encoded: Encoded = Arrays(encodings) if isinstance(encodings, Mapping) else encodings
    measures = {name: alignment_measures.get(name)() for name in metrics}
    numbers = list(dict.fromkeys(encoded.layers if layers is None else layers))
    for number in numbers:
        if number not in encoded.layers:
            raise UnknownName("layer", str(number), map(str, encoded.layers), where="layers")
    chosen = [encoded.find(one) for one in (encoded.languages if languages is None else languages)]
    if not all_pairs:
        pivot = encoded.find(pivot, "pivot")
        chosen.append(pivot)
    chosen = list(dict.fromkeys(chosen))
    rows = list(range(len(chosen))) if all_pairs else [chosen.index(pivot)]
    poolings = {name: _pooling(encoded, measure, pooling) for name, measure in measures.items()}
    pools = {name: _Pool(chosen, rows, name, poolings[name], measure, seed) for name, measure in measures.items()}
    with one_blas_thread():
        for number in steps("layers", numbers, progress):
            for used in dict.fromkeys(poolings.values()):
                layer = Layer(chosen, [*encoded.parallel(chosen, number, used).vectors.values()])
                named = {name: measure for name, measure in measures.items() if poolings[name] == used}
                for name, comparison in _compare(named, layer, rows).items():
                    pools[name].add(number, comparison, layer.sentences)
    import polars as pl

    return pl.concat(pool.table() for pool in pools.values())


def _pooling(encoded: Encoded, measure: Measure, wanted: str | None) -> str:
    """The pooling asked for, else that of the measure's source, else the usual one."""
    if wanted is not None and wanted not in encoded.poolings:
        raise UnknownName("pooling", wanted, encoded.poolings, where="pooling")
    usual = (wanted, measure.pooling, "mean", *encoded.poolings)
    return next(one for one in usual if one is not None and one in encoded.poolings)


def _compare(measures: Mapping[str, Measure], layer: Layer, rows: Sequence[int]) -> dict[str, Comparison]:
    """All measures at one layer; those that read cosines of sentences share them."""
    shared = {name: measure for name, measure in measures.items() if isinstance(measure, SentenceMeasure)}
    together = compare_sentences(list(shared.values()), layer, rows) if shared else []
    alone = {name: measure.compare(layer, rows) for name, measure in measures.items() if name not in shared}
    return dict(zip(shared, together, strict=True)) | alone


class _Pool:
    """Values of one measure at layers, and their mean and maximum over these."""

    def __init__(self, languages: Sequence[str], rows: Sequence[int], name: str, pooling: str, measure: Measure,
                 seed: int):  # fmt: skip
        self.languages, self.rows, self.name, self.pooling = languages, rows, name, pooling
        self.measure, self.seed = measure, seed
        self.tables: list[pl.DataFrame] = []
        self.values: list[NDArray[Any]] = []
        self.chances: list[NDArray[Any]] = []
        self.sum: NDArray[Any] | None = None
        self.most: NDArray[Any] | None = None
        self.sentences = 0

    def add(self, layer: int, comparison: Comparison, sentences: int) -> None:
        """Add one layer."""
        drawn = None if comparison.parts is None else _resample(comparison.parts, self.seed)
        self.tables.append(
            self._table(EACH, layer, comparison.values, drawn, comparison.chance, sentences, comparison.reasons)
        )
        if layer == 0 and self.measure.skips_embeddings:
            return
        self.values.append(comparison.values)
        self.chances.append(comparison.chance)
        self.sentences = sentences
        if drawn is not None:
            self.sum = drawn if self.sum is None else self.sum + drawn
            self.most = drawn if self.most is None else np.fmax(self.most, drawn)

    def table(self) -> pl.DataFrame:
        """All of it, with the rows that pool layers last."""
        import polars as pl

        if len(self.values) > 1:
            values, chances = np.stack(self.values), np.stack(self.chances)
            mean = None if self.sum is None else self.sum / len(values)
            reasons = {(int(row), int(at)): "a layer has no value" for row, at in np.argwhere(np.isnan(values.mean(0)))}
            for kind, value, drawn, chance in (
                (MEAN, values.mean(0), mean, chances.mean(0)),
                (MAX, values.max(0), self.most, chances.max(0)),
            ):
                self.tables.append(self._table(kind, None, value, drawn, chance, self.sentences, reasons))
        return pl.concat(self.tables)

    def _table(
        self, kind: str, layer: int | None, values: NDArray[Any], drawn: NDArray[Any] | None, chance: NDArray[Any],
        sentences: int, reasons: Mapping[tuple[int, int], str],
    ) -> pl.DataFrame:  # fmt: skip
        import polars as pl

        pairs = [(row, place) for row in range(len(values)) for place in range(len(self.languages))]
        first = [self.languages[self.rows[row]] if self.measure.of_pairs else None for row, _ in pairs]
        low, high = (np.full_like(values, np.nan),) * 2
        if drawn is not None:
            low, high = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
            low, high = (np.clip(end, self.measure.lowest, self.measure.highest) for end in (low, high))
        numbers = {"value": values, "lower": low, "upper": high, "chance": chance}
        return pl.DataFrame(
            {
                "metric": [self.name] * len(pairs), "pooling": self.pooling, "layers": kind,
                "layer": pl.Series([layer] * len(pairs), dtype=pl.Int64), "lang_a": pl.Series(first, dtype=pl.String),
                "lang_b": [self.languages[place] for _, place in pairs],
                **{name: array.ravel().astype(np.float64) for name, array in numbers.items()},
                "n": pl.Series([sentences] * len(pairs), dtype=pl.Int64),
                "reason": pl.Series([reasons.get(pair) for pair in pairs], dtype=pl.String),
            }
        ).with_columns(pl.col(*numbers).fill_nan(None))  # fmt: skip


def _resample(parts: NDArray[np.float32], seed: int) -> NDArray[np.float32]:
    """Means of parts drawn with replacement, the same for all languages; shape (draws, rows, languages)."""
    count, rows = parts.shape[0], parts.shape[1]
    shares = _shares(count, DRAWS if rows == 1 else DRAWS_OF_PAIRS, seed)
    return np.asarray(shares @ parts.reshape(count, -1)).reshape(len(shares), *parts.shape[1:])


@lru_cache(maxsize=4)
def _shares(count: int, draws: int, seed: int) -> NDArray[np.float32]:
    """Share of each part in each draw, of shape (draws, count)."""
    drawn = np.random.default_rng(seed).integers(0, count, (draws, count))
    places = drawn + count * np.arange(draws)[:, None]
    return (np.bincount(places.ravel(), minlength=draws * count).reshape(draws, count) / count).astype(np.float32)
