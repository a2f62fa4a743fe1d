"""A fitted forecaster as named pieces of bytes: JSON, arrays, tables and the text of trees, no pickle.

`forecaster.json` names every other piece with its checksum, and says how they make up the forecaster again, see
`isogloss.forecasting.persistence.objects`. What is unpacked forecasts what was packed, to the last bit.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
import polars as pl

from isogloss import __version__
from isogloss.errors import BadFile, InputError
from isogloss.forecasting.persistence.objects import CannotLoad, CannotSave, Reader, Writer

Kind = TypeVar("Kind")

FORMAT, VERSION = "isogloss forecaster", 3
MANIFEST = "forecaster.json"
_PIECE = re.compile(r"arrays\.npz|table-\d+\.parquet|booster-\d+\.txt", re.ASCII)


def pack(forecaster: object) -> dict[str, bytes]:
    """Every piece by its name, the manifest last.

    Raises
    ------
    InputError
        If the forecaster holds something that has no form in a file.
    """
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


def unpack(read: Callable[[str], bytes], kind: type[Kind], where: str) -> tuple[Kind, str]:
    """What pieces make up, and the version of isogloss that packed it.

    Parameters
    ----------
    read : function of str to bytes
        The piece of a name; raises OSError where there is none.
    kind : type
        What it must be.
    where : str
        For errors.

    Raises
    ------
    BadFile
        If these are no pieces of a forecaster, are damaged, or were packed by a newer isogloss.
    """
    manifest = _manifest(read, where)
    contents = {name: _content(read, name, checksum, where) for name, checksum in manifest["files"].items()}
    try:
        made = _reader(contents).read(manifest["root"])
    except (CannotLoad, ValueError, TypeError, KeyError, AttributeError, RecursionError, zipfile.BadZipFile,
            pl.exceptions.PolarsError, OverflowError, MemoryError) as error:  # fmt: skip
        raise BadFile(f"is no forecaster that can be loaded: {error}", where=where, hint="save it again") from None
    if not isinstance(made, kind):
        raise BadFile(f"holds a {type(made).__name__}, not a forecaster", where=where, hint="save a forecaster")
    return made, str(manifest["isogloss"])


def _plain(node: Any) -> bytes:
    return json.dumps(node, allow_nan=False, separators=(",", ":")).encode()


def _checksum(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _packed(arrays: dict[str, np.ndarray]) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def _manifest(read: Callable[[str], bytes], where: str) -> dict[str, Any]:
    """What `forecaster.json` says, as far as that can be trusted before anything else is read."""
    try:
        manifest = json.loads(read(MANIFEST))
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
    whole = {"isogloss", "root"} <= set(manifest) and isinstance(files, dict) and all(map(_PIECE.fullmatch, files))
    if not whole or _checksum(_plain(manifest["root"])) != manifest.get("checksum"):
        raise BadFile(f"{MANIFEST} is not as it was saved", where=where, hint="save the forecaster again")
    return manifest


def _content(read: Callable[[str], bytes], name: str, checksum: str, where: str) -> bytes:
    try:
        content = read(name)
    except OSError as error:
        raise BadFile(f"{name} cannot be read: {error.strerror}", where=where, hint="save it again") from None
    if _checksum(content) != checksum:
        raise BadFile(f"{name} is not as it was saved", where=where, hint="save the forecaster again")
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
