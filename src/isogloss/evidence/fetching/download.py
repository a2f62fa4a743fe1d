"""Downloading a file over HTTPS: a download that breaks off goes on where it stopped, and nothing comes twice."""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import re
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
    if checksum is not None and not re.fullmatch("[0-9a-fA-F]{64}", checksum):
        raise BadValue(f"'{checksum}' is no SHA-256", hint="give its 64 hexadecimal digits")
    folder.mkdir(parents=True, exist_ok=True)
    path, partial = folder / "file", folder / "file.partial"
    about = _read_about(path) if path.exists() else {}
    for attempt in range(ATTEMPTS):
        try:
            changed = _get(url, partial, about.get("etag"), progress)
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
    if changed:
        with partial.open("rb") as file:
            about = _read_about(partial) | {"sha256": hashlib.file_digest(file, "sha256").hexdigest()}
    if checksum is not None and about["sha256"] != checksum.lower():
        (partial if changed else path).unlink(missing_ok=True)
        raise BadFile(
            f"has the SHA-256 {about['sha256']}, not {checksum}",
            where=url,
            hint="ask whoever offers it; nothing was read",
        )
    if changed:
        os.replace(partial, path)
        _write_about(path, about)
    return path, about["sha256"]


def _get(url: str, partial: Path, etag: str | None, progress: Progress) -> bool:
    """Fill the partial file, going on where it stopped; whether there was anything new to fill it with."""
    started = _read_about(partial).get("etag") if partial.exists() else None
    have = partial.stat().st_size if started else 0
    headers = {"User-Agent": "isogloss", "Accept-Encoding": "identity"}
    headers |= {"If-None-Match": etag} if etag else {}
    headers |= {"Range": f"bytes={have}-", "If-Range": str(started)} if have else {}
    try:
        response = urlopen(Request(url, headers=headers), timeout=TIMEOUT)
    except HTTPError as error:
        if error.code == 304 and etag:
            return False
        if error.code == 416 and have:  # it has changed and is shorter now
            partial.unlink()
            return _get(url, partial, etag, progress)
        raise
    with response:
        goes_on = response.status == 206 and response.headers.get("Content-Range", "").startswith(f"bytes {have}-")
        have = have if goes_on else 0
        _write_about(partial, {"url": url, "etag": response.headers.get("ETag")})
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
    return True


def _read_about(path: Path) -> dict[str, Any]:
    """What the server said of a file that was downloaded, wholly or in part."""
    try:
        about = json.loads(path.with_name(f"{path.name}.json").read_text())
    except (OSError, ValueError):
        return {}
    return about if isinstance(about, dict) else {}


def _write_about(path: Path, about: dict[str, Any]) -> None:
    atomic_write(path.with_name(f"{path.name}.json"), lambda file: file.write_text(json.dumps(about)))
