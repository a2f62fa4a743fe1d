"""Downloading a file over HTTPS: a download that breaks off goes on where it stopped, and nothing comes twice."""

from __future__ import annotations

import hashlib
import http.client
import os
import re
import time
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from isogloss.errors import BadFile, BadValue, InputError, IsoglossError
from isogloss.evidence.fetching.snapshots import Progress

ATTEMPTS = 6
WAIT = 0.5
"""Seconds before the second attempt; each wait is twice as long as the one before."""

TIMEOUT = 60.0
_CHUNK = 1 << 18
_PASSING = (URLError, TimeoutError, ConnectionError, http.client.HTTPException)


def download(url: str, folder: Path, progress: Progress, checksum: str | None = None) -> tuple[Path, str]:
    """Path and SHA-256 of a file in the cache folder of its URL, downloaded unless it is there and has not changed.

    Raises
    ------
    InputError
        If the URL is of another kind than `https://...` or `http://...`.
    BadFile
        If the file has another SHA-256 than `checksum`, or there is no room for it.
    IsoglossError
        If the server does not give it.
    """
    if urlsplit(url).scheme not in ("http", "https"):
        raise InputError("cannot be downloaded from", where=url, hint="give https://...")
    if checksum is not None and not re.fullmatch("[0-9a-fA-F]{64}", checksum):
        raise BadValue(f"'{checksum}' is no SHA-256", hint="give its 64 hexadecimal digits")
    folder.mkdir(parents=True, exist_ok=True)
    path, partial = folder / "file", folder / "file.partial"
    for attempt in range(ATTEMPTS):
        try:
            changed = _get(url, path, partial, progress)
            break
        except HTTPError as error:
            reason = f"the server answers {error.code} {error.reason}"
            raise IsoglossError(reason, where=url, hint="check the URL") from None
        except _PASSING as error:
            if attempt == ATTEMPTS - 1:
                reason = str(getattr(error, "reason", error))
                raise IsoglossError(f"cannot be downloaded: {reason}", where=url, hint="check the network") from None
            time.sleep(WAIT * 2**attempt)
        except OSError as error:
            raise BadFile(f"cannot be written: {error.strerror}", where=str(folder), hint="make room for it") from None
    newest = partial if changed else path
    with newest.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if checksum is not None and digest != checksum.lower():
        newest.unlink()
        hint = "ask whoever offers it; nothing was read"
        raise BadFile(f"has the SHA-256 {digest}, not {checksum}", where=url, hint=hint)
    if changed:
        os.replace(partial, path)
        os.replace(_etag_file(partial), _etag_file(path))
    return path, digest


def _get(url: str, path: Path, partial: Path, progress: Progress) -> bool:
    """Fill the partial file, going on where it stopped; False if the file at `path` has not changed."""
    whole, started = _etag(path), _etag(partial)
    have = partial.stat().st_size if started else 0
    headers = {"User-Agent": "isogloss", "Accept-Encoding": "identity"}
    headers |= {"If-None-Match": whole} if whole else {}
    headers |= {"Range": f"bytes={have}-", "If-Range": started} if have else {}
    try:
        response = urlopen(Request(url, headers=headers), timeout=TIMEOUT)
    except HTTPError as error:
        if error.code == 304 and whole:
            return False
        if error.code == 416 and have:  # it has changed and is shorter now
            partial.unlink()
            return _get(url, path, partial, progress)
        raise
    with response:
        goes_on = response.status == 206 and response.headers.get("Content-Range", "").startswith(f"bytes {have}-")
        have = have if goes_on else 0
        if not goes_on:
            partial.unlink(missing_ok=True)
            _etag_file(partial).write_text(response.headers.get("ETag", ""))
        length = response.headers.get("Content-Length")
        total = have + int(length) if length and length.isdigit() else None
        with partial.open("ab") as file:
            while chunk := response.read(_CHUNK):
                file.write(chunk)
                have += len(chunk)
                progress("Downloading", have, total)
            file.flush()
            os.fsync(file.fileno())
    if total is not None and have != total:
        raise ConnectionError(f"broke off after {have} of {total} bytes")
    return True


def _etag_file(path: Path) -> Path:
    return path.with_name(f"{path.name}.etag")


def _etag(path: Path) -> str:
    """The server's version of what a file holds; empty if there is no such file, or the server names none."""
    return _etag_file(path).read_text() if path.exists() and _etag_file(path).exists() else ""
