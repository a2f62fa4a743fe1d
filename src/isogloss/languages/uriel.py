"""The typological arrays inside the `urielplus` wheel, with the places and families of Glottolog.

The package itself is never imported: that costs a second, and its class writes into site-packages. A
value of -1 there means that nothing is known. Its licence is CC BY-SA 4.0: isogloss ships none of it.
"""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from importlib import metadata, util
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from isogloss.errors import IsoglossError
from isogloss.languages.cache import Arrays, cache_folder, cached

__all__ = ["UNKNOWN", "Languoid", "Uriel", "cache_folder", "uriel"]

CACHE_VERSION = 4
UNKNOWN = -1


@dataclass(frozen=True, slots=True)
class Languoid:
    """Where a language belongs: its Glottolog code, its place and its line of descent."""

    glottocode: str
    latitude: float
    longitude: float
    path: tuple[str, ...]  # from the family down to the language itself


@dataclass(frozen=True, slots=True)
class Uriel:
    """URIEL's typology and Glottolog's places and families, by ISO 639-3 code.

    Attributes
    ----------
    rows : mapping of str to int
        Language -> row of `values`.
    features : tuple of str
        Names: `S_` syntactic, `P_` phonological, `INV_` phoneme inventory.
    values : ndarray of int8, shape (languages, features)
        1 and 0 as the sources say (1 if any says so), -1 where none says anything.
    languoids : mapping of str to Languoid
    """

    rows: Mapping[str, int]
    features: tuple[str, ...]
    values: NDArray[np.int8]
    languoids: Mapping[str, Languoid]


@lru_cache(maxsize=1)
def uriel() -> Uriel:
    """The arrays, from the cache if it is whole, else from the wheel (and then cached)."""
    return _assemble(cached_from_wheel("uriel", ("languages", "features", "values", "languoids"), _read_wheel))


def cached_from_wheel(name: str, parts: tuple[str, ...], make: Callable[[], Arrays]) -> Arrays:
    """Arrays made from files of the wheel, cached under its version and ours."""

    def read() -> Arrays:
        with wheel_errors():
            return make()

    return cached(f"{name}-{_version()}-{CACHE_VERSION}", parts, read)


def wheel_folder() -> Path:
    """The folder of the data files of `urielplus`."""
    spec = util.find_spec("urielplus")
    return Path(next(iter((spec and spec.submodule_search_locations) or [""])), "database")


@contextmanager
def wheel_errors() -> Iterator[None]:
    """Turn whatever is wrong with a file of the wheel into one line that says how to fix it."""
    try:
        yield
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise IsoglossError(
            f"the arrays of urielplus {_version()} cannot be read: {error}",
            hint="pip install --force-reinstall urielplus",
        ) from None


def _version() -> str:
    try:
        return metadata.version("urielplus")
    except metadata.PackageNotFoundError:
        raise IsoglossError("the typological arrays are missing", hint="pip install urielplus") from None


def _assemble(arrays: Arrays) -> Uriel:
    languages = [str(code) for code in arrays["languages"]]
    languoids = {}
    for line in bytes(arrays["languoids"]).decode().splitlines():
        code, glottocode, latitude, longitude, *path = line.split("\t")
        languoids[code] = Languoid(glottocode, float(latitude), eastward(float(longitude)), tuple(path))
    return Uriel(
        rows={code: row for row, code in enumerate(languages)},
        features=tuple(str(name) for name in arrays["features"]),
        values=arrays["values"].astype(np.int8, copy=False),
        languoids=languoids,
    )


def eastward(longitude: float) -> float:
    """`longitude` between -180 and 180: some are written as 310 instead of -50."""
    return (longitude + 180) % 360 - 180


def _read_wheel() -> Arrays:
    folder = wheel_folder()
    with np.load(folder / "original_uriel" / "features.npz", allow_pickle=False) as archive:
        values = archive["data"].max(axis=2).astype(np.int8)  # (languages, features, sources) -> their union
        arrays = {"languages": archive["langs"], "features": archive["feats"], "values": values}
    languoids = _read_languoids(folder / "urielplus_csvs")
    return {**arrays, "languoids": np.frombuffer("\n".join(languoids).encode(), dtype=np.uint8)}


def _read_languoids(folder: Path) -> list[str]:
    """One line per ISO 639-3 code: code, glottocode, latitude, longitude and the line of descent, tab between them."""
    by_glottocode: dict[str, list[str]] = {}
    for code, glottocode in glottocodes(folder).items():
        by_glottocode.setdefault(glottocode, []).append(code)
    lines = []
    for row in read_csv(folder / "lang_fam_geo.csv"):
        for code in by_glottocode.get(row["language_id"], ()):
            place = (row["latitude"] or "nan", row["longitude"] or "nan")
            descent = [name.strip() for name in row["lineage"].split(",") if name.strip()]
            lines.append("\t".join((code, row["language_id"], *place, *descent, row["language_name"].strip())))
    return lines


def glottocodes(folder: Path, *, wider: bool = False) -> dict[str, str]:
    """ISO 639-3 code -> glottocode: URIEL's list; if `wider`, with Glottolog's own for what that lacks."""
    listed = {row["iso_code"]: row["glottocode"] for row in read_csv(folder / "uriel_glottocode_map.csv")}
    if not wider:
        return {code: glottocode for code, glottocode in listed.items() if glottocode}
    taken = set(listed.values())
    for row in read_csv(folder / "dialects.csv"):
        if row["Language Iso"] and row["Language Glot"] not in taken:
            listed.setdefault(row["Language Iso"], row["Language Glot"])
    return {code: glottocode for code, glottocode in listed.items() if glottocode}


def read_csv(path: Path) -> Iterator[dict[str, str]]:
    """Rows of a CSV file in UTF-8."""
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)
