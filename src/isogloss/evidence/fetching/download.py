"""Downloading a file over HTTPS: a download that breaks off goes on where it stopped, and nothing comes twice."""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import time
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from isogloss.errors import BadFile, BadValue, InputError, IsoglossError
from isogloss.evidence.fetching.snapshot import Progress
from isogloss.files import atomic_write

ATTEMPTS = 6
WAIT = 0.5
"""Seconds before the second attempt; each wait is twice as long as the one before."""

TIMEOUT = 60.0
_CHUNK = 1 << 18
_PASSING = (URLError, TimeoutError, ConnectionError, http.client.HTTPException)


def download(url: str, folder: Path, progress: Progress, checksum: str | None = None) -> tuple[Path, str]:
    """Download a file into a cache folder, unless it is there and has not changed.

    Parameters
    ----------
    url : str
        `https://...`, or `http://...`.
    folder : pathlib.Path
        Of this URL alone.
    progress : Progress
    checksum : str, optional
        SHA-256 that the file must have.

    Returns
    -------
    path : pathlib.Path
    checksum : str
        Its SHA-256.

    Raises
    ------
    InputError
        If the URL is of another kind.
    BadFile
        If the file has another checksum than it must have, or there is no room for it.
    IsoglossError
        If the server does not give it.
    """
    if urlsplit(url).scheme not in ("http", "https"):
        raise InputError("cannot be downloaded from", where=url, hint="give https://...")
    if checksum is not None and not _is_sha256(checksum):
        raise BadValue(f"'{checksum}' is no SHA-256", hint="give its 64 hexadecimal digits")
    folder.mkdir(parents=True, exist_ok=True)
    path, about = folder / "file", folder / "file.json"
    known = _read_about(about) if path.exists() else {}
    for attempt in range(ATTEMPTS):
        try:
            changed = _get(url, folder, known, progress)
            break
        except HTTPError as error:
            raise IsoglossError(
                f"the server answers {error.code} {error.reason}", where=url, hint="check the URL"
            ) from None
        except _PASSING as error:
            if attempt == ATTEMPTS - 1:
                reason = getattr(error, "reason", error)
                raise IsoglossError(f"cannot be downloaded: {reason}", where=url, hint="check the network") from None
            time.sleep(WAIT * 2**attempt)
        except OSError as error:
            raise BadFile(f"cannot be written: {error.strerror}", where=str(folder), hint="make room for it") from None
    if changed is not None:
        found = _sha256(folder / "file.partial")
        _check(found, checksum, folder / "file.partial", url)
        os.replace(folder / "file.partial", path)
        known = changed | {"sha256": found}
        atomic_write(about, lambda place: place.write_text(json.dumps(known)))
    _check(known["sha256"], checksum, path, url)
    return path, known["sha256"]


def _get(url: str, folder: Path, known: dict[str, Any], progress: Progress) -> dict[str, Any] | None:
    """Fill `file.partial`; what the server says about it, or None if the file has not changed."""
    partial, about = folder / "file.partial", folder / "partial.json"
    started = _read_about(about) if partial.exists() else {}
    have = partial.stat().st_size if started.get("etag") else 0
    headers = {"User-Agent": "isogloss", "Accept-Encoding": "identity"}
    if known.get("etag"):
        headers["If-None-Match"] = known["etag"]
    if have:
        headers |= {"Range": f"bytes={have}-", "If-Range": started["etag"]}
    try:
        response = urlopen(Request(url, headers=headers), timeout=TIMEOUT)
    except HTTPError as error:
        if error.code == 304 and known:
            return None
        if error.code == 416 and have:  # it has changed and is shorter now
            partial.unlink()
            return _get(url, folder, known, progress)
        raise
    with response:
        goes_on = response.status == 206 and response.headers.get("Content-Range", "").startswith(f"bytes {have}-")
        have = have if goes_on else 0
        said = {"url": url, "etag": response.headers.get("ETag"), "modified": response.headers.get("Last-Modified")}
        atomic_write(about, lambda place: place.write_text(json.dumps(said)))
        length = response.headers.get("Content-Length")
        total = have + int(length) if length and length.isdigit() else None
        with partial.open("ab" if goes_on else "wb") as file:
            while chunk := response.read(_CHUNK):
                file.write(chunk)
                have += len(chunk)
                progress("Downloading", have, total)
            file.flush()
            os.fsync(file.fileno())
    if total is not None and have != total:
        raise ConnectionError(f"broke off after {have} of {total} bytes")
    return said


def _read_about(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _check(found: str, wanted: str | None, path: Path, url: str) -> None:
    if wanted is not None and found != wanted.lower():
        path.unlink(missing_ok=True)
        raise BadFile(
            f"has the SHA-256 {found}, not {wanted}", where=url, hint="ask whoever offers it; nothing was read"
        )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _is_sha256(text: str) -> bool:
    return len(text) == 64 and all(mark in "0123456789abcdef" for mark in text.lower())
