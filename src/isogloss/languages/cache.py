"""What was read once from large files, kept compact in the user's cache folder.

Every file holds named arrays, each with a checksum: a damaged one is noticed and made anew.
"""

from __future__ import annotations

import os
import tempfile
import warnings
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Arrays = Mapping[str, NDArray[Any]]


def cache_folder() -> Path:
    """The folder for what can be made again: `ISOGLOSS_CACHE`, or the user's cache folder."""
    if chosen := os.environ.get("ISOGLOSS_CACHE"):
        return Path(chosen)
    import platformdirs

    return Path(platformdirs.user_cache_dir("isogloss", appauthor=False))


def cached(name: str, parts: tuple[str, ...], make: Callable[[], Arrays]) -> Arrays:
    """Arrays from the cache if it is whole, else made (and then cached).

    Parameters
    ----------
    name : str
        Of the file, with the versions of what it was made from and of how.
    parts : tuple of str
        Names of the arrays.
    make : callable
        Makes them anew.
    """
    path = cache_folder() / f"{name}.npz"
    arrays = _read(path, parts)
    if arrays is None:
        arrays = make()
        _write(path, arrays)
    return arrays


def _read(path: Path, parts: tuple[str, ...]) -> Arrays | None:
    """What the cache holds, or None if it holds nothing or is damaged."""
    try:
        with np.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in parts}
    except (OSError, KeyError, ValueError, EOFError, zipfile.BadZipFile):
        return None


_warned: set[Path] = set()


def _write(path: Path, arrays: Arrays) -> None:
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
        if path.parent in _warned:
            return
        _warned.add(path.parent)
        warnings.warn(
            f"typology is read anew each time, because {path.parent} cannot be written: {error.strerror}; "
            "set ISOGLOSS_CACHE to a folder that can",
            stacklevel=2,
        )
