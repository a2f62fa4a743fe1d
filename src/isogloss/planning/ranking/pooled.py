"""What other models and other tasks know about the same pairs of source and target."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from isogloss.planning.ranking.table import Array, SourceTable
from isogloss.planning.ranking.trees import standardised

FEWEST = 0.5
"""Share of a target's sources that another table must have measured to say which are good."""


def elsewhere(others: Sequence[SourceTable], sources: Sequence[str], targets: Sequence[str]) -> Array | None:
    """How good each source is for each target in other tables, in standard deviations.

    Parameters
    ----------
    others : sequence of SourceTable
    sources, targets : sequence of str
        The last target is the one that is asked about.

    Returns
    -------
    array of shape (sources, targets), or None
        Means over the tables that have measured the last target; 0 where none has measured a pair. None where no
        table has measured that target with half of the sources.
    """
    layers = []
    for table in others:
        found = np.full((len(sources), len(targets)), np.nan)
        rows = [row for row, source in enumerate(sources) if source in table.sources]
        columns = [column for column, target in enumerate(targets) if target in table.targets]
        if not rows or not columns:
            continue
        part = table.take([sources[row] for row in rows], [targets[column] for column in columns])
        found[np.ix_(rows, columns)] = part.of_others
        if (~np.isnan(found[:, -1])).sum() >= max(2, FEWEST * len(sources)):
            layers.append(_standardised(found))
    if not layers:
        return None
    stacked = np.stack(layers)
    known = ~np.isnan(stacked)
    return standardised(np.where(known, stacked, 0.0).sum(0) / np.maximum(known.sum(0), 1))


def _standardised(scores: Array) -> Array:
    """Against each target's mean, in units of its spread; NaN stays."""
    known = ~np.isnan(scores)
    count = np.maximum(known.sum(0), 1)
    mean = np.where(known, scores, 0.0).sum(0) / count
    spread = np.sqrt(np.where(known, (scores - mean) ** 2, 0.0).sum(0) / count)
    return (scores - mean) / np.where(spread > 1e-12, spread, 1.0)
