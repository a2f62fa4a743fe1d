"""Names of languages for a field in which somebody writes one."""

from __future__ import annotations

from functools import lru_cache

import polars as pl

from isogloss.languages import table

MOST = 12


@lru_cache(maxsize=1)
def every_language() -> pl.DataFrame:
    """The catalogue of `isogloss.languages.table`, which takes a second to put together."""
    return table()


@lru_cache(maxsize=1)
def _folded() -> tuple[tuple[str, str, str], ...]:
    """Letters to compare, name and id of every language, those with most resources first."""
    rows = every_language().select("name", "native_name", "language", "resource_class").rows()
    order = {"high": 0, "medium": 1, "low": 2}
    ranked = sorted(rows, key=lambda row: (order.get(row[3] or "", 3), row[0]))
    return tuple((f"{name} {native or ''}".casefold(), name, code) for name, native, code, _ in ranked)


def matching(text: str, most: int = MOST) -> list[tuple[str, str]]:
    """Name and id of languages whose name begins with a text, then of those that have it inside."""
    wanted = text.casefold().strip()
    if not wanted:
        return []
    first = [(name, code) for letters, name, code in _folded() if letters.startswith(wanted)]
    if len(first) < most:
        first += [
            (name, code) for letters, name, code in _folded() if wanted in letters and not letters.startswith(wanted)
        ]
    return first[:most]
