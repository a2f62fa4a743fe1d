"""Small grammar of sentences that are put together."""

from __future__ import annotations


def counted(number: int, noun: str) -> str:
    """`1 language`, `8 mixes`."""
    ending = "" if number == 1 else "es" if noun.endswith("x") else "s"
    return f"{number} {noun}{ending}"
