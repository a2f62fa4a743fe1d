"""Lexical overlap of sources and targets, where the user has registered one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from isogloss.forecasting.grid import Array
from isogloss.languages import resolve, similarities

NAME = "overlap"
"""The name under which an overlap is looked for when no other is given."""


def find_overlap(name: str | None) -> Any:
    """The registered similarity called `name`; without a name the one called `overlap`, None where there is none.

    Raises
    ------
    UnknownName
        If a name was given that nothing is registered by.
    """
    if name is None and NAME not in similarities.names():
        return None
    return similarities.get(name or NAME)


def overlap_between(similarity: Any, sources: Sequence[str], targets: Sequence[str]) -> Array:
    """Overlap of each source with each target, 0 to 1, of shape (sources, targets); NaN where unknown."""
    rows, columns = ([resolve(code) for code in group] for group in (sources, targets))
    values = 1 - similarity.between(similarity.read(rows), similarity.read(columns)).values
    return np.where(np.array(sources)[:, None] == np.array(targets), 1.0, values)
