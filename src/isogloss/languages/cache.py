"""Arrays read once from the `urielplus` wheel, kept compact in the user's cache folder.

The package itself is never imported: that costs a second, and its class writes into site-packages. Its licence is
CC BY-SA 4.0: isogloss ships none of it. Cached arrays carry checksums: a damaged file is noticed and made anew.
"""

from __future__ import annotations

import csv
import warnings
import zipfile
from collections.abc import Callable, Iterator, Mapping
from importlib import metadata, util
from pathlib import Path
from typing import TYPE_CHECKING, Any

from isogloss.errors import BadFile, IsoglossError
from isogloss.files import atomic_write, cache_folder

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Arrays = Mapping[str, NDArray[Any]]

CACHE_VERSION = 5


def cached_from_wheel(name: str, arrays: tuple[str, ...], read_wheel: Callable[[Path], Arrays]) -> Arrays:
    """Arrays made from files of the wheel, cached under its version and ours.

    Parameters
    ----------
    name : str
        Of the cache file.
    arrays : tuple of str
        Names of the arrays in it.
    read_wheel : callable
        Makes them from the folder of the wheel's data files.

    Raises
    ------
    IsoglossError
        If the wheel is missing or damaged.
    """
    version = _wheel_version()
    path = cache_folder() / f"{name}-{version}-{CACHE_VERSION}.npz"
    made = _read(path, arrays)
    if made is None:
        try:
            made = read_wheel(_wheel_folder())
        except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
            raise IsoglossError(
                f"the arrays of urielplus {version} cannot be read: {error}",
                hint="pip install --force-reinstall urielplus",
            ) from None
        _write(path, made)
    return made


def read_csv(path: Path) -> Iterator[dict[str, str]]:
    """Rows of a CSV file in UTF-8."""
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _wheel_version() -> str:
    try:
        return metadata.version("urielplus")
    except metadata.PackageNotFoundError:
        raise IsoglossError("the typological arrays are missing", hint="pip install urielplus") from None


def _wheel_folder() -> Path:
    spec = util.find_spec("urielplus")
    return Path(next(iter((spec and spec.submodule_search_locations) or [""])), "database")


def _read(path: Path, names: tuple[str, ...]) -> Arrays | None:
    """What the cache holds, or None if it holds nothing or is damaged."""
    import numpy as np

    try:
        with np.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in names}
    except (OSError, KeyError, ValueError, EOFError, zipfile.BadZipFile):
        return None


_warned: set[Path] = set()


def _write(path: Path, arrays: Arrays) -> None:
    """Write the arrays whole, so that several processes may do so at once; warn once where that cannot be done."""
    import numpy as np

    def save(target: Path) -> None:
        with target.open("wb") as file:
            np.savez(file, allow_pickle=False, **arrays)

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        atomic_write(path, save)
    except (OSError, BadFile) as error:
        if path.parent in _warned:
            return
        _warned.add(path.parent)
        reason = error.strerror if isinstance(error, OSError) else error.reason.removeprefix("cannot be written: ")
        warnings.warn(
            f"typology is read anew each time, because {path.parent} cannot be written: {reason}; "
            "set ISOGLOSS_CACHE to a folder that can",
            stacklevel=2,
        )
