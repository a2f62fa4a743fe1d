"""Text files that are packed with gzip, or written in UTF-16, as what other files are: plain UTF-8."""

from __future__ import annotations

import codecs
import zlib
from pathlib import PurePath

from isogloss.errors import BadFile
from isogloss.evidence.bounds import MEGABYTE, check_unpacked

GZIP = b"\x1f\x8b"
_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def plain_path(path: PurePath) -> PurePath:
    """The path without `.gz`, whose ending tells the format."""
    return path.with_suffix("") if path.suffix.lower() == ".gz" else path


def plain_text(content: bytes, where: str, *, whole: bool = True) -> bytes:
    """The content of a file as UTF-8, unpacked if it is packed; of a part of a file, as far as it goes.

    Raises
    ------
    BadFile
        If it is damaged, or unpacks to too much.
    """
    if content.startswith(GZIP):
        content = _unpacked(content, where, whole)
    if content.startswith(_MARKS):
        try:
            return content.decode("utf-16", "strict" if whole else "ignore").encode("utf-8", "replace")
        except UnicodeDecodeError:
            raise BadFile("is not whole UTF-16 text", where=where, hint="save it as UTF-8") from None
    return content


def _unpacked(content: bytes, where: str, whole: bool) -> bytes:
    unpacking, parts, packed, size = zlib.decompressobj(31), [], len(content), 0
    try:
        while content and not unpacking.eof:
            parts.append(unpacking.decompress(content, MEGABYTE))
            content, size = unpacking.unconsumed_tail, size + len(parts[-1])
            check_unpacked(size, packed, where)
            if not whole:
                return parts[0]
    except zlib.error:
        raise BadFile("is not whole gzip", where=where, hint="pack it again") from None
    if not unpacking.eof:
        raise BadFile("is not whole gzip", where=where, hint="pack it again")
    return b"".join(parts)
