"""What a Parquet file unpacks to, by its own counts in the footer and in the header of each page, before it is parsed.

The footer may say less than there is: pages say how much they unpack to, and a decoder is held to that. Both are
written in the compact protocol of Apache Thrift.

References
----------
https://github.com/apache/parquet-format (`parquet.thrift`), https://github.com/apache/thrift (compact protocol)
"""

from __future__ import annotations

import mmap
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO, TypeAlias

from isogloss.errors import BadFile
from isogloss.evidence.bounds import CELL, check_columns, check_memory, check_rows

Buffer: TypeAlias = "bytes | mmap.mmap"
Wanted: TypeAlias = "Mapping[int, Wanted | list[Wanted] | None]"
"""Fields of a structure by number: None for a number, a mapping for a structure, in brackets for a list of them."""

COLUMN: Wanted = {5: None, 6: None, 7: None, 9: None, 11: None}
FOOTER: Wanted = {2: [{2: None}], 3: None, 4: [{1: [{3: COLUMN}], 3: None}]}
PAGE: Wanted = {2: None, 3: None, 5: {1: None, 2: None}, 7: {1: None}, 8: {1: None, 4: None}}
DELTA_BYTE_ARRAY = 7
"""An encoding in which each text begins like the one before, so that each may be as long as the whole page."""

_MAGIC = b"PAR1"
_DEEPEST = 32
_LONGEST_NUMBER = 10


def check_parquet(file: BinaryIO | bytes, where: str, times: int = 0) -> None:
    """Refuse a Parquet file that takes too much memory at worst.

    Parameters
    ----------
    file : binary file or bytes
    where : str
        What errors call it.
    times : int, default 0
        How many times its size on disk it may take whatever the limit.

    Raises
    ------
    BadFile
        If it takes too much, has too many columns, or is no whole Parquet.
    """
    if isinstance(file, bytes):
        _check(file, where, times)
        return
    try:
        content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except ValueError:
        raise BadFile("is empty", where=where) from None
    with content:
        _check(content, where, times)


def _check(content: Buffer, where: str, times: int) -> None:
    try:
        columns, rows, size = _size(content)
    except (_BrokenError, IndexError):
        raise BadFile("is not whole Parquet", where=where) from None
    check_columns(columns, where)
    check_rows(rows, where, columns)
    check_memory(size, where, at_least=times * len(content))


class _BrokenError(Exception):
    """What cannot be Parquet."""


def _size(content: Buffer) -> tuple[int, int, int]:
    """Columns, rows as far as the footer says, and bytes at worst once read."""
    end = len(content) - 8
    if end < 4 or content[-4:] != _MAGIC or content[:4] != _MAGIC:
        raise _BrokenError
    length = int.from_bytes(content[end : end + 4], "little")
    if length > end - 4:
        raise _BrokenError
    footer = _Reader(content, end - length, end).structure(FOOTER)
    columns = footer.get(2, [])
    width = max([CELL, *(element.get(2, 0) for element in columns)])  # of binary values of a fixed length
    size, rows = 0, 0
    for group in footer.get(4, []):
        chunks = [chunk.get(3, {}) for chunk in group.get(1, [])]
        rows += group.get(3, 0)
        for chunk in chunks:
            values, unpacked = _pages(content, chunk)
            size += unpacked + max(values, chunk.get(5, 0), group.get(3, 0)) * width
    rows = max(rows, footer.get(3, 0))
    return len(columns), rows, max(size, rows * CELL)


def _pages(content: Buffer, chunk: Mapping[int, int]) -> tuple[int, int]:
    """Values of a chunk of a column, and the bytes that its pages unpack to."""
    position = min(place for place in (chunk.get(9), chunk.get(11)) if place) if chunk.get(9) else len(content)
    end = min(position + chunk.get(7, 0), len(content))
    values = unpacked = entry = 0
    while position < end:
        reader = _Reader(content, position, end)
        page = reader.structure(PAGE)
        size, packed = page.get(2, -1), page.get(3, -1)
        header = page.get(5) or page.get(8) or {}
        count, encoding = header.get(1, 0), header.get(2 if 5 in page else 4)
        if min(size, packed, count) < 0:
            raise _BrokenError
        if 7 in page:
            entry = size // max(page[7].get(1, 0), 1)
        values += count
        unpacked += size * max(count, 1) if encoding == DELTA_BYTE_ARRAY else size
        position = reader.position + packed
    # A text of the dictionary may stand in every cell.
    return values, unpacked + values * entry


def _fits(value: Any, wanted: Wanted | list[Wanted] | None) -> bool:
    if isinstance(wanted, list):
        return isinstance(value, list) and all(isinstance(one, dict) for one in value)
    return type(value) is (int if wanted is None else dict)


@dataclass
class _Reader:
    """Reads fields that are wanted, and passes over others, taking no more time than there are bytes."""

    content: Buffer
    position: int
    end: int
    depth: int = field(default=0)

    def structure(self, wanted: Wanted) -> dict[int, Any]:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise _BrokenError
        found: dict[int, Any] = {}
        number = 0
        while head := self._byte():
            number = number + (head >> 4) if head >> 4 else self._integer()
            inside = wanted.get(number)
            value = self._value(head & 15, inside[0] if isinstance(inside, list) else inside, number in wanted)
            if number in wanted:
                if not _fits(value, inside):
                    raise _BrokenError
                found[number] = value
        self.depth -= 1
        return found

    def _value(self, kind: int, inside: Wanted | None, wanted: bool) -> Any:
        if kind in (1, 2):
            return kind == 1
        if kind == 3:
            return self._byte()
        if kind in (4, 5, 6):
            return self._integer()
        if kind == 7:
            return self._skip(8)
        if kind == 8:
            return self._skip(self._count())
        if kind in (9, 10):
            return self._list(inside or {}, wanted)
        if kind == 11:
            return self._map()
        if kind == 12:
            return self.structure(inside or {})
        raise _BrokenError

    def _list(self, inside: Wanted, wanted: bool) -> list[Any]:
        head = self._byte()
        count = self._count() if head >> 4 == 15 else head >> 4
        if count > self.end - self.position:  # each takes a byte at least
            raise _BrokenError
        found = []
        for _ in range(count):
            value = self._element(head & 15, inside)
            if wanted:
                found.append(value)
        return found

    def _map(self) -> None:
        count = self._count()
        kinds = self._byte() if count else 0
        if count > self.end - self.position:
            raise _BrokenError
        for _ in range(count):
            self._element(kinds >> 4, {})
            self._element(kinds & 15, {})

    def _element(self, kind: int, inside: Wanted) -> Any:
        return self._byte() if kind in (1, 2) else self._value(kind, inside, wanted=False)

    def _byte(self) -> int:
        if self.position >= self.end:
            raise _BrokenError
        self.position += 1
        return self.content[self.position - 1]

    def _count(self) -> int:
        value = 0
        for place in range(_LONGEST_NUMBER):
            byte = self._byte()
            value |= (byte & 127) << 7 * place
            if byte < 128:
                return value
        raise _BrokenError

    def _integer(self) -> int:
        value = self._count()
        return (value >> 1) ^ -(value & 1)

    def _skip(self, count: int) -> None:
        self.position += count
        if self.position > self.end:
            raise _BrokenError
