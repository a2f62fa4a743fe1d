"""Fitted forecasters in folders: JSON, arrays, tables and the text of trees, no pickle.

`forecaster.json` names every other file with its checksum, and says how they make up the forecaster again, see
`isogloss.forecasting.persistence.objects`. What is loaded forecasts what was saved, to the last bit.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import shutil
import tempfile
import warnings
import zipfile
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import polars as pl

from isogloss import __version__
from isogloss.errors import BadFile, InputError
from isogloss.forecasting.persistence.objects import CannotLoad, CannotSave, Reader, Writer, savable

__all__ = ["read_folder", "savable", "write_folder"]

Kind = TypeVar("Kind")

FORMAT, VERSION = "isogloss forecaster", 3
MANIFEST = "forecaster.json"
_FILE = re.compile(r"arrays\.npz|table-\d+\.parquet|booster-\d+\.txt", re.ASCII)


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
    files = _files(forecaster)
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
    manifest = _manifest(place, where)
    contents = {name: _content(place / name, checksum, where) for name, checksum in manifest["files"].items()}
    try:
        made = _reader(contents).read(manifest["root"])
    except (CannotLoad, ValueError, TypeError, KeyError, AttributeError, RecursionError, zipfile.BadZipFile,
            pl.exceptions.PolarsError, OverflowError, MemoryError) as error:  # fmt: skip
        raise BadFile(f"is no forecaster that can be loaded: {error}", where=where, hint="save it again") from None
    if not isinstance(made, kind):
        raise BadFile(f"holds a {type(made).__name__}, not a forecaster", where=where, hint="save a forecaster")
    if manifest["isogloss"] != __version__:
        warnings.warn(
            f"{where} was saved by isogloss {manifest['isogloss']}, and this is {__version__}: forecasts may differ",
            stacklevel=3,
        )
    return made


def _files(forecaster: object) -> dict[str, bytes]:
    """Every file of the folder, the manifest last."""
    writer = Writer()
    try:
        root = writer.write(forecaster, type(forecaster).__name__)
    except CannotSave as error:
        raise InputError(
            f"this forecaster cannot be saved: {error}",
            hint="let it hold numbers, texts, arrays and tables, or mark the class with isogloss.forecasting.savable",
        ) from None
    except RecursionError:
        raise InputError("this forecaster cannot be saved: it is nested too deep") from None
    files = {"arrays.npz": _packed(writer.arrays)}
    for name, table in writer.tables.items():
        buffer = io.BytesIO()
        table.write_parquet(buffer)
        files[f"{name}.parquet"] = buffer.getvalue()
    files |= {f"{name}.txt": text.encode() for name, text in writer.texts.items()}
    manifest = {
        "format": FORMAT,
        "version": VERSION,
        "isogloss": __version__,
        "files": {name: _checksum(content) for name, content in files.items()},
        "checksum": _checksum(_plain(root)),
        "root": root,
    }
    return files | {MANIFEST: _plain(manifest)}


def _plain(node: Any) -> bytes:
    return json.dumps(node, allow_nan=False, separators=(",", ":")).encode()


def _checksum(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _packed(arrays: dict[str, np.ndarray]) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


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


def _manifest(place: Path, where: str) -> dict[str, Any]:
    """What `forecaster.json` says, as far as that can be trusted before anything else is read."""
    try:
        manifest = json.loads((place / MANIFEST).read_bytes())
    except OSError as error:
        raise BadFile(
            f"has no {MANIFEST}: {error.strerror}", where=where, hint="name a folder that a forecaster was saved to"
        ) from None
    except (ValueError, RecursionError):
        raise BadFile(f"{MANIFEST} is damaged", where=where, hint="save the forecaster again") from None
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise BadFile(f"{MANIFEST} is not of a saved forecaster", where=where, hint="name another folder")
    version, files = manifest.get("version"), manifest.get("files")
    if version != VERSION:
        raise BadFile(
            f"is of version {version} of the format, and this isogloss reads {VERSION}", where=where,
            hint="use the isogloss that saved it, or save it again",
        )  # fmt: skip
    whole = {"isogloss", "root"} <= set(manifest) and isinstance(files, dict) and all(map(_FILE.fullmatch, files))
    if not whole or _checksum(_plain(manifest["root"])) != manifest.get("checksum"):
        raise BadFile(f"{MANIFEST} is not as it was saved", where=where, hint="save the forecaster again")
    return manifest


def _content(path: Path, checksum: str, where: str) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BadFile(f"{path.name} cannot be read: {error.strerror}", where=where, hint="save it again") from None
    if _checksum(content) != checksum:
        raise BadFile(f"{path.name} is not as it was saved", where=where, hint="save the forecaster again")
    return content


def _reader(contents: dict[str, bytes]) -> Reader:
    # Our archives are not compressed: a small file that claims to hold endless zeros is not ours.
    with zipfile.ZipFile(io.BytesIO(contents["arrays.npz"])) as members:
        if any(member.compress_type != zipfile.ZIP_STORED for member in members.infolist()):
            raise CannotLoad("compressed arrays")
    archive = np.load(io.BytesIO(contents["arrays.npz"]), allow_pickle=False)
    return Reader(
        lambda name: archive[name],
        lambda name: pl.read_parquet(io.BytesIO(contents[f"{name}.parquet"])),
        lambda name: contents[f"{name}.txt"].decode(),
    )
