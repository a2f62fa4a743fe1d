"""Counting what a job computes, wherever in the code it does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_counts: ContextVar[dict[str, float] | None] = ContextVar("counts", default=None)


@contextmanager
def metered() -> Iterator[dict[str, float]]:
    """Gather what is counted within the block."""
    counts: dict[str, float] = {}
    token = _counts.set(counts)
    try:
        yield counts
    finally:
        _counts.reset(token)


def count(**amounts: float) -> None:
    """Add amounts to what is being gathered, if anything is."""
    counts = _counts.get()
    if counts is not None:
        for name, amount in amounts.items():
            counts[name] = counts.get(name, 0) + amount
