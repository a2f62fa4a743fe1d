"""Feature sources: published tables of features of languages, each read when first used.

Add one with `@feature_sources.register("name")` above a function without parameters that returns a
`FeatureSource`, or announce it in the entry-point group `isogloss.feature_sources`. `features` and
`distances` then take its name as a kind.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from isogloss.languages.cache import cached_from_wheel, read_csv
from isogloss.registry import Registry

if TYPE_CHECKING:
    from isogloss.languages.cache import Arrays


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
    _columns: dict[str, int] = field(default_factory=dict, repr=False)

    def of(self, key: str | None) -> NDArray[np.float64]:
        """Values of one language, NaN where unknown."""
        row = self.rows.get(key) if key else None
        if row is None:
            return np.full(len(self.names), np.nan)
        values: NDArray[np.float64] = self.values[row].astype(np.float64)
        values[values < 0] = np.nan
        return values

    def column_of(self, feature: str) -> int | None:
        """Column of a feature."""
        if not self._columns:
            self._columns.update((name, column) for column, name in enumerate(self.names))
        return self._columns.get(feature)

    @property
    def missing(self) -> float:
        """Share of the values that nobody knows, over the languages the source lists."""
        return float((~(self.values >= 0)).mean())


def _uriel(wheel: Path) -> Arrays:
    """URIEL's typology: 1 and 0 as the sources say (1 if any says so), -1 where none says anything."""
    with np.load(wheel / "original_uriel" / "features.npz", allow_pickle=False) as archive:
        values = archive["data"].max(axis=2).astype(np.int8)  # (languages, features, sources) -> their union
        return {"languages": archive["langs"], "features": archive["feats"], "values": values}


def _grambank(wheel: Path) -> Arrays:
    rows = list(read_csv(wheel / "urielplus_csvs" / "grambank_data.csv"))
    names = [name for name in rows[0] if name != "language_id"]
    return {
        "languages": np.array([row["language_id"] for row in rows]),
        "features": np.array(names),
        "values": np.array([[int(float(row[name])) for name in names] for row in rows], dtype=np.int8),
    }


def _one_layer(file: str, dtype: type[np.generic], wheel: Path) -> Arrays:
    with np.load(wheel / "original_uriel" / file, allow_pickle=False) as archive:
        values = archive["data"][:, :, 0].astype(dtype)
        return {"languages": archive["langs"], "features": archive["feats"], "values": values}


def _descent(wheel: Path) -> Arrays:
    """A bit per feature: the file takes 118 MB of memory unpacked, most of it zeros."""
    with np.load(wheel / "original_uriel" / "family_features.npz", allow_pickle=False) as archive:
        values = archive["data"][:, :, 0]
        unknown = (values < 0).any(axis=1)  # a language's groups are known all or none
        bits = np.packbits(values > 0, axis=1)
        return {
            "languages": archive["langs"],
            "features": archive["feats"],
            "bits": bits,
            "unknown": unknown.astype(np.uint8),
        }


_READERS: dict[str, Callable[[Path], Arrays]] = {
    "uriel": _uriel,
    "grambank": _grambank,
    "descent": _descent,
    "places": partial(_one_layer, "geocoord_features.npz", np.float32),
    "writing-systems": partial(_one_layer, "script_features.npz", np.int8),
}


@lru_cache(maxsize=len(_READERS))
def _table(name: str) -> tuple[dict[str, int], tuple[str, ...], NDArray[Any]]:
    """Rows, names of the features and values of one table of the wheel."""
    packed = name == "descent"
    arrays = ("languages", "features", *(("bits", "unknown") if packed else ("values",)))
    cached = cached_from_wheel(name, arrays, _READERS[name])
    names = tuple(str(feature) for feature in cached["features"])
    if packed:
        values = np.unpackbits(cached["bits"], axis=1, count=len(names)).astype(np.int8)
        values[cached["unknown"].astype(bool)] = -1
    else:
        values = cached["values"]
    return {str(code): row for row, code in enumerate(cached["languages"])}, names, values


def _source(name: str, table: str, title: str, pattern: str = "", **facts: Any) -> Callable[[], FeatureSource]:
    """A function that reads a table once, or those of its features whose names begin as a pattern says."""

    def read() -> FeatureSource:
        rows, names, values = _table(table)
        if pattern:
            columns = np.flatnonzero([re.match(pattern, feature) is not None for feature in names])
            names, values = tuple(names[column] for column in columns), values[:, columns]
        return FeatureSource(name, title, rows=rows, names=names, values=values, **{"licence": "CC BY-SA 4.0", **facts})

    return lru_cache(maxsize=1)(read)


WORD_ORDER = r"S_([SVOX]{3}$|.*_(BEFORE|AFTER|AROUND)_|.*_(INITIAL|FINAL|SECOND)$)"
"""The features of grammar that say in which order words or clauses stand."""
_GRAMBANK = {"licence": "CC BY-SA 4.0 (urielplus), CC BY 4.0 (Grambank)", "keyed_by": "glottocode"}

syntactic = _source("syntactic", "uriel", "WALS, SSWL, Ethnologue", "S_")
word_order = _source("word-order", "uriel", "WALS, SSWL, Ethnologue", WORD_ORDER)
phonological = _source("phonological", "uriel", "WALS, PHOIBLE, Ethnologue", "P_")
inventory = _source("inventory", "uriel", "PHOIBLE", "INV_")
morphological = _source("morphological", "grambank", "Grambank", "M_", **_GRAMBANK)
grambank = _source("grambank", "grambank", "Grambank", **_GRAMBANK)
writing_systems = _source("uriel-script", "writing-systems", "URIEL+: ScriptSource", inherited=False)
descent = _source("uriel-genetic", "descent", "URIEL: Glottolog, its older tree", inherited=False)
places = _source("uriel-geographic", "places", "URIEL: great-circle distances to fixed points", inherited=False)

feature_sources: Registry[Callable[[], FeatureSource]] = Registry(
    "feature source",
    {
        "syntactic": f"{__name__}:syntactic",
        "word-order": f"{__name__}:word_order",
        "phonological": f"{__name__}:phonological",
        "inventory": f"{__name__}:inventory",
        "morphological": f"{__name__}:morphological",
        "grambank": f"{__name__}:grambank",
        "uriel-script": f"{__name__}:writing_systems",
        "uriel-genetic": f"{__name__}:descent",
        "uriel-geographic": f"{__name__}:places",
    },
    "isogloss.feature_sources",
)
"""Sources of features by name; other packages announce theirs in the entry-point group
`isogloss.feature_sources`."""

TYPOLOGY = ("syntactic", "phonological", "inventory", "grambank")
"""Sources whose features users may give for varieties of their own."""


def source(name: str) -> FeatureSource:
    """The source called `name`, read when first asked for.

    Raises
    ------
    UnknownName
    """
    return feature_sources.get(name)()


@lru_cache(maxsize=1)
def known_features() -> frozenset[str]:
    """Names of all typological features."""
    return frozenset(feature for name in TYPOLOGY for feature in source(name).names)
