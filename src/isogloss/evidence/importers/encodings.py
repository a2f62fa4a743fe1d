"""Text files that are packed with gzip, or written in UTF-16 or Windows-1252, as what other files are: plain UTF-8."""

from __future__ import annotations

import codecs
import re
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
    if encoding := _wide(content):
        try:
            return content.decode(encoding, "strict" if whole else "ignore").encode("utf-8", "replace")
        except UnicodeDecodeError:
            raise BadFile("is not whole UTF-16 text", where=where, hint="save it as UTF-8") from None
    return content


WESTERN = "cp1252"
_WORD = re.compile(r"[^\s,;|\"]*[^\x00-\x7f][^\s,;|\"]*")
_SIGNS = frozenset("±°–—‘’“”…•†‡§«»€£·×\u00a0")
LONGEST_RUN = 2
"""Letters beyond ASCII that stand together in Western texts; of others, nearly all do."""


def utf8(content: bytes, where: str) -> bytes:
    """Text as UTF-8, that of Windows in Western Europe converted.

    Raises
    ------
    BadFile
        If it is text of another encoding, or none.
    """
    try:
        content.decode()
    except UnicodeDecodeError as error:
        text = _western(content)
        if text is None:
            raise BadFile(f"is not UTF-8 text: byte {error.start}", where=where,
                          hint="save it as UTF-8 (in Excel: CSV UTF-8), or give xlsx") from None  # fmt: skip
        return text.encode()
    return content


def encoding_note(content: bytes) -> tuple[str, ...]:
    """What to say of text that `utf8` converts: the first words by which a reader sees whether it is right."""
    try:
        content.decode()
    except UnicodeDecodeError:
        words = list(dict.fromkeys(_WORD.findall(_western(content) or "")))
        return (f"is not UTF-8, read as Windows-1252: {', '.join(words[:3])}",)
    return ()


def _western(content: bytes) -> str | None:
    try:
        text = content.decode(WESTERN)
    except UnicodeDecodeError:
        return None
    runs = re.findall(r"[^\x00-\x7f]+", text)
    likely = all(len(run) <= LONGEST_RUN and all(mark.isalpha() or mark in _SIGNS for mark in run) for run in runs)
    return text if likely else None


def _wide(content: bytes) -> str | None:
    """The encoding of UTF-16 text, by its mark or by the zeros beside ASCII; None for all else."""
    if content.startswith(_MARKS):
        return "utf-16"
    head = content[:200]
    if len(head) < 8 or b"\0" not in head:
        return None
    even, odd = head[::2].count(0), head[1::2].count(0)
    if min(even, odd) > 0 or max(even, odd) * 4 < len(head):
        return None
    return "utf-16-le" if odd else "utf-16-be"


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
