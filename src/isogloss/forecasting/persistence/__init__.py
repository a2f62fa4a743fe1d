"""Fitted forecasters in folders, one file for each of the pieces of `isogloss.forecasting.persistence.pieces`."""

from __future__ import annotations

import os
import shutil
import tempfile
import warnings
from pathlib import Path
from typing import TypeVar

from isogloss import __version__
from isogloss.errors import BadFile
from isogloss.forecasting.persistence.objects import savable
from isogloss.forecasting.persistence.pieces import MANIFEST, pack, unpack

__all__ = ["read_folder", "savable", "write_folder"]

Kind = TypeVar("Kind")


def write_folder(forecaster: object, folder: str | Path) -> None:
    """Write a forecaster to a folder whose parent exists, whole or not at all; one saved there before is replaced.

    Raises
    ------
    InputError
        If it holds something that has no form in a file.
    BadFile
        If the folder cannot be written, or holds anything else.
    """
    place = Path(folder).absolute()
    check_folder(folder)
    files = pack(forecaster)
    try:
        temporary = Path(tempfile.mkdtemp(prefix=f".{place.name}.", dir=place.parent))
        try:
            for name, content in files.items():
                (temporary / name).write_bytes(content)
            temporary.chmod(0o755)
            _put(temporary, place)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
    except OSError as error:
        raise BadFile(f"cannot be written: {error.strerror}", where=str(folder), hint="choose another place") from None


def check_folder(folder: str | Path) -> None:
    """Find out whether a forecaster can be saved here: where there is nothing yet, or one that was saved before."""
    place = Path(folder)
    if place.exists() and not (place / MANIFEST).is_file() and not (place.is_dir() and not any(place.iterdir())):
        raise BadFile("holds something else", where=str(folder), hint="name a folder that is not there yet")
    if not place.absolute().parent.is_dir():
        raise BadFile("its folder does not exist", where=str(folder), hint="make it first")


def read_folder(folder: str | Path, kind: type[Kind]) -> Kind:
    """Read an object of a class `kind` that `write_folder` wrote.

    Raises
    ------
    BadFile
        If the folder is no saved forecaster, is damaged, or was written by a newer isogloss.
    """
    place, where = Path(folder), str(folder)
    made, version = unpack(lambda name: (place / name).read_bytes(), kind, where)
    if version != __version__:
        warnings.warn(
            f"{where} was saved by isogloss {version}, and this is {__version__}: forecasts may differ",
            stacklevel=3,
        )
    return made


def _put(temporary: Path, place: Path) -> None:
    """Rename a folder into its place; what was there before goes only when the new one stands."""
    if not place.exists():
        os.rename(temporary, place)
        return
    before = Path(tempfile.mkdtemp(prefix=f".{place.name}.", dir=place.parent))
    try:
        os.rename(place, before / place.name)
        os.rename(temporary, place)
    finally:
        shutil.rmtree(before, ignore_errors=True)
