"""The typological arrays inside the `urielplus` wheel: read once, kept compact in the user's cache folder.

The package itself is never imported: that costs a second, and its class writes into site-packages. A
value of -1 there means that nothing is known. Its licence is CC BY-SA 4.0: isogloss ships none of it.
"""

from __future__ import annotations

import csv
import os
import tempfile
import warnings
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import metadata, util
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from isogloss.errors import IsoglossError

CACHE_VERSION = 1
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
    path = cache_folder() / f"uriel-{_version()}-{CACHE_VERSION}.npz"
    arrays = _read_cache(path)
    if arrays is None:
        arrays = _read_wheel()
        _write_cache(path, arrays)
    return _assemble(arrays)


def cache_folder() -> Path:
    """The folder for what can be made again: `ISOGLOSS_CACHE`, or the user's cache folder."""
    if chosen := os.environ.get("ISOGLOSS_CACHE"):
        return Path(chosen)
    import platformdirs

    return Path(platformdirs.user_cache_dir("isogloss", appauthor=False))


def _version() -> str:
    try:
        return metadata.version("urielplus")
    except metadata.PackageNotFoundError:
        raise IsoglossError("the typological arrays are missing", mend="pip install urielplus") from None


def _assemble(arrays: Mapping[str, NDArray[np.generic]]) -> Uriel:
    languages = [str(code) for code in arrays["languages"]]
    languoids = {}
    for line in bytes(arrays["languoids"]).decode().splitlines():
        code, glottocode, latitude, longitude, *path = line.split("\t")
        east = (float(longitude) + 180) % 360 - 180  # some are written as 310 instead of -50
        languoids[code] = Languoid(glottocode, float(latitude), east, tuple(path))
    return Uriel(
        rows={code: row for row, code in enumerate(languages)},
        features=tuple(str(name) for name in arrays["features"]),
        values=arrays["values"].astype(np.int8, copy=False),
        languoids=languoids,
    )


def _read_wheel() -> dict[str, NDArray[np.generic]]:
    spec = util.find_spec("urielplus")
    folder = Path(next(iter((spec and spec.submodule_search_locations) or [""])), "database")
    try:
        with np.load(folder / "original_uriel" / "features.npz", allow_pickle=False) as archive:
            values = archive["data"].max(axis=2).astype(np.int8)  # (languages, features, sources) -> their union
            arrays = {"languages": archive["langs"], "features": archive["feats"], "values": values}
        languoids = _read_languoids(folder / "urielplus_csvs")
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise IsoglossError(
            f"the arrays of urielplus {_version()} cannot be read: {error}",
            mend="pip install --force-reinstall urielplus",
        ) from None
    return {**arrays, "languoids": np.frombuffer("\n".join(languoids).encode(), dtype=np.uint8)}


def _read_languoids(folder: Path) -> list[str]:
    """One line per ISO 639-3 code: code, glottocode, latitude, longitude and the line of descent, tab between them."""
    with (folder / "uriel_glottocode_map.csv").open(encoding="utf-8", newline="") as file:
        by_glottocode: dict[str, list[str]] = {}
        for row in csv.DictReader(file):
            by_glottocode.setdefault(row["glottocode"], []).append(row["iso_code"])
    lines = []
    with (folder / "lang_fam_geo.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            for code in by_glottocode.get(row["language_id"], ()):
                place = (row["latitude"] or "nan", row["longitude"] or "nan")
                descent = [name.strip() for name in row["lineage"].split(",") if name.strip()]
                lines.append("\t".join((code, row["language_id"], *place, *descent, row["language_name"].strip())))
    return lines


def _read_cache(path: Path) -> dict[str, NDArray[np.generic]] | None:
    """What the cache holds, or None if it holds nothing or is damaged (its parts carry checksums)."""
    try:
        with np.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in ("languages", "features", "values", "languoids")}
    except (OSError, KeyError, ValueError, EOFError, zipfile.BadZipFile):
        return None


def _write_cache(path: Path, arrays: Mapping[str, NDArray[np.generic]]) -> None:
    """Write beside and rename into place, so that several processes may do so at once."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=path.name, suffix=".part", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                np.savez(file, allow_pickle=False, **arrays)
            os.chmod(temporary, 0o644)  # mkstemp makes it private, but a cache folder may be shared
            os.replace(temporary, path)
        except BaseException:
            os.unlink(temporary)
            raise
    except OSError as error:
        warnings.warn(
            f"typology is read anew each time, because {path.parent} cannot be written: {error.strerror}; "
            "set ISOGLOSS_CACHE to a folder that can",
            stacklevel=2,
        )
